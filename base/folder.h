/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders for results. */
#ifndef HETSOC_BASE_FOLDER_H
#define HETSOC_BASE_FOLDER_H

#include "base/fault.h"

/* Makes a folder and its parents, as far as they are not there. */
bool folder_make(const char *path, struct fault *fault);

#endif
