/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/isa.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/suite.h"

/* Whether /proc/cpuinfo lists a flag, as a word of its own. */
static bool is_listed(const char *flag)
{
    FILE *file = fopen("/proc/cpuinfo", "r");
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    while (file != NULL && !found && getline(&line, &size, file) >= 0)
        for (char *rest = line, *word; (word = strsep(&rest, " \t\n")) != NULL;)
            found |= strcmp(word, flag) == 0;
    free(line);
    if (file != NULL)
        fclose(file);
    return found;
}

START_TEST(the_portable_set_always_runs)
{
    ck_assert(isa_runs(ISA_PORTABLE));
    ck_assert(isa_runs(isa_best()));
}
END_TEST

START_TEST(a_set_runs_where_the_kernel_lists_its_flags)
{
    ck_assert_int_eq(isa_runs(ISA_AVX2), is_listed("avx2") && is_listed("fma"));
    ck_assert_int_eq(isa_runs(ISA_AVX512), isa_runs(ISA_AVX2) && is_listed("avx512f") &&
                                               is_listed("avx512bw") && is_listed("avx512dq") &&
                                               is_listed("avx512vl"));
}
END_TEST

START_TEST(the_best_set_is_the_widest_that_runs)
{
    for (enum isa isa = isa_best() + 1; isa < ISA_COUNT; isa++)
        ck_assert(!isa_runs(isa));
    ck_assert_str_eq(isa_name(ISA_AVX512), "avx512");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("isa");
    TCase *sets = tcase_create("sets");
    tcase_add_test(sets, the_portable_set_always_runs);
    tcase_add_test(sets, a_set_runs_where_the_kernel_lists_its_flags);
    tcase_add_test(sets, the_best_set_is_the_widest_that_runs);
    suite_add_tcase(suite, sets);
    return suite;
}
