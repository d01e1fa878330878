/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processes that mpirun has started as one (MPI).
 *
 * Before ranks_start, and in a program that was built without MPI, a process is rank 0 of 1. What
 * goes wrong in MPI itself ends all ranks, with a message of MPI's. */
#ifndef HETSOC_BASE_RANKS_H
#define HETSOC_BASE_RANKS_H

#include <stdint.h>

#include "base/fault.h"

/* A message that has arrived. */
struct ranks_message {
    int32_t from;
    int tag;
    size_t size; /* bytes */
};

/* Joins the other ranks, once in a process. Fault if the program was built without MPI. */
bool ranks_start(struct fault *fault);

/* Waits until all ranks are here, and leaves. Fine if there was no start. */
void ranks_finish(void);

int32_t ranks_own(void);
int32_t ranks_count(void);

/* Sends bytes to another rank. Messages of one rank with one tag arrive in the order in which they
 * were sent. May wait for the receiver if they are many. */
void ranks_send(int32_t to, int tag, const void *bytes, size_t size);

/* Whether a message is there; does not wait. */
bool ranks_look(struct ranks_message *message);

/* Waits for the next message with a tag from a rank. */
void ranks_await(int32_t from, int tag, struct ranks_message *message);

/* Takes a message, [message->size] bytes. */
void ranks_take(const struct ranks_message *message, void *bytes);

/* All ranks together: the lowest rank whose `ok` is false, -1 if there is none. */
int32_t ranks_dissenter(bool ok);

/* All ranks together: each element i = first, first + step, ... below length of each one's array,
 * of `size` bytes, becomes what it is at rank i % ranks_count(). */
void ranks_exchange(void *array, int32_t first, int32_t step, int32_t length, size_t size);

#endif
