/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A word that says what to do: the subcommands of `hetsoc`, and the actions of one of them. */
#ifndef HETSOC_CLI_MENU_H
#define HETSOC_CLI_MENU_H

struct menu_entry {
    const char *name, *summary;
    int (*run)(int argc, char **argv); /* argv[0] is "PROGRAM NAME"; returns the exit status */
};

struct menu {
    const char *program;    /* what stands before the word: "hetsoc" */
    const char *noun;       /* what the word is: "subcommand" */
    const char *head, *end; /* of the help; the list of entries stands between them */
    const struct menu_entry *entries;
    int entry_count;
};

/* Runs the entry that argv[1] names, or prints the help for `--help`. Without a word, or with one
 * that is unknown, says so on standard error. Returns the exit status. */
int menu_run(const struct menu *menu, int argc, char **argv);

#endif
