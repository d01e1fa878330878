/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a test program gives to test/suite.c, and what tests share. */
#ifndef HETSOC_TEST_SUITE_H
#define HETSOC_TEST_SUITE_H

#include <check.h>

/* The one suite of the program. */
Suite *test_suite(void);

/* How many of `full` generated cases to try: as large a share as HETSOC_CASES is of 1200, at least
 * one, at most all. ./check asks the builds with sanitizers, which are slow, for a quarter. */
int suite_cases(int full);

/* Root of the source tree and the folder of reference data that the project does not ship
 * (absent on most machines: skip then, with a message). Set by meson through the environment. */
#define TEST_SOURCE_ROOT getenv("HETSOC_SOURCE_ROOT")
#define TEST_SHARED_DATA getenv("HETSOC_SHARED_DATA")

#endif
