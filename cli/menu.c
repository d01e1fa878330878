/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/menu.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/schema.h"
#include "cli/command.h"

enum { ENTRIES = 32 };

static void print_help(const struct menu *menu, FILE *stream)
{
    fputs(menu->head, stream);
    for (int i = 0; i < menu->entry_count; i++)
        fprintf(stream, "  %-10s %s\n", menu->entries[i].name, menu->entries[i].summary);
    fputs(menu->end, stream);
}

static int refuse(const struct menu *menu, const char *word)
{
    const char *names[ENTRIES];
    assert(menu->entry_count <= ENTRIES);
    for (int i = 0; i < menu->entry_count; i++)
        names[i] = menu->entries[i].name;
    const char *nearest = schema_nearest(word, names, menu->entry_count);
    fprintf(stderr, "%s: unknown %s `%s`\n", menu->program, menu->noun, word);
    if (nearest != NULL)
        fprintf(stderr, "    hint: did you mean `%s %s`?\n", menu->program, nearest);
    else
        fprintf(stderr, "    hint: `%s --help` lists all\n", menu->program);
    return EXIT_USAGE;
}

int menu_run(const struct menu *menu, int argc, char **argv)
{
    if (argc < 2) {
        print_help(menu, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
        print_help(menu, stdout);
        return EXIT_DONE;
    }
    for (int i = 0; i < menu->entry_count; i++) {
        if (strcmp(argv[1], menu->entries[i].name) != 0)
            continue;
        char name[64];
        snprintf(name, sizeof name, "%s %s", menu->program, menu->entries[i].name);
        argv[1] = name;
        return menu->entries[i].run(argc - 1, argv + 1);
    }
    return refuse(menu, argv[1]);
}
