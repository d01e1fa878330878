/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DAX, the workflows of Pegasus (versions 2 and 3): jobs with the files that they use, then
 * children with their parents.
 *
 *     <job id="ID1" name="mProject" runtime="13.4"> <uses file="a" link="output" size="304"/>
 * </job> <child ref="ID2"> <parent ref="ID1"/> </child>
 *
 * Parents are the graph, as in WfFormat. Version 3 calls the file of a `uses` its `name`. The text
 * is read as it comes: entities and document types with a subset, which could make it grow, are
 * refused. */
#include <errno.h>
#include <expat.h>
#include <math.h>
#include <string.h>

#include "base/schema.h"
#include "traces/data_files.h"
#include "traces/draft.h"
#include "traces/text.h"

enum { DEPTH_MAX = 64, CHUNK_BYTES = 1 << 16 };

/* A file on its way to an app. */
struct reader {
    XML_Parser parser;
    const char *path;
    struct fault *fault;
    struct imported *imported;
    const struct import_options *options;
    const char *pe_kind;
    struct draft *draft;
    struct data_files *files;
    int depth;
    int32_t job, child; /* the open element, -1 = none */
};

/* Records a fault at the parser's place and stops it. */
static void refuse(struct reader *reader, const char *hint, const char *what, const char *name)
{
    char where[sizeof reader->fault->where];
    snprintf(where, sizeof where, "%s:%lu:%lu", reader->path,
             XML_GetCurrentLineNumber(reader->parser),
             XML_GetCurrentColumnNumber(reader->parser) + 1);
    fault_set(reader->fault, where, hint, "%s%s%s%s", what, name == NULL ? "" : " '",
              name == NULL ? "" : name, name == NULL ? "" : "'");
    XML_StopParser(reader->parser, XML_FALSE);
}

static const char *local_name(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon == NULL ? name : colon + 1;
}

static const char *attribute(const char **attributes, const char *name)
{
    for (; attributes[0] != NULL; attributes += 2)
        if (strcmp(local_name(attributes[0]), name) == 0)
            return attributes[1];
    return NULL;
}

/* Reads an amount, NAN if the attribute is absent; stops the parser if it is none. */
static double amount(struct reader *reader, const char **attributes, const char *name)
{
    const char *text = attribute(attributes, name);
    double value = NAN;
    if (text != NULL && (!schema_parse_real(text, &value) || value < 0))
        refuse(reader, "a number, 0 or more", "this is no amount:", text);
    return value;
}

static void open_job(struct reader *reader, const char **attributes)
{
    const char *id = attribute(attributes, "id"), *name = attribute(attributes, "name");
    if (id == NULL) {
        refuse(reader, NULL, "the job has no id", NULL);
        return;
    }
    double seconds = amount(reader, attributes, "runtime");
    int line = (int)XML_GetCurrentLineNumber(reader->parser);
    reader->job = draft_add_task(reader->draft, draft_keep(reader->draft, id), line);
    if (reader->job < 0)
        refuse(reader, "give each job its own id", "two jobs are called", id);
    else if (!isnan(seconds)) {
        const struct app_cost cost = {.pe_kind = reader->pe_kind, .exec_us = seconds};
        draft_set_costs(reader->draft, reader->job, name == NULL ? "job" : name, &cost, 1);
    }
}

static void open_uses(struct reader *reader, const char **attributes)
{
    const char *file = attribute(attributes, "file"), *link = attribute(attributes, "link");
    if (file == NULL)
        file = attribute(attributes, "name");
    if (reader->job < 0 || link == NULL || strcmp(link, "none") == 0)
        return;
    if (file == NULL) {
        refuse(reader, NULL, "it does not say which file is used", NULL);
        return;
    }
    bool writes = strcmp(link, "input") != 0, reads = strcmp(link, "output") != 0;
    if (writes && reads && strcmp(link, "inout") != 0) {
        refuse(reader, "input, output, inout or none", "there is no such link:", link);
        return;
    }
    const char *kept = draft_keep(reader->draft, file);
    double bytes = amount(reader, attributes, "size");
    if (writes)
        data_files_write(reader->files, kept, reader->job, bytes);
    if (reads)
        data_files_read(reader->files, kept, reader->job, bytes);
}

/* The task of a `ref`, -1 if it is refused. */
static int32_t find_ref(struct reader *reader, const char **attributes)
{
    const char *ref = attribute(attributes, "ref");
    int32_t task = ref == NULL ? -1 : draft_find_task(reader->draft, ref);
    if (ref == NULL)
        refuse(reader, NULL, "it has no ref to a job", NULL);
    else if (task < 0)
        refuse(reader, "jobs come before their relations", "there is no job", ref);
    return task;
}

static void open_element(void *self, const char *name, const char **attributes)
{
    struct reader *reader = self;
    const char *local = local_name(name);
    if (++reader->depth > DEPTH_MAX) {
        refuse(reader, NULL, "nested deeper than 64 levels", NULL);
        return;
    }
    if (reader->depth == 1) {
        if (strcmp(local, "adag") != 0)
            refuse(reader, "the outermost element is an adag", "this is no DAX, but", local);
    } else if (strcmp(local, "job") == 0 || strcmp(local, "dag") == 0 ||
               strcmp(local, "dax") == 0) {
        open_job(reader, attributes);
    } else if (strcmp(local, "uses") == 0) {
        open_uses(reader, attributes);
    } else if (strcmp(local, "child") == 0) {
        reader->child = find_ref(reader, attributes);
    } else if (strcmp(local, "parent") == 0 && reader->child >= 0) {
        int32_t parent = find_ref(reader, attributes);
        if (parent >= 0)
            draft_add_edge(reader->draft, parent, reader->child, 0);
    }
}

static void close_element(void *self, const char *name)
{
    struct reader *reader = self;
    const char *local = local_name(name);
    reader->depth--;
    if (strcmp(local, "job") == 0 || strcmp(local, "dag") == 0 || strcmp(local, "dax") == 0)
        reader->job = -1;
    else if (strcmp(local, "child") == 0)
        reader->child = -1;
}

static void declare_entity(void *self, const char *name, int is_parameter, const char *value,
                           int length, const char *base, const char *system_id,
                           const char *public_id, const char *notation)
{
    (void)is_parameter, (void)value, (void)length, (void)base;
    (void)system_id, (void)public_id, (void)notation;
    refuse(self, "write the text itself where it is used", "entities are not taken:", name);
}

static bool parse(struct reader *reader, FILE *stream)
{
    size_t size = 0, got;
    enum XML_Status status = XML_STATUS_OK;
    do {
        void *chunk = XML_GetBuffer(reader->parser, CHUNK_BYTES);
        if (chunk == NULL)
            memory_exhausted(1, CHUNK_BYTES);
        got = fread(chunk, 1, CHUNK_BYTES, stream);
        size += got;
        if (ferror(stream) != 0)
            return fault_set(reader->fault, reader->path, NULL, "cannot read: %s", strerror(errno));
        if (size > TEXT_MAX_BYTES)
            return fault_set(reader->fault, reader->path, NULL, "the file is larger than %u MiB",
                             TEXT_MAX_BYTES >> 20);
        status = XML_ParseBuffer(reader->parser, (int)got, got == 0);
    } while (got > 0 && status == XML_STATUS_OK);
    if (size == 0)
        return fault_set(reader->fault, reader->path, NULL, "the file is empty");
    if (status != XML_STATUS_OK && !fault_is_set(reader->fault))
        refuse(reader, NULL, XML_ErrorString(XML_GetErrorCode(reader->parser)), NULL);
    return status == XML_STATUS_OK && !fault_is_set(reader->fault);
}

static bool read_stream(struct reader *reader, FILE *stream)
{
    reader->parser = XML_ParserCreate(NULL);
    if (reader->parser == NULL)
        memory_exhausted(1, CHUNK_BYTES);
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, open_element, close_element);
    XML_SetEntityDeclHandler(reader->parser, declare_entity);
    bool ok = parse(reader, stream);
    XML_ParserFree(reader->parser);
    return ok;
}

static bool make_app(struct reader *reader, struct arena *arena)
{
    int32_t twice = draft_merge(reader->draft);
    if (twice > 0)
        import_note(reader->imported, arena, "%s: %d parents are named twice", reader->path,
                    (int)twice);
    double us_per_s = draft_make_us(reader->draft, reader->options);
    reader->imported->units = arena_printf(
        arena, "a second is %g us on the PE kind %s, a byte is a byte", us_per_s, reader->pe_kind);
    const struct app_cost fallback = {.pe_kind = reader->pe_kind, .exec_us = us_per_s};
    return data_files_assign(reader->files, reader->draft, reader->imported, arena, reader->path,
                             reader->fault) &&
           draft_finish(reader->draft, reader->imported, arena, reader->path, "from a DAX",
                        &fallback, 1, reader->fault);
}

static bool dax_read(struct imported *imported, struct arena *arena, const char *const *paths,
                     int32_t count, const struct import_options *options, struct fault *fault)
{
    (void)count;
    struct reader reader = {.path = paths[0],
                            .fault = fault,
                            .imported = imported,
                            .options = options,
                            .pe_kind = options->pe_kind == NULL ? "core" : options->pe_kind,
                            .job = -1,
                            .child = -1};
    FILE *stream = fopen(paths[0], "rb");
    if (stream == NULL)
        return fault_set(fault, paths[0], NULL, "cannot read: %s", strerror(errno));
    reader.draft = draft_create();
    reader.files = data_files_create();
    bool ok = read_stream(&reader, stream) && make_app(&reader, arena);
    fclose(stream);
    data_files_destroy(reader.files);
    draft_destroy(reader.draft);
    return ok;
}

static bool dax_claims(const char *head)
{
    return head[strspn(head, " \t\r\n")] == '<';
}

const struct import_kind import_dax = {
    .name = "dax",
    .summary = "Pegasus' workflows (XML), versions 2 and 3; a second is 1e6 us, less if that is "
               "too long, or --unit-us",
    .claims = dax_claims,
    .read = dax_read,
};
