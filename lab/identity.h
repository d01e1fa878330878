/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a point is, in one digest: two points of the same identity give the same rows.
 *
 * It covers the model version, every parameter with its defaults, and the content of the files that
 * the point names; not the name of the experiment, the number of replicates, or what only decides
 * how the run goes and what it writes. Results are kept under it (lab/database.h). */
#ifndef HETSOC_LAB_IDENTITY_H
#define HETSOC_LAB_IDENTITY_H

#include "base/digest.h"
#include "base/memory.h"
#include "base/yaml.h"

/* Incremented whenever the same experiment gives other results than before (CHANGELOG.md says
 * why). */
enum { IDENTITY_MODEL = 2 };

/* What the points of one tree share: the text of a tree without lists, completed by its defaults,
 * and the digests of the files that it names (NULL-terminated). Lives in `arena`. */
const char *identity_shared(struct arena *arena, const struct yaml_node *complete,
                            const char *const *contents);

/* The identity of the point with this noise and this scheduler, both completed; `content` is the
 * digest of a file that the scheduler reads, NULL without one. Lives in `arena`. */
const char *identity_of_point(struct arena *arena, const char *shared,
                              const struct yaml_node *noise, const struct yaml_node *scheduler,
                              const char *content);

#endif
