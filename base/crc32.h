/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CRC-32 as in zlib, gzip and PNG, with the processor's multiplication without carries where it has
 * one: a tenth of zlib's instructions. */
#ifndef HETSOC_BASE_CRC32_H
#define HETSOC_BASE_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what `crc` is the checksum of, and these bytes behind it; begin with 0. */
uint32_t crc32_add(uint32_t crc, const void *data, size_t size);

#endif
