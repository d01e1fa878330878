/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/relay.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/memory.h"

/* Blocks change hands; so many can be on their way. */
enum { BLOCK_COUNT = 8, BLOCK_SIZE = 128 * 1024, STACK_SIZE = 256 * 1024 };

/* Before each record. */
struct head {
    size_t size;
};

#define ALIGNMENT      _Alignof(max_align_t)
#define ROUND_UP(size) (((size) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

struct block {
    char *bytes;
    size_t used;
};

struct relay {
    void (*work)(void *context, const void *record, size_t size);
    void *context;
    size_t block_size;
    struct block blocks[BLOCK_COUNT]; /* block n of the stream is blocks[n % BLOCK_COUNT] */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t moved;
    size_t filled, emptied; /* blocks of the stream so far; the next one is being filled */
    bool is_over;
};

/* Works off the records of a block. */
static void empty_block(struct relay *relay, struct block *block)
{
    for (size_t at = 0; at < block->used;) {
        const struct head *head = (const void *)(block->bytes + at);
        relay->work(relay->context, block->bytes + at + ROUND_UP(sizeof *head), head->size);
        at += ROUND_UP(sizeof *head) + ROUND_UP(head->size);
    }
    block->used = 0;
}

static void *run(void *self)
{
    struct relay *relay = self;
    pthread_mutex_lock(&relay->mutex);
    for (;;) {
        while (relay->emptied == relay->filled && !relay->is_over)
            pthread_cond_wait(&relay->moved, &relay->mutex);
        if (relay->emptied == relay->filled)
            break;
        struct block *block = &relay->blocks[relay->emptied % BLOCK_COUNT];
        pthread_mutex_unlock(&relay->mutex);
        empty_block(relay, block);
        pthread_mutex_lock(&relay->mutex);
        relay->emptied++;
        pthread_cond_signal(&relay->moved);
    }
    pthread_mutex_unlock(&relay->mutex);
    return NULL;
}

static bool start_thread(struct relay *relay)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&relay->thread, &attributes, run, relay) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return started;
}

struct relay *relay_create(void (*work)(void *context, const void *record, size_t size),
                           void *context, size_t record_max)
{
    struct relay *relay = memory_zeroed(1, sizeof *relay);
    size_t largest = ROUND_UP(sizeof(struct head)) + ROUND_UP(record_max);
    relay->work = work;
    relay->context = context;
    relay->block_size = largest > BLOCK_SIZE ? largest : BLOCK_SIZE;
    for (int i = 0; i < BLOCK_COUNT; i++)
        relay->blocks[i].bytes = memory_zeroed(relay->block_size, 1);
    pthread_mutex_init(&relay->mutex, NULL);
    pthread_cond_init(&relay->moved, NULL);
    relay->has_thread = start_thread(relay);
    return relay;
}

/* Gives the block that is being filled away and waits until the next one is free. */
static void pass_on(struct relay *relay)
{
    if (!relay->has_thread) {
        empty_block(relay, &relay->blocks[relay->filled % BLOCK_COUNT]);
        return;
    }
    pthread_mutex_lock(&relay->mutex);
    relay->filled++;
    pthread_cond_signal(&relay->moved);
    while (relay->filled - relay->emptied == BLOCK_COUNT)
        pthread_cond_wait(&relay->moved, &relay->mutex);
    pthread_mutex_unlock(&relay->mutex);
}

void *relay_room(struct relay *relay, size_t size)
{
    size_t needed = ROUND_UP(sizeof(struct head)) + ROUND_UP(size);
    struct block *block = &relay->blocks[relay->filled % BLOCK_COUNT];
    assert(needed <= relay->block_size);
    if (block->used + needed > relay->block_size) {
        pass_on(relay);
        block = &relay->blocks[relay->filled % BLOCK_COUNT];
    }
    struct head *head = (void *)(block->bytes + block->used);
    head->size = size;
    block->used += needed;
    return (char *)head + ROUND_UP(sizeof *head);
}

void relay_destroy(struct relay *relay)
{
    if (relay == NULL)
        return;
    pass_on(relay);
    if (relay->has_thread) {
        pthread_mutex_lock(&relay->mutex);
        relay->is_over = true;
        pthread_cond_signal(&relay->moved);
        pthread_mutex_unlock(&relay->mutex);
        pthread_join(relay->thread, NULL);
    }
    pthread_cond_destroy(&relay->moved);
    pthread_mutex_destroy(&relay->mutex);
    for (int i = 0; i < BLOCK_COUNT; i++)
        free(relay->blocks[i].bytes);
    free(relay);
}
