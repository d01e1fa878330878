/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/tick.h"

void queue_finish(struct queue *queue)
{
    free(queue->nodes);
    *queue = (struct queue){0};
}

void queue_clear(struct queue *queue)
{
    queue->count = queue->height = queue->root = 0;
    queue->used = 1;
    queue->first_free = -1;
    if (queue->capacity > 0)
        queue->nodes[0].count = 0;
}

/* The leaf that all entries are in; NULL: there are more. */
static struct queue_node *only_leaf(const struct queue *queue)
{
    return queue->height == 0 ? &queue->nodes[queue->root] : NULL;
}

/* ---- nodes ---- */

static int32_t take_node(struct queue *queue)
{
    int32_t index = queue->first_free;
    if (index >= 0)
        queue->first_free = queue->nodes[index].next_free;
    else
        index = queue->used++;
    queue->nodes[index].count = 0;
    return index;
}

static void drop_node(struct queue *queue, int32_t index)
{
    queue->nodes[index].next_free = queue->first_free;
    queue->first_free = index;
}

static bool is_before(const struct queue_entry *a, const struct queue_entry *b)
{
    return a->job_id < b->job_id || (a->job_id == b->job_id && a->sequence < b->sequence);
}

/* The last slot that does not begin behind an entry; 0 if all do. */
static int32_t find_slot(const struct queue_node *node, const struct queue_entry *entry)
{
    int32_t at = node->count - 1;
    while (at > 0 && is_before(entry, &node->slots[at]))
        at--;
    return at;
}

static void open_slot(struct queue_node *node, int32_t at, const struct queue_entry *entry)
{
    if (at < node->count)
        memmove(&node->slots[at + 1], &node->slots[at],
                (size_t)(node->count - at) * sizeof *node->slots);
    node->slots[at] = *entry;
    node->count++;
}

static void close_slot(struct queue_node *node, int32_t at)
{
    node->count--;
    if (at < node->count)
        memmove(&node->slots[at], &node->slots[at + 1],
                (size_t)(node->count - at) * sizeof *node->slots);
}

/* Appends an entry to a sum of those before it. */
static void add_up(struct queue_entry *sum, const struct queue_entry *next)
{
    int64_t end_ps = sum->least_end_ps + next->cost_ps;
    sum->least_end_ps = end_ps > next->least_end_ps ? end_ps : next->least_end_ps;
    sum->cost_ps += next->cost_ps;
    sum->start_ps = next->start_ps < sum->start_ps ? next->start_ps : sum->start_ps;
}

/* The slot of a node in the node above. */
static struct queue_entry sum_up(const struct queue *queue, int32_t index)
{
    const struct queue_node *node = &queue->nodes[index];
    struct queue_entry sum = node->slots[0];
    for (int32_t i = 1; i < node->count; i++)
        add_up(&sum, &node->slots[i]);
    sum.task = index;
    return sum;
}

/* ---- changes ---- */

/* Moves the last slots of a node into a new one. */
static int32_t split(struct queue *queue, struct queue_node *node, int32_t moved)
{
    int32_t index = take_node(queue);
    struct queue_node *right = &queue->nodes[index];
    right->count = moved;
    node->count -= right->count;
    memcpy(right->slots, &node->slots[node->count], (size_t)right->count * sizeof *right->slots);
    return index;
}

/* Adds an entry below a node; `is_last` if it comes behind all others, which then leaves full nodes
 * behind and sums up nothing anew. Returns the new node that follows this one, or -1. */
static int32_t insert_below(struct queue *queue, int32_t index, int32_t height,
                            const struct queue_entry *entry, bool is_last)
{
    struct queue_node *node = &queue->nodes[index];
    struct queue_entry slot = *entry;
    int32_t at = find_slot(node, entry), sibling = -1;
    if (height > 0) {
        int32_t child = node->slots[at].task;
        int32_t right = insert_below(queue, child, height - 1, entry, is_last);
        if (!is_last)
            node->slots[at] = sum_up(queue, child);
        else if (right < 0)
            add_up(&node->slots[at], entry);
        if (right < 0)
            return -1;
        at++;
        slot = sum_up(queue, right);
    } else if (at < 0 || is_before(&node->slots[at], entry)) {
        at++;
    }
    if (node->count == QUEUE_FANOUT) {
        sibling = split(queue, node, is_last ? 0 : QUEUE_FANOUT / 2);
        if (is_last || at > node->count) {
            at -= node->count;
            node = &queue->nodes[sibling];
        }
    }
    open_slot(node, at, &slot);
    return sibling;
}

static bool is_behind_all(const struct queue *queue, const struct queue_entry *entry)
{
    const struct queue_node *node = &queue->nodes[queue->root];
    for (int32_t height = queue->height; height > 0; height--)
        node = &queue->nodes[node->slots[node->count - 1].task];
    return node->count == 0 || is_before(&node->slots[node->count - 1], entry);
}

void queue_insert(struct queue *queue, const struct queue_entry *entry)
{
    size_t most = (size_t)queue->used + (size_t)queue->height + 2;
    if (most > queue->capacity)
        queue->nodes = memory_grow(queue->nodes, &queue->capacity, most, sizeof *queue->nodes);
    if (queue->count == 0)
        queue_clear(queue);
    queue->count++;
    struct queue_node *leaf = only_leaf(queue);
    if (leaf != NULL && leaf->count < QUEUE_FANOUT) {
        int32_t at = leaf->count;
        while (at > 0 && is_before(entry, &leaf->slots[at - 1]))
            at--;
        open_slot(leaf, at, entry);
        return;
    }
    int32_t sibling =
        insert_below(queue, queue->root, queue->height, entry, is_behind_all(queue, entry));
    if (sibling < 0)
        return;
    int32_t old = queue->root;
    queue->root = take_node(queue);
    queue->height++;
    struct queue_node *root = &queue->nodes[queue->root];
    root->slots[root->count++] = sum_up(queue, old);
    root->slots[root->count++] = sum_up(queue, sibling);
}

/* Replaces (`is_there`) or takes out an entry below a node. */
static void change_below(struct queue *queue, int32_t index, int32_t height,
                         const struct queue_entry *entry, bool is_there)
{
    struct queue_node *node = &queue->nodes[index];
    int32_t at = find_slot(node, entry);
    assert(at >= 0);
    if (height == 0) {
        bool is_found =
            node->slots[at].job_id == entry->job_id && node->slots[at].sequence == entry->sequence;
        assert(is_found || is_there);
        if (is_found && is_there)
            node->slots[at] = *entry;
        else if (is_found)
            close_slot(node, at);
        return;
    }
    int32_t child = node->slots[at].task;
    change_below(queue, child, height - 1, entry, is_there);
    if (queue->nodes[child].count > 0) {
        node->slots[at] = sum_up(queue, child);
    } else {
        drop_node(queue, child);
        close_slot(node, at);
    }
}

void queue_update(struct queue *queue, const struct queue_entry *entry)
{
    if (queue->count > 0)
        change_below(queue, queue->root, queue->height, entry, true);
}

void queue_remove(struct queue *queue, const struct queue_entry *entry)
{
    queue->count--;
    struct queue_node *leaf = only_leaf(queue);
    if (leaf != NULL) {
        int32_t at = 0;
        while (is_before(&leaf->slots[at], entry))
            at++;
        assert(at < leaf->count && leaf->slots[at].sequence == entry->sequence);
        close_slot(leaf, at);
        return;
    }
    change_below(queue, queue->root, queue->height, entry, false);
    while (queue->height > 0 && queue->nodes[queue->root].count == 1) {
        int32_t old = queue->root;
        queue->root = queue->nodes[old].slots[0].task;
        queue->height--;
        drop_node(queue, old);
    }
}

/* ---- questions ---- */

/* The first entry below a node. */
static const struct queue_entry *first_below(const struct queue *queue, int32_t index,
                                             int32_t height)
{
    for (; height > 0; height--)
        index = queue->nodes[index].slots[0].task;
    return &queue->nodes[index].slots[0];
}

const struct queue_entry *queue_first(const struct queue *queue)
{
    return queue->count == 0 ? NULL : first_below(queue, queue->root, queue->height);
}

const struct queue_entry *queue_after(const struct queue *queue, const struct queue_entry *entry)
{
    if (queue->count == 0)
        return NULL;
    int32_t index = queue->root;
    int32_t next = -1, next_height = 0; /* the node that follows the way down */
    for (int32_t height = queue->height; height > 0; height--) {
        const struct queue_node *node = &queue->nodes[index];
        int32_t at = find_slot(node, entry);
        if (at + 1 < node->count) {
            next = node->slots[at + 1].task;
            next_height = height - 1;
        }
        index = node->slots[at].task;
    }
    const struct queue_node *leaf = &queue->nodes[index];
    int32_t at = find_slot(leaf, entry);
    if (!is_before(entry, &leaf->slots[at]))
        at++;
    if (at < leaf->count)
        return &leaf->slots[at];
    return next < 0 ? NULL : first_below(queue, next, next_height);
}

/* The first slot of a node below which an entry may start by a date; -1: none. */
static int32_t find_start(const struct queue_node *node, int64_t now_ps)
{
    for (int32_t at = 0; at < node->count; at++)
        if (node->slots[at].start_ps <= now_ps)
            return at;
    return -1;
}

const struct queue_entry *queue_pick(const struct queue *queue, int64_t now_ps)
{
    if (queue->count == 0)
        return NULL;
    const struct queue_node *node = &queue->nodes[queue->root];
    int32_t at = find_start(node, now_ps);
    for (int32_t height = queue->height; at >= 0 && height > 0; height--) {
        node = &queue->nodes[node->slots[at].task];
        at = find_start(node, now_ps);
    }
    return at < 0 ? NULL : &node->slots[at];
}

int64_t queue_next_ps(const struct queue *queue)
{
    return queue->count == 0 ? TICK_NEVER : sum_up(queue, queue->root).start_ps;
}

void queue_total(const struct queue *queue, int64_t *cost_ps, int64_t *least_end_ps)
{
    *cost_ps = *least_end_ps = 0;
    if (queue->count == 0)
        return;
    struct queue_entry sum = sum_up(queue, queue->root);
    *cost_ps = sum.cost_ps;
    *least_end_ps = sum.least_end_ps;
}

int64_t queue_expect_ps(const struct queue *queue, int64_t free_ps)
{
    int64_t cost_ps, least_end_ps;
    queue_total(queue, &cost_ps, &least_end_ps);
    return free_ps + cost_ps > least_end_ps ? free_ps + cost_ps : least_end_ps;
}
