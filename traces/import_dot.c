/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DOT, the language of Graphviz, for directed graphs: nodes are tasks, edges carry data.
 *
 * Attributes of a node:  us     its time in us, or for several PE kinds "A7=20 A15=10"
 *                        size   in place of it work in operations (SimGrid, daggen); 1e9 take one
 *                               second
 *                        kind   its task kind, otherwise made up
 * Attributes of an edge: bytes  its data
 *                        size   the same (SimGrid); -1 is none
 * Others are looks and are passed over, as are ports. A node that is only named by an edge is a
 * task without time. Several edges between two nodes are one, with the data of all. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "traces/draft.h"
#include "traces/text.h"

#define OPERATIONS_PER_S 1e9

enum { DEPTH_MAX = 64, COSTS_MAX = 256 };

enum token { TOKEN_END, TOKEN_ID, TOKEN_ARROW, TOKEN_LINE, TOKEN_MARK, TOKEN_BAD };

/* What attributes mean here; NULL = not given. */
struct attributes {
    const char *us, *size, *bytes, *kind;
};

/* The nodes that one end of an edge stands for. */
struct ends {
    int32_t *items;
    size_t count, capacity;
};

/* A file on its way to an app. */
struct reader {
    struct text text;
    struct fault *fault;
    struct draft *draft;
    const struct import_options *options;
    const char *pe_kind;
    char *at; /* behind the token */
    enum token token;
    const char *start; /* of the token */
    const char *word;  /* of an id; the mark itself is *start */
    bool is_quoted;
    int depth;
    struct ends ends; /* stack of the ends of the edges being read */
    bool has_us, has_operations;
};

static bool refuse(struct reader *reader, const char *at, const char *hint, const char *what)
{
    return text_refuse(&reader->text, at, hint, "%s", what);
}

/* ---- tokens ---- */

static bool skip_comment(struct reader *reader)
{
    if (reader->at[1] == '/') {
        reader->at += strcspn(reader->at, "\n");
        return true;
    }
    char *end = strstr(reader->at + 2, "*/");
    if (end == NULL)
        return refuse(reader, reader->at, NULL, "the comment does not end");
    reader->at = end + 2;
    return true;
}

/* Skips what does not matter; lines that begin with `#` are for the preprocessor. */
static bool skip_space(struct reader *reader)
{
    for (;;) {
        if (isspace((unsigned char)*reader->at))
            reader->at++;
        else if (*reader->at == '#' && (reader->at == reader->text.data || reader->at[-1] == '\n'))
            reader->at += strcspn(reader->at, "\n");
        else if (*reader->at == '/' && (reader->at[1] == '/' || reader->at[1] == '*')) {
            if (!skip_comment(reader))
                return false;
        } else
            return true;
    }
}

/* Reads "..." behind its first quote: \" is a quote, a backslash at the end of a line joins lines.
 * Returns the end of what was put to `to`, NULL on a fault. */
static char *read_quoted(struct reader *reader, char *to)
{
    const char *from = reader->at + 1;
    while (*from != '"') {
        if (*from == '\0') {
            refuse(reader, reader->at, NULL, "the quotes do not end");
            return NULL;
        }
        if (from[0] == '\\' && from[1] == '"')
            from++;
        else if (from[0] == '\\' && from[1] == '\n') {
            from += 2;
            continue;
        }
        *to++ = *from++;
    }
    reader->at += from + 1 - reader->at;
    return to;
}

/* "abc" + "def" is one id. */
static bool read_string(struct reader *reader)
{
    char *text = reader->at + 1, *end = read_quoted(reader, text);
    for (;;) {
        if (end == NULL)
            return false;
        char *behind = reader->at;
        if (!skip_space(reader))
            return false;
        if (*reader->at != '+') {
            reader->at = behind;
            break;
        }
        reader->at++;
        if (!skip_space(reader))
            return false;
        if (*reader->at != '"')
            return refuse(reader, reader->at, NULL, "after `+` follows a text in quotes");
        end = read_quoted(reader, end);
    }
    *end = '\0'; /* at the latest where the closing quote was */
    reader->word = text;
    reader->is_quoted = true;
    return true;
}

/* <...> with balanced brackets inside. */
static bool read_markup(struct reader *reader)
{
    int open = 0;
    for (char *at = reader->at; *at != '\0'; at++) {
        open += (*at == '<') - (*at == '>');
        if (open == 0) {
            *at = '\0';
            reader->word = reader->at + 1;
            reader->at = at + 1;
            return true;
        }
    }
    return refuse(reader, reader->at, NULL, "the markup does not end");
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The next token; words are cut out of the text by keeping what follows them aside. */
static bool next(struct reader *reader)
{
    if (!skip_space(reader))
        return false;
    char *at = reader->at;
    reader->start = at;
    reader->is_quoted = false;
    bool is_number = isdigit((unsigned char)*at) || *at == '.' ||
                     (*at == '-' && (isdigit((unsigned char)at[1]) || at[1] == '.'));
    if (*at == '\0') {
        reader->token = at == reader->text.data + reader->text.size ? TOKEN_END : TOKEN_BAD;
    } else if (*at == '"' || *at == '<') {
        reader->token = TOKEN_ID;
        return *at == '"' ? read_string(reader) : read_markup(reader);
    } else if (is_number || is_word(*at)) {
        reader->token = TOKEN_ID;
        do
            at++;
        while (is_word(*at) || (is_number && *at == '.'));
        reader->word = draft_keep_part(reader->draft, reader->at, (size_t)(at - reader->at));
        reader->at = at;
    } else if (at[0] == '-' && (at[1] == '>' || at[1] == '-')) {
        reader->token = at[1] == '>' ? TOKEN_ARROW : TOKEN_LINE;
        reader->at = at + 2;
    } else {
        reader->token = TOKEN_MARK;
        reader->at = at + 1;
    }
    return true;
}

static bool is_mark(const struct reader *reader, char mark)
{
    return reader->token == TOKEN_MARK && *reader->start == mark;
}

static bool is_keyword(const struct reader *reader, const char *keyword)
{
    return reader->token == TOKEN_ID && !reader->is_quoted &&
           strcasecmp(reader->word, keyword) == 0;
}

static bool expected(struct reader *reader, const char *what)
{
    if (reader->token == TOKEN_END)
        return refuse(reader, reader->start, "is the file cut off?", "the file ends in mid-air");
    return text_refuse(&reader->text, reader->start, NULL, "%s was expected here", what);
}

/* ---- attributes ---- */

static void take(struct attributes *attributes, const char *name, const char *value)
{
    if (strcmp(name, "us") == 0)
        attributes->us = value;
    else if (strcmp(name, "size") == 0)
        attributes->size = value;
    else if (strcmp(name, "bytes") == 0)
        attributes->bytes = value;
    else if (strcmp(name, "kind") == 0)
        attributes->kind = value;
}

/* Reads [a=b, c=d; e=f] [...]; a name alone stands for name=true. */
static bool read_attributes(struct reader *reader, struct attributes *attributes)
{
    while (is_mark(reader, '[')) {
        if (!next(reader))
            return false;
        while (!is_mark(reader, ']')) {
            if (reader->token != TOKEN_ID)
                return expected(reader, "an attribute or `]`");
            const char *name = reader->word, *value = "true";
            if (!next(reader))
                return false;
            if (is_mark(reader, '=')) {
                if (!next(reader))
                    return false;
                if (reader->token != TOKEN_ID)
                    return expected(reader, "a value");
                value = reader->word;
                if (!next(reader))
                    return false;
            }
            take(attributes, name, value);
            if ((is_mark(reader, ',') || is_mark(reader, ';')) && !next(reader))
                return false;
        }
        if (!next(reader))
            return false;
    }
    return true;
}

/* "12.5", or "A7=20 A15=10". */
static bool read_costs(struct reader *reader, const char *at, const char *text,
                       struct app_cost *costs, int32_t *count)
{
    char *rest = arena_string(draft_arena(reader->draft), text), *word;
    *count = 0;
    while ((word = strsep(&rest, " ,;\t\n")) != NULL) {
        if (*word == '\0')
            continue;
        if (*count == COSTS_MAX)
            return refuse(reader, at, NULL, "there are more than 256 times");
        struct app_cost *cost = &costs[(*count)++];
        *cost = (struct app_cost){.pe_kind = reader->pe_kind};
        char *equals = strchr(word, '=');
        if (equals != NULL) {
            *equals = '\0';
            cost->pe_kind = import_clean(draft_arena(reader->draft), word);
            word = equals + 1;
        }
        if (!schema_parse_real(word, &cost->exec_us) || cost->exec_us < 0)
            return text_refuse(&reader->text, at,
                               "a number, or PE kinds with numbers: A7=20 A15=10",
                               "'%s' is no time", word);
    }
    return *count > 0 || refuse(reader, at, NULL, "this is no time");
}

static bool set_costs(struct reader *reader, const char *at, int32_t task,
                      const struct attributes *attributes)
{
    struct app_cost costs[COSTS_MAX];
    int32_t count = 1;
    if (attributes->us == NULL && attributes->size == NULL)
        return true;
    if (attributes->us != NULL) {
        if (!read_costs(reader, at, attributes->us, costs, &count))
            return false;
    } else {
        double size;
        if (!schema_parse_real(attributes->size, &size) || size < 0)
            return text_refuse(&reader->text, at, "a number of operations, 0 or more",
                               "'%s' is no size", attributes->size);
        costs[0] =
            (struct app_cost){.pe_kind = reader->pe_kind, .exec_us = size / OPERATIONS_PER_S};
    }
    *(attributes->us != NULL ? &reader->has_us : &reader->has_operations) = true;
    if (reader->has_us && reader->has_operations)
        return refuse(reader, at, "give all of them `us`, or all `size`",
                      "some tasks have `us` and others `size`");
    draft_set_costs(reader->draft, task, attributes->kind == NULL ? "task" : attributes->kind,
                    costs, count);
    return true;
}

static bool edge_bytes(struct reader *reader, const char *at, const struct attributes *attributes,
                       double *bytes)
{
    const char *text = attributes->bytes != NULL ? attributes->bytes : attributes->size;
    *bytes = 0;
    if (text == NULL)
        return true;
    if (!schema_parse_real(text, bytes) || (*bytes < 0 && attributes->bytes != NULL))
        return text_refuse(&reader->text, at, "a number of bytes, 0 or more", "'%s' is no size",
                           text);
    if (*bytes < 0)
        *bytes = 0;
    return true;
}

/* ---- statements ---- */

static void push_end(struct reader *reader, int32_t task)
{
    struct ends *ends = &reader->ends;
    ends->items = memory_grow(ends->items, &ends->capacity, ends->count + 1, sizeof *ends->items);
    ends->items[ends->count++] = task;
}

static bool read_statements(struct reader *reader, struct attributes node, struct attributes edge);

/* A node or a group; pushes its nodes. */
static bool read_end(struct reader *reader, struct attributes node, struct attributes edge)
{
    if (is_keyword(reader, "subgraph")) {
        if (!next(reader))
            return false;
        if (reader->token == TOKEN_ID && !next(reader))
            return false;
        if (!is_mark(reader, '{'))
            return expected(reader, "`{`");
    }
    if (is_mark(reader, '{')) {
        if (++reader->depth > DEPTH_MAX)
            return refuse(reader, reader->start, NULL, "nested deeper than 64 levels");
        bool ok = next(reader) && read_statements(reader, node, edge) && next(reader);
        reader->depth--;
        return ok;
    }
    if (reader->token != TOKEN_ID)
        return expected(reader, "a node, an edge or `}`");
    int32_t task = draft_find_task(reader->draft, reader->word);
    if (task < 0) {
        task =
            draft_add_task(reader->draft, reader->word, text_line_of(&reader->text, reader->start));
        if (!set_costs(reader, reader->start, task, &node))
            return false;
    }
    push_end(reader, task);
    if (!next(reader))
        return false;
    for (int i = 0; i < 2 && is_mark(reader, ':'); i++) { /* port and compass point */
        if (!next(reader))
            return false;
        if (reader->token != TOKEN_ID)
            return expected(reader, "a port");
        if (!next(reader))
            return false;
    }
    return true;
}

/* Adds an edge from each of ends[first..middle) to each of ends[middle..). */
static bool add_edges(struct reader *reader, const char *at, size_t first, size_t middle,
                      size_t last, double bytes)
{
    double pairs = (double)(middle - first) * (double)(last - middle);
    if (draft_edge_count(reader->draft) + pairs > IMPORT_EDGES_MAX)
        return text_refuse(&reader->text, at, NULL, "there are more than %d edges",
                           IMPORT_EDGES_MAX);
    for (size_t i = first; i < middle; i++)
        for (size_t k = middle; k < last; k++)
            draft_add_edge(reader->draft, reader->ends.items[i], reader->ends.items[k], bytes);
    return true;
}

/* A chain a -> {b c} -> d whose first end is on the stack. Its attributes come last, so the ends
 * are kept: `cuts` are the places on the stack where each begins. */
static bool read_chain(struct reader *reader, size_t first, struct attributes node,
                       struct attributes edge)
{
    const char *start = reader->start;
    size_t *cuts = NULL, cut_count = 0, cut_capacity = 0;
    bool ok = true;
    while (ok && (reader->token == TOKEN_ARROW || reader->token == TOKEN_LINE)) {
        if (reader->token == TOKEN_LINE)
            ok =
                refuse(reader, reader->start, "write -> in a digraph", "the edge has no direction");
        cuts = memory_grow(cuts, &cut_capacity, cut_count + 1, sizeof *cuts);
        cuts[cut_count++] = reader->ends.count;
        ok = ok && next(reader) && read_end(reader, node, edge);
    }
    double bytes = 0;
    ok = ok && read_attributes(reader, &edge) && edge_bytes(reader, start, &edge, &bytes);
    for (size_t i = 0; ok && i < cut_count; i++)
        ok = add_edges(reader, start, i == 0 ? first : cuts[i - 1], cuts[i],
                       i + 1 < cut_count ? cuts[i + 1] : reader->ends.count, bytes);
    free(cuts);
    return ok;
}

/* a = b; node [...]; edge [...]; graph [...] */
static bool read_default(struct reader *reader, struct attributes *node, struct attributes *edge)
{
    struct attributes ignored = {0};
    struct attributes *attributes = is_keyword(reader, "node")   ? node
                                    : is_keyword(reader, "edge") ? edge
                                                                 : &ignored;
    return next(reader) && read_attributes(reader, attributes);
}

/* A node with attributes, an edge, a group or an assignment. */
static bool read_subject(struct reader *reader, struct attributes node, struct attributes edge)
{
    const char *start = reader->start;
    bool is_group = is_mark(reader, '{') || is_keyword(reader, "subgraph");
    char *behind = reader->at;
    if (!is_group && reader->token == TOKEN_ID) { /* a = b makes no node */
        if (!skip_space(reader))
            return false;
        if (*reader->at == '=') {
            reader->at++;
            if (!next(reader))
                return false;
            return reader->token == TOKEN_ID ? next(reader) : expected(reader, "a value");
        }
        reader->at = behind;
    }
    size_t first = reader->ends.count;
    if (!read_end(reader, node, edge))
        return false;
    if (reader->token == TOKEN_ARROW || reader->token == TOKEN_LINE)
        return read_chain(reader, first, node, edge);
    struct attributes own = {0};
    return is_group || (read_attributes(reader, &own) &&
                        set_costs(reader, start, reader->ends.items[first], &own));
}

/* Statements up to `}`, which stays the token. Leaves the nodes of all on the stack. */
static bool read_statements(struct reader *reader, struct attributes node, struct attributes edge)
{
    while (!is_mark(reader, '}')) {
        bool ok =
            is_keyword(reader, "node") || is_keyword(reader, "edge") || is_keyword(reader, "graph")
                ? read_default(reader, &node, &edge)
                : read_subject(reader, node, edge);
        if (!ok || (is_mark(reader, ';') && !next(reader)))
            return false;
        if (reader->depth == 1)
            reader->ends.count = 0;
    }
    return true;
}

static bool read_graph(struct reader *reader)
{
    if (!next(reader) || (is_keyword(reader, "strict") && !next(reader)))
        return false;
    if (is_keyword(reader, "graph"))
        return refuse(reader, reader->start, "the edges of a digraph have a direction: a -> b",
                      "this graph has no directions");
    if (!is_keyword(reader, "digraph"))
        return expected(reader, "`digraph`");
    if (!next(reader) || (reader->token == TOKEN_ID && !next(reader)))
        return false;
    if (!is_mark(reader, '{'))
        return expected(reader, "`{`");
    reader->depth = 1;
    const struct attributes none = {0};
    if (!next(reader) || !read_statements(reader, none, none) || !next(reader))
        return false;
    return reader->token == TOKEN_END || refuse(reader, reader->start, "a file has one graph",
                                                "there is something after the graph");
}

static bool make_app(struct reader *reader, struct imported *imported, struct arena *arena)
{
    int32_t merged = draft_merge(reader->draft);
    if (merged > 0)
        import_note(imported, arena,
                    "%s: %d edges have the same ends as others: their data is added to them",
                    reader->text.path, (int)merged);
    double us_per_s = reader->has_us ? 1 : draft_make_us(reader->draft, reader->options);
    imported->units =
        reader->has_us
            ? arena_printf(arena, "`us` and `bytes` are what they say; other tasks on %s",
                           reader->pe_kind)
            : arena_printf(arena,
                           "%g operations (`size` of a node) are %g us on the PE kind %s, "
                           "`size` of an edge is bytes",
                           OPERATIONS_PER_S, us_per_s, reader->pe_kind);
    const struct app_cost fallback = {.pe_kind = reader->pe_kind, .exec_us = us_per_s};
    return draft_finish(reader->draft, imported, arena, reader->text.path, "from a DOT graph",
                        &fallback, 1, reader->fault);
}

static bool dot_read(struct imported *imported, struct arena *arena, const char *const *paths,
                     int32_t count, const struct import_options *options, struct fault *fault)
{
    (void)count;
    struct reader reader = {.fault = fault,
                            .draft = draft_create(),
                            .options = options,
                            .pe_kind = options->pe_kind == NULL ? "core" : options->pe_kind};
    bool ok = text_load(&reader.text, paths[0], fault);
    reader.at = reader.text.data;
    ok = ok && read_graph(&reader) && make_app(&reader, imported, arena);
    free(reader.ends.items);
    text_finish(&reader.text);
    draft_destroy(reader.draft);
    return ok;
}

/* The first word, after comments, is strict, digraph or graph. */
static bool dot_claims(const char *head)
{
    for (;;) {
        head += strspn(head, " \t\r\n");
        const char *end = NULL;
        if (*head == '#' || strncmp(head, "//", 2) == 0)
            end = strchr(head, '\n');
        else if (strncmp(head, "/*", 2) == 0)
            end = strstr(head, "*/");
        if (end == NULL)
            break;
        head = end + 1 + (*end == '*');
    }
    return strncasecmp(head, "digraph", 7) == 0 || strncasecmp(head, "strict", 6) == 0 ||
           strncasecmp(head, "graph", 5) == 0;
}

const struct import_kind import_dot = {
    .name = "dot",
    .summary =
        "Graphviz digraphs with `us` or `size` of nodes, `bytes` or `size` of edges; a size of "
        "1e9 is a second: 1e6 us, less if that is too long, or --unit-us",
    .claims = dot_claims,
    .read = dot_read,
};
