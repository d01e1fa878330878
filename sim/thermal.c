/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/thermal.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

/* Changes in a period below which temperatures stand still. */
#define SETTLED_C 1e-12

void thermal_init(struct thermal *thermal, const struct soc *soc)
{
    *thermal = (struct thermal){.max_c = NAN, .trip = -1};
    if (soc->thermal_mode == SOC_THERMAL_NONE)
        return;
    thermal->model = soc->thermal;
    size_t count = (size_t)soc->thermal->hotspot_count;
    thermal->above_c = memory_zeroed(count, sizeof *thermal->above_c);
    thermal->next_c = memory_zeroed(count, sizeof *thermal->next_c);
    thermal->max_c = soc->thermal->ambient_c;
    thermal->change_c = INFINITY;
}

void thermal_finish(struct thermal *thermal)
{
    free(thermal->above_c);
    free(thermal->next_c);
    *thermal = (struct thermal){0};
}

double thermal_hottest_c(const struct thermal *thermal)
{
    double hottest_c = thermal->above_c[0];
    for (int32_t i = 1; i < thermal->model->hotspot_count; i++)
        hottest_c = fmax(hottest_c, thermal->above_c[i]);
    return thermal->model->ambient_c + hottest_c;
}

/* Up to the highest trip that is exceeded, else down by one. */
static bool follow_trips(struct thermal *thermal, double hottest_c)
{
    const struct soc_trip *trips = thermal->model->trips;
    int32_t trip = thermal->trip;
    while (trip + 1 < thermal->model->trip_count && hottest_c > trips[trip + 1].above_c)
        trip++;
    if (trip == thermal->trip && trip >= 0 &&
        hottest_c < trips[trip].above_c - trips[trip].hysteresis_c)
        trip--;
    bool is_new = trip != thermal->trip;
    thermal->trip = trip;
    return is_new;
}

bool thermal_step(struct thermal *thermal, const double *mean_mw)
{
    const struct soc_thermal *model = thermal->model;
    int32_t count = model->hotspot_count;
    thermal->change_c = 0.0;
    for (int32_t i = 0; i < count; i++) {
        double next_c = 0.0;
        for (int32_t j = 0; j < count; j++)
            next_c += model->keep[i * count + j] * thermal->above_c[j];
        for (int32_t s = 0; s < model->source_count; s++) {
            const struct soc_heat *source = &model->sources[s];
            double mw = source->cluster < 0 ? source->constant_mw : mean_mw[source->cluster];
            next_c += source->c_per_w[i] * mw * 1e-3;
        }
        thermal->next_c[i] = next_c;
        thermal->change_c = fmax(thermal->change_c, fabs(next_c - thermal->above_c[i]));
    }
    double *old_c = thermal->above_c;
    thermal->above_c = thermal->next_c;
    thermal->next_c = old_c;
    double hottest_c = thermal_hottest_c(thermal);
    thermal->max_c = fmax(thermal->max_c, hottest_c);
    return follow_trips(thermal, hottest_c);
}

int32_t thermal_cap(const struct thermal *thermal, int32_t cluster)
{
    return thermal->trip < 0 ? INT32_MAX : thermal->model->trips[thermal->trip].caps[cluster];
}

bool thermal_is_settled(const struct thermal *thermal)
{
    return thermal->model == NULL || thermal->change_c < SETTLED_C;
}
