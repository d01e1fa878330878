/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/crew.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/ranks.h"

/* What messages are. */
enum {
    TAG_TRIAL, /* int32_t */
    TAG_HALT,
    TAG_DISMISS,
    TAG_GREETING, /* struct greeting */
    TAG_ROW,      /* struct row_and_more */
    TAG_PART,     /* text of one part; TABLES_COUNT of them follow a row that has parts */
    TAG_DROPPED,  /* int32_t */
    TAG_FAULT,    /* struct fault */
    TAG_LEAVE
};

/* Between two looks for the last messages. */
enum { LAST_LOOK_NS = 1000000 };

struct greeting {
    char plan[DIGEST_SIZE];
    int32_t jobs;
};

struct row_and_more {
    struct trial_row row;
    bool has_parts;
};

void crew_init(struct crew *crew)
{
    *crew = (struct crew){.count = ranks_count()};
    crew->room = memory_zeroed((size_t)crew->count, sizeof *crew->room);
}

void crew_finish(struct crew *crew)
{
    free(crew->room);
    *crew = (struct crew){0};
}

int32_t crew_idle(const struct crew *crew)
{
    int32_t idlest = 0;
    for (int32_t rank = 1; rank < crew->count; rank++)
        if (crew->room[rank] > 0 && (idlest == 0 || crew->room[rank] > crew->room[idlest]))
            idlest = rank;
    return idlest;
}

void crew_give(struct crew *crew, int32_t rank, int32_t trial)
{
    assert(crew->room[rank] > 0);
    ranks_send(rank, TAG_TRIAL, &trial, sizeof trial);
    crew->room[rank]--;
    crew->given++;
}

void crew_halt(struct crew *crew)
{
    for (int32_t rank = 1; !crew->is_halted && rank < crew->count; rank++)
        ranks_send(rank, TAG_HALT, NULL, 0);
    crew->is_halted = true;
}

/* Takes a message of a known size. */
static void take(const struct ranks_message *message, void *bytes, size_t size)
{
    assert(message->size == size);
    (void)size;
    ranks_take(message, bytes);
}

static void take_greeting(struct crew *crew, const struct ranks_message *message, const char *plan,
                          struct fault *fault)
{
    struct greeting greeting;
    take(message, &greeting, sizeof greeting);
    crew->room[message->from] = 2 * greeting.jobs;
    if (strcmp(greeting.plan, plan) != 0)
        fault_set(fault, "--mpi", "give all ranks the same files and the same hetsoc",
                  "rank %d has another experiment than rank 0", (int)message->from);
}

static void take_letter(struct crew *crew, const struct ranks_message *message,
                        struct crew_letter *letter)
{
    struct row_and_more got;
    take(message, &got, sizeof got);
    *letter = (struct crew_letter){.row = got.row, .has_parts = got.has_parts};
    for (int table = 0; got.has_parts && table < TABLES_COUNT; table++) {
        struct ranks_message part;
        ranks_await(message->from, TAG_PART, &part);
        letter->parts.rows[table] = memory_zeroed(part.size + 1, 1);
        ranks_take(&part, letter->parts.rows[table]);
    }
    crew->room[message->from]++;
    crew->given--;
}

enum crew_news crew_hear(struct crew *crew, const char *plan, struct crew_letter *letter,
                         struct fault *fault)
{
    struct ranks_message message;
    struct fault theirs;
    int32_t dropped;
    if (!ranks_look(&message))
        return CREW_SILENCE;
    switch (message.tag) {
    case TAG_GREETING:
        take_greeting(crew, &message, plan, fault);
        return CREW_COURTESY;
    case TAG_ROW:
        take_letter(crew, &message, letter);
        return CREW_ROW;
    case TAG_DROPPED:
        take(&message, &dropped, sizeof dropped);
        crew->given -= dropped;
        return CREW_COURTESY;
    default:
        assert(message.tag == TAG_FAULT);
        take(&message, &theirs, sizeof theirs);
        *fault = theirs;
        return CREW_COURTESY;
    }
}

void crew_dismiss(struct crew *crew)
{
    for (int32_t rank = 1; rank < crew->count; rank++)
        ranks_send(rank, TAG_DISMISS, NULL, 0);
    for (int32_t gone = 1; gone < crew->count;) {
        struct ranks_message message;
        if (!ranks_look(&message)) {
            nanosleep(&(struct timespec){.tv_nsec = LAST_LOOK_NS}, NULL);
            continue;
        }
        char *bytes = memory_zeroed(message.size + 1, 1);
        ranks_take(&message, bytes);
        free(bytes);
        gone += message.tag == TAG_LEAVE;
    }
}

/* ---- the other ranks' side ---- */

void crew_greet(const char *plan, int32_t jobs)
{
    struct greeting greeting = {.jobs = jobs};
    assert(strlen(plan) < DIGEST_SIZE);
    snprintf(greeting.plan, sizeof greeting.plan, "%s", plan);
    ranks_send(0, TAG_GREETING, &greeting, sizeof greeting);
}

enum crew_wish crew_ask(int32_t *trial)
{
    struct ranks_message message;
    if (!ranks_look(&message))
        return CREW_GO_ON;
    if (message.tag == TAG_TRIAL) {
        take(&message, trial, sizeof *trial);
        return CREW_TRIAL;
    }
    ranks_take(&message, NULL);
    return message.tag == TAG_HALT ? CREW_HALT : CREW_DISMISS;
}

void crew_send(const struct trial_row *row, const struct parts *parts)
{
    struct row_and_more sent;
    memset(&sent, 0, sizeof sent); /* padding too */
    sent.row = *row;
    sent.has_parts = parts != NULL;
    ranks_send(0, TAG_ROW, &sent, sizeof sent);
    for (int table = 0; parts != NULL && table < TABLES_COUNT; table++)
        ranks_send(0, TAG_PART, parts->rows[table], strlen(parts->rows[table]));
}

void crew_drop(int32_t trials)
{
    ranks_send(0, TAG_DROPPED, &trials, sizeof trials);
}

void crew_complain(const struct fault *fault)
{
    ranks_send(0, TAG_FAULT, fault, sizeof *fault);
}

void crew_leave(void)
{
    ranks_send(0, TAG_LEAVE, NULL, 0);
}
