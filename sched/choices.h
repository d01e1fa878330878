/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The choices that a learned scheduler has, one after the other, as rows of features.
 *
 * In every epoch a list of choices is made, one of them is taken, and so on until there is none or
 * to wait is chosen. With CHOICE_PAIR_WAIT a choice is a ready task on a kind of which a PE is idle
 * (there it gets the PE on which it would finish first), or to wait; nothing is ever given to a
 * busy PE. To wait is offered only if a PE is busy, so that something will happen: a policy cannot
 * know whether another job will arrive. CHOICE_PAIR is the same without waiting, to find out what
 * waiting is worth. With CHOICE_ORDER_EFT a choice is a ready task on the PE
 * where it would finish first, queues included, and all ready tasks are committed, which is the
 * action of DeepSoCS.
 *
 * Where data starts to move when its destination is known (a bus, a mesh), a PE that was idle until
 * then waits for it. CHOICE_PAIR_AHEAD is CHOICE_PAIR_WAIT, but there it also offers PEs that are
 * busy and have few tasks before them, so that data may move ahead. It has features for that, and
 * it expects transfers to take longer by as much as they did of late (sched/congestion.h). On other
 * machines the two are the same.
 *
 * Visible are the first ready tasks of the shortlist (least work left in the job first), so that a
 * list stays short under overload. Estimates are corrected by half of the logarithm of the slowness
 * observed on each PE (sched/slowness.h), and a task that is overdue is expected to take another
 * 15 % of its time so far. */
#ifndef HETSOC_SCHED_CHOICES_H
#define HETSOC_SCHED_CHOICES_H

#include "sched/congestion.h"
#include "sched/flight.h"
#include "sched/inputs.h"
#include "sched/shortlist.h"
#include "sched/slowness.h"

enum choice_mode { CHOICE_PAIR_AHEAD, CHOICE_PAIR_WAIT, CHOICE_PAIR, CHOICE_ORDER_EFT };

/* Ready tasks that are looked at. */
#define CHOICES_VISIBLE 32

/* Tasks that a PE may have where data moves ahead, the running one included. */
#define CHOICES_AHEAD 4

struct choice {
    int32_t task; /* -1: wait */
    int32_t pe;
};

/* A job in flight. */
struct choices_job {
    int32_t ready, running; /* tasks; running: those under way */
    bool is_stale;          /* the rest must be worked out anew */
    bool is_gone;           /* all tasks are done */
    int32_t longest;        /* of the facts' longest, the first task that is not done */
    float left, path, done; /* features */
    double path_us;
};

/* A visible task. Times are in us from now on. */
struct sight {
    int32_t task;
    const struct task_facts *facts;
    double min_us;     /* on the fastest kind */
    const float *exec; /* [kind] FEATURE_EXEC and FEATURE_EXEC_RATIO, side by side */
    float *own_exec;   /* [kind] room for them */
    double *data_us;   /* [pe] when its data can be there */
    double *work_us;   /* [pe] corrected execution time; INFINITY where it cannot run */
    double *move_us;   /* [pe] what moving its data takes on empty links, piece by piece */
    float *row;        /* [FEATURE_TASK_COUNT] */
    /* Where it would finish first on what is available now; holds until one of these PEs is given
     * something, because an availability only grows. */
    bool is_stale;
    double best_us;
    int32_t best;
    double *kind_us;  /* [kind] on an open PE of the kind */
    int32_t *kind_pe; /* [kind] that PE; -1: none */
};

struct choices {
    /* The list: what a chooser looks at. */
    struct choice *list;
    float *rows; /* [count * feature_count] */
    int32_t feature_count;
    int32_t count;
    int32_t wait;   /* place of the choice to wait; -1: it is not offered */
    int32_t taught; /* place of what the teacher would choose; -1: it does not know */

    enum choice_mode mode;
    bool is_ahead; /* busy PEs may be chosen, so that data moves ahead */
    struct facts facts;
    struct shortlist shortlist;
    struct slowness slowness;
    struct inputs inputs;
    struct congestion congestion; /* if is_ahead */
    int32_t *kind_of;             /* [pe] */
    bool has_flight;              /* the jobs in flight are followed */
    struct flight flight;

    struct choices_job *jobs; /* [job_capacity] */
    int32_t job_capacity;
    int32_t job_count; /* in flight */

    int64_t *kind_work_ps; /* [kind] minimal times of the ready tasks that it runs fastest */
    int32_t *kind_ready;   /* [kind] how many these are */
    bool *kind_is_stale;   /* [kind] its row must be worked out anew */
    float *kind_rows;      /* [kind * FEATURE_KIND_COUNT] */

    /* The epoch. */
    double *available_us; /* [pe] */
    double *factor;       /* [pe] on estimates */
    float *level;         /* [pe] slowness */
    bool *is_free;        /* [pe] neither running nor given anything */
    int32_t free_count;
    int32_t *given;            /* [pe] tasks that it has */
    int32_t *room;             /* [pe] tasks that it may still be given; open: > 0 */
    int32_t room_count;        /* of all PEs */
    double stretch;            /* on estimates of transfers */
    float stretched, fetching; /* FEATURE_CONGESTION, its logarithm, and FEATURE_FETCHING */
    int32_t *kind_free;        /* [kind] */
    int32_t ready_count;
    const int32_t *tasks; /* from the shortlist, in order */
    int32_t task_count, next_task;
    struct sight *sights;   /* [CHOICES_VISIBLE] */
    struct sight **visible; /* [visible_count] in order */
    int32_t visible_count;
    bool is_order_stale;
    float machine[FEATURE_MACHINE_COUNT];

    /* Scratch of a list. */
    double *plan_us;    /* [pe] */
    double *planned_us; /* [pe] */
    double *costs_us;   /* [kind] */
    double *times_us;   /* memory of the sights, to the end */
    double *kind_us;
    int32_t *kind_pe;
    float *task_rows;
    float *exec;
};

/* The features that a mode has: the first so many. */
int32_t choices_features(enum choice_mode mode);

/* Whether a mode lets wait. */
static inline bool choices_can_wait(enum choice_mode mode)
{
    return mode == CHOICE_PAIR_AHEAD || mode == CHOICE_PAIR_WAIT;
}

/* The longest list that there can be: every visible task on every kind, and to wait. */
size_t choices_most(const struct view *view);

/* `has_flight`: for a network with embedding, which reads the jobs in flight as graphs. */
void choices_init(struct choices *choices, const struct view *view, enum choice_mode mode,
                  bool has_flight);
void choices_finish(struct choices *choices);

/* Says which of the choices to take; called only where there are at least two. */
struct chooser {
    void *self;
    int32_t (*choose)(void *self, struct choices *choices, const struct view *view);
};

/* One epoch. With v visible tasks, P PEs and k kinds O(v (clusters x predecessors + P)) and for
 * each choice O(v (P + k features)), besides the chooser. */
void choices_walk(struct choices *choices, const struct view *view, struct decisions *decisions,
                  const struct chooser *chooser);

#endif
