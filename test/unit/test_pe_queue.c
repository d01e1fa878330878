/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/queue.h"

#include "base/random.h"
#include "base/tick.h"
#include "test/suite.h"

enum { MOST = 3000 };

/* The same queue as a sorted array. */
struct line {
    struct queue_entry entries[MOST];
    int32_t count;
};

static bool is_before(const struct queue_entry *a, const struct queue_entry *b)
{
    return a->job_id < b->job_id || (a->job_id == b->job_id && a->sequence < b->sequence);
}

static void line_insert(struct line *line, const struct queue_entry *entry)
{
    int32_t at = line->count++;
    for (; at > 0 && is_before(entry, &line->entries[at - 1]); at--)
        line->entries[at] = line->entries[at - 1];
    line->entries[at] = *entry;
}

static void line_remove(struct line *line, int32_t at)
{
    for (line->count--; at < line->count; at++)
        line->entries[at] = line->entries[at + 1];
}

/* Dates and costs that fit to each other: some entries may start before now, some wait for long. */
static void draw(struct random_stream *stream, struct queue_entry *entry)
{
    int64_t data_ps = random_below(stream, 3000000);
    entry->start_ps = random_below(stream, 3) == 0 ? TICK_NEVER : data_ps;
    entry->cost_ps = random_below(stream, 2000);
    entry->least_end_ps = data_ps + entry->cost_ps;
}

static void check_same(const struct queue *queue, const struct line *line, int64_t now_ps)
{
    ck_assert_int_eq(queue->count, line->count);
    const struct queue_entry *picked = NULL;
    int64_t next_ps = TICK_NEVER, end_ps = now_ps;
    for (int32_t i = 0; i < line->count; i++) {
        const struct queue_entry *entry = &line->entries[i];
        if (picked == NULL && entry->start_ps <= now_ps)
            picked = entry;
        next_ps = entry->start_ps < next_ps ? entry->start_ps : next_ps;
        int64_t data_ps = entry->least_end_ps - entry->cost_ps;
        end_ps = (data_ps > end_ps ? data_ps : end_ps) + entry->cost_ps;
    }
    const struct queue_entry *pick = queue_pick(queue, now_ps);
    ck_assert_int_eq(pick == NULL, picked == NULL);
    ck_assert(pick == NULL || (picked != NULL && pick->task == picked->task));
    ck_assert_int_eq(queue_next_ps(queue), next_ps);
    ck_assert_int_eq(queue_expect_ps(queue, now_ps), end_ps);
}

static void check_walk(const struct queue *queue, const struct line *line)
{
    const struct queue_entry *entry = queue_first(queue);
    for (int32_t i = 0; i < line->count; i++) {
        ck_assert_ptr_nonnull(entry);
        ck_assert_int_eq(entry->task, line->entries[i].task);
        entry = queue_after(queue, entry);
    }
    ck_assert_ptr_null(entry);
}

/* Grows and shrinks a queue by chance, more of one and then more of the other. */
static void play(uint32_t number, bool is_appended)
{
    static struct line line;
    struct queue queue = {0};
    struct random_stream stream = random_open(1, 0, RANDOM_TEST, number, 0);
    line.count = 0;
    for (int32_t step = 0; step < 4 * MOST; step++) {
        uint32_t grows = step / MOST % 2 == 0 ? 7 : 2;
        uint32_t what = random_below(&stream, 10);
        struct queue_entry entry = {.task = step, .sequence = step};
        entry.job_id = is_appended ? 0 : (int32_t)random_below(&stream, 200);
        draw(&stream, &entry);
        if (what < grows && line.count < MOST) {
            queue_insert(&queue, &entry);
            line_insert(&line, &entry);
        } else if (line.count > 0) {
            int32_t at = (int32_t)random_below(&stream, (uint32_t)line.count);
            if (what < 9) {
                queue_remove(&queue, &line.entries[at]);
                line_remove(&line, at);
            } else {
                draw(&stream, &line.entries[at]);
                queue_update(&queue, &line.entries[at]);
            }
        }
        check_same(&queue, &line, step * 300);
        if (step % 97 == 0)
            check_walk(&queue, &line);
    }
    queue_finish(&queue);
}

START_TEST(a_queue_says_what_a_sorted_array_says)
{
    play(1, false);
    play(2, true);
}
END_TEST

START_TEST(what_was_in_before_clearing_is_forgotten)
{
    struct queue queue = {0};
    for (int32_t round = 0; round < 3; round++) {
        for (int32_t i = 0; i < 1000; i++)
            queue_insert(&queue, &(struct queue_entry){.task = i, .sequence = 1000 - i});
        ck_assert_int_eq(queue_first(&queue)->task, 999);
        ck_assert_int_eq(queue.count, 1000);
        queue_clear(&queue);
        ck_assert_ptr_null(queue_first(&queue));
        ck_assert_ptr_null(queue_pick(&queue, TICK_NEVER));
        ck_assert_int_eq(queue_next_ps(&queue), TICK_NEVER);
        ck_assert_int_eq(queue_expect_ps(&queue, 5), 5);
    }
    queue_finish(&queue);
}
END_TEST

START_TEST(nodes_are_used_again)
{
    struct queue queue = {0};
    for (int32_t i = 0; i < 100000; i++) {
        queue_insert(&queue, &(struct queue_entry){.sequence = i});
        if (i >= 1000)
            queue_remove(&queue, &(struct queue_entry){.sequence = i - 1000});
    }
    ck_assert_int_eq(queue.count, 1000);
    ck_assert_uint_le(queue.capacity, 4 * 1000 / QUEUE_FANOUT + 16);
    queue_finish(&queue);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("pe_queue");
    TCase *tests = tcase_create("pe_queue");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_queue_says_what_a_sorted_array_says);
    tcase_add_test(tests, what_was_in_before_clearing_is_forgotten);
    tcase_add_test(tests, nodes_are_used_again);
    suite_add_tcase(suite, tests);
    return suite;
}
