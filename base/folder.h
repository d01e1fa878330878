/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders, whole: made with their parents, removed with all that is in them. */
#ifndef HETSOC_BASE_FOLDER_H
#define HETSOC_BASE_FOLDER_H

#include "base/fault.h"

/* Makes a folder and its parents; one that is there is fine. */
bool folder_make(const char *path, struct fault *fault);

/* Removes a folder with all that is in it; links are removed, not followed. One that is not there
 * is fine. */
bool folder_remove(const char *path, struct fault *fault);

/* Copies the bytes of a file, making or truncating `to`. */
bool folder_copy_file(const char *from, const char *to, struct fault *fault);

#endif
