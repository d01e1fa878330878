/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"

#include <stdio.h>

int command_end(bool ok, const struct fault *fault)
{
    if (fault_is_set(fault))
        fault_print(fault, stderr);
    return ok ? EXIT_DONE : EXIT_FAULT;
}

void command_warn(const char *what, const struct fault *fault)
{
    fprintf(stderr, "hetsoc: warning: %s\n", what);
    fault_print(fault, stderr);
}
