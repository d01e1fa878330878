/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/yaml.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/control.h"

/* One document on its way from libyaml's events to the tree. */
struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    const char *file;
    const char *bytes;
    int node_count;
    struct fault *fault;
};

/* The children of a list or map while it is being read. */
struct children {
    struct yaml_node **items, **keys;
    size_t count, item_capacity, key_capacity;
};

static bool refuse(struct reader *reader, yaml_mark_t mark, const char *hint, const char *what)
{
    char where[sizeof reader->fault->where];
    snprintf(where, sizeof where, "%s:%zu:%zu", reader->file, mark.line + 1, mark.column + 1);
    return fault_set(reader->fault, where, hint, "%s", what);
}

/* The reader stops at a byte, not at a mark. */
static yaml_mark_t mark_of_byte(const struct reader *reader, size_t offset)
{
    yaml_mark_t mark = {.index = offset};
    size_t line_start = 0;
    for (size_t i = 0; i < offset; i++) {
        if (reader->bytes[i] == '\n') {
            mark.line++;
            line_start = i + 1;
        }
    }
    mark.column = offset - line_start;
    return mark;
}

static bool refuse_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR) {
        memory_exhausted(1, 0);
    }
    if (parser->error == YAML_READER_ERROR) {
        return refuse(reader, mark_of_byte(reader, parser->problem_offset),
                      "YAML is text in UTF-8 without control characters", parser->problem);
    }
    char what[sizeof reader->fault->what];
    if (parser->context != NULL) {
        snprintf(what, sizeof what, "%s %s (from line %zu on)", parser->problem, parser->context,
                 parser->context_mark.line + 1);
    } else {
        snprintf(what, sizeof what, "%s", parser->problem);
    }
    return refuse(reader, parser->problem_mark,
                  "indent with spaces, not tabs, and put text with special characters in quotes",
                  what);
}

static bool next_event(struct reader *reader, yaml_event_t *event)
{
    return yaml_parser_parse(&reader->parser, event) != 0 || refuse_syntax(reader);
}

static bool refuse_decoration(struct reader *reader, const yaml_event_t *event,
                              const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL) {
        refuse(reader, event->start_mark, "write the value out where it is used",
               "anchors (&name) are not supported");
        return true;
    }
    if (tag != NULL) {
        refuse(reader, event->start_mark, "remove the word that starts with '!'",
               "tags (!name) are not supported");
        return true;
    }
    return false;
}

static struct yaml_node *read_scalar(struct reader *reader, const yaml_event_t *event,
                                     struct yaml_node *node)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (refuse_decoration(reader, event, event->data.scalar.anchor, event->data.scalar.tag)) {
        return NULL;
    }
    if (memchr(text, '\0', length) != NULL) {
        refuse(reader, event->start_mark, NULL, "text with a NUL character is not supported");
        return NULL;
    }
    if (control_find(text) != NULL) {
        refuse(reader, event->start_mark,
               "remove the escape, such as \\e or \\x1b, that stands for it",
               "text with a control character is not supported");
        return NULL;
    }
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (!node->quoted && strcmp(text, "~") == 0) {
        length = 0;
    }
    node->text = arena_substring(reader->arena, text, length);
    return node;
}

static int compare_keys(const void *left, const void *right)
{
    const struct yaml_node *const *a = left, *const *b = right;
    int order = strcmp((*a)->text, (*b)->text);
    if (order != 0) {
        return order;
    }
    if ((*a)->line != (*b)->line) {
        return (*a)->line < (*b)->line ? -1 : 1;
    }
    return (*a)->column - (*b)->column;
}

/* Sorts a copy of the keys; equal ones become neighbours. O(n log n). */
static bool check_unique(struct reader *reader, const struct yaml_node *map)
{
    size_t count = (size_t)map->count;
    struct yaml_node **sorted = memory_zeroed(count, sizeof *sorted);
    memcpy(sorted, map->keys, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_keys);
    const struct yaml_node *first = NULL, *second = NULL;
    for (size_t i = 1; i < count; i++) {
        const struct yaml_node *key = sorted[i];
        bool same = strcmp(sorted[i - 1]->text, key->text) == 0;
        if (same && (second == NULL || key->line < second->line ||
                     (key->line == second->line && key->column < second->column))) {
            first = sorted[i - 1];
            second = key;
        }
    }
    free(sorted);
    if (second == NULL) {
        return true;
    }
    char where[sizeof reader->fault->where];
    return fault_set(reader->fault, yaml_where(second, where, sizeof where), "keep one of them",
                     "the key '%s' is there twice, first on line %d", second->text, first->line);
}

static struct yaml_node *read_node(struct reader *reader, yaml_event_t *event, int depth);

static bool read_key(struct reader *reader, yaml_event_t *event, struct children *children)
{
    yaml_mark_t mark = event->start_mark;
    const char *hint = "a line of a map is KEY: VALUE";
    if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT) {
        yaml_event_delete(event);
        return refuse(reader, mark, hint, "a key must be a single word, not a list or map");
    }
    struct yaml_node *key = read_node(reader, event, 0);
    if (key == NULL) {
        return false;
    }
    if (key->text[0] == '\0') {
        return refuse(reader, mark, hint, "a key is empty");
    }
    children->keys = memory_grow(children->keys, &children->key_capacity, children->count + 1,
                                 sizeof(struct yaml_node *));
    children->keys[children->count] = key;
    return next_event(reader, event);
}

/* Reads up to the event `end`; false on a fault. */
static bool read_children(struct reader *reader, struct children *children, yaml_event_type_t end,
                          int depth)
{
    for (;;) {
        yaml_event_t event;
        if (!next_event(reader, &event)) {
            return false;
        }
        if (event.type == end) {
            yaml_event_delete(&event);
            return true;
        }
        if (end == YAML_MAPPING_END_EVENT && !read_key(reader, &event, children)) {
            return false;
        }
        struct yaml_node *item = read_node(reader, &event, depth);
        if (item == NULL) {
            return false;
        }
        children->items = memory_grow(children->items, &children->item_capacity,
                                      children->count + 1, sizeof(struct yaml_node *));
        children->items[children->count++] = item;
    }
}

static struct yaml_node **keep(struct arena *arena, struct yaml_node **nodes, size_t count)
{
    struct yaml_node **kept = arena_zeroed(arena, count, sizeof(struct yaml_node *));
    if (count > 0) {
        memcpy(kept, nodes, count * sizeof(struct yaml_node *));
    }
    return kept;
}

static struct yaml_node *read_collection(struct reader *reader, struct yaml_node *node, int depth)
{
    bool is_map = node->type == YAML_MAP;
    struct children children = {0};
    bool done = read_children(reader, &children,
                              is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT, depth);
    if (done) {
        node->count = (int)children.count;
        node->items = keep(reader->arena, children.items, children.count);
        node->keys = is_map ? keep(reader->arena, children.keys, children.count) : NULL;
    }
    free(children.items);
    free(children.keys);
    return done && (!is_map || check_unique(reader, node)) ? node : NULL;
}

/* Reads the node that starts with `event` and takes the event over; NULL on a fault. */
static struct yaml_node *read_node(struct reader *reader, yaml_event_t *event, int depth)
{
    yaml_mark_t mark = event->start_mark;
    struct yaml_node *node = arena_zeroed(reader->arena, 1, sizeof *node);
    node->file = reader->file;
    node->line = (int)mark.line + 1;
    node->column = (int)mark.column + 1;
    bool refused = true;
    if (++reader->node_count > YAML_MAX_NODES) {
        refuse(reader, mark, NULL, "the file has too many values");
    } else if (event->type == YAML_SCALAR_EVENT) {
        refused = read_scalar(reader, event, node) == NULL;
    } else if (event->type == YAML_ALIAS_EVENT) {
        refuse(reader, mark, "write the value out where it is used",
               "aliases (*name) are not supported");
    } else if (depth >= YAML_MAX_DEPTH) {
        refuse(reader, mark, NULL, "lists and maps are nested too deep");
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        node->type = YAML_LIST;
        refused = refuse_decoration(reader, event, event->data.sequence_start.anchor,
                                    event->data.sequence_start.tag);
    } else {
        assert(event->type == YAML_MAPPING_START_EVENT);
        node->type = YAML_MAP;
        refused = refuse_decoration(reader, event, event->data.mapping_start.anchor,
                                    event->data.mapping_start.tag);
    }
    yaml_event_delete(event);
    if (refused) {
        return NULL;
    }
    return node->type == YAML_SCALAR ? node : read_collection(reader, node, depth + 1);
}

/* Reads the events before, of and after the one root. */
static struct yaml_node *read_document(struct reader *reader)
{
    yaml_event_t event;
    struct yaml_node *root = NULL;
    for (;;) {
        if (!next_event(reader, &event)) {
            return NULL;
        }
        yaml_event_type_t type = event.type;
        yaml_mark_t mark = event.start_mark;
        bool is_empty = type == YAML_SCALAR_EVENT && event.data.scalar.length == 0 &&
                        event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        bool is_event_of_stream =
            type == YAML_STREAM_START_EVENT || type == YAML_STREAM_END_EVENT ||
            type == YAML_DOCUMENT_START_EVENT || type == YAML_DOCUMENT_END_EVENT;
        if (!is_event_of_stream && !is_empty) {
            root = read_node(reader, &event, 0);
            if (root == NULL) {
                return NULL;
            }
            continue;
        }
        yaml_event_delete(&event);
        if (is_empty || (type == YAML_STREAM_END_EVENT && root == NULL)) {
            refuse(reader, mark, NULL, "the document is empty");
            return NULL;
        }
        if (type == YAML_DOCUMENT_START_EVENT && root != NULL) {
            refuse(reader, mark, "put it into a file of its own", "a second document starts here");
            return NULL;
        }
        if (type == YAML_STREAM_END_EVENT) {
            return root;
        }
    }
}

static struct yaml_node *parse_bytes(struct arena *arena, const char *name, const char *bytes,
                                     size_t size, struct fault *fault)
{
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) { /* libyaml counts it as a column */
        bytes += 3;
        size -= 3;
    }
    if (size > YAML_MAX_BYTES) {
        fault_set(fault, name, NULL, "the text is larger than %u MiB", YAML_MAX_BYTES >> 20);
        return NULL;
    }
    struct reader reader = {
        .arena = arena, .file = arena_string(arena, name), .bytes = bytes, .fault = fault};
    if (yaml_parser_initialize(&reader.parser) == 0) {
        memory_exhausted(1, sizeof reader.parser);
    }
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, size);
    struct yaml_node *root = read_document(&reader);
    yaml_parser_delete(&reader.parser);
    return root;
}

struct yaml_node *yaml_parse(struct arena *arena, const char *name, const char *text,
                             struct fault *fault)
{
    return parse_bytes(arena, name, text, strlen(text), fault);
}

struct yaml_node *yaml_load(struct arena *arena, const char *path, struct fault *fault)
{
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        fault_set(fault, path, NULL, "cannot open the file: %s", strerror(errno));
        return NULL;
    }
    char *bytes = NULL;
    size_t size = 0, capacity = 0, got = 0;
    do {
        bytes = memory_grow(bytes, &capacity, size + 65536, 1);
        got = fread(bytes + size, 1, capacity - size, stream);
        size += got;
    } while (got > 0 && size <= YAML_MAX_BYTES);
    struct yaml_node *root = NULL;
    if (ferror(stream)) {
        fault_set(fault, path, NULL, "cannot read the file: %s", strerror(errno));
    } else {
        root = parse_bytes(arena, path, bytes, size, fault);
    }
    free(bytes);
    fclose(stream);
    return root;
}

/* Hands an event over to the emitter; a failure to write shows in ferror() of the stream. */
static void emit(yaml_emitter_t *emitter, yaml_event_t *event, int event_made)
{
    if (event_made == 0 ||
        (yaml_emitter_emit(emitter, event) == 0 && emitter->error == YAML_MEMORY_ERROR)) {
        memory_exhausted(1, 0);
    }
}

static void print_scalar(yaml_emitter_t *emitter, const struct yaml_node *node)
{
    yaml_event_t event;
    const char *text = !node->quoted && node->text[0] == '\0' ? "~" : node->text;
    yaml_scalar_style_t style =
        node->quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;
    emit(emitter, &event,
         yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
                                      (int)strlen(text), 1, 1, style));
}

static void print_node(yaml_emitter_t *emitter, const struct yaml_node *node)
{
    yaml_event_t event;
    if (node->type == YAML_SCALAR) {
        print_scalar(emitter, node);
        return;
    }
    bool is_map = node->type == YAML_MAP;
    emit(emitter, &event,
         is_map
             ? yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE)
             : yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                    YAML_BLOCK_SEQUENCE_STYLE));
    for (int i = 0; i < node->count; i++) {
        if (is_map) {
            print_scalar(emitter, node->keys[i]);
        }
        print_node(emitter, node->items[i]);
    }
    emit(emitter, &event,
         is_map ? yaml_mapping_end_event_initialize(&event)
                : yaml_sequence_end_event_initialize(&event));
}

void yaml_print(const struct yaml_node *node, FILE *stream)
{
    yaml_emitter_t emitter;
    yaml_event_t event;
    if (yaml_emitter_initialize(&emitter) == 0) {
        memory_exhausted(1, sizeof emitter);
    }
    yaml_emitter_set_output_file(&emitter, stream);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    emit(&emitter, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
    emit(&emitter, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
    print_node(&emitter, node);
    emit(&emitter, &event, yaml_document_end_event_initialize(&event, 1));
    emit(&emitter, &event, yaml_stream_end_event_initialize(&event));
    yaml_emitter_delete(&emitter);
}
