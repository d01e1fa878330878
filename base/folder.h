/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders, whole: made with their parents, removed with all that is in them. */
#ifndef HETSOC_BASE_FOLDER_H
#define HETSOC_BASE_FOLDER_H

#include <stdio.h>

#include "base/fault.h"

/* Makes a folder and its parents; one that is there is fine. */
bool folder_make(const char *path, struct fault *fault);

/* Removes a folder with all that is in it; links are removed, not followed. One that is not there
 * is fine. */
bool folder_remove(const char *path, struct fault *fault);

/* Opens a new file to write into. What has its name is removed before, and a link that comes in
 * between is not followed: everybody knows the names of files that are on their way, so whoever may
 * write into the folder could have put a link there. NULL and errno if it cannot. */
FILE *folder_new_file(const char *path);

/* Whether what has a name takes bytes and is no file, such as a device or a pipe, links followed,
 * or is /dev/stdout and the like, whatever that is: then one writes into it, and no file that was
 * written aside may take its place. */
bool folder_is_sink(const char *path);

/* Locks a folder that is there against other processes of ours, until the descriptor that it
 * returns is closed. -1 and a fault if it cannot, or another one holds the lock. */
int folder_lock(const char *path, struct fault *fault);

/* Whether two names are of one file or folder that is there. */
bool folder_is_same(const char *a, const char *b);

/* Copies the bytes of a file, making or truncating `to`. */
bool folder_copy_file(const char *from, const char *to, struct fault *fault);

#endif
