/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FFF weights of both forms in safetensors files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/safetensors.h"
#include "workloads/kernels/fff.h"
#include "workloads/kernels/fff_leaf.h"

enum { PARTS_MAX = 6, TREES_LIMIT = 65536, WIDTH_LIMIT = 65536, NOTE_SIZE = 16 };

/* An array of a file, and where its rows lie in memory, which are padded there. */
struct part {
    const char *name;
    int32_t rank;
    int64_t shape[3];
    float *rows;
    int32_t row; /* floats from row to row; the last dimension of the shape is their width */
};

static size_t row_width(const struct part *part)
{
    return (size_t)part->shape[part->rank - 1];
}

static size_t row_count(const struct part *part)
{
    size_t rows = 1;
    for (int32_t i = 0; i + 1 < part->rank; i++)
        rows *= (size_t)part->shape[i];
    return rows;
}

static bool save_parts(const char *path, const struct part *parts, int32_t count,
                       const struct safetensors_note *notes, int32_t note_count,
                       struct fault *fault)
{
    struct safetensors_array arrays[PARTS_MAX] = {0};
    float *packed[PARTS_MAX];
    for (int32_t i = 0; i < count; i++) {
        const struct part *part = &parts[i];
        size_t width = row_width(part), rows = row_count(part);
        packed[i] = memory_zeroed(rows * width, sizeof *packed[i]);
        for (size_t r = 0; r < rows; r++)
            memcpy(packed[i] + r * width, part->rows + r * (size_t)part->row,
                   width * sizeof(float));
        arrays[i] = (struct safetensors_array){.name = part->name,
                                               .type = SAFETENSORS_F32,
                                               .rank = part->rank,
                                               .count = rows * width,
                                               .data = packed[i]};
        memcpy(arrays[i].shape, part->shape, sizeof part->shape);
    }
    bool is_written = safetensors_write(path, arrays, count, notes, note_count, fault);
    for (int32_t i = 0; i < count; i++)
        free(packed[i]);
    return is_written;
}

static bool load_part(const struct safetensors *file, const char *path, const struct part *part,
                      struct fault *fault)
{
    const struct safetensors_array *array = safetensors_find(file, part->name);
    if (array == NULL || array->type != SAFETENSORS_F32 || array->rank != part->rank ||
        memcmp(array->shape, part->shape, (size_t)part->rank * sizeof *part->shape) != 0)
        return fault_set(fault, path, "the notes and the widths of other arrays say which it needs",
                         "there is no array `%s`, F32, of %d dimensions, %zu rows of %zu",
                         part->name, (int)part->rank, row_count(part), row_width(part));
    size_t row_bytes = row_width(part) * sizeof(float);
    for (size_t r = 0; r < row_count(part); r++)
        memcpy(part->rows + r * (size_t)part->row, (const char *)array->data + r * row_bytes,
               row_bytes);
    return true;
}

static bool load_parts(const struct safetensors *file, const char *path, const struct part *parts,
                       int32_t count, struct fault *fault)
{
    for (int32_t i = 0; i < count; i++)
        if (!load_part(file, path, &parts[i], fault))
            return false;
    return true;
}

static bool is_kernel(const struct safetensors *file, const char *path, const char *name,
                      struct fault *fault)
{
    const char *kernel = safetensors_note(file, "kernel");
    return (kernel != NULL && strcmp(kernel, name) == 0) ||
           fault_set(fault, path, "a note `kernel` says what a file of weights is for",
                     "this file does not hold weights of kernel %s", name);
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
        return fault_set(fault, path, "notes hold the shape of an FFF",
                         "note `%s` is not a whole number from %ld to %ld", key, least, most);
    *value = (int32_t)number;
    return true;
}

/* A dimension of an array, and that the array has the given number of rows in front: what is
 * allocated is then no larger than the file. */
static bool read_width(const struct safetensors *file, const char *path, const char *name,
                       int64_t rows, int32_t dimension, int32_t *width, struct fault *fault)
{
    const struct safetensors_array *array = safetensors_find(file, name);
    if (array == NULL || array->count == 0 || array->rank <= dimension || array->shape[0] != rows ||
        array->shape[dimension] < 1 || array->shape[dimension] > WIDTH_LIMIT)
        return fault_set(fault, path, "the notes give the number of nodes",
                         "there is no array `%s` of %lld rows", name, (long long)rows);
    *width = (int32_t)array->shape[dimension];
    return true;
}

static int32_t list_fff(const struct fff *fff, struct part parts[PARTS_MAX])
{
    int64_t nodes = fff_cost(&fff->shape).nodes;
    parts[0] = (struct part){"w_in", 2, {nodes, fff->shape.inputs}, fff->w_in, fff->row_in};
    parts[1] = (struct part){"w_out", 2, {nodes, fff->shape.outputs}, fff->w_out, fff->row_out};
    parts[2] = (struct part){"bias", 1, {nodes}, fff->bias, (int32_t)nodes};
    return fff->shape.has_bias ? 3 : 2;
}

bool fff_save(const struct fff *fff, const char *path, struct fault *fault)
{
    struct part parts[PARTS_MAX];
    char trees[NOTE_SIZE], depth[NOTE_SIZE];
    snprintf(trees, sizeof trees, "%d", (int)fff->shape.trees);
    snprintf(depth, sizeof depth, "%d", (int)fff->shape.depth);
    struct safetensors_note notes[] = {
        {"kernel", "fff"}, {"format", "1"}, {"trees", trees}, {"depth", depth}};
    return save_parts(path, parts, list_fff(fff, parts), notes, 4, fault);
}

static struct fff *read_fff(const struct safetensors *file, const char *path, struct fault *fault)
{
    struct fff_shape shape = {.has_bias = safetensors_find(file, "bias") != NULL};
    if (!is_kernel(file, path, "fff", fault) ||
        !read_note(file, path, "trees", 1, TREES_LIMIT, &shape.trees, fault) ||
        !read_note(file, path, "depth", 0, FFF_DEPTH_LIMIT, &shape.depth, fault))
        return NULL;
    int64_t nodes = fff_cost(&shape).nodes;
    if (!read_width(file, path, "w_in", nodes, 1, &shape.inputs, fault) ||
        !read_width(file, path, "w_out", nodes, 1, &shape.outputs, fault))
        return NULL;
    struct fff *fff = fff_create(&shape);
    struct part parts[PARTS_MAX];
    if (load_parts(file, path, parts, list_fff(fff, parts), fault))
        return fff;
    fff_destroy(fff);
    return NULL;
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

static int32_t list_leaf(const struct fff_leaf *leaf, struct part parts[PARTS_MAX])
{
    const struct fff_leaf_shape *shape = &leaf->shape;
    int64_t nodes = leaf->nodes, leaves = leaf->leaves, width = shape->width;
    int32_t count = 0;
    parts[count++] =
        (struct part){"w_in", 3, {leaves, width, shape->inputs}, leaf->w_in, leaf->row_in};
    parts[count++] = (struct part){"b_in", 2, {leaves, width}, leaf->b_in, (int32_t)width};
    parts[count++] =
        (struct part){"w_out", 3, {leaves, width, shape->outputs}, leaf->w_out, leaf->row_out};
    parts[count++] =
        (struct part){"b_out", 2, {leaves, shape->outputs}, leaf->b_out, leaf->row_out};
    if (nodes == 0)
        return count;
    parts[count++] = (struct part){"w_node", 2, {nodes, shape->inputs}, leaf->w_node, leaf->row_in};
    parts[count++] = (struct part){"b_node", 1, {nodes}, leaf->b_node, (int32_t)nodes};
    return count;
}

static const char *const activation_names[] = {[FFF_LEAF_RELU] = "relu", [FFF_LEAF_GELU] = "gelu"};

bool fff_leaf_save(const struct fff_leaf *leaf, const char *path, struct fault *fault)
{
    struct part parts[PARTS_MAX];
    char depth[NOTE_SIZE];
    snprintf(depth, sizeof depth, "%d", (int)leaf->shape.depth);
    struct safetensors_note notes[] = {{"kernel", "fff_leaf"},
                                       {"format", "1"},
                                       {"depth", depth},
                                       {"activation", activation_names[leaf->shape.activation]}};
    return save_parts(path, parts, list_leaf(leaf, parts), notes, 4, fault);
}

static bool read_activation(const struct safetensors *file, const char *path,
                            enum fff_leaf_activation *activation, struct fault *fault)
{
    const char *name = safetensors_note(file, "activation");
    for (int i = FFF_LEAF_RELU; name != NULL && i <= FFF_LEAF_GELU; i++)
        if (strcmp(name, activation_names[i]) == 0) {
            *activation = (enum fff_leaf_activation)i;
            return true;
        }
    return fault_set(fault, path, NULL, "note `activation` is neither relu nor gelu");
}

static struct fff_leaf *read_leaf(const struct safetensors *file, const char *path,
                                  struct fault *fault)
{
    struct fff_leaf_shape shape = {0};
    if (!is_kernel(file, path, "fff_leaf", fault) ||
        !read_note(file, path, "depth", 0, FFF_LEAF_DEPTH_LIMIT, &shape.depth, fault) ||
        !read_activation(file, path, &shape.activation, fault))
        return NULL;
    int64_t leaves = INT64_C(1) << shape.depth;
    if (!read_width(file, path, "w_in", leaves, 1, &shape.width, fault) ||
        !read_width(file, path, "w_in", leaves, 2, &shape.inputs, fault) ||
        !read_width(file, path, "w_out", leaves, 2, &shape.outputs, fault))
        return NULL;
    struct fff_leaf *leaf = fff_leaf_create(&shape);
    struct part parts[PARTS_MAX];
    if (load_parts(file, path, parts, list_leaf(leaf, parts), fault))
        return leaf;
    fff_leaf_destroy(leaf);
    return NULL;
}

struct fff_leaf *fff_leaf_load(const char *path, struct fault *fault)
{
    struct safetensors *file = safetensors_open(path, fault);
    if (file == NULL)
        return NULL;
    struct fff_leaf *leaf = read_leaf(file, path, fault);
    safetensors_close(file);
    struct fault weight = FAULT_NONE;
    if (leaf != NULL && !fff_leaf_seal(leaf, &weight)) {
        fault_set(fault, path, "weights are finite numbers", "a weight is not: %s", weight.what);
        fff_leaf_destroy(leaf);
        return NULL;
    }
    return leaf;
}
