/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of base/schema.h that guesses which word was meant. */
#include <ctype.h>
#include <string.h>

#include "base/schema.h"

#define WORD_LIMIT 64

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance (insert, delete, replace, swap neighbours; case is free) in half points. Where one
 * word is the beginning of the other, roughly, the rest costs half a point (more letters were
 * meant) or three (fewer were). SIZE_MAX if the words are not near. */
static size_t word_distance(const char *word, const char *other)
{
    size_t m = strlen(word), n = strlen(other);
    if (m < 2 || m > WORD_LIMIT || n > WORD_LIMIT) {
        return SIZE_MAX;
    }
    size_t d[WORD_LIMIT + 1][WORD_LIMIT + 1];
    for (size_t i = 0; i <= m; i++) {
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            int a = tolower((unsigned char)word[i - 1]), b = tolower((unsigned char)other[j - 1]);
            d[i][j] = smaller(smaller(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (a != b));
            if (i > 1 && j > 1 && a == tolower((unsigned char)other[j - 2]) &&
                b == tolower((unsigned char)word[i - 2])) {
                d[i][j] = smaller(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }
    size_t begins = SIZE_MAX;
    for (size_t j = 0; m >= 4 && j <= n; j++) {
        begins = smaller(begins, d[m][j] <= m / 4 ? 2 * d[m][j] + 1 : SIZE_MAX);
    }
    for (size_t i = 0; n >= 4 && i <= m; i++) {
        begins = smaller(begins, d[i][n] <= n / 4 ? 2 * d[i][n] + 3 : SIZE_MAX);
    }
    size_t allowed = m >= 6 ? m / 3 : 1;
    return smaller(begins, d[m][n] <= allowed ? 2 * d[m][n] : SIZE_MAX);
}

const char *schema_nearest(const char *word, const char *const *candidates, int count)
{
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    for (int i = 0; i < count; i++) {
        size_t distance = word_distance(word, candidates[i]);
        if (distance < least) {
            least = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}
