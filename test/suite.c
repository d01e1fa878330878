/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main() of every test program: runs the suite that the program defines. */
#include "test/suite.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(test_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
