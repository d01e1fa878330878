/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

/* Between two lines. */
#define TERMINAL_PAUSE_S 0.1
#define LOG_PAUSE_S      60.0

void progress_begin(struct progress *progress, int64_t total, bool quiet)
{
    double now_s = clock_s();
    *progress = (struct progress){
        .shown = !quiet,
        .is_terminal = isatty(STDERR_FILENO),
        .total = total,
        .start_s = now_s,
        .printed_s = now_s,
    };
}

static void print_line(const struct progress *progress, double now_s)
{
    double rate = (double)progress->done / (now_s - progress->start_s);
    fprintf(stderr, "%s%lld/%lld trials, %.3g/s, %.0f s left, %lld failed%s",
            progress->is_terminal ? "\r" : "", (long long)progress->done,
            (long long)progress->total, rate, (double)(progress->total - progress->done) / rate,
            (long long)progress->failed, progress->is_terminal ? "\033[K" : "\n");
}

void progress_count(struct progress *progress, bool failed)
{
    double now_s = clock_s();
    progress->done++;
    progress->failed += failed;
    if (!progress->shown ||
        now_s - progress->printed_s < (progress->is_terminal ? TERMINAL_PAUSE_S : LOG_PAUSE_S))
        return;
    progress->printed_s = now_s;
    print_line(progress, now_s);
}

double progress_end(struct progress *progress)
{
    if (progress->shown && progress->is_terminal)
        fputs("\r\033[K", stderr);
    return clock_s() - progress->start_s;
}
