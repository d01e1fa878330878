/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/machines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "sim/soc.h"
#include "traces/names.h"

/* However many a file says. */
#define CORES_MAX 1000000

/* What no file says: the network between nodes, and the memory that its cores share. */
static const double network_bytes_per_s = 125e6, memory_bytes_per_s = 10e9;

struct machine {
    const char *name;
    int32_t kind;
    int64_t cores;
};

struct machine_kind {
    const char *name;
    double mhz; /* NAN = not known */
};

struct machines {
    struct arena *arena;
    struct names names, kind_names;
    struct machine *machines;
    struct machine_kind *kinds;
    size_t machine_capacity, kind_capacity;
    int32_t kind_count;
    bool is_known;      /* the machines are those of the file */
    const char *forced; /* the only kind, if not */
};

struct machines *machines_create(struct arena *arena)
{
    struct machines *machines = memory_zeroed(1, sizeof *machines);
    machines->arena = arena;
    return machines;
}

void machines_destroy(struct machines *machines)
{
    if (machines == NULL)
        return;
    names_finish(&machines->names);
    names_finish(&machines->kind_names);
    free(machines->machines);
    free(machines->kinds);
    free(machines);
}

/* The kind of machines of an architecture and a clock: "x86_64_2400mhz", "cpu". */
static int32_t find_kind(struct machines *machines, const char *architecture, double mhz)
{
    const char *base = architecture == NULL || *architecture == '\0' ? "cpu" : architecture;
    const char *name = import_clean(machines->arena, base);
    char number[32];
    if (mhz > 0)
        name = arena_printf(machines->arena, "%s_%smhz", name, csv_format_real(number, mhz));
    int32_t kind = names_find(&machines->kind_names, name);
    if (kind >= 0)
        return kind;
    machines->kinds = memory_grow(machines->kinds, &machines->kind_capacity,
                                  (size_t)machines->kind_count + 1, sizeof *machines->kinds);
    machines->kinds[machines->kind_count++] = (struct machine_kind){name, mhz > 0 ? mhz : NAN};
    return names_add(&machines->kind_names, name, -1);
}

void machines_add(struct machines *machines, const char *name, const char *architecture, double mhz,
                  double cores)
{
    int32_t number = names_add(&machines->names, name, -1);
    if (number < 0)
        return;
    machines->machines = memory_grow(machines->machines, &machines->machine_capacity,
                                     (size_t)number + 1, sizeof *machines->machines);
    machines->machines[number] = (struct machine){
        .name = name,
        .kind = find_kind(machines, architecture, mhz),
        .cores = !(cores >= 1)       ? 1
                 : cores > CORES_MAX ? CORES_MAX
                                     : (int64_t)cores,
    };
}

int32_t machines_find(const struct machines *machines, const char *name)
{
    return names_find(&machines->names, name);
}

void machines_finish(struct machines *machines, const char *pe_kind)
{
    machines->is_known = pe_kind == NULL && machines->kind_count > 0;
    machines->forced = pe_kind == NULL ? "core" : pe_kind;
}

int32_t machines_kind_count(const struct machines *machines)
{
    return machines->is_known ? machines->kind_count : 1;
}

void machines_costs(const struct machines *machines, struct app_cost *costs, int32_t machine,
                    double us)
{
    if (!machines->is_known) {
        costs[0] = (struct app_cost){.pe_kind = machines->forced, .exec_us = us};
        return;
    }
    double here = machine < 0 ? NAN : machines->kinds[machines->machines[machine].kind].mhz;
    for (int32_t k = 0; k < machines->kind_count; k++) {
        double ratio = here / machines->kinds[k].mhz;
        costs[k] = (struct app_cost){.pe_kind = machines->kinds[k].name,
                                     .exec_us = isnan(ratio) ? us : us * ratio};
    }
}

/* How many PEs each node gets: one, as far as they reach, and of the others a share by its cores.
 * Sets `pes` [names.count]; returns how many cores there are. */
static int64_t share_pes(const struct machines *machines, int32_t *pes)
{
    int32_t count = machines->names.count;
    int64_t core_count = 0;
    for (int32_t m = 0; m < count; m++)
        core_count += machines->machines[m].cores;
    int64_t rest = core_count - count, before = 0;
    int64_t spare = count > SOC_PES_MAX ? 0 : SOC_PES_MAX - count;
    if (spare > rest)
        spare = rest;
    for (int32_t m = 0; m < count; m++) {
        int64_t behind = before + machines->machines[m].cores - 1;
        pes[m] = m < SOC_PES_MAX;
        if (rest > 0)
            pes[m] += (int32_t)(behind * spare / rest - before * spare / rest);
        before = behind;
    }
    return core_count;
}

/* A cluster for each node, as many PEs as the most that a machine may have. */
static void make_clusters(const struct machines *machines, struct import_platform *platform,
                          struct imported *imported, const char *path)
{
    struct arena *arena = machines->arena;
    size_t count = (size_t)machines->names.count;
    struct names names = {0};
    int32_t *pes = arena_zeroed(arena, count, sizeof *pes);
    int64_t core_count = share_pes(machines, pes), pe_count = 0;
    platform->clusters = arena_zeroed(arena, count, sizeof *platform->clusters);
    platform->links = arena_zeroed(arena, count, sizeof *platform->links);
    for (int32_t m = 0; m < machines->names.count && pes[m] > 0; m++) {
        const struct machine *machine = &machines->machines[m];
        const char *name = import_clean(arena, machine->name);
        while (names_add(&names, name, -1) < 0)
            name = arena_printf(arena, "%s_%d", name, (int)m);
        int32_t cluster = platform->cluster_count++;
        platform->clusters[cluster] = (struct import_cluster){name, machine->kind, pes[m]};
        if (pes[m] > 1)
            platform->links[platform->link_count++] =
                (struct import_link){{cluster, cluster}, memory_bytes_per_s};
        pe_count += pes[m];
    }
    names_finish(&names);
    if (core_count > pe_count)
        import_note(imported, arena,
                    "%s: the machines have %lld cores, the platform only %lld PEs: %s", path,
                    (long long)core_count, (long long)pe_count,
                    platform->cluster_count == machines->names.count
                        ? "one for each machine, and shares of the others by their cores"
                        : arena_printf(arena, "one for each of the first %d machines",
                                       (int)platform->cluster_count));
}

void machines_platform(const struct machines *machines, struct imported *imported, const char *path,
                       double us_per_s)
{
    struct arena *arena = machines->arena;
    if (!machines->is_known)
        return;
    struct import_platform *platform = arena_zeroed(arena, 1, sizeof *platform);
    *platform = (struct import_platform){
        .name = arena_printf(arena, "%s_machines", import_name(arena, path)),
        .comment = arena_printf(
            arena,
            "The machines of a recorded workflow; a second of theirs is %g us here. The file does\n"
            "not say how they were connected: assumed are %g bytes/s between nodes and %g bytes/s\n"
            "inside a node.",
            us_per_s, network_bytes_per_s, memory_bytes_per_s),
        .bandwidth_bytes_per_us = network_bytes_per_s / us_per_s,
        .kind_count = machines->kind_count,
        .kinds = arena_zeroed(arena, (size_t)machines->kind_count, sizeof *platform->kinds),
    };
    for (int32_t k = 0; k < machines->kind_count; k++)
        platform->kinds[k] =
            (struct import_kind_of_pe){.name = machines->kinds[k].name, .class = "cpu"};
    make_clusters(machines, platform, imported, path);
    for (int32_t l = 0; l < platform->link_count; l++)
        platform->links[l].bandwidth_bytes_per_us /= us_per_s;
    platform->summary = arena_printf(arena, "the machines of %s", import_name(arena, path));
    imported->platforms = platform;
    imported->platform_count = 1;
}

const char *machines_explain(const struct machines *machines)
{
    if (!machines->is_known)
        return arena_printf(machines->arena, "; tasks run on the PE kind %s", machines->forced);
    return machines->kind_count > 1
               ? "; a task takes longer on the other machines by the ratio of their MHz"
               : "; all machines are of one kind";
}
