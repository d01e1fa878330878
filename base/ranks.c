/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ranks.h"

#include <assert.h>
#include <limits.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static int own = 0, count = 1;
static bool is_started;

bool ranks_start(struct fault *fault)
{
    (void)fault;
    assert(!is_started);
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &own);
    MPI_Comm_size(MPI_COMM_WORLD, &count);
    is_started = true;
    return true;
}

void ranks_finish(void)
{
    if (is_started)
        MPI_Finalize();
    is_started = false;
    own = 0;
    count = 1;
}

int32_t ranks_own(void)
{
    return own;
}

int32_t ranks_count(void)
{
    return count;
}

void ranks_send(int32_t to, int tag, const void *bytes, size_t size)
{
    assert(size <= INT_MAX);
    MPI_Send(bytes, (int)size, MPI_BYTE, to, tag, MPI_COMM_WORLD);
}

static void read_status(MPI_Status *status, struct ranks_message *message)
{
    int size;
    MPI_Get_count(status, MPI_BYTE, &size);
    *message = (struct ranks_message){status->MPI_SOURCE, status->MPI_TAG, (size_t)size};
}

bool ranks_look(struct ranks_message *message)
{
    int is_there;
    MPI_Status status;
    if (count == 1)
        return false;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &is_there, &status);
    if (is_there)
        read_status(&status, message);
    return is_there;
}

void ranks_await(int32_t from, int tag, struct ranks_message *message)
{
    MPI_Status status;
    MPI_Probe(from, tag, MPI_COMM_WORLD, &status);
    read_status(&status, message);
}

void ranks_take(const struct ranks_message *message, void *bytes)
{
    MPI_Recv(bytes, (int)message->size, MPI_BYTE, message->from, message->tag, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
}

int32_t ranks_dissenter(bool ok)
{
    int first = ok ? count : own;
    if (count > 1)
        MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    return first == count ? -1 : first;
}

void ranks_exchange(void *array, int32_t first, int32_t step, int32_t length, size_t size)
{
    if (count == 1)
        return;
    /* Every rank sends as much as the one that has most. */
    int32_t *filled = memory_zeroed((size_t)count, sizeof *filled);
    int32_t share = 0;
    for (int32_t i = first; i < length; i += step)
        if (++filled[i % count] > share)
            share = filled[i % count];
    const size_t bytes = (size_t)share * size;
    assert(bytes <= INT_MAX);
    char *elements = array, *sent = memory_zeroed(bytes + 1, 1);
    char *got = memory_zeroed(bytes + 1, (size_t)count);
    char *end = sent;
    for (int32_t i = first; i < length; i += step)
        if (i % count == own) {
            memcpy(end, elements + (size_t)i * size, size);
            end += size;
        }
    MPI_Allgather(sent, (int)bytes, MPI_BYTE, got, (int)bytes, MPI_BYTE, MPI_COMM_WORLD);
    memset(filled, 0, (size_t)count * sizeof *filled);
    for (int32_t i = first; i < length; i += step) {
        size_t place = (size_t)(i % count) * bytes + (size_t)filled[i % count]++ * size;
        memcpy(elements + (size_t)i * size, got + place, size);
    }
    free(filled);
    free(sent);
    free(got);
}
