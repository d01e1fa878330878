/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/prices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Steps of the search, and how far the first one goes. */
enum { STEPS = 60 };
static const double first_step = 1.0;

double prices_least_ps(const double *price, const int64_t *cost_ps, int32_t class_count)
{
    double least_ps = INFINITY;
    for (int32_t class = 0; class < class_count; class ++)
        if (cost_ps[class] != INT64_MAX && price[class] * (double)cost_ps[class] < least_ps)
            least_ps = price[class] * (double)cost_ps[class];
    return least_ps;
}

/* Priced work of all tasks; `load` [class] becomes the time of the tasks that are cheapest there.
 */
static double sum_up(const double *price, int32_t class_count, const int64_t *cost_ps,
                     int32_t task_count, double *load_ps)
{
    double sum_ps = 0;
    memset(load_ps, 0, (size_t)class_count * sizeof *load_ps);
    for (int32_t task = 0; task < task_count; task++) {
        const int64_t *costs_ps = &cost_ps[(int64_t)task * class_count];
        int32_t best = -1;
        double least_ps = INFINITY;
        for (int32_t class = 0; class < class_count; class ++)
            if (costs_ps[class] != INT64_MAX && price[class] * (double)costs_ps[class] < least_ps) {
                least_ps = price[class] * (double)costs_ps[class];
                best = class;
            }
        sum_ps += least_ps;
        load_ps[best] += (double)costs_ps[best];
    }
    return sum_ps;
}

static void normalize(double *price, const int32_t *pes_of, int32_t class_count)
{
    double sum = 0;
    for (int32_t class = 0; class < class_count; class ++)
        sum += price[class] * pes_of[class];
    for (int32_t class = 0; class < class_count; class ++)
        price[class] /= sum;
}

double prices_for_area(double *price, const int32_t *pes_of, int32_t class_count,
                       const int64_t *cost_ps, int32_t task_count)
{
    size_t classes = (size_t)class_count;
    double *trial = memory_zeroed(2 * classes, sizeof *trial);
    double *load_ps = trial + classes;
    for (int32_t class = 0; class < class_count; class ++)
        trial[class] = 1;
    normalize(trial, pes_of, class_count);
    double best_ps = -1;
    /* Multiplicative weights: a class that is loaded above the average gets dearer. */
    for (int step = 0; step < (class_count > 1 ? STEPS : 1); step++) {
        double sum_ps = sum_up(trial, class_count, cost_ps, task_count, load_ps);
        if (sum_ps > best_ps) {
            best_ps = sum_ps;
            memcpy(price, trial, classes * sizeof *price);
        }
        double scale_ps = 0;
        for (int32_t class = 0; class < class_count; class ++)
            if (pes_of[class] > 0)
                scale_ps = fmax(scale_ps, load_ps[class] / pes_of[class]);
        if (scale_ps <= 0)
            break;
        double size = first_step / sqrt(1.0 + step);
        for (int32_t class = 0; class < class_count; class ++)
            if (pes_of[class] > 0)
                trial[class] *= exp(size * (load_ps[class] / pes_of[class] / scale_ps - 0.5));
        normalize(trial, pes_of, class_count);
    }
    free(trial);
    return best_ps;
}

int64_t prices_round_down_ps(double sum_ps)
{
    /* A relative error of 1e-12 is far beyond that of a sum of a million roundings in double. */
    double safe_ps = ceil(sum_ps * (1.0 - 1e-12));
    return safe_ps > 0 ? (int64_t)safe_ps : 0;
}
