/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What DOT says of nodes and edges in brackets, of which only these mean something here. */
#ifndef HETSOC_TRACES_DOT_ATTRIBUTES_H
#define HETSOC_TRACES_DOT_ATTRIBUTES_H

#include "traces/dot_tokens.h"

/* NULL = not given; of the arena of the tokens. */
struct dot_attributes {
    const char *us, *size, *bytes, *kind, *when;
};

/* Reads any number of lists, [a=b, c=d; e=f] [...]; a name alone stands for name=true. What is
 * given takes the place of what was there. False and a fault. */
bool dot_read_attributes(struct dot_tokens *tokens, struct dot_attributes *attributes);

#endif
