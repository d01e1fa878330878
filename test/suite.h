/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a test program gives to test/suite.c, and what tests share. */
#ifndef HETSOC_TEST_SUITE_H
#define HETSOC_TEST_SUITE_H

#include <check.h>
#include <string.h>

/* The one suite of the program. */
Suite *test_suite(void);

/* How many of `full` generated cases to try: as large a share as HETSOC_CASES is of 1200, at least
 * one, at most all. ./check asks the builds with sanitizers, which are slow, for a quarter. */
int suite_cases(int full);

/* Fails the test unless a text, which may be NULL, holds a part. */
#define assert_holds(TEXT, PART)                                                                   \
    do {                                                                                           \
        const char *text_ = (TEXT), *part_ = (PART);                                               \
        ck_assert_msg(text_ != NULL && strstr(text_, part_) != NULL, "no \"%s\" in:\n%s", part_,   \
                      text_ != NULL ? text_ : "nothing");                                          \
    } while (0)

/* How often a text holds a part; places may overlap. */
int suite_count(const char *text, const char *part);

/* Root of the source tree and the folder of reference data that the project does not ship
 * (absent on most machines: skip then, with a message). Set by meson through the environment. */
#define TEST_SOURCE_ROOT getenv("HETSOC_SOURCE_ROOT")
#define TEST_SHARED_DATA getenv("HETSOC_SHARED_DATA")

#endif
