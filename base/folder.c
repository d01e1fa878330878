/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

/* Folders that are open at a time while a tree is removed. */
enum { OPEN_FOLDERS = 16 };

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

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

bool folder_remove(const char *path, struct fault *fault)
{
    return nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT ||
           fault_set(fault, path, NULL, "cannot remove the folder: %s", strerror(errno));
}

FILE *folder_new_file(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return NULL;
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return NULL;
    FILE *stream = fdopen(file, "wb");
    if (stream == NULL) {
        int reason = errno;
        close(file);
        unlink(path);
        errno = reason;
    }
    return stream;
}

bool folder_is_sink(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return false;
    if (!S_ISREG(status.st_mode))
        return !S_ISDIR(status.st_mode);
    return strncmp(path, "/dev/", 5) == 0 && lstat(path, &status) == 0 && S_ISLNK(status.st_mode);
}

int folder_lock(const char *path, struct fault *fault)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        fault_set(fault, path, "choose another folder with -o", "cannot open the folder: %s",
                  strerror(errno));
        return -1;
    }
    int status;
    do
        status = flock(folder, LOCK_EX | LOCK_NB);
    while (status != 0 && errno == EINTR);
    if (status == 0)
        return folder;
    if (errno == EWOULDBLOCK)
        fault_set(fault, path, "wait until it is done, or choose another folder with -o",
                  "another hetsoc process is writing into this folder");
    else
        fault_set(fault, path, "choose a folder on a file system that has locks with -o",
                  "cannot lock the folder: %s", strerror(errno));
    close(folder);
    return -1;
}

bool folder_is_same(const char *a, const char *b)
{
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

bool folder_copy_file(const char *from, const char *to, struct fault *fault)
{
    char block[BUFSIZ];
    FILE *in = fopen(from, "rb");
    if (in == NULL)
        return fault_set(fault, from, NULL, "cannot open the file: %s", strerror(errno));
    FILE *out = fopen(to, "wb");
    bool ok = out != NULL;
    size_t got;
    while (ok && (got = fread(block, 1, sizeof block, in)) > 0)
        ok = fwrite(block, 1, got, out) == got;
    int reason = errno;
    bool is_read = ferror(in) == 0;
    fclose(in);
    if (out != NULL && fclose(out) != 0) {
        ok = false;
        reason = errno;
    }
    if (!is_read)
        return fault_set(fault, from, NULL, "cannot read the file: %s", strerror(reason));
    return ok ||
           fault_set(fault, to, "is the disk full?", "cannot write the file: %s", strerror(reason));
}
