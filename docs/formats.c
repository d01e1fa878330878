/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeps the key tables of docs/formats.md and docs/traces.md equal to the tables that the program
 * itself reads by.
 *
 * usage: formats --write|--compare FILE.md...
 *
 * The lines between "<!-- keys: TITLE -->" and "<!-- end of keys -->" belong to this program, all
 * others to people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/contender.h"
#include "lab/experiment.h"
#include "sim/soc.h"
#include "traces/trace_manifest.h"
#include "workloads/app.h"

enum { SCHEMA_COUNT = 7 };

/* The schema whose table begins at this line, NULL if none does. */
static const struct schema *schema_at(const struct schema *const *schemas, const char *line)
{
    char marker[128];
    for (int i = 0; i < SCHEMA_COUNT; i++) {
        snprintf(marker, sizeof marker, "<!-- keys: %s -->\n", schemas[i]->title);
        if (strcmp(line, marker) == 0)
            return schemas[i];
    }
    return NULL;
}

/* Copies the document with fresh tables. Returns how many it wrote. */
static int renew(const struct schema *const *schemas, FILE *document, FILE *out)
{
    char *line = NULL;
    size_t capacity = 0;
    int tables = 0;
    bool inside = false;
    while (getline(&line, &capacity, document) != -1) {
        const struct schema *schema = schema_at(schemas, line);
        if (strcmp(line, "<!-- end of keys -->\n") == 0)
            inside = false;
        if (!inside)
            fputs(line, out);
        if (schema != NULL) {
            schema_document(schema, out);
            inside = true;
            tables++;
        }
    }
    free(line);
    return tables;
}

static char *read_whole(FILE *stream, size_t *size)
{
    char *text = NULL;
    FILE *copy = open_memstream(&text, size);
    for (int c = fgetc(stream); c != EOF; c = fgetc(stream))
        fputc(c, copy);
    fclose(copy);
    rewind(stream);
    return text;
}

/* Compares a document with what it should be, or writes it. Adds to `tables`. */
static bool handle(const char *path, const struct schema *const *schemas, bool write, int *tables)
{
    FILE *document = fopen(path, "r");
    if (document == NULL) {
        perror(path);
        return false;
    }
    size_t old_size, new_size;
    char *old_text = read_whole(document, &old_size);
    char *new_text = NULL;
    FILE *out = open_memstream(&new_text, &new_size);
    *tables += renew(schemas, document, out);
    fclose(out);
    fclose(document);
    bool done = true;
    if (!write && (old_size != new_size || memcmp(old_text, new_text, old_size) != 0)) {
        fprintf(stderr, "%s is not what the program reads; run: ninja docs\n", path);
        done = false;
    }
    if (write) {
        document = fopen(path, "w");
        done = document != NULL && fwrite(new_text, 1, new_size, document) == new_size;
        done = document != NULL && fclose(document) == 0 && done;
    }
    free(old_text);
    free(new_text);
    return done;
}

int main(int argc, char **argv)
{
    bool write = argc > 2 && strcmp(argv[1], "--write") == 0;
    if (argc < 3 || (!write && strcmp(argv[1], "--compare") != 0)) {
        fputs("usage: formats --write|--compare FILE.md...\n", stderr);
        return 2;
    }
    struct arena *arena = arena_create();
    const struct schema *const schemas[SCHEMA_COUNT] = {&experiment_schema,
                                                        &sweep_schema,
                                                        &soc_schema,
                                                        &app_schema,
                                                        contender_document(arena),
                                                        soc_profile_schema(arena),
                                                        &trace_manifest_schema};
    bool done = true;
    int tables = 0;
    for (int i = 2; i < argc; i++)
        done = handle(argv[i], schemas, write, &tables) && done;
    if (tables != SCHEMA_COUNT) {
        fprintf(stderr, "%d of %d tables have a place\n", tables, SCHEMA_COUNT);
        done = false;
    }
    arena_destroy(arena);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
