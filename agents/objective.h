/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a network is trained for: a loss of one choice, and its gradient by the logits.
 *
 * With p the softmax of the logits, a the action, A its advantage and H the entropy of p:
 * reinforce  -A log p[a] - entropy H                               (Williams 1992)
 * ppo        -min(r A, clamp(r, 1 - clip, 1 + clip) A) - entropy H,  r = p[a] / p_old[a]
 *            (Schulman et al. 2017)
 * clone      -log p[a], a being the teacher's                      (cross entropy) */
#ifndef HETSOC_AGENTS_OBJECTIVE_H
#define HETSOC_AGENTS_OBJECTIVE_H

#include <stdint.h>

#include "agents/real.h"

enum objective_kind { OBJECTIVE_PPO, OBJECTIVE_REINFORCE, OBJECTIVE_CLONE };

struct objective {
    enum objective_kind kind;
    double clip;    /* ppo only; 0.2 is usual */
    double entropy; /* weight of the bonus; not for clone */
};

/* A choice that was made. */
struct objective_choice {
    int32_t count, action; /* 0 <= action < count */
    double old_log_prob;   /* log p_old[action]; ppo, and for `drift` */
    double advantage;      /* not for clone */
};

/* Sums over choices. */
struct objective_sums {
    int64_t choices;
    double loss;     /* without the entropy bonus */
    double entropy;  /* nats */
    double drift;    /* log p_old[a] - log p[a]: estimates KL(old, new) */
    int64_t clipped; /* choices whose ratio left the clip range on the side of no gradient */
    int64_t agreed;  /* choices whose action has the largest logit */
};

/* Writes the gradient by each logit [count] and adds to the sums. `probabilities` [count] is room
 * for p. A candidate with CHOICE_MASKED gets gradient 0. */
void objective_backward(const struct objective *objective, const struct objective_choice *choice,
                        const real *logits, real *probabilities, real *d_logits,
                        struct objective_sums *sums);

/* Adds b to a. */
void objective_sums_add(struct objective_sums *a, const struct objective_sums *b);

#endif
