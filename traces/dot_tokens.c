/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "traces/dot_tokens.h"

#include <ctype.h>
#include <string.h>

static bool skip_comment(struct dot_tokens *tokens)
{
    if (tokens->at[1] == '/') {
        tokens->at += strcspn(tokens->at, "\n");
        return true;
    }
    char *end = strstr(tokens->at + 2, "*/");
    if (end == NULL)
        return text_refuse(tokens->text, tokens->at, NULL, "the comment does not end");
    tokens->at = end + 2;
    return true;
}

/* Skips what does not matter; lines that begin with `#` are for the preprocessor. */
bool dot_skip_space(struct dot_tokens *tokens)
{
    for (;;) {
        if (isspace((unsigned char)*tokens->at))
            tokens->at++;
        else if (*tokens->at == '#' && (tokens->at == tokens->text->data || tokens->at[-1] == '\n'))
            tokens->at += strcspn(tokens->at, "\n");
        else if (*tokens->at == '/' && (tokens->at[1] == '/' || tokens->at[1] == '*')) {
            if (!skip_comment(tokens))
                return false;
        } else
            return true;
    }
}

/* Reads "..." behind its first quote: \" is a quote, two backslashes stay two, a backslash at the
 * end of a line joins lines. Returns the end of what was put to `to`, NULL on a fault. */
static char *read_quoted(struct dot_tokens *tokens, char *to)
{
    const char *from = tokens->at + 1;
    while (*from != '"') {
        if (*from == '\0') {
            text_refuse(tokens->text, tokens->at, NULL, "the quotes do not end");
            return NULL;
        }
        if (from[0] == '\\') {
            size_t line_end = from[1] == '\n' ? 1 : from[1] == '\r' && from[2] == '\n' ? 2 : 0;
            if (line_end > 0) {
                from += 1 + line_end;
                continue;
            }
            if (from[1] == '\\')
                *to++ = *from++;
            else if (from[1] == '"')
                from++;
        }
        *to++ = *from++;
    }
    tokens->at += from + 1 - tokens->at;
    return to;
}

/* "abc" + "def" is one id. */
static bool read_string(struct dot_tokens *tokens)
{
    char *text = tokens->at + 1, *end = read_quoted(tokens, text);
    for (;;) {
        if (end == NULL)
            return false;
        char *behind = tokens->at;
        if (!dot_skip_space(tokens))
            return false;
        if (*tokens->at != '+') {
            tokens->at = behind;
            break;
        }
        tokens->at++;
        if (!dot_skip_space(tokens))
            return false;
        if (*tokens->at != '"')
            return text_refuse(tokens->text, tokens->at, NULL,
                               "after `+` follows a text in quotes");
        end = read_quoted(tokens, end);
    }
    *end = '\0'; /* at the latest where the closing quote was */
    tokens->word = text;
    tokens->is_quoted = true;
    return true;
}

/* <...> with balanced brackets inside. */
static bool read_markup(struct dot_tokens *tokens)
{
    int open = 0;
    for (char *at = tokens->at; *at != '\0'; at++) {
        open += (*at == '<') - (*at == '>');
        if (open == 0) {
            *at = '\0';
            tokens->word = tokens->at + 1;
            tokens->at = at + 1;
            return true;
        }
    }
    return text_refuse(tokens->text, tokens->at, NULL, "the markup does not end");
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The next token; words are cut out of the text by keeping what follows them aside. */
bool dot_next(struct dot_tokens *tokens)
{
    if (!dot_skip_space(tokens))
        return false;
    char *at = tokens->at;
    tokens->start = at;
    tokens->is_quoted = false;
    bool is_number = isdigit((unsigned char)*at) || *at == '.' ||
                     (*at == '-' && (isdigit((unsigned char)at[1]) || at[1] == '.'));
    if (*at == '\0') {
        tokens->token = at == tokens->text->data + tokens->text->size ? DOT_END : DOT_BAD;
    } else if (*at == '"' || *at == '<') {
        tokens->token = DOT_ID;
        return *at == '"' ? read_string(tokens) : read_markup(tokens);
    } else if (is_number || is_word(*at)) {
        tokens->token = DOT_ID;
        do
            at++;
        while (is_word(*at) || (is_number && *at == '.'));
        tokens->word = arena_substring(tokens->arena, tokens->at, (size_t)(at - tokens->at));
        tokens->at = at;
    } else if (at[0] == '-' && (at[1] == '>' || at[1] == '-')) {
        tokens->token = at[1] == '>' ? DOT_ARROW : DOT_LINE;
        tokens->at = at + 2;
    } else {
        tokens->token = DOT_MARK;
        tokens->at = at + 1;
    }
    return true;
}

bool dot_is_mark(const struct dot_tokens *tokens, char mark)
{
    return tokens->token == DOT_MARK && *tokens->start == mark;
}

bool dot_is_keyword(const struct dot_tokens *tokens, const char *keyword)
{
    return tokens->token == DOT_ID && !tokens->is_quoted && strcasecmp(tokens->word, keyword) == 0;
}

bool dot_expected(struct dot_tokens *tokens, const char *what)
{
    if (tokens->token == DOT_END)
        return text_refuse(tokens->text, tokens->start, "is the file cut off?",
                           "the file ends in mid-air");
    return text_refuse(tokens->text, tokens->start, NULL, "%s was expected here", what);
}
