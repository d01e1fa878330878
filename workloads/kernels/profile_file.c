/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/placing.h"
#include "workloads/kernels/profile.h"

/* KEY: VALUE with four significant digits, which is more than a measurement is worth. */
static void print_real(FILE *stream, const char *before, const char *key, double value)
{
    char text[32];
    int digits = value > 0 ? 3 - (int)floor(log10(value)) : 0; /* after the point */
    double scale = pow(10, abs(digits));
    double shown = digits > 0 ? round(value * scale) / scale : round(value / scale) * scale;
    fprintf(stream, "%s%s: %s", before, key, csv_format_real(text, shown));
}

static void print_kind(const struct profile_kind *kind, FILE *stream)
{
    fputs("kind: # one core as a whole\n", stream);
    print_real(stream, "  ", "launch_us", kind->launch_us);
    print_real(stream, "\n  ", "mac_per_us", kind->mac_per_us);
    print_real(stream, "\n  efficiency: {", "conv", kind->conv_efficiency);
    print_real(stream, ", ", "dense", kind->dense_efficiency);
    print_real(stream, ", ", "tree", kind->tree_efficiency);
    print_real(stream, "}\n  ", "memory_bytes_per_us", kind->memory_bytes_per_us);
    print_real(stream, "\n  ", "io_bytes_per_us", kind->io_bytes_per_us);
    print_real(stream, "\n  step_us: {", "tree", kind->tree_step_us);
    fprintf(stream, "}\n  local_bytes: %.0f\n", kind->local_bytes);
}

void profile_print(const struct profile *profile, FILE *stream)
{
    fprintf(stream,
            "# measured by `hetsoc kernels profile`, one thread; n samples in one call take\n"
            "# fixed_us + n * sample_us; counts are per sample, bytes of weights per variant; a\n"
            "# platform takes this file as `profile: FILE` of a PE kind (docs/formats.md)\n"
            "format: 1\ninstruction_set: %s\n",
            isa_name(profile->isa));
    print_kind(&profile->kind, stream);
    fputs("stages:\n", stream);
    for (int32_t i = 0; i < profile->count; i++) {
        const struct profile_stage *row = &profile->stages[i];
        const struct stage *stage = &row->stage;
        fprintf(stream, "  - {stage: %s/%s, variants: %d", stage->model, stage->name,
                (int)stage->variants);
        print_real(stream, ", ", "fixed_us", row->fixed_us);
        print_real(stream, ", ", "sample_us", row->sample_us);
        fprintf(stream,
                ", mac: %lld, weight_bytes: %lld, touched_bytes: %lld, in_bytes: %lld, "
                "out_bytes: %lld, depth: %d}\n",
                (long long)stage->mac, (long long)stage->stored_bytes,
                (long long)stage->touched_bytes, (long long)stage->in_bytes,
                (long long)stage->out_bytes, (int)stage->depth);
    }
}

bool profile_write(const struct profile *profile, const char *path, struct fault *fault)
{
    struct placing placing;
    if (!placing_begin(&placing, path, "give a path in a folder that exists and can be written",
                       fault))
        return false;
    profile_print(profile, placing.stream);
    return placing_end(&placing, true, fault);
}
