/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/dot_attributes.h"

#include <string.h>

static void take(struct dot_attributes *attributes, const char *name, const char *value)
{
    if (strcmp(name, "us") == 0)
        attributes->us = value;
    else if (strcmp(name, "size") == 0)
        attributes->size = value;
    else if (strcmp(name, "bytes") == 0)
        attributes->bytes = value;
    else if (strcmp(name, "kind") == 0)
        attributes->kind = value;
    else if (strcmp(name, "when") == 0)
        attributes->when = value;
}

bool dot_read_attributes(struct dot_tokens *tokens, struct dot_attributes *attributes)
{
    while (dot_is_mark(tokens, '[')) {
        if (!dot_next(tokens))
            return false;
        while (!dot_is_mark(tokens, ']')) {
            if (tokens->token != DOT_ID)
                return dot_expected(tokens, "an attribute or `]`");
            const char *name = tokens->word, *value = "true";
            if (!dot_next(tokens))
                return false;
            if (dot_is_mark(tokens, '=')) {
                if (!dot_next(tokens))
                    return false;
                if (tokens->token != DOT_ID)
                    return dot_expected(tokens, "a value");
                value = tokens->word;
                if (!dot_next(tokens))
                    return false;
            }
            take(attributes, name, value);
            if ((dot_is_mark(tokens, ',') || dot_is_mark(tokens, ';')) && !dot_next(tokens))
                return false;
        }
        if (!dot_next(tokens))
            return false;
    }
    return true;
}
