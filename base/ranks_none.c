/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In place of ranks.c where MPI was not found: a process is always alone. */
#include <assert.h>

#include "base/ranks.h"

bool ranks_start(struct fault *fault)
{
    return fault_set(fault, "--mpi",
                     "install Open MPI (libopenmpi-dev) and build hetsoc anew, or use --shard",
                     "this hetsoc was built without MPI");
}

void ranks_finish(void)
{
}

int32_t ranks_own(void)
{
    return 0;
}

int32_t ranks_count(void)
{
    return 1;
}

void ranks_send(int32_t to, int tag, const void *bytes, size_t size)
{
    (void)to;
    (void)tag;
    (void)bytes;
    (void)size;
    assert(!"there is nobody to send to");
}

bool ranks_look(struct ranks_message *message)
{
    (void)message;
    return false;
}

void ranks_await(int32_t from, int tag, struct ranks_message *message)
{
    (void)from;
    (void)tag;
    (void)message;
    assert(!"nobody ever sends");
}

void ranks_take(const struct ranks_message *message, void *bytes)
{
    (void)message;
    (void)bytes;
    assert(!"nobody ever sends");
}

int32_t ranks_dissenter(bool ok)
{
    return ok ? -1 : 0;
}

void ranks_exchange(void *array, int32_t first, int32_t step, int32_t length, size_t size)
{
    (void)array;
    (void)first;
    (void)step;
    (void)length;
    (void)size;
}
