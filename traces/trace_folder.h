/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders that are to get other files than those of a trace. */
#ifndef HETSOC_TRACES_TRACE_FOLDER_H
#define HETSOC_TRACES_TRACE_FOLDER_H

#include <stdbool.h>

#include "base/fault.h"

/* A fault if the folder holds a trace, recorded or measured, whose manifest.json or tasks.csv
 * something else might replace. */
bool trace_folder_spare(const char *dir, struct fault *fault);

#endif
