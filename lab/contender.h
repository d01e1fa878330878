/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A contender: a scheduler as an item of `schedulers` lists it, with its label and parameters. */
#ifndef HETSOC_LAB_CONTENDER_H
#define HETSOC_LAB_CONTENDER_H

#include "base/digest.h"
#include "base/schema.h"
#include "lab/roster.h"

struct contender {
    const struct policy_kind *policy;
    const char *label;    /* `as`, or the policy's name; the rows of results carry it */
    const double *params; /* [policy->param_count] */
    const char *content;  /* digest of the plug-in of the policy; NULL if it is built in */
};

/* The file of a contender whose policy works with one. */
struct contender_file {
    const char *path;
    const void *loaded; /* what policy->file->load made of it */
    char digest[DIGEST_SIZE];
};

/* Holds an item, which has a `name`, against the keys of its policy, one of the roster, and adds
 * the parameters that it leaves out. Faults: no such scheduler, no such parameter, a value out of
 * range. */
bool contender_check(const struct roster *roster, struct arena *arena, struct yaml_node *item,
                     struct fault *fault);

/* Where the label of a checked item stands. */
const struct yaml_node *contender_label(const struct yaml_node *item);

/* Reads a checked item; the parameters live in `arena`. */
struct contender contender_read(const struct roster *roster, struct arena *arena,
                                const struct yaml_node *item);

/* Finds and loads the file of a checked item with this policy; `folder` is that of the file with
 * the item. A policy without one gets no path. */
bool contender_load(struct contender_file *file, struct arena *arena,
                    const struct policy_kind *policy, const struct yaml_node *item,
                    const char *folder, struct fault *fault);

/* The keys of an item with this policy. Lives in `arena`. */
const struct schema *contender_schema(struct arena *arena, const struct policy_kind *policy);

/* The parameters of all policies, as "POLICY.PARAMETER" or, if several say the same of it, as
 * "{POLICY, POLICY}.PARAMETER", for docs/formats.md. Lives in `arena`. */
const struct schema *contender_document(struct arena *arena);

#endif
