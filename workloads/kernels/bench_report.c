/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "base/csv.h"
#include "base/placing.h"
#include "workloads/kernels/bench.h"
#include "workloads/kernels/dense_blas.h"

static double gmac_s(const struct bench_row *row)
{
    return (double)row->work.mac / row->p10_ns;
}

static double gb_s(const struct bench_row *row)
{
    return row->work.bytes / row->p10_ns;
}

static void name_rival(const struct bench_result *result, const struct bench_row *row, char *text,
                       size_t size)
{
    if (row->rival < 0) {
        snprintf(text, size, "%s", "");
        return;
    }
    const struct bench_row *rival = &result->rows[row->rival];
    snprintf(text, size, "%s/%s %s", rival->kind->kernel, rival->kind->variant, rival->isa);
}

void bench_print(const struct bench_result *result, FILE *stream)
{
    fprintf(stream, "%-22s %-10s %6s %6s %12s %12s %8s %6s %8s %6s %9s  %s\n", "kernel", "isa",
            "layers", "batch", "median ns", "p10 ns", "GMAC/s", "peak", "GB/s", "peak", "ratio",
            "to rival");
    for (int32_t i = 0; i < result->count; i++) {
        const struct bench_row *row = &result->rows[i];
        char name[64], rival[96], ratio[16] = "";
        if (i > 0 && (row->batch != row[-1].batch || row->layers != row[-1].layers))
            fputc('\n', stream);
        snprintf(name, sizeof name, "%s/%s", row->kind->kernel, row->kind->variant);
        name_rival(result, row, rival, sizeof rival);
        if (!isnan(row->ratio))
            snprintf(ratio, sizeof ratio, "%.*f", row->ratio < 10 ? 2 : 1, row->ratio);
        fprintf(stream, "%-22s %-10s %6d %6d %12.1f %12.1f %8.2f %5.0f%% %8.2f %5.0f%% %9s  %s\n",
                name, row->isa, (int)row->layers, (int)row->batch, row->median_ns, row->p10_ns,
                gmac_s(row), 100 * gmac_s(row) / row->peak_gmac_s, gb_s(row),
                100 * gb_s(row) / row->read_gb_s, ratio, rival);
    }
    fprintf(stream,
            "\nPer sample, one thread; ratio = p10 of the rival / own p10; peak = what the same "
            "thread reaches\nwithout data (MAC) and when it reads as many bytes in order "
            "(weights only).\n");
    const char *meddler = dense_blas_meddler();
    if (meddler != NULL)
        fprintf(stream,
                "The variable %s is set: OpenBLAS may be slower than it is by itself; unset it.\n",
                meddler);
    const struct bench_noise *noise = &result->noise;
    fprintf(stream,
            "Steadiness: p90 / p10 of a fixed piece of work %.3f, stolen time %.1f %%. %s\n",
            noise->spread, 100 * noise->stolen,
            noise->is_noisy ? "TOO NOISY to conclude anything from these figures; run it alone."
                            : "Quiet enough.");
}

bool bench_write(const struct bench_result *result, const char *path, struct fault *fault)
{
    static const char *const names[] = {
        "kernel",   "variant",       "isa",          "rival",  "batch", "layers", "median_ns",
        "p10_ns",   "mac",           "bytes",        "ratio",  "calls", "error",  "peak_gmac_per_s",
        "gb_per_s", "peak_gb_per_s", "noise_spread", "stolen", NULL};
    struct placing placing;
    struct csv_writer csv;
    if (!placing_begin(&placing, path, "name another file with --csv", fault))
        return false;
    csv_attach(&csv, placing.stream, path);
    placing.stream = NULL;
    csv_header(&csv, names);
    for (int32_t i = 0; i < result->count; i++) {
        const struct bench_row *row = &result->rows[i];
        char rival[96];
        name_rival(result, row, rival, sizeof rival);
        csv_text(&csv, row->kind->kernel);
        csv_text(&csv, row->kind->variant);
        csv_text(&csv, row->isa);
        csv_text(&csv, rival);
        csv_int(&csv, row->batch);
        csv_int(&csv, row->layers);
        csv_real(&csv, row->median_ns);
        csv_real(&csv, row->p10_ns);
        csv_int(&csv, row->work.mac);
        csv_real(&csv, row->work.bytes);
        csv_real(&csv, row->ratio);
        csv_int(&csv, row->calls);
        csv_real(&csv, row->error);
        csv_real(&csv, row->peak_gmac_s);
        csv_real(&csv, gb_s(row));
        csv_real(&csv, row->read_gb_s);
        csv_real(&csv, result->noise.spread);
        csv_real(&csv, result->noise.stolen);
        csv_end_row(&csv);
    }
    return placing_end(&placing, csv_finish(&csv, fault), fault);
}
