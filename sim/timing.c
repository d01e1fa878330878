/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/timing.h"

#include <math.h>

bool timing_of_kernel(struct timing *timing, const struct app_kernel *kernel,
                      const struct soc_profile *profile)
{
    const struct soc_stage *measured = soc_profile_stage(profile, kernel->stage);
    if (measured != NULL) {
        *timing = (struct timing){.fixed_us = measured->fixed_us, .sample_us = measured->sample_us};
        return true;
    }
    double rate = profile->mac_per_us * profile->efficiency[kernel->class];
    if (!(rate > 0.0))
        return false;
    *timing = (struct timing){
        .fixed_us = profile->launch_us,
        .sample_us = kernel->mac / rate,
        .move_us = kernel->activation_bytes / profile->io_bytes_per_us,
        .floor_us = kernel->depth * profile->step_us[kernel->class],
    };
    double whole_us = kernel->weight_bytes / profile->memory_bytes_per_us;
    if (kernel->weight_bytes <= profile->local_bytes) {
        timing->load_us = whole_us;
    } else {
        timing->stream_us = kernel->touched_bytes / profile->memory_bytes_per_us;
        timing->stream_most_us = whole_us;
    }
    return true;
}

double timing_us(const struct timing *timing, double samples)
{
    double memory_us =
        fmin(timing->stream_us * samples, timing->stream_most_us) + timing->move_us * samples;
    return timing->fixed_us + fmax(timing->sample_us * samples, fmax(memory_us, timing->floor_us));
}

void timing_stretch(struct timing *timing, double factor)
{
    timing->fixed_us *= factor;
    timing->sample_us *= factor;
    timing->stream_us *= factor;
    timing->stream_most_us *= factor;
    timing->move_us *= factor;
    timing->floor_us *= factor;
}
