/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/gnuplot.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Writes a literal in which every `twin` stands twice. gnuplot 5.4 does not read an apostrophe that
 * comes first between apostrophes, so these go ahead in a literal of their own. */
static void quote(const char *text, char twin, FILE *script)
{
    int ahead = (int)strspn(text, "'");
    if (ahead > 0) {
        fprintf(script, "\"%.*s\".", ahead, text);
    }
    putc('\'', script);
    for (const char *at = text + ahead; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (*at == '\'' || *at == twin) {
            putc(byte, script);
        }
        putc(byte < 0x20 || byte == 0x7f ? '?' : byte, script);
    }
    putc('\'', script);
}

void gnuplot_quote(const char *text, FILE *script)
{
    quote(text, '\'', script);
}

void gnuplot_quote_label(const char *text, FILE *script)
{
    quote(text, '%', script);
}

/* Starts gnuplot with its messages going to `errors`; 0 or an error number. */
static int start(const char *dir, const char *script, int errors, pid_t *child)
{
    char file[64], name[] = "gnuplot", no_init_files[] = "-d";
    assert(strlen(script) < sizeof file);
    snprintf(file, sizeof file, "%s", script);
    char *const arguments[] = {name, no_init_files, file, NULL};
    posix_spawn_file_actions_t actions;
    int failure = posix_spawn_file_actions_init(&actions);
    if (failure != 0) {
        return failure;
    }
    posix_spawn_file_actions_addchdir_np(&actions, dir);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    failure = posix_spawnp(child, name, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failure;
}

/* Reads to the end and keeps the beginning as one line of words. */
static void read_message(int pipe_end, char *message, size_t size)
{
    char bytes[512];
    size_t length = 0;
    ssize_t got;
    while ((got = read(pipe_end, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR)) {
        for (ssize_t i = 0; i < got; i++) {
            unsigned char byte = (unsigned char)bytes[i];
            bool is_gap = byte <= ' ';
            if (length + 1 < size && (!is_gap || (length > 0 && message[length - 1] != ' '))) {
                message[length++] = is_gap ? ' ' : (char)byte;
            }
        }
    }
    while (length > 0 && message[length - 1] == ' ') {
        length--;
    }
    message[length] = '\0';
}

bool gnuplot_run(const char *dir, const char *script, struct fault *fault)
{
    char where[sizeof fault->where], message[400];
    snprintf(where, sizeof where, "%s/%s", dir, script);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return fault_set(fault, where, NULL, "cannot run gnuplot: %s", strerror(errno));
    }
    pid_t child;
    int failure = start(dir, script, ends[1], &child);
    close(ends[1]);
    if (failure != 0) {
        close(ends[0]);
        return fault_set(fault, where,
                         failure == ENOENT ? "install gnuplot (Debian: apt install gnuplot-nox) "
                                             "and run it on this script"
                                           : NULL,
                         "cannot run gnuplot: %s", strerror(failure));
    }
    read_message(ends[0], message, sizeof message);
    close(ends[0]);
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return fault_set(fault, where, NULL, "cannot wait for gnuplot: %s", strerror(errno));
        }
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return fault_set(fault, where, "the script can be edited and run again",
                         "gnuplot failed: %s",
                         message[0] != '\0' ? message : "it was ended from outside");
    }
    return true;
}
