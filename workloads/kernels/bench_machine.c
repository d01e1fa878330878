/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workloads/kernels/bench_machine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "workloads/kernels/pages.h"
#include "workloads/kernels/peak.h"

enum { PROBES_MAX = 1 << 14, REPEATS = 8, SIZES_MAX = 16 };

#define READ_BYTES_MIN (256 << 10)
#define READ_BYTES_MAX (256 << 20)

static const double spread_limit = 1.15, stolen_limit = 0.02;

/* Time that the hypervisor gave to others and time in all, in clock ticks of all processors. */
struct processor_time {
    double stolen, total;
};

struct bench_machine {
    enum isa isa;
    double *probe_s;
    int32_t probes;
    struct processor_time before;
    double gmac_s[ISA_COUNT]; /* 0 = not measured */
    struct {
        size_t bytes;
        double gb_s;
    } reads[SIZES_MAX];
    int32_t read_count;
};

static struct processor_time read_time(void)
{
    struct processor_time time = {0};
    FILE *file = fopen("/proc/stat", "r");
    long long field[8];
    int found = 0;
    if (file != NULL)
        // NOLINTNEXTLINE(cert-err34-c): a line of the kernel's, whose numbers fit
        found = fscanf(file, "cpu %lld %lld %lld %lld %lld %lld %lld %lld", &field[0], &field[1],
                       &field[2], &field[3], &field[4], &field[5], &field[6], &field[7]);
    if (found == 8) {
        for (int i = 0; i < 8; i++)
            time.total += (double)field[i];
        time.stolen = (double)field[7];
    }
    if (file != NULL)
        fclose(file);
    return time;
}

struct bench_machine *bench_machine_create(enum isa isa)
{
    struct bench_machine *machine = memory_zeroed(1, sizeof *machine);
    machine->isa = isa;
    machine->probe_s = memory_zeroed(PROBES_MAX, sizeof *machine->probe_s);
    machine->before = read_time();
    return machine;
}

void bench_machine_destroy(struct bench_machine *machine)
{
    if (machine == NULL)
        return;
    free(machine->probe_s);
    free(machine);
}

void bench_machine_probe(struct bench_machine *machine)
{
    if (machine->probes < PROBES_MAX)
        machine->probe_s[machine->probes++] = peak_compute_s(machine->isa);
}

static int compare_values(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double bench_machine_quantile(double *values, int32_t count, double q)
{
    if (count == 0)
        return NAN;
    qsort(values, (size_t)count, sizeof *values, compare_values);
    double at = q * (count - 1);
    int32_t below = (int32_t)at;
    int32_t above = below + 1 < count ? below + 1 : below;
    return values[below] + (at - below) * (values[above] - values[below]);
}

struct bench_noise bench_machine_noise(struct bench_machine *machine)
{
    struct processor_time now = read_time();
    double total = now.total - machine->before.total;
    struct bench_noise noise = {
        .spread = bench_machine_quantile(machine->probe_s, machine->probes, 0.9) /
                  bench_machine_quantile(machine->probe_s, machine->probes, 0.1),
        .stolen = total > 0 ? (now.stolen - machine->before.stolen) / total : 0,
    };
    noise.is_noisy = !(noise.spread <= spread_limit) || noise.stolen > stolen_limit;
    return noise;
}

double bench_machine_gmac_s(struct bench_machine *machine, enum isa isa)
{
    if (machine->gmac_s[isa] > 0)
        return machine->gmac_s[isa];
    double best_s = INFINITY;
    for (int32_t i = 0; i < REPEATS; i++)
        best_s = fmin(best_s, peak_compute_s(isa));
    return machine->gmac_s[isa] = PEAK_MACS / best_s * 1e-9;
}

double bench_machine_read_gb_s(struct bench_machine *machine, double wanted_bytes)
{
    double limited = fmin(fmax(wanted_bytes, READ_BYTES_MIN), READ_BYTES_MAX);
    size_t bytes = (size_t)limited / 256 * 256;
    for (int32_t i = 0; i < machine->read_count; i++)
        if (machine->reads[i].bytes == bytes)
            return machine->reads[i].gb_s;
    char *pages = pages_create(bytes);
    memset(pages, 1, bytes);
    double best_s = INFINITY;
    for (int32_t i = 0; i < REPEATS; i++)
        best_s = fmin(best_s, peak_read_s(machine->isa, pages, bytes));
    pages_destroy(pages, bytes);
    double gb_s = (double)bytes / best_s * 1e-9;
    if (machine->read_count < SIZES_MAX) {
        machine->reads[machine->read_count].bytes = bytes;
        machine->reads[machine->read_count++].gb_s = gb_s;
    }
    return gb_s;
}
