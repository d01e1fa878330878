/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test/importing.h"

#include <check.h>
#include <string.h>

enum { FILES = 4 };

void importing_init(struct importing *importing, const struct import_kind *kind)
{
    *importing = (struct importing){.kind = kind, .options = import_options_default};
    scratch_init(&importing->scratch);
}

void importing_finish(struct importing *importing)
{
    scratch_finish(&importing->scratch);
}

bool importing_read(struct importing *importing, const char *const *paths, int32_t count)
{
    importing->fault = FAULT_NONE;
    importing->made = (struct imported){0};
    if (importing->kind->read(&importing->made, importing->scratch.arena, paths, count,
                              &importing->options, &importing->fault))
        return true;
    ck_assert(fault_is_set(&importing->fault));
    importing->made = (struct imported){0};
    return false;
}

bool importing_texts(struct importing *importing, const char *const *names,
                     const char *const *texts, int32_t count)
{
    const char *paths[FILES];
    ck_assert_int_le(count, FILES);
    for (int32_t i = 0; i < count; i++)
        paths[i] = scratch_write(&importing->scratch, names[i], texts[i]);
    return importing_read(importing, paths, count);
}

bool importing_text(struct importing *importing, const char *name, const char *text)
{
    return importing_texts(importing, &name, &text, 1);
}

const struct app *importing_app(struct importing *importing, const char *name, const char *text)
{
    bool ok = importing_text(importing, name, text);
    ck_assert_msg(ok, "%s: %s", importing->fault.where, importing->fault.what);
    ck_assert_int_eq(importing->made.app_count, 1);
    return importing->made.apps;
}

const char *importing_with_cr(struct importing *importing, const char *text)
{
    char *changed = arena_string(importing->scratch.arena, text);
    for (char *at = changed; (at = strchr(at, '\n')) != NULL;)
        *at = '\r';
    return changed;
}

double importing_bytes(const struct app *app, int32_t from, int32_t to)
{
    for (int32_t i = 0; i < app->tasks[to].pred_count; i++) {
        const struct app_edge *pred = &app->preds[app->tasks[to].first_pred + i];
        if (pred->task == from)
            return app->bytes[pred->edge];
    }
    return -1;
}

bool importing_notes(const struct importing *importing, const char *part)
{
    for (int32_t n = 0; n < importing->made.note_count; n++)
        if (strstr(importing->made.notes[n], part) != NULL)
            return true;
    return false;
}
