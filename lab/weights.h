/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a safetensors file of this program holds: the policy of a learned scheduler, the weights of
 * an inference kernel, or the state from which one of their trainings goes on. */
#ifndef HETSOC_LAB_WEIGHTS_H
#define HETSOC_LAB_WEIGHTS_H

#include "base/fault.h"
#include "base/memory.h"

/* Whether a file is called .safetensors (or .safetensors.state), or begins like one. */
bool weights_recognize(const char *path);

/* Reads all of a file as whoever needs it would, and says in a few words what it is for: kind,
 * sizes, parameters, and who made it if it tells. In the arena; NULL and a fault if it is damaged
 * or nothing of this program could use it. O(size of the file). */
const char *weights_check(struct arena *arena, const char *path, struct fault *fault);

#endif
