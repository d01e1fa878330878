/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The other ranks of an MPI run, as rank 0 sees them, and what they send each other.
 *
 * A rank greets rank 0, is given some trials ahead so that it never has to wait for more, and sends
 * a row for each. When rank 0 dismisses it, it leaves with a last message. */
#ifndef HETSOC_LAB_CREW_H
#define HETSOC_LAB_CREW_H

#include "lab/parts.h"
#include "lab/trial.h"

enum crew_news { CREW_SILENCE, CREW_COURTESY, CREW_ROW };

/* What a rank has sent: a row, and the parts of its trial if it has them (of the receiver). */
struct crew_letter {
    struct trial_row row;
    bool has_parts;
    struct parts parts;
};

struct crew {
    int32_t count; /* ranks */
    int32_t *room; /* [count] trials that a rank would still take */
    int32_t given; /* trials that are at other ranks */
    bool is_halted;
};

void crew_init(struct crew *crew);
void crew_finish(struct crew *crew);

/* A rank that would take another trial, 0 if there is none. O(ranks). */
int32_t crew_idle(const struct crew *crew);

void crew_give(struct crew *crew, int32_t rank, int32_t trial);

/* Tells all to start no more trials; once is enough. */
void crew_halt(struct crew *crew);

/* Takes a message if there is one. Fault: the rank has met with one, or runs another plan. */
enum crew_news crew_hear(struct crew *crew, const char *plan, struct crew_letter *letter,
                         struct fault *fault);

/* Sends all home, and waits until they are gone. */
void crew_dismiss(struct crew *crew);

/* ---- the other ranks' side ---- */

/* What rank 0 wants: nothing new; a trial to be run; no start of a trial that is not started yet;
 * to kill what runs and leave. */
enum crew_wish { CREW_GO_ON, CREW_TRIAL, CREW_HALT, CREW_DISMISS };

/* Greets rank 0: this is what the rank is going to run, and so many trials at once. */
void crew_greet(const char *plan, int32_t jobs);

/* The next wish that has arrived. */
enum crew_wish crew_ask(int32_t *trial);

/* Sends a row, with its parts unless they are NULL. */
void crew_send(const struct trial_row *row, const struct parts *parts);

/* Tells how many trials were not started because of CREW_HALT. */
void crew_drop(int32_t trials);

void crew_complain(const struct fault *fault);

/* The last message. */
void crew_leave(void);

#endif
