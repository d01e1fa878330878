/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DOT, the language of Graphviz, for directed graphs: nodes are tasks, edges carry data.
 *
 * Attributes of a node:  us     its time in us, or for several PE kinds "A7=20 A15=10"
 *                        size   in place of it work in operations (SimGrid, daggen); 1e9 take one
 *                               second
 *                        kind   its task kind, otherwise made up
 * Attributes of an edge: bytes  its data
 *                        size   the same (SimGrid); -1 is none
 *                        when   the alternative that it belongs to; left out, which a note says
 * Others are looks and are passed over, as are ports. A node that is named several times has all
 * its attributes, as they were given last; one that is only named by an edge is a task without
 * time. Several edges between two nodes are one, with the data of all; in a strict graph, with the
 * data that was given last. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/schema.h"
#include "traces/dot_attributes.h"
#include "traces/draft.h"

#define OPERATIONS_PER_S 1e9

enum { DEPTH_MAX = 64, COSTS_MAX = 256 };

/* What is said of a node, and where its time is. */
struct node {
    struct dot_attributes attributes;
    const char *at;
};

/* The nodes that one end of an edge stands for. */
struct ends {
    int32_t *items;
    size_t count, capacity;
};

/* An edge of a strict graph each time that it is named. */
struct mention {
    int32_t from, to;
    double bytes;
    bool is_given; /* the data, there and not by default */
};

/* A file on its way to an app. */
struct reader {
    struct text text;
    struct fault *fault;
    struct draft *draft;
    const struct import_options *options;
    const char *pe_kind;
    struct dot_tokens tokens;
    int depth;
    struct node *nodes; /* by task */
    size_t node_capacity;
    struct ends ends; /* stack of the ends of the edges being read */
    bool has_us, has_operations, is_strict;
    struct mention *mentions; /* of a strict graph */
    size_t mention_count, mention_capacity;
    int32_t conditional; /* edges with `when` */
};

static bool refuse(struct reader *reader, const char *at, const char *hint, const char *what)
{
    return text_refuse(&reader->text, at, hint, "%s", what);
}

/* ---- attributes ---- */

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
        for (struct app_cost *other = costs; other < cost; other++)
            if (strcmp(other->pe_kind, cost->pe_kind) == 0)
                return text_refuse(&reader->text, at, "a task has one time on each PE kind",
                                   "there are two times on the PE kind %s", cost->pe_kind);
        if (!schema_parse_real(word, &cost->exec_us) || cost->exec_us < 0)
            return text_refuse(&reader->text, at,
                               "a number, or PE kinds with numbers: A7=20 A15=10",
                               "'%s' is no time", word);
    }
    return *count > 0 || refuse(reader, at, NULL, "this is no time");
}

static void add_node(struct reader *reader, int32_t task, const struct dot_attributes *defaults)
{
    reader->nodes =
        memory_grow(reader->nodes, &reader->node_capacity, (size_t)task + 1, sizeof *reader->nodes);
    reader->nodes[task] = (struct node){*defaults, reader->tokens.start};
}

/* A node is named again, or with attributes of its own: they take the place of others. */
static void change_node(struct node *node, const char *at, const struct dot_attributes *own)
{
    if (own->us != NULL || own->size != NULL) {
        node->attributes.us = own->us;
        node->attributes.size = own->size;
        node->at = at;
    }
    if (own->kind != NULL)
        node->attributes.kind = own->kind;
}

static bool set_costs(struct reader *reader, int32_t task)
{
    const struct dot_attributes *attributes = &reader->nodes[task].attributes;
    const char *at = reader->nodes[task].at;
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

static bool edge_bytes(struct reader *reader, const char *at,
                       const struct dot_attributes *attributes, double *bytes)
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

static bool read_statements(struct reader *reader, struct dot_attributes node,
                            struct dot_attributes edge);

/* A node or a group; pushes its nodes. */
static bool read_end(struct reader *reader, struct dot_attributes node, struct dot_attributes edge)
{
    if (dot_is_keyword(&reader->tokens, "subgraph")) {
        if (!dot_next(&reader->tokens))
            return false;
        if (reader->tokens.token == DOT_ID && !dot_next(&reader->tokens))
            return false;
        if (!dot_is_mark(&reader->tokens, '{'))
            return dot_expected(&reader->tokens, "`{`");
    }
    if (dot_is_mark(&reader->tokens, '{')) {
        if (++reader->depth > DEPTH_MAX)
            return refuse(reader, reader->tokens.start, NULL, "nested deeper than 64 levels");
        bool ok = dot_next(&reader->tokens) && read_statements(reader, node, edge) &&
                  dot_next(&reader->tokens);
        reader->depth--;
        return ok;
    }
    if (reader->tokens.token != DOT_ID)
        return dot_expected(&reader->tokens, "a node, an edge or `}`");
    int32_t task = draft_find_task(reader->draft, reader->tokens.word);
    if (task < 0) {
        task = draft_add_task(reader->draft, reader->tokens.word,
                              text_line_of(&reader->text, reader->tokens.start));
        add_node(reader, task, &node);
    }
    push_end(reader, task);
    if (!dot_next(&reader->tokens))
        return false;
    for (int i = 0; i < 2 && dot_is_mark(&reader->tokens, ':'); i++) { /* port and compass point */
        if (!dot_next(&reader->tokens))
            return false;
        if (reader->tokens.token != DOT_ID)
            return dot_expected(&reader->tokens, "a port");
        if (!dot_next(&reader->tokens))
            return false;
    }
    return true;
}

static void add_edge(struct reader *reader, struct mention mention)
{
    draft_add_edge(reader->draft, mention.from, mention.to, reader->is_strict ? 0 : mention.bytes);
    if (!reader->is_strict)
        return;
    reader->mentions = memory_grow(reader->mentions, &reader->mention_capacity,
                                   reader->mention_count + 1, sizeof *reader->mentions);
    reader->mentions[reader->mention_count++] = mention;
}

/* After draft_merge: an edge has the data with which it was made, or was told to have later. */
static void set_strict_bytes(struct reader *reader)
{
    bool *is_made = memory_zeroed((size_t)draft_edge_count(reader->draft), sizeof *is_made);
    for (size_t i = 0; i < reader->mention_count; i++) {
        const struct mention *mention = &reader->mentions[i];
        int32_t edge = draft_find_edge(reader->draft, mention->from, mention->to);
        if (mention->is_given || !is_made[edge])
            draft_set_bytes(reader->draft, edge, mention->bytes);
        is_made[edge] = true;
    }
    free(is_made);
}

/* Adds an edge from each of ends[first..middle) to each of ends[middle..). */
static bool add_edges(struct reader *reader, const char *at, size_t first, size_t middle,
                      size_t last, double bytes, bool is_given)
{
    double pairs = (double)(middle - first) * (double)(last - middle);
    if (draft_edge_count(reader->draft) + pairs > IMPORT_EDGES_MAX)
        return text_refuse(&reader->text, at, NULL, "there are more than %d edges",
                           IMPORT_EDGES_MAX);
    for (size_t i = first; i < middle; i++)
        for (size_t k = middle; k < last; k++)
            add_edge(reader, (struct mention){reader->ends.items[i], reader->ends.items[k], bytes,
                                              is_given});
    return true;
}

/* A chain a -> {b c} -> d whose first end is on the stack. Its attributes come last, so the ends
 * are kept: `cuts` are the places on the stack where each begins. */
static bool read_chain(struct reader *reader, size_t first, struct dot_attributes node,
                       struct dot_attributes edge)
{
    const char *start = reader->tokens.start;
    size_t *cuts = NULL, cut_count = 0, cut_capacity = 0;
    bool ok = true;
    while (ok && (reader->tokens.token == DOT_ARROW || reader->tokens.token == DOT_LINE)) {
        if (reader->tokens.token == DOT_LINE)
            ok = refuse(reader, reader->tokens.start, "write -> in a digraph",
                        "the edge has no direction");
        cuts = memory_grow(cuts, &cut_capacity, cut_count + 1, sizeof *cuts);
        cuts[cut_count++] = reader->ends.count;
        ok = ok && dot_next(&reader->tokens) && read_end(reader, node, edge);
    }
    double bytes = 0;
    struct dot_attributes own = {0};
    ok = ok && dot_read_attributes(&reader->tokens, &own);
    bool is_given = own.bytes != NULL || own.size != NULL;
    edge.bytes = own.bytes != NULL ? own.bytes : edge.bytes;
    edge.size = own.size != NULL ? own.size : edge.size;
    ok = ok && edge_bytes(reader, start, &edge, &bytes);
    int32_t edges_before = draft_edge_count(reader->draft);
    for (size_t i = 0; ok && i < cut_count; i++)
        ok = add_edges(reader, start, i == 0 ? first : cuts[i - 1], cuts[i],
                       i + 1 < cut_count ? cuts[i + 1] : reader->ends.count, bytes, is_given);
    if (own.when != NULL || edge.when != NULL)
        reader->conditional += draft_edge_count(reader->draft) - edges_before;
    free(cuts);
    return ok;
}

/* a = b; node [...]; edge [...]; graph [...] */
static bool read_default(struct reader *reader, struct dot_attributes *node,
                         struct dot_attributes *edge)
{
    struct dot_attributes ignored = {0};
    struct dot_attributes *attributes = dot_is_keyword(&reader->tokens, "node")   ? node
                                        : dot_is_keyword(&reader->tokens, "edge") ? edge
                                                                                  : &ignored;
    return dot_next(&reader->tokens) && dot_read_attributes(&reader->tokens, attributes);
}

/* A node with attributes, an edge, a group or an assignment. */
static bool read_subject(struct reader *reader, struct dot_attributes node,
                         struct dot_attributes edge)
{
    const char *start = reader->tokens.start;
    bool is_group =
        dot_is_mark(&reader->tokens, '{') || dot_is_keyword(&reader->tokens, "subgraph");
    char *behind = reader->tokens.at;
    if (!is_group && reader->tokens.token == DOT_ID) { /* a = b makes no node */
        if (!dot_skip_space(&reader->tokens))
            return false;
        if (*reader->tokens.at == '=') {
            reader->tokens.at++;
            if (!dot_next(&reader->tokens))
                return false;
            return reader->tokens.token == DOT_ID ? dot_next(&reader->tokens)
                                                  : dot_expected(&reader->tokens, "a value");
        }
        reader->tokens.at = behind;
    }
    size_t first = reader->ends.count;
    if (!read_end(reader, node, edge))
        return false;
    if (reader->tokens.token == DOT_ARROW || reader->tokens.token == DOT_LINE)
        return read_chain(reader, first, node, edge);
    struct dot_attributes own = {0};
    if (is_group)
        return true;
    if (!dot_read_attributes(&reader->tokens, &own))
        return false;
    change_node(&reader->nodes[reader->ends.items[first]], start, &own);
    return true;
}

/* Statements up to `}`, which stays the token. Leaves the nodes of all on the stack. */
static bool read_statements(struct reader *reader, struct dot_attributes node,
                            struct dot_attributes edge)
{
    while (!dot_is_mark(&reader->tokens, '}')) {
        bool ok = dot_is_keyword(&reader->tokens, "node") ||
                          dot_is_keyword(&reader->tokens, "edge") ||
                          dot_is_keyword(&reader->tokens, "graph")
                      ? read_default(reader, &node, &edge)
                      : read_subject(reader, node, edge);
        if (!ok || (dot_is_mark(&reader->tokens, ';') && !dot_next(&reader->tokens)))
            return false;
        if (reader->depth == 1)
            reader->ends.count = 0;
    }
    return true;
}

static bool read_graph(struct reader *reader)
{
    if (!dot_next(&reader->tokens))
        return false;
    reader->is_strict = dot_is_keyword(&reader->tokens, "strict");
    if (reader->is_strict && !dot_next(&reader->tokens))
        return false;
    if (dot_is_keyword(&reader->tokens, "graph"))
        return refuse(reader, reader->tokens.start,
                      "the edges of a digraph have a direction: a -> b",
                      "this graph has no directions");
    if (!dot_is_keyword(&reader->tokens, "digraph"))
        return dot_expected(&reader->tokens, "`digraph`");
    if (!dot_next(&reader->tokens) ||
        (reader->tokens.token == DOT_ID && !dot_next(&reader->tokens)))
        return false;
    if (!dot_is_mark(&reader->tokens, '{'))
        return dot_expected(&reader->tokens, "`{`");
    reader->depth = 1;
    const struct dot_attributes none = {0};
    if (!dot_next(&reader->tokens) || !read_statements(reader, none, none) ||
        !dot_next(&reader->tokens))
        return false;
    return reader->tokens.token == DOT_END ||
           refuse(reader, reader->tokens.start, "a file has one graph",
                  "there is something after the graph");
}

static bool make_app(struct reader *reader, struct imported *imported, struct arena *arena)
{
    for (int32_t task = 0; task < draft_task_count(reader->draft); task++)
        if (!set_costs(reader, task))
            return false;
    int32_t merged = draft_merge(reader->draft);
    if (reader->is_strict)
        set_strict_bytes(reader);
    if (merged > 0)
        import_note(imported, arena, "%s: %d edges have the same ends as others: %s",
                    reader->text.path, (int)merged,
                    reader->is_strict ? "the graph is strict, what is said last counts"
                                      : "their data is added to them");
    if (reader->conditional > 0)
        import_note(
            imported, arena,
            "%s: %d edges belong to alternatives (`when`), which are left out: all tasks run",
            reader->text.path, (int)reader->conditional);
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
    reader.tokens = (struct dot_tokens){
        .text = &reader.text, .arena = draft_arena(reader.draft), .at = reader.text.data};
    ok = ok && read_graph(&reader) && make_app(&reader, imported, arena);
    free(reader.nodes);
    free(reader.ends.items);
    free(reader.mentions);
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
