/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random machines for studies of scale: the `generate:` section of a platform file. Kinds and PEs
 * have a stream each, keyed by (seed, number), so that a machine with more PEs or more kinds is the
 * smaller one and what was added. */
#include "base/random.h"
#include "sim/soc_parts.h"

enum { STREAM_KIND, STREAM_PE };

static struct random_stream open_stream(uint64_t seed, int32_t number, uint32_t what)
{
    return random_open(seed, 0, RANDOM_MACHINE, (uint32_t)number, what);
}

/* One like a template. */
static void draw_kind(struct soc_kind *kind, struct arena *arena, const struct soc_kind *templates,
                      int32_t template_count, uint64_t seed, int32_t number, double heterogeneity)
{
    struct random_stream stream = open_stream(seed, number, STREAM_KIND);
    double speed = 1.0 + heterogeneity * (random_uniform(&stream) - 0.5);
    int32_t which =
        number < template_count ? number : (int32_t)random_below(&stream, (uint32_t)template_count);
    const struct soc_kind *template = &templates[which];
    *kind = *template;
    kind->name = arena_printf(arena, "%s.%d", template->name, (int)number);
    kind->like = template->name;
    kind->speed = speed;
    kind->profile.mac_per_us *= speed;
    kind->power.dynamic_mw *= speed;
    if (kind->active_mw > 0.0)
        kind->active_mw = template->power.dynamic_mw >= 0.0
                              ? kind->power.dynamic_mw + kind->power.static_mw
                              : template->active_mw * speed;
}

/* How many PEs are of each kind. */
static void draw_pes(struct soc *soc, uint64_t seed)
{
    for (int32_t pe = 0; pe < soc->pe_count; pe++) {
        struct random_stream stream = open_stream(seed, pe, STREAM_PE);
        int32_t kind =
            pe < soc->kind_count ? pe : (int32_t)random_below(&stream, (uint32_t)soc->kind_count);
        soc->clusters[kind].pe_count++;
    }
    for (int32_t k = 1; k < soc->kind_count; k++)
        soc->clusters[k].first_pe = soc->clusters[k - 1].first_pe + soc->clusters[k - 1].pe_count;
}

bool soc_generate(struct soc_loader *loader, const struct yaml_node *generate)
{
    static const char at[] = "generate";
    struct soc *soc = &loader->soc;
    const struct soc_kind *templates = soc->kinds;
    int32_t template_count = soc->kind_count;
    uint64_t seed = (uint64_t)schema_int(&soc_schema, generate, at, "seed");
    double heterogeneity = schema_real(&soc_schema, generate, at, "heterogeneity");
    soc->pe_count = (int32_t)schema_int(&soc_schema, generate, at, "pes");
    const struct yaml_node *kinds = yaml_get(generate, "kinds");
    if (kinds != NULL)
        soc->kind_count = (int32_t)schema_int(&soc_schema, generate, at, "kinds");
    char where[512];
    if (soc->kind_count > soc->pe_count)
        return fault_set(loader->fault, yaml_where(generate, where, sizeof where),
                         "each kind has at least one PE: ask for more PEs or fewer kinds",
                         "%d PEs cannot be of %d kinds", (int)soc->pe_count, (int)soc->kind_count);
    for (int32_t k = 0; k < template_count; k++)
        if (templates[k].like != NULL)
            return fault_set(loader->fault, yaml_where(generate, where, sizeof where),
                             "remove its `like`",
                             "PE kind '%s' is a template and cannot be like '%s'",
                             templates[k].name, templates[k].like);
    size_t count = (size_t)soc->kind_count;
    soc->kinds = arena_zeroed(loader->arena, count, sizeof *soc->kinds);
    soc->clusters = arena_zeroed(loader->arena, count, sizeof *soc->clusters);
    soc->cluster_count = soc->kind_count;
    for (int32_t k = 0; k < soc->kind_count; k++) {
        draw_kind(&soc->kinds[k], loader->arena, templates, template_count, seed, k, heterogeneity);
        soc->clusters[k] = (struct soc_cluster){.name = soc->kinds[k].name, .kind = k};
    }
    draw_pes(soc, seed);
    return true;
}
