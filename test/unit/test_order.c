/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/order.h"

#include "base/random.h"
#include "test/suite.h"

START_TEST(sorting_is_by_key_and_keeps_equal_ones_as_they_came)
{
    struct random_stream stream = random_open(3, 0, RANDOM_TEST, 0, 0);
    struct view view = {.task_capacity = 300};
    struct order order = {0};
    for (int32_t count = 0; count < 300; count++) {
        order_begin(&order, &view);
        for (int32_t task = 0; task < count; task++)
            order_add(&order, task, random_below(&stream, 20));
        order_sort(&order);
        ck_assert_int_eq(order.count, count);
        for (int32_t i = 1; i < count; i++) {
            const struct order_item *a = &order.items[i - 1], *b = &order.items[i];
            ck_assert(a->key < b->key || (a->key == b->key && a->task < b->task));
        }
    }
    order_finish(&order);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("order");
    TCase *tests = tcase_create("order");
    tcase_add_test(tests, sorting_is_by_key_and_keeps_equal_ones_as_they_came);
    suite_add_tcase(suite, tests);
    return suite;
}
