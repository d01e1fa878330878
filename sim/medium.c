/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/medium.h"

struct medium *medium_create(const struct soc *soc)
{
    if (!soc_is_contended(soc))
        return NULL;
    const struct medium_kind *kind = soc->interconnect == SOC_BUS ? &medium_bus : &medium_mesh;
    struct medium *medium = kind->create(soc);
    medium->kind = kind;
    return medium;
}

void medium_destroy(struct medium *medium)
{
    if (medium != NULL)
        medium->kind->destroy(medium);
}
