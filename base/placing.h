/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing a file that the user has named: it is made beside its place and takes it when it is
 * whole, so that what was there stays if something fails. Into a device or a pipe one writes at
 * once. */
#ifndef HETSOC_BASE_PLACING_H
#define HETSOC_BASE_PLACING_H

#include <stdbool.h>
#include <stdio.h>

#include "base/fault.h"

struct placing {
    const char *path; /* borrowed */
    char *aside;      /* owned; NULL: a device or a pipe */
    FILE *stream;     /* to write to; NULL once the caller has closed it */
};

/* False and a fault with this hint if the file cannot be made; nothing is to be ended then. */
bool placing_begin(struct placing *placing, const char *path, const char *hint,
                   struct fault *fault);

/* Closes the file and puts it in its place; where the caller was not `ok`, or something fails, it
 * is removed. False if so; a fault is set unless the caller has one already. */
bool placing_end(struct placing *placing, bool ok, struct fault *fault);

#endif
