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

void ranks_exchange(void *array, int32_t length, size_t size)
{
    char *elements = array;
    size_t share = (size_t)((length + count - 1) / count) * size; /* bytes of a rank, padded */
    if (count == 1 || length == 0)
        return;
    assert(share <= INT_MAX);
    char *sent = memory_zeroed(share, 1), *got = memory_zeroed(share, (size_t)count);
    for (int32_t i = own; i < length; i += count)
        memcpy(sent + (size_t)(i / count) * size, elements + (size_t)i * size, size);
    MPI_Allgather(sent, (int)share, MPI_BYTE, got, (int)share, MPI_BYTE, MPI_COMM_WORLD);
    for (int32_t i = 0; i < length; i++)
        memcpy(elements + (size_t)i * size,
               got + (size_t)(i % count) * share + (size_t)(i / count) * size, size);
    free(sent);
    free(got);
}
