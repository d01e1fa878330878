/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The number that networks are made of, and functions of it that give the same bytes everywhere.
 *
 * A real is a float; the gradient checks build the whole room again with -DAGENTS_REAL=double.
 * What this room computes is made of the operations that IEEE 754 rounds correctly (+ - * / sqrt
 * fma), in an order that the code fixes. It never calls the C library's exp and log, which differ
 * between versions. So the same inputs give the same bytes on every machine, with every SIMD width
 * and on any number of workers. */
#ifndef HETSOC_AGENTS_REAL_H
#define HETSOC_AGENTS_REAL_H

#ifndef AGENTS_REAL
#define AGENTS_REAL float
#endif

typedef AGENTS_REAL real;

/* e^x within 1e-14 relative; 0 below -700, e^700 above 700. */
double real_exp(double x);

/* Natural logarithm of a normal x > 0, within 1e-14. */
double real_log(double x);

/* Density of the standard normal distribution, and the share of it below x, within 1e-15. */
double real_normal_density(double x);
double real_normal_share(double x);

/* x^n, n >= 0, by repeated squaring. */
double real_power(double x, long n);

#endif
