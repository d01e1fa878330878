/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main() of every test program, and what tests share. */
#include "test/suite.h"

#include <stdlib.h>

enum { CASES_ALL = 1200 };

int suite_cases(int full)
{
    const char *text = getenv("HETSOC_CASES");
    int cases = text == NULL ? CASES_ALL : atoi(text);
    return cases >= CASES_ALL ? full : full * cases / CASES_ALL + 1;
}

int suite_count(const char *text, const char *part)
{
    int count = 0;
    for (; (text = strstr(text, part)) != NULL; text++)
        count++;
    return count;
}

int main(void)
{
    SRunner *runner = srunner_create(test_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
