/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/bits.h"

static int32_t words_for(int32_t bits)
{
    return (bits >> 6) + ((bits & 63) != 0);
}

size_t bits_words(int32_t limit)
{
    size_t total = 0;
    int32_t count = limit;
    do {
        count = words_for(count);
        total += (size_t)count;
    } while (count > 1);
    return total;
}

void bits_add(uint64_t *words, int32_t limit, int32_t number)
{
    for (int32_t count = words_for(limit);; count = words_for(count)) {
        words[number >> 6] |= UINT64_C(1) << (number & 63);
        if (count <= 1)
            return;
        words += count;
        number >>= 6;
    }
}

void bits_remove(uint64_t *words, int32_t limit, int32_t number)
{
    for (int32_t count = words_for(limit);; count = words_for(count)) {
        words[number >> 6] &= ~(UINT64_C(1) << (number & 63));
        if (count <= 1 || words[number >> 6] != 0)
            return;
        words += count;
        number >>= 6;
    }
}

bool bits_has(const uint64_t *words, int32_t number)
{
    return words[number >> 6] >> (number & 63) & 1;
}

int32_t bits_next(const uint64_t *words, int32_t limit, int32_t from)
{
    int32_t number = from, count = words_for(limit);
    const uint64_t *level[6] = {words};
    int height = 0;
    for (;;) { /* up, until a word has something behind the number */
        uint64_t rest = 0;
        if (number >> 6 < count)
            rest = level[height][number >> 6] & ~UINT64_C(0) << (number & 63);
        if (rest != 0) {
            number = (number & ~63) | __builtin_ctzll(rest);
            break;
        }
        if (count <= 1)
            return -1;
        level[height + 1] = level[height] + count;
        height++;
        number = (number >> 6) + 1;
        count = words_for(count);
    }
    while (height > 0) /* down, to the first below it */
        number = number << 6 | __builtin_ctzll(level[--height][number]);
    return number;
}
