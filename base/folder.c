/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"

bool folder_make(const char *path, struct fault *fault)
{
    struct arena *arena = arena_create();
    bool ok = true;
    for (size_t end = 1; ok; end++) {
        end += strcspn(path + end, "/");
        const char *folder = arena_substring(arena, path, end);
        struct stat status;
        if (mkdir(folder, 0777) != 0) {
            int error = errno;
            ok = (error == EEXIST && stat(folder, &status) == 0 && S_ISDIR(status.st_mode)) ||
                 fault_set(fault, path, "choose another folder with -o",
                           "cannot make the folder %s: %s", folder,
                           strerror(error == EEXIST ? ENOTDIR : error));
        }
        if (path[end] == '\0')
            break;
    }
    arena_destroy(arena);
    return ok;
}
