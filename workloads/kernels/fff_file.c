/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FFF weights in safetensors files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/safetensors.h"
#include "workloads/kernels/fff.h"

/* Copies rows between a padded and a dense array. */
static void copy_rows(float *to, size_t to_row, const float *from, size_t from_row, size_t width,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        memcpy(to + i * to_row, from + i * from_row, width * sizeof *to);
}

bool fff_save(const struct fff *fff, const char *path, struct fault *fault)
{
    const struct fff_shape *shape = &fff->shape;
    size_t nodes = (size_t)fff_cost(shape).nodes;
    size_t in = (size_t)shape->inputs, out = (size_t)shape->outputs;
    float *w_in = memory_zeroed(nodes * in, sizeof *w_in);
    float *w_out = memory_zeroed(nodes * out, sizeof *w_out);
    copy_rows(w_in, in, fff->w_in, (size_t)fff->row_in, in, nodes);
    copy_rows(w_out, out, fff->w_out, (size_t)fff->row_out, out, nodes);
    struct safetensors_array arrays[] = {
        {"w_in", SAFETENSORS_F32, 2, {(int64_t)nodes, shape->inputs}, nodes * in, w_in},
        {"w_out", SAFETENSORS_F32, 2, {(int64_t)nodes, shape->outputs}, nodes * out, w_out},
        {"bias", SAFETENSORS_F32, 1, {(int64_t)nodes}, nodes, fff->bias},
    };
    char trees[16], depth[16];
    snprintf(trees, sizeof trees, "%d", (int)shape->trees);
    snprintf(depth, sizeof depth, "%d", (int)shape->depth);
    struct safetensors_note notes[] = {
        {"kernel", "fff"}, {"format", "1"}, {"trees", trees}, {"depth", depth}};
    bool is_written = safetensors_write(path, arrays, shape->has_bias ? 3 : 2, notes, 4, fault);
    free(w_in);
    free(w_out);
    return is_written;
}

/* A note that is a whole number from `least` to `most`. */
static bool read_note(const struct safetensors *file, const char *path, const char *key, long least,
                      long most, int32_t *value, struct fault *fault)
{
    const char *text = safetensors_note(file, key);
    char *end = NULL;
    errno = 0;
    long number = text != NULL ? strtol(text, &end, 10) : 0;
    if (text == NULL || end == text || *end != '\0' || errno != 0 || number < least ||
        number > most)
        return fault_set(fault, path, "an FFF file has the notes `kernel`, `trees` and `depth`",
                         "note `%s` is not a whole number from %ld to %ld", key, least, most);
    *value = (int32_t)number;
    return true;
}

/* An F32 array of `rows` rows and the expected rank; the width of its rows goes to `width`. */
static const struct safetensors_array *find_array(const struct safetensors *file, const char *path,
                                                  const char *name, int32_t rank, int64_t rows,
                                                  int32_t *width, struct fault *fault)
{
    const struct safetensors_array *array = safetensors_find(file, name);
    if (array == NULL || array->type != SAFETENSORS_F32 || array->rank != rank ||
        array->shape[0] != rows ||
        (rank == 2 && (array->shape[1] < 1 || array->shape[1] > 65536))) {
        fault_set(fault, path, "trees and depth give the number of nodes",
                  "there is no array `%s`, F32, of %d dimensions and %lld nodes", name, (int)rank,
                  (long long)rows);
        return NULL;
    }
    *width = rank == 2 ? (int32_t)array->shape[1] : 1;
    return array;
}

/* An FFF as the file describes it. */
static struct fff *read_fff(const struct safetensors *file, const char *path, struct fault *fault)
{
    enum { TREES_LIMIT = 65536 };
    struct fff_shape shape = {0};
    const char *kernel = safetensors_note(file, "kernel");
    if (kernel == NULL || strcmp(kernel, "fff") != 0) {
        fault_set(fault, path, "it must have a note `kernel` that says `fff`",
                  "this file does not hold an FFF");
        return NULL;
    }
    if (!read_note(file, path, "trees", 1, TREES_LIMIT, &shape.trees, fault) ||
        !read_note(file, path, "depth", 0, FFF_DEPTH_LIMIT, &shape.depth, fault))
        return NULL;
    int64_t nodes = fff_cost(&shape).nodes;
    int32_t one;
    const struct safetensors_array *bias = NULL, *w_in, *w_out;
    w_in = find_array(file, path, "w_in", 2, nodes, &shape.inputs, fault);
    w_out = w_in != NULL ? find_array(file, path, "w_out", 2, nodes, &shape.outputs, fault) : NULL;
    shape.has_bias = safetensors_find(file, "bias") != NULL;
    if (w_out != NULL && shape.has_bias)
        bias = find_array(file, path, "bias", 1, nodes, &one, fault);
    if (w_out == NULL || (shape.has_bias && bias == NULL))
        return NULL;
    struct fff *fff = fff_create(&shape);
    for (size_t n = 0; n < (size_t)nodes; n++) {
        size_t in = (size_t)shape.inputs * sizeof(float),
               out = (size_t)shape.outputs * sizeof(float);
        memcpy(fff->w_in + n * (size_t)fff->row_in, (const char *)w_in->data + n * in, in);
        memcpy(fff->w_out + n * (size_t)fff->row_out, (const char *)w_out->data + n * out, out);
    }
    if (bias != NULL)
        memcpy(fff->bias, bias->data, (size_t)nodes * sizeof(float));
    return fff;
}

struct fff *fff_load(const char *path, struct fault *fault)
{
    struct safetensors *file = safetensors_open(path, fault);
    if (file == NULL)
        return NULL;
    struct fff *fff = read_fff(file, path, fault);
    safetensors_close(file);
    struct fault weight = FAULT_NONE;
    if (fff != NULL && !fff_seal(fff, &weight)) {
        fault_set(fault, path, "weights are finite numbers", "a weight is not: %s", weight.what);
        fff_destroy(fff);
        return NULL;
    }
    return fff;
}
