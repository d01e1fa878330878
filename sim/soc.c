/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/soc.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "sim/soc_parts.h"

static const char *const class_names[] = {
    [SOC_CPU] = "cpu",
    [SOC_DSP] = "dsp",
    [SOC_FPGA] = "fpga",
    [SOC_GPU] = "gpu",
    [SOC_ACCELERATOR] = "accelerator",
};

#define CLASS_COUNT ((int32_t)(sizeof class_names / sizeof class_names[0]))

const char *soc_class_name(enum soc_class class)
{
    assert((int32_t) class < CLASS_COUNT);
    return class_names[class];
}

/* The schema has refused every other name. */
static enum soc_class find_class(const char *name)
{
    int32_t class = 0;
    while (strcmp(class_names[class], name) != 0) {
        class ++;
        assert(class < CLASS_COUNT);
    }
    return (enum soc_class) class;
}

int32_t soc_find_kind(const struct soc *soc, const char *name)
{
    for (int32_t i = 0; i < soc->kind_count; i++) {
        if (strcmp(soc->kinds[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

int32_t soc_find_cluster(const struct soc *soc, const char *name)
{
    for (int32_t i = 0; i < soc->cluster_count; i++) {
        if (strcmp(soc->clusters[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

const char *soc_name_hint(const struct soc_loader *loader, const char *word, const void *named,
                          int32_t count, size_t size, const char *advice)
{
    const char **names = arena_zeroed(loader->arena, (size_t)count, sizeof *names);
    for (int32_t i = 0; i < count; i++) {
        names[i] = *(const char *const *)((const char *)named + (size_t)i * size);
    }
    const char *nearest = schema_nearest(word, names, count);
    return nearest == NULL ? advice : arena_printf(loader->arena, "did you mean '%s'?", nearest);
}

/* The platform is called like its file, so that a name finds a file and a file tells its name. */
static bool read_name(struct soc_loader *loader, const struct yaml_node *root, const char *path)
{
    const char *name = schema_text(&soc_schema, root, "", "platform");
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    size_t length = strlen(base);
    if (length > 5 && strcmp(base + length - 5, ".yaml") == 0) {
        length -= 5;
    }
    if (strlen(name) != length || strncmp(name, base, length) != 0) {
        char where[512];
        return fault_set(loader->fault, yaml_where(yaml_get(root, "platform"), where, sizeof where),
                         "rename the file or the platform so that they agree",
                         "the platform is called '%s', its file '%s'", name, base);
    }
    loader->soc.name = arena_string(loader->arena, name);
    loader->soc.summary =
        arena_string(loader->arena, schema_text(&soc_schema, root, "", "summary"));
    return true;
}

static bool read_opps(struct soc_loader *loader, struct soc_kind *kind,
                      const struct yaml_node *list)
{
    kind->opp_count = list != NULL ? list->count : 0;
    kind->opps = arena_zeroed(loader->arena, (size_t)kind->opp_count, sizeof *kind->opps);
    for (int32_t i = 0; i < kind->opp_count; i++) {
        const struct yaml_node *item = list->items[i];
        kind->opps[i] = (struct soc_opp){
            .freq_mhz = schema_real(&soc_schema, item, "kinds.*.opps[]", "mhz"),
            .voltage_mv = schema_real(&soc_schema, item, "kinds.*.opps[]", "mv"),
        };
        if (i > 0 && kind->opps[i].freq_mhz <= kind->opps[i - 1].freq_mhz) {
            char where[512];
            return fault_set(loader->fault, yaml_where(item, where, sizeof where),
                             "list the points from the slowest to the fastest",
                             "the frequencies of PE kind '%s' do not ascend: %g MHz after %g MHz",
                             kind->name, kind->opps[i].freq_mhz, kind->opps[i - 1].freq_mhz);
        }
    }
    return true;
}

/* Power of a kind: in parts, or only that of a busy PE, or not at all. */
static bool read_power(struct soc_loader *loader, struct soc_kind *kind,
                       const struct yaml_node *item)
{
    static const char at[] = "kinds.*.power";
    const struct yaml_node *power = yaml_get(item, "power");
    kind->power = (struct soc_power){NAN, NAN};
    if (power == NULL) {
        loader->soc.has_power = false;
        return true;
    }
    char where[512];
    if (yaml_get(item, "active_mw") != NULL)
        return fault_set(loader->fault,
                         yaml_where(yaml_get(item, "active_mw"), where, sizeof where),
                         "remove active_mw",
                         "active_mw of PE kind '%s' is the sum of what `power` says", kind->name);
    kind->power = (struct soc_power){schema_real(&soc_schema, power, at, "dynamic_mw"),
                                     schema_real(&soc_schema, power, at, "static_mw")};
    kind->active_mw = kind->power.dynamic_mw + kind->power.static_mw;
    return true;
}

static bool read_likeness(struct soc_loader *loader, struct soc_kind *kind,
                          const struct yaml_node *item)
{
    const char *like = schema_text(&soc_schema, item, "kinds.*", "like");
    const struct yaml_node *speed = yaml_get(item, "speed");
    char where[512];
    if (like == NULL && speed != NULL)
        return fault_set(loader->fault, yaml_where(speed, where, sizeof where),
                         "say with `like` whose times these are",
                         "the speed of PE kind '%s' is relative to nothing", kind->name);
    kind->like = like == NULL ? NULL : arena_string(loader->arena, like);
    kind->speed = schema_real(&soc_schema, item, "kinds.*", "speed");
    return true;
}

static bool read_kinds(struct soc_loader *loader, const struct yaml_node *map)
{
    struct soc *soc = &loader->soc;
    soc->kind_count = map->count;
    soc->has_power = true;
    soc->kinds = arena_zeroed(loader->arena, (size_t)map->count, sizeof *soc->kinds);
    for (int32_t i = 0; i < map->count; i++) {
        const struct yaml_node *item = map->items[i];
        struct soc_kind *kind = &soc->kinds[i];
        kind->name = arena_string(loader->arena, map->keys[i]->text);
        kind->class = find_class(schema_text(&soc_schema, item, "kinds.*", "class"));
        if (!read_likeness(loader, kind, item)) {
            return false;
        }
        if (!read_opps(loader, kind, yaml_get(item, "opps"))) {
            return false;
        }
        const struct yaml_node *profile = yaml_get(item, "profile");
        if (profile != NULL && !soc_profile_read(&kind->profile, loader->arena, profile,
                                                 profile->file, loader->fault)) {
            return false;
        }
        kind->opp = kind->opp_count > 0 ? kind->opp_count - 1 : 0;
        if (!read_power(loader, kind, item)) {
            return false;
        }
        if (yaml_get(item, "active_mw") != NULL) {
            kind->active_mw = schema_real(&soc_schema, item, "kinds.*", "active_mw");
        }
    }
    return true;
}

static bool read_cluster(struct soc_loader *loader, const struct yaml_node *item)
{
    struct soc *soc = &loader->soc;
    char where[512];
    yaml_where(item, where, sizeof where);
    const char *name = schema_text(&soc_schema, item, "clusters[]", "name");
    if (soc_find_cluster(soc, name) >= 0) {
        return fault_set(loader->fault, where, "give one of the two another name",
                         "two clusters are called '%s'", name);
    }
    const char *kind_name = schema_text(&soc_schema, item, "clusters[]", "kind");
    if (kind_name == NULL) {
        kind_name = name;
    }
    int32_t kind = soc_find_kind(soc, kind_name);
    if (kind < 0) {
        const char *hint = soc_name_hint(loader, kind_name, soc->kinds, soc->kind_count,
                                         sizeof *soc->kinds, "list the kind under kinds");
        return fault_set(loader->fault, where, hint, "cluster '%s' has the unknown PE kind '%s'",
                         name, kind_name);
    }
    int32_t count = (int32_t)schema_int(&soc_schema, item, "clusters[]", "count");
    if (count > SOC_PES_MAX - soc->pe_count) {
        return fault_set(loader->fault, where, "make clusters smaller or leave some out",
                         "cluster '%s' brings the machine above %d PEs", name, SOC_PES_MAX);
    }
    soc->clusters[soc->cluster_count] = (struct soc_cluster){
        .name = arena_string(loader->arena, name),
        .kind = kind,
        .first_pe = soc->pe_count,
        .pe_count = count,
    };
    soc->cluster_count++;
    soc->pe_count += count;
    return true;
}

static bool read_clusters(struct soc_loader *loader, const struct yaml_node *list)
{
    struct soc *soc = &loader->soc;
    if (list->count == 0) {
        char where[512];
        return fault_set(loader->fault, yaml_where(list, where, sizeof where),
                         "list at least one cluster", "the machine has no PE");
    }
    soc->clusters = arena_zeroed(loader->arena, (size_t)list->count, sizeof *soc->clusters);
    for (int32_t i = 0; i < list->count; i++) {
        if (!read_cluster(loader, list->items[i])) {
            return false;
        }
    }
    return true;
}

/* Where the PEs come from: clusters, or a generator. */
static bool read_machine(struct soc_loader *loader, const struct yaml_node *root)
{
    const struct yaml_node *clusters = yaml_get(root, "clusters");
    const struct yaml_node *generate = yaml_get(root, "generate");
    char where[512];
    if (clusters == NULL && generate == NULL)
        return fault_set(loader->fault, yaml_where(root, where, sizeof where),
                         "list them under clusters, or give generate", "the machine has no PE");
    if (clusters != NULL && generate != NULL)
        return fault_set(loader->fault, yaml_where(generate, where, sizeof where),
                         "leave one of them out", "the machine has clusters and is generated");
    return clusters != NULL ? read_clusters(loader, clusters) : soc_generate(loader, generate);
}

static void name_pes(struct soc_loader *loader)
{
    struct soc *soc = &loader->soc;
    soc->pes = arena_zeroed(loader->arena, (size_t)soc->pe_count, sizeof *soc->pes);
    for (int32_t c = 0; c < soc->cluster_count; c++) {
        const struct soc_cluster *cluster = &soc->clusters[c];
        for (int32_t p = cluster->first_pe; p < cluster->first_pe + cluster->pe_count; p++) {
            soc->pes[p] = (struct soc_pe){
                .name = arena_printf(loader->arena, "%s_%d", cluster->name, (int)p),
                .cluster = c,
                .kind = cluster->kind,
            };
        }
    }
}

bool soc_load(struct soc *soc, struct arena *arena, const char *path, struct fault *fault)
{
    struct soc_loader loader = {.arena = arena, .fault = fault};
    struct yaml_node *root = soc_read_keys(arena, path, &loader.soc.bases, fault);
    if (root == NULL || !schema_check(&soc_schema, arena, root, fault) ||
        !read_name(&loader, root, path) || !read_kinds(&loader, yaml_get(root, "kinds")) ||
        !read_machine(&loader, root)) {
        return false;
    }
    name_pes(&loader);
    if (!soc_read_interconnect(&loader, yaml_get(root, "interconnect")) ||
        !soc_read_thermal(&loader, yaml_get(root, "thermal"))) {
        return false;
    }
    loader.soc.base_mw = schema_real(&soc_schema, root, "", "base_mw");
    *soc = loader.soc;
    return true;
}
