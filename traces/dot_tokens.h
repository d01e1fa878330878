/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of DOT: ids (plain, "quoted" + "joined", numbers, <markup>), arrows, marks; comments
 * and lines for the preprocessor are passed over. */
#ifndef HETSOC_TRACES_DOT_TOKENS_H
#define HETSOC_TRACES_DOT_TOKENS_H

#include "base/memory.h"
#include "traces/text.h"

enum dot_token { DOT_END, DOT_ID, DOT_ARROW, DOT_LINE, DOT_MARK, DOT_BAD };

/* A place in a text, which is changed on the way. */
struct dot_tokens {
    struct text *text;
    struct arena *arena; /* of the words */
    char *at;            /* behind the token; set it to the beginning of the text */
    enum dot_token token;
    const char *start; /* of the token; a mark is the character there */
    const char *word;  /* of an id */
    bool is_quoted;
};

/* Goes to the next token; false on a fault: quotes, comment or markup that do not end. */
bool dot_next(struct dot_tokens *tokens);

/* Moves `at` to the next thing that matters, without taking it. */
bool dot_skip_space(struct dot_tokens *tokens);

bool dot_is_mark(const struct dot_tokens *tokens, char mark);
bool dot_is_keyword(const struct dot_tokens *tokens, const char *keyword); /* in any case */

/* Records the fault that `what` should be here, or that the file is cut off; returns false. */
bool dot_expected(struct dot_tokens *tokens, const char *what);

#endif
