/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What inference kernels cost on a PE kind: by what the kind can do (peak, bandwidths, latencies),
 * or as `hetsoc kernels profile` measured them, stage by stage. */
#ifndef HETSOC_SIM_SOC_PROFILE_H
#define HETSOC_SIM_SOC_PROFILE_H

#include <stdint.h>

#include "base/fault.h"
#include "base/memory.h"
#include "base/schema.h"
#include "workloads/app.h"

/* A stage that was measured: n samples take fixed_us + n * sample_us, weights included. */
struct soc_stage {
    const char *name; /* "cigt_cifar10/B1" */
    double fixed_us, sample_us;
};

struct soc_profile {
    double launch_us;
    double mac_per_us;                     /* peak; 0 = the kind has no profile */
    double efficiency[APP_KERNEL_CLASSES]; /* part of the peak reached; 0 = it cannot run these */
    double memory_bytes_per_us;            /* weights */
    double io_bytes_per_us;                /* activations */
    double step_us[APP_KERNEL_CLASSES];    /* latency of one of the steps that follow each other */
    double local_bytes;                    /* memory that keeps weights between tasks */
    struct soc_stage *stages;              /* [stage_count] measured; none unless there is a file */
    int32_t stage_count;
    const char *file; /* where they were read; NULL: no file */
};

/* Reads the checked `profile` of a PE kind of the platform file at `path`, with the file of
 * measurements that it may name, relative to the folder of that one. Lives in `arena`. Faults: the
 * file cannot be read, is no cost profile, or names a stage that does not exist or twice; neither
 * it nor the profile says mac_per_us or memory_bytes_per_us. */
bool soc_profile_read(struct soc_profile *profile, struct arena *arena, const struct yaml_node *map,
                      const char *path, struct fault *fault);

/* The keys of such a file; made in `arena`. */
const struct schema *soc_profile_schema(struct arena *arena);

/* What was measured of a stage; NULL if it was not, or if `name` is NULL. O(stages). */
const struct soc_stage *soc_profile_stage(const struct soc_profile *profile, const char *name);

#endif
