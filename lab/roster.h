/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The schedulers that a run can name: those that are built in, and those of plug-ins.
 *
 * A plug-in is a shared object that was built against the installed sim/policy.h and ends with
 * `POLICY_PLUGIN(my_policy);` (docs/plugin.md). It runs with all rights of the program. */
#ifndef HETSOC_LAB_ROSTER_H
#define HETSOC_LAB_ROSTER_H

#include "base/digest.h"
#include "base/memory.h"
#include "sim/policy.h"

struct roster_plugin {
    const char *path; /* as given */
    char digest[DIGEST_SIZE];
    const struct policy_kind *policy;
};

/* Lives in an arena; plug-ins stay loaded until the program ends. */
struct roster {
    const struct policy_kind *const *policies; /* NULL-terminated: built-ins, then plug-ins */
    const struct roster_plugin *plugins;       /* [plugin_count] */
    int32_t plugin_count;
};

/* The built-ins alone. */
extern const struct roster roster_built_in;

/* The built-ins and the schedulers of these files. NULL and a fault for a file that is no plug-in,
 * was built for another contract, does not fill it, or has the name of another scheduler. */
const struct roster *roster_create(struct arena *arena, const char *const *paths, int32_t count,
                                   struct fault *fault);

/* The scheduler of a name; NULL if there is none. */
const struct policy_kind *roster_find(const struct roster *roster, const char *name);

/* The plug-in that a scheduler comes from; NULL if it is built in. */
const struct roster_plugin *roster_plugin_of(const struct roster *roster,
                                             const struct policy_kind *policy);

#endif
