/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An experiment that a test writes as race.yaml into its scratch folder. */
#ifndef HETSOC_TEST_RACE_H
#define HETSOC_TEST_RACE_H

#include "lab/points.h"
#include "test/scratch.h"

/* Loads it and expands its points; both live as long as the scratch folder. False if there is a
 * fault, which is new. */
bool race_expand(struct scratch *scratch, const char *text, struct experiment *experiment,
                 struct points *points, struct fault *fault);

/* The same; fails the test if there is a fault. */
void race_load(struct scratch *scratch, const char *text, struct experiment *experiment,
               struct points *points);

#endif
