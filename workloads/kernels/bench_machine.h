/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine under the benchmark: how fast it can be, and how steady it is. */
#ifndef HETSOC_WORKLOADS_KERNELS_BENCH_MACHINE_H
#define HETSOC_WORKLOADS_KERNELS_BENCH_MACHINE_H

#include "workloads/kernels/bench.h"

struct bench_machine;

struct bench_machine *bench_machine_create(enum isa isa);
void bench_machine_destroy(struct bench_machine *machine); /* NULL is fine */

/* Times a fixed piece of work (some 50 us); call it all along the run. */
void bench_machine_probe(struct bench_machine *machine);

/* How steady the probes were, and what the hypervisor took since the machine was created. */
struct bench_noise bench_machine_noise(struct bench_machine *machine);

/* Peak of one thread; measured when first asked for. */
double bench_machine_gmac_s(struct bench_machine *machine, enum isa isa);
double bench_machine_read_gb_s(struct bench_machine *machine, double bytes);

/* Quantile q of values[count], type 7; sorts the values. NAN if there are none. */
double bench_machine_quantile(double *values, int32_t count, double q);

#endif
