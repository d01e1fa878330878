/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hands records from one thread to a second one, in order and through bounded memory, so that slow
 * work on them (text, compression, files) does not hold up the first.
 *
 * If no second thread can be had, the work is done in the first one. */
#ifndef HETSOC_BASE_RELAY_H
#define HETSOC_BASE_RELAY_H

#include <stddef.h>

struct relay;

/* Starts the second thread. `work` gets every record, whole, with the size asked for, one after the
 * other; no record is larger than `record_max`. Signals go to other threads. */
struct relay *relay_create(void (*work)(void *context, const void *record, size_t size),
                           void *context, size_t record_max);

/* Room for the next record, aligned for any object, to be filled before the next call. Waits while
 * the second thread is far behind. O(1), without allocation. */
void *relay_room(struct relay *relay, size_t size);

/* Waits until all records are worked off, and ends the second thread. NULL is fine. */
void relay_destroy(struct relay *relay);

#endif
