/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A system-on-chip: the immutable description of the machine, read from a platform file.
 *
 * A PE belongs to a cluster, a cluster has one PE kind. PEs are numbered cluster by cluster in
 * file order; PE p is called "CLUSTER_p". An interconnect moves data between them: each ordered
 * pair of PEs belongs to a lane, and a lane has a bandwidth and a latency. There are few lanes, so
 * a delay is stored once per (edge, lane) and not per pair of PEs. Where transfers share links
 * (bus, mesh), lanes say what a transfer takes that has the links for itself. */
#ifndef HETSOC_SIM_SOC_H
#define HETSOC_SIM_SOC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/schema.h"
#include "sim/soc_profile.h"

/* The most PEs of a machine. */
#define SOC_PES_MAX 4096

enum soc_class { SOC_CPU, SOC_DSP, SOC_FPGA, SOC_GPU, SOC_ACCELERATOR };

/* Operating performance point. */
struct soc_opp {
    double freq_mhz;
    double voltage_mv;
};

/* Power of one PE of a kind at its last operating point. The dynamic part grows with f V^2, the
 * static part with V; a busy PE draws both, an idle one the static part. */
struct soc_power {
    double dynamic_mw, static_mw; /* NAN: not given */
};

struct soc_kind {
    const char *name; /* "A15": what the costs of an app refer to */
    enum soc_class class;
    const char *like; /* costs for this name hold too, divided by `speed`; NULL: no other */
    double speed;
    struct soc_opp *opps; /* ascending frequency; execution times hold at the last one */
    int32_t opp_count;    /* 0 = not given */
    struct soc_profile profile;
    double active_mw; /* power of one busy PE at the last of them; 0 = not given */
    struct soc_power power;
    int32_t opp; /* the point at which the kind starts; times of apps are stretched to it */
};

struct soc_cluster {
    const char *name;
    int32_t kind;
    int32_t first_pe;
    int32_t pe_count;
};

struct soc_pe {
    const char *name;
    int32_t cluster;
    int32_t kind;
};

/* A way between two PEs. Lane 0 is the PE itself: no delay, except on shared memory, which has no
 * other lane. */
struct soc_lane {
    double bandwidth_bytes_per_us;
    double latency_us;
};

enum soc_interconnect {
    SOC_MATRIX,        /* each pair of PEs has a way of its own, without contention */
    SOC_SHARED_MEMORY, /* producers write, consumers read; without contention */
    SOC_BUS,           /* all transfers share one link fairly */
    SOC_MESH,          /* 2-D network on chip, XY routes, max-min fair sharing of its links */
};

/* Who may be kept waiting for whom on a bus or a mesh; zero elsewhere. */
struct soc_network {
    double bandwidth_bytes_per_us; /* of each link, each way on a mesh */
    double latency_us;             /* of each link that is passed */
    int32_t columns, rows;         /* of a mesh: PE p is at column p % columns, row p / columns */
    int32_t dma_channels;          /* transfers that one PE may receive at a time */
};

/* How operating points are chosen. */
enum soc_governor {
    SOC_PERFORMANCE, /* the last one */
    SOC_POWERSAVE,   /* the first one */
    SOC_FIXED,       /* the last one that does not exceed a frequency */
    SOC_ONDEMAND,    /* as its load asks (struct soc_ondemand), from the last one on */
};

/* Linux's ondemand governor, by the rule of DS3 (Arda et al., IEEE Trans. Computers 69, 2020): at
 * each multiple of a period, a cluster whose PEs were busy for more than `up` periods, all added
 * up, goes to its last point; if for less than `down` periods, to the next slower one. */
struct soc_ondemand {
    int64_t period_ps; /* 0: points stay where they are */
    double up, down;
};

/* What heats the chip: the PEs of a cluster, or something that always draws the same. */
struct soc_heat {
    int32_t cluster; /* -1: constant */
    double constant_mw;
    const double *c_per_w; /* [hotspot_count] degrees that 1 W adds in a period */
};

/* A temperature above which clusters may not run at all points. */
struct soc_trip {
    double above_c, hysteresis_c; /* left below above_c - hysteresis_c */
    const int32_t *caps;          /* [cluster_count] the last point that is allowed */
};

/* Temperatures of a few hotspots, linear in the power (DS3's model of the Odroid-XU3): from period
 * to period T' = ambient + keep (T - ambient) + sum over sources of c_per_w x mean power. */
struct soc_thermal {
    int64_t period_ps;
    double ambient_c;
    const double *keep; /* [hotspot * hotspot_count + of which hotspot] */
    const struct soc_heat *sources;
    const struct soc_trip *trips; /* hotter and hotter, slower and slower */
    int32_t hotspot_count, source_count, trip_count;
};

/* What is done with it. */
enum soc_thermal_mode { SOC_THERMAL_NONE, SOC_THERMAL_WATCH, SOC_THERMAL_THROTTLE };

/* The files that a platform's file extends: the one that it names, the one that this names, ... */
struct soc_bases {
    const char *const *files; /* [count] */
    int32_t count;
};

struct soc {
    const char *name;
    const char *summary;
    struct soc_bases bases;
    struct soc_kind *kinds;
    int32_t kind_count;
    struct soc_cluster *clusters;
    int32_t cluster_count;
    struct soc_pe *pes;
    int32_t pe_count;
    struct soc_lane *lanes;
    int32_t lane_count;
    uint16_t *cluster_lane; /* [from_cluster * cluster_count + to_cluster], different PEs */
    enum soc_interconnect interconnect;
    struct soc_network network;
    bool at_assign;   /* transfers start when their destination is known, not when data is there */
    bool truncate_us; /* delays are truncated to whole microseconds, as DS3 does */
    double memory_bandwidth_bytes_per_us; /* between any PE and the memory; 0 = not given */
    bool has_power;                       /* every kind tells its power */
    double base_mw;                       /* drawn whatever the PEs do; 0 without */
    struct soc_ondemand ondemand;
    const struct soc_thermal *thermal; /* NULL: not given */
    enum soc_thermal_mode thermal_mode;
};

/* The keys of a platform file (soc_schema.c). */
extern const struct schema soc_schema;

/* The keys of a platform file, with those of the file that it extends where it is silent, in place
 * of `extends`; not checked but for that. `bases` become the paths of that file, of the one that it
 * extends, and so on. NULL and a fault if one of them cannot be read or is wrong, or if they go
 * round in a circle. */
struct yaml_node *soc_read_keys(struct arena *arena, const char *path, struct soc_bases *bases,
                                struct fault *fault);

/* Loads a platform file; everything lives in `arena`. Faults: whatever the schema refuses,
 * a name that is not the file's, duplicate or unknown names, no PE, more than 4096 PEs, both
 * or none of clusters and generate, a speed without `like`, OPPs that do not ascend, a pair of
 * clusters given twice, more than 65535 lanes, keys of an interconnect that its kind does not have
 * or needs and lacks, a thermal model whose lists do not fit each other or that never settles.
 * O(links x lanes + clusters^2 + hotspots^3). */
bool soc_load(struct soc *soc, struct arena *arena, const char *path, struct fault *fault);

/* Has every kind run at the point that a governor chooses; `mhz` is for SOC_FIXED. A fault without
 * place if a kind has no point that slow, or if no kind has any. Kinds without stay as they are. */
bool soc_govern(struct soc *soc, enum soc_governor governor, double mhz, struct fault *fault);

/* How much longer work takes at an operating point than at the last one: f_max / f. */
double soc_stretch(const struct soc_kind *kind, int32_t opp);

/* How fast a PE works at an operating point, beside the point of its kind: f / f(kind->opp). */
double soc_speed(const struct soc_kind *kind, int32_t opp);

/* Power of one PE of a kind at an operating point. The machine has_power. */
double soc_power_mw(const struct soc_kind *kind, int32_t opp, bool is_busy);

/* The lane from one PE to another. */
static inline int32_t soc_lane(const struct soc *soc, int32_t from_pe, int32_t to_pe)
{
    if (from_pe == to_pe)
        return 0;
    int32_t from = soc->pes[from_pe].cluster;
    int32_t to = soc->pes[to_pe].cluster;
    return soc->cluster_lane[from * soc->cluster_count + to];
}

/* Whether transfers of a machine share links, so that the engine has to move them. */
static inline bool soc_is_contended(const struct soc *soc)
{
    return soc->interconnect == SOC_BUS || soc->interconnect == SOC_MESH;
}

/* Whether PEs change their operating points during a run. */
static inline bool soc_is_scaled(const struct soc *soc)
{
    return soc->ondemand.period_ps > 0 ||
           (soc->thermal_mode == SOC_THERMAL_THROTTLE && soc->thermal->trip_count > 0);
}

/* How often data is on its way between producer and consumer: to the memory and from it. */
static inline int32_t soc_legs(const struct soc *soc)
{
    return soc->interconnect == SOC_SHARED_MEMORY ? 2 : 1;
}

/* Links that a transfer between different PEs passes: one on a bus. */
int32_t soc_hops(const struct soc *soc, int32_t from_pe, int32_t to_pe);

/* "matrix", "shared_memory", "bus", "mesh" */
const char *soc_interconnect_name(enum soc_interconnect interconnect);

/* Index of a PE kind by name, -1 if the machine has none. */
int32_t soc_find_kind(const struct soc *soc, const char *name);

/* "cpu", "dsp", ... */
const char *soc_class_name(enum soc_class class);

#endif
