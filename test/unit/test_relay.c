/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/relay.h"

#include <string.h>
#include <time.h>

#include "test/suite.h"

/* What the second thread saw. */
struct seen {
    size_t count, bytes;
    int is_wrong;
    int is_slow;
};

/* Record n has 1 + n % 300 bytes, all of them n. */
static void look(void *context, const void *record, size_t size)
{
    struct seen *seen = context;
    const unsigned char *bytes = record;
    seen->is_wrong |= size != 1 + seen->count % 300;
    for (size_t i = 0; i < size; i++)
        seen->is_wrong |= bytes[i] != (unsigned char)seen->count;
    if (seen->is_slow && seen->count % 1000 == 0)
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    seen->count++;
    seen->bytes += size;
}

static struct seen pass(size_t count, int is_slow)
{
    struct seen seen = {.is_slow = is_slow};
    struct relay *relay = relay_create(look, &seen, 300);
    for (size_t n = 0; n < count; n++) {
        size_t size = 1 + n % 300;
        memset(relay_room(relay, size), (int)(n & 255), size);
    }
    relay_destroy(relay);
    return seen;
}

START_TEST(records_arrive_whole_and_in_order)
{
    struct seen seen = pass(100000, 0);
    ck_assert_int_eq(seen.is_wrong, 0);
    ck_assert_uint_eq(seen.count, 100000);
}
END_TEST

START_TEST(the_first_thread_waits_for_a_slow_second_one)
{
    struct seen seen = pass(50000, 1); /* 7 MB through 1 MB of blocks */
    ck_assert_int_eq(seen.is_wrong, 0);
    ck_assert_uint_eq(seen.count, 50000);
}
END_TEST

static void sum(void *context, const void *record, size_t size)
{
    (void)record;
    *(size_t *)context += size;
}

START_TEST(a_record_may_be_larger_than_a_block)
{
    size_t bytes = 0, size = 1 << 20;
    struct relay *relay = relay_create(sum, &bytes, size);
    memset(relay_room(relay, size), 1, size);
    memset(relay_room(relay, size), 2, size);
    relay_destroy(relay);
    ck_assert_uint_eq(bytes, 2 * size);
}
END_TEST

START_TEST(nothing_to_hand_over_is_fine)
{
    size_t bytes = 0;
    relay_destroy(relay_create(sum, &bytes, 8));
    relay_destroy(NULL);
    ck_assert_uint_eq(bytes, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("relay");
    TCase *test = tcase_create("relay");
    tcase_add_test(test, records_arrive_whole_and_in_order);
    tcase_add_test(test, the_first_thread_waits_for_a_slow_second_one);
    tcase_add_test(test, a_record_may_be_larger_than_a_block);
    tcase_add_test(test, nothing_to_hand_over_is_fine);
    suite_add_tcase(suite, test);
    return suite;
}
