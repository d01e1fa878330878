/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is lost from a date on: the exact discounted return in continuous time.
 *
 * While jobs are in flight, cost accrues at a rate that changes when a job arrives or leaves and
 * may grow in between: rate(t) = sum over jobs of weight + growth (t - arrival). The return at date
 * t is G(t) = -integral from t on of rate(s) exp(-(s - t) / tau) ds, the continuous-time form of
 * Decima's reward (Mao et al. 2019): with weight 1 and growth 0 the undiscounted integral is the
 * sum of the latencies. It is given at any date in closed form, so that the returns of several runs
 * of one scenario can be compared at the same date. */
#ifndef HETSOC_LAB_RETURNS_H
#define HETSOC_LAB_RETURNS_H

#include <stdint.h>

/* The rate from a date on until the next. */
struct returns_step {
    int64_t at_ps;
    double rate, growth_per_us;
    double value; /* G(at_ps), once returns_close has run */
};

struct returns {
    struct returns_step *steps; /* [capacity], of the caller */
    int32_t count, capacity;
    double tau_us;
};

/* Nothing in flight. `steps` is the caller's, with room for every arrival and every end. */
void returns_init(struct returns *returns, struct returns_step *steps, int32_t capacity,
                  double tau_us);

/* A job arrives, or leaves that had arrived at `arrival_ps`. Dates do not descend, but for ends
 * that `compat: ds3` tells up to 1 us late: a job that left before the last step leaves with it.
 * O(1). */
void returns_arrive(struct returns *returns, int64_t now_ps, double weight, double growth_per_us);
void returns_leave(struct returns *returns, int64_t now_ps, int64_t arrival_ps, double weight,
                   double growth_per_us);

/* Works out the value at every step; no job is in flight any more. O(steps). */
void returns_close(struct returns *returns);

/* G at a date; 0 from the last step on. O(log steps). */
double returns_at(const struct returns *returns, int64_t at_ps);

#endif
