/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"

#include <errno.h>
#include <sha2.h>
#include <stdint.h>
#include <string.h>

_Static_assert(DIGEST_SIZE == SHA256_DIGEST_STRING_LENGTH, "the text of a SHA-256");

char *digest_bytes(char text[static DIGEST_SIZE], const void *bytes, size_t size)
{
    return SHA256Data(bytes, size, text);
}

bool digest_file(char text[static DIGEST_SIZE], const char *path, struct fault *fault)
{
    errno = 0;
    return SHA256File(path, text) != NULL ||
           fault_set(fault, path, "give the path of a file that can be read", "cannot read: %s",
                     strerror(errno));
}
