/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double wall_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_begin(struct progress *progress, int64_t total, bool quiet)
{
    *progress = (struct progress){
        .shown = !quiet && isatty(STDERR_FILENO), .total = total, .start_s = wall_s()};
}

static void print_line(const struct progress *progress, double now_s)
{
    double rate = (double)progress->done / (now_s - progress->start_s);
    fprintf(stderr, "\r%lld/%lld trials, %.3g/s, %.0f s left, %lld failed\033[K",
            (long long)progress->done, (long long)progress->total, rate,
            (double)(progress->total - progress->done) / rate, (long long)progress->failed);
}

void progress_count(struct progress *progress, bool failed)
{
    double now_s = wall_s();
    progress->done++;
    progress->failed += failed;
    if (!progress->shown || now_s - progress->printed_s < 0.1)
        return;
    progress->printed_s = now_s;
    print_line(progress, now_s);
}

double progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    return wall_s() - progress->start_s;
}
