/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sched/features.h"

#include <inttypes.h>
#include <stdio.h>

#define TEXT(NAME, WHAT) [FEATURE_##NAME] = {#NAME, WHAT},

const struct feature_text features_text[FEATURE_COUNT] = {FEATURES(TEXT)};

#define NODE_TEXT(NAME, WHAT) [FEATURE_NODE_##NAME] = {#NAME, WHAT},

const struct feature_text features_node_text[FEATURE_NODE_COUNT] = {FEATURES_NODE(NODE_TEXT)};

/* FNV-1a (Fowler, Noll, Vo), 64 bits, the NUL included. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    do {
        hash = (hash ^ (uint64_t)(unsigned char)*text) * UINT64_C(0x100000001b3);
    } while (*text++ != '\0');
    return hash;
}

static char *hash_list(const struct feature_text *list, int count, char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < count; i++)
        hash = hash_text(hash_text(hash, list[i].name), list[i].what);
    snprintf(text, FEATURES_HASH_SIZE, "%016" PRIx64, hash);
    return text;
}

char *features_hash(int32_t count, char text[static FEATURES_HASH_SIZE])
{
    return hash_list(features_text, count, text);
}

char *features_node_hash(char text[static FEATURES_HASH_SIZE])
{
    return hash_list(features_node_text, FEATURE_NODE_COUNT, text);
}
