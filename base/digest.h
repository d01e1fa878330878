/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 of what was read or written, as text: tells whether two inputs are the same (libmd). */
#ifndef HETSOC_BASE_DIGEST_H
#define HETSOC_BASE_DIGEST_H

#include <stddef.h>

#include "base/fault.h"

/* 64 hexadecimal digits and a NUL; what sha256sum(1) prints. */
#define DIGEST_SIZE 65

/* Fills the digest of `size` bytes. Returns `text`. */
char *digest_bytes(char text[static DIGEST_SIZE], const void *bytes, size_t size);

/* Fills the digest of a file. False and a fault if it cannot be read. */
bool digest_file(char text[static DIGEST_SIZE], const char *path, struct fault *fault);

#endif
