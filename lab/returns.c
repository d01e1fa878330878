/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/returns.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

#include "base/tick.h"

void returns_init(struct returns *returns, struct returns_step *steps, int32_t capacity,
                  double tau_us)
{
    *returns = (struct returns){.steps = steps, .capacity = capacity, .tau_us = tau_us};
}

static double us_between(int64_t from_ps, int64_t to_ps)
{
    return (double)(to_ps - from_ps) / TICK_PER_US;
}

/* The step of a date, or the last one if that is later, with the rate that has accrued until then.
 */
static struct returns_step *step_at(struct returns *returns, int64_t now_ps)
{
    struct returns_step *last = returns->count > 0 ? &returns->steps[returns->count - 1] : NULL;
    if (last != NULL && last->at_ps >= now_ps)
        return last;
    assert(returns->steps != NULL && returns->count < returns->capacity);
    struct returns_step *step = &returns->steps[returns->count++];
    *step = (struct returns_step){.at_ps = now_ps};
    if (last != NULL) {
        step->rate = last->rate + last->growth_per_us * us_between(last->at_ps, now_ps);
        step->growth_per_us = last->growth_per_us;
    }
    return step;
}

void returns_arrive(struct returns *returns, int64_t now_ps, double weight, double growth_per_us)
{
    struct returns_step *step = step_at(returns, now_ps);
    step->rate += weight;
    step->growth_per_us += growth_per_us;
}

void returns_leave(struct returns *returns, int64_t now_ps, int64_t arrival_ps, double weight,
                   double growth_per_us)
{
    struct returns_step *step = step_at(returns, now_ps);
    step->rate -= weight + growth_per_us * us_between(arrival_ps, step->at_ps);
    step->growth_per_us -= growth_per_us;
}

/* G at the beginning of a stretch with this rate and growth, and G at its end. */
static double discount(const struct returns *returns, double rate, double growth_per_us,
                       double length_us, double end)
{
    double tau_us = returns->tau_us;
    double fade = exp(-length_us / tau_us);
    double level = rate * tau_us * (1 - fade);
    double slope = growth_per_us * tau_us * tau_us * (1 - fade * (1 + length_us / tau_us));
    return end * fade - level - slope;
}

void returns_close(struct returns *returns)
{
    double value = 0;
    for (int32_t i = returns->count - 1; i >= 0; i--) {
        struct returns_step *step = &returns->steps[i];
        if (i < returns->count - 1)
            value = discount(returns, step->rate, step->growth_per_us,
                             us_between(step->at_ps, step[1].at_ps), value);
        step->value = value;
    }
}

double returns_at(const struct returns *returns, int64_t at_ps)
{
    const struct returns_step *steps = returns->steps;
    int32_t low = 0, high = returns->count - 1;
    if (returns->count == 0 || at_ps >= steps[high].at_ps)
        return 0;
    if (at_ps < steps[0].at_ps) /* nothing is in flight before the first arrival */
        return discount(returns, 0, 0, us_between(at_ps, steps[0].at_ps), steps[0].value);
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (steps[middle].at_ps <= at_ps)
            low = middle;
        else
            high = middle;
    }
    double since_us = us_between(steps[low].at_ps, at_ps);
    return discount(returns, steps[low].rate + steps[low].growth_per_us * since_us,
                    steps[low].growth_per_us, us_between(at_ps, steps[low + 1].at_ps),
                    steps[low + 1].value);
}
