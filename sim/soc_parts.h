/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of loading a platform file, shared by soc.c (names, kinds, clusters),
 * soc_interconnect.c and soc_thermal.c. Nobody else includes it. */
#ifndef HETSOC_SIM_SOC_PARTS_H
#define HETSOC_SIM_SOC_PARTS_H

#include "base/yaml.h"
#include "sim/soc.h"

/* What every step of loading needs. */
struct soc_loader {
    struct soc soc;
    struct arena *arena;
    struct fault *fault;
};

/* Index of a cluster by name, -1 if the machine has none. */
int32_t soc_find_cluster(const struct soc *soc, const char *name);

/* "did you mean 'x'?", or the general advice. `named` is an array of structs that begin with their
 * name: kinds or clusters. */
const char *soc_name_hint(const struct soc_loader *loader, const char *word, const void *named,
                          int32_t count, size_t size, const char *advice);

/* Makes kinds and clusters from the kinds that were read, which are templates. */
bool soc_generate(struct soc_loader *loader, const struct yaml_node *generate);

/* Reads how the PEs, which are known, are connected. */
bool soc_read_interconnect(struct soc_loader *loader, const struct yaml_node *interconnect);

/* Reads how the machine, of which all else is known, gets warm; NULL: nobody says. */
bool soc_read_thermal(struct soc_loader *loader, const struct yaml_node *thermal);

#endif
