/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Markov-modulated Poisson process: bursts and lulls (Heffes and Lucantoni 1986). It goes through
 * its states in turn, in each for an exponential time; within one, jobs arrive as in a Poisson
 * process of the state's rate. It starts as if it had been going on for ever.
 *
 * Each job has one exponential draw of mean 1, which the rates of the states use up; each stay in a
 * state, a phase, has a stream of its own. Times are in mean gaps, so that another rate stretches
 * the same stream. O(1) per job and phase; O(phases) after a place that does not tell its phase. */
#include <math.h>

#include "base/tick.h"
#include "workloads/arrivals.h"

/* The state that a whole process is in at a random date: by the share of time that it has. */
static int32_t draw_first(const struct arrivals *arrivals, struct random_stream *stream)
{
    double total = 0.0;
    for (int32_t i = 0; i < arrivals->state_count; i++)
        total += arrivals->states[i].length;
    double left = random_uniform(stream) * total;
    int32_t state = 0;
    while (state < arrivals->state_count - 1 && left >= arrivals->states[state].length)
        left -= arrivals->states[state++].length;
    return state;
}

/* Goes on to the next phase. What is left of the first one is exponential too. */
static void begin_phase(const struct arrivals *arrivals, uint64_t seed, uint32_t replicate,
                        struct arrival_phase *phase)
{
    struct random_stream stream =
        random_open(seed, replicate, RANDOM_PHASE, (uint32_t)phase->begun, 0);
    double stay = random_exponential(&stream);
    phase->state = phase->begun == 0 ? draw_first(arrivals, &stream)
                                     : (phase->state + 1) % arrivals->state_count;
    phase->begun++;
    phase->end_ps = arrivals_after(phase->end_ps, stay * arrivals->states[phase->state].length *
                                                      arrivals->mean_interarrival_us);
}

static bool next(const struct arrivals *arrivals, uint64_t seed, uint32_t replicate,
                 struct arrival *arrival)
{
    struct random_stream stream =
        random_open(seed, replicate, RANDOM_ARRIVAL, (uint32_t)(arrival->job + 1), 0);
    double left = random_exponential(&stream);
    struct arrival_phase phase = arrival->phase;
    int64_t at_ps = arrival->at_ps;
    for (;;) {
        while (phase.end_ps <= at_ps && at_ps < TICK_LIMIT)
            begin_phase(arrivals, seed, replicate, &phase);
        double gap_us = arrivals->mean_interarrival_us / arrivals->states[phase.state].rate;
        double used = tick_to_us(phase.end_ps - at_ps) / gap_us;
        if (left < used || at_ps >= TICK_LIMIT) {
            at_ps = arrivals_after(at_ps, left * gap_us);
            break;
        }
        left -= used;
        at_ps = phase.end_ps;
    }
    *arrival = (struct arrival){.job = arrival->job + 1, .app = -1, .at_ps = at_ps, .phase = phase};
    return true;
}

const struct arrivals_kind arrivals_mmpp = {
    .name = "mmpp",
    .summary = "bursts: Poisson processes of several rates in turn (Markov-modulated)",
    .needs_rate = true,
    .needs_states = true,
    .next = next,
};
