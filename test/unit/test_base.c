/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/suite.h"
Suite *test_suite(void)
{
    return suite_create("base");
}
