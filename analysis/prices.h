/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prices of PEs: how a machine of unlike PEs is bounded as if it were one.
 *
 * Let the PEs of class c cost price[c] each, summing to 1 over all PEs. In a span of length C the
 * PEs can do priced work (price x time) of at most C in all, and a task takes at least
 * min over its classes of price x time of it. So sum over tasks of that minimum is a lower bound on
 * C, for any prices: they are the dual variables of the assignment LP (Lenstra, Shmoys, Tardos
 * 1990), and the best prices give the LP's value. */
#ifndef HETSOC_ANALYSIS_PRICES_H
#define HETSOC_ANALYSIS_PRICES_H

#include <stdint.h>

/* Least price x time of a task; costs [class_count], INT64_MAX where the class is incapable. */
double prices_least_ps(const double *price, const int64_t *cost_ps, int32_t class_count);

/* Finds good prices for the work `cost_ps` [task * class_count + class] on pes_of[class] PEs each;
 * nothing may run on a class without PEs.
 * Always the same ones for the same input; equal prices are among those tried, so the bound is
 * never below work / PEs. O(tasks x classes) per step, a fixed number of steps. Returns the
 * priced work, 0 or more. */
double prices_for_area(double *price, const int32_t *pes_of, int32_t class_count,
                       const int64_t *cost_ps, int32_t task_count);

/* A sum of prices x times as a bound in ticks: rounding errors of the sum are taken off. */
int64_t prices_round_down_ps(double sum_ps);

#endif
