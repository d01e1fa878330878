/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/safetensors.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "base/folder.h"
#include "base/memory.h"

#define METADATA "__metadata__"

enum { PREFIX_BYTES = 8 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files and memory share a byte order");

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [SAFETENSORS_BOOL] = {"BOOL", 1}, [SAFETENSORS_U8] = {"U8", 1},
    [SAFETENSORS_I8] = {"I8", 1},     [SAFETENSORS_U16] = {"U16", 2},
    [SAFETENSORS_I16] = {"I16", 2},   [SAFETENSORS_F16] = {"F16", 2},
    [SAFETENSORS_BF16] = {"BF16", 2}, [SAFETENSORS_U32] = {"U32", 4},
    [SAFETENSORS_I32] = {"I32", 4},   [SAFETENSORS_F32] = {"F32", 4},
    [SAFETENSORS_U64] = {"U64", 8},   [SAFETENSORS_I64] = {"I64", 8},
    [SAFETENSORS_F64] = {"F64", 8},
};

enum { TYPE_COUNT = sizeof types / sizeof *types };

const char *safetensors_type_name(enum safetensors_type type)
{
    return types[type].name;
}

size_t safetensors_type_size(enum safetensors_type type)
{
    return types[type].size;
}

static json_t *json_of_array(const struct safetensors_array *array, size_t offset)
{
    json_t *shape = json_array();
    for (int32_t i = 0; i < array->rank; i++)
        json_array_append_new(shape, json_integer(array->shape[i]));
    size_t end = offset + array->count * types[array->type].size;
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", types[array->type].name, "shape", shape,
                     "data_offsets", (json_int_t)offset, (json_int_t)end);
}

/* The header as text, padded; `length` without the terminating NUL. */
static char *header_create(const struct safetensors_array *arrays, int32_t count,
                           const struct safetensors_note *notes, int32_t note_count, size_t *length)
{
    json_t *root = json_object();
    if (note_count > 0) {
        json_t *metadata = json_object();
        for (int32_t i = 0; i < note_count; i++)
            json_object_set_new(metadata, notes[i].key, json_string(notes[i].value));
        json_object_set_new(root, METADATA, metadata);
    }
    size_t offset = 0;
    for (int32_t i = 0; i < count; i++) {
        assert(json_object_get(root, arrays[i].name) == NULL &&
               strcmp(arrays[i].name, METADATA) != 0);
        json_object_set_new(root, arrays[i].name, json_of_array(&arrays[i], offset));
        offset += arrays[i].count * types[arrays[i].type].size;
    }
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (text == NULL)
        memory_exhausted(1, 1);
    size_t bare = strlen(text);
    *length = (bare + PREFIX_BYTES - 1) / PREFIX_BYTES * PREFIX_BYTES;
    text = memory_resize(text, *length + 1, 1);
    memset(text + bare, ' ', *length - bare);
    text[*length] = '\0';
    return text;
}

/* Everything to a new file on the disk; false with errno. */
static bool write_new(const char *path, const char *header, size_t length,
                      const struct safetensors_array *arrays, int32_t count)
{
    FILE *stream = folder_new_file(path);
    if (stream == NULL)
        return false;
    uint64_t prefix = length;
    fwrite(&prefix, sizeof prefix, 1, stream);
    fwrite(header, 1, length, stream);
    for (int32_t i = 0; i < count; i++)
        if (arrays[i].count > 0)
            fwrite(arrays[i].data, types[arrays[i].type].size, arrays[i].count, stream);
    bool ok = fflush(stream) == 0 && !ferror(stream) && fsync(fileno(stream)) == 0;
    int error = errno;
    if (fclose(stream) != 0 && ok) {
        ok = false;
        error = errno;
    }
    errno = error;
    return ok;
}

/* The folder must be on the disk too, or a crash may bring the old name back; best effort, since
 * not every file system can. */
static void sync_folder(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *folder =
        slash == NULL ? "." : arena_substring(arena, path, (size_t)(slash - path) + 1);
    int handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle >= 0) {
        (void)fsync(handle);
        close(handle);
    }
}

bool safetensors_write(const char *path, const struct safetensors_array *arrays, int32_t count,
                       const struct safetensors_note *notes, int32_t note_count,
                       struct fault *fault)
{
    if (folder_is_sink(path))
        return fault_set(fault, path, "name a file", "this is a device or a pipe, not a file");
    struct arena *arena = arena_create();
    const char *aside = arena_printf(arena, "%s.new", path);
    size_t length;
    char *header = header_create(arrays, count, notes, note_count, &length);
    bool ok = write_new(aside, header, length, arrays, count) && rename(aside, path) == 0;
    if (ok) {
        sync_folder(arena, path);
    } else {
        fault_set(fault, path, "is there such a folder, and is the disk full?", "cannot write: %s",
                  strerror(errno));
        unlink(aside);
    }
    free(header);
    arena_destroy(arena);
    return ok;
}

/* Reading: what the functions below share. */
struct reader {
    const char *path;
    struct safetensors *file;
    size_t header_length, data_length;
    struct fault *fault;
};

static bool refuse(const struct reader *reader, const char *what)
{
    return fault_set(reader->fault, reader->path, "is it a whole safetensors file?", "%s", what);
}

static bool refuse_array(const struct reader *reader, const char *name, const char *what)
{
    return fault_set(reader->fault, reader->path, "is it a whole safetensors file?",
                     "array `%.80s` %s", name, what);
}

/* A whole number from 0 to SAFETENSORS_FILE_LIMIT. */
static bool read_size(const json_t *json, size_t *value)
{
    if (!json_is_integer(json) || json_integer_value(json) < 0 ||
        json_integer_value(json) > SAFETENSORS_FILE_LIMIT)
        return false;
    *value = (size_t)json_integer_value(json);
    return true;
}

static bool read_shape(const struct reader *reader, const json_t *shape,
                       struct safetensors_array *array)
{
    if (!json_is_array(shape) || json_array_size(shape) > SAFETENSORS_RANK_LIMIT)
        return refuse_array(reader, array->name, "has no shape of at most 8 numbers");
    array->rank = (int32_t)json_array_size(shape);
    array->count = 1;
    for (int32_t i = 0; i < array->rank; i++) {
        size_t extent;
        if (!read_size(json_array_get(shape, (size_t)i), &extent))
            return refuse_array(reader, array->name, "has a shape that is no size");
        if (extent > 0 && array->count > (size_t)SAFETENSORS_FILE_LIMIT / extent)
            return refuse_array(reader, array->name, "is larger than any file may be");
        array->shape[i] = (int64_t)extent;
        array->count *= extent;
    }
    return true;
}

static bool read_type(const struct reader *reader, const json_t *dtype,
                      struct safetensors_array *array)
{
    for (int i = 0; json_is_string(dtype) && i < TYPE_COUNT; i++)
        if (strcmp(json_string_value(dtype), types[i].name) == 0) {
            array->type = (enum safetensors_type)i;
            return true;
        }
    return refuse_array(reader, array->name, "has no known dtype");
}

static bool read_array(const struct reader *reader, const char *name, const json_t *json,
                       struct safetensors_array *array)
{
    size_t from, to;
    array->name = arena_string(reader->file->arena, name);
    if (!json_is_object(json) || json_object_size(json) != 3)
        return refuse_array(reader, name, "is not {dtype, shape, data_offsets}");
    const json_t *offsets = json_object_get(json, "data_offsets");
    if (!read_type(reader, json_object_get(json, "dtype"), array) ||
        !read_shape(reader, json_object_get(json, "shape"), array))
        return false;
    if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
        !read_size(json_array_get(offsets, 0), &from) ||
        !read_size(json_array_get(offsets, 1), &to))
        return refuse_array(reader, name, "has no data_offsets of two sizes");
    if (from > to || to > reader->data_length)
        return refuse_array(reader, name, "lies outside of the file");
    if (to - from != array->count * types[array->type].size)
        return refuse_array(reader, name, "has another size than its dtype and shape say");
    array->data = (const unsigned char *)reader->file->data + from;
    return true;
}

static bool read_notes(const struct reader *reader, const json_t *metadata)
{
    struct safetensors *file = reader->file;
    const char *key;
    const json_t *value;
    if (!json_is_object(metadata))
        return refuse(reader, "`" METADATA "` is not an object");
    file->notes = arena_zeroed(file->arena, json_object_size(metadata), sizeof *file->notes);
    /* The iterator does not write; jansson has no const one. */
    json_object_foreach((json_t *)(uintptr_t)metadata, key, value)
    {
        if (!json_is_string(value))
            return refuse(reader, "`" METADATA "` has a value that is not a string");
        file->notes[file->note_count++] = (struct safetensors_note){
            arena_string(file->arena, key), arena_string(file->arena, json_string_value(value))};
    }
    return true;
}

static int compare_places(const void *a, const void *b)
{
    const struct safetensors_array *left = a, *right = b;
    if (left->data != right->data)
        return (const unsigned char *)left->data < (const unsigned char *)right->data ? -1 : 1;
    if ((left->count == 0) != (right->count == 0))
        return left->count == 0 ? -1 : 1;
    return strcmp(left->name, right->name);
}

/* Every byte of the data belongs to exactly one array. */
static bool check_cover(const struct reader *reader)
{
    const struct safetensors *file = reader->file;
    const unsigned char *next = file->data;
    qsort(file->arrays, (size_t)file->count, sizeof *file->arrays, compare_places);
    for (int32_t i = 0; i < file->count; i++) {
        const struct safetensors_array *array = &file->arrays[i];
        if ((const unsigned char *)array->data != next)
            return refuse_array(reader, array->name, "does not start where another one ends");
        next += array->count * types[array->type].size;
    }
    if (next != (const unsigned char *)file->data + reader->data_length)
        return refuse(reader, "there are bytes that belong to no array");
    return true;
}

static bool read_header(const struct reader *reader, const char *text)
{
    struct safetensors *file = reader->file;
    json_error_t error;
    json_t *root = json_loadb(text, reader->header_length, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        return fault_set(reader->fault, reader->path, "is it a whole safetensors file?",
                         "the header is not JSON: %s", error.text);
    bool ok = json_is_object(root) || refuse(reader, "the header is not a JSON object");
    if (ok) {
        const char *key;
        json_t *value;
        file->arrays = arena_zeroed(file->arena, json_object_size(root), sizeof *file->arrays);
        json_object_foreach(root, key, value)
        {
            if (strcmp(key, METADATA) == 0)
                ok = read_notes(reader, value);
            else
                ok = read_array(reader, key, value, &file->arrays[file->count++]);
            if (!ok)
                break;
        }
    }
    json_decref(root);
    return ok && check_cover(reader);
}

static bool read_stream(struct reader *reader, FILE *stream)
{
    struct stat status;
    uint64_t prefix;
    if (fstat(fileno(stream), &status) != 0 || !S_ISREG(status.st_mode))
        return refuse(reader, "is not a regular file");
    if (status.st_size > SAFETENSORS_FILE_LIMIT)
        return refuse(reader, "is larger than 2 GiB");
    if (fread(&prefix, sizeof prefix, 1, stream) != 1)
        return refuse(reader, "is shorter than 8 bytes");
    if (prefix > (uint64_t)status.st_size - PREFIX_BYTES)
        return refuse(reader, "the header does not end inside the file");
    if (prefix > SAFETENSORS_HEADER_LIMIT)
        return refuse(reader, "the header is longer than 1 MiB");
    reader->header_length = (size_t)prefix;
    reader->data_length = (size_t)status.st_size - PREFIX_BYTES - reader->header_length;
    reader->file->data = memory_zeroed(reader->data_length, 1);
    char *text = memory_zeroed(reader->header_length, 1);
    bool ok = (fread(text, 1, reader->header_length, stream) == reader->header_length &&
               fread(reader->file->data, 1, reader->data_length, stream) == reader->data_length &&
               fgetc(stream) == EOF) ||
              refuse(reader, "changed while it was being read");
    ok = ok && read_header(reader, text);
    free(text);
    return ok;
}

struct safetensors *safetensors_open(const char *path, struct fault *fault)
{
    int handle = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe must not hold us up */
    FILE *stream = handle < 0 ? NULL : fdopen(handle, "rb");
    if (stream == NULL) {
        fault_set(fault, path, NULL, "cannot read: %s", strerror(errno));
        return NULL;
    }
    struct safetensors *file = memory_zeroed(1, sizeof *file);
    file->arena = arena_create();
    struct reader reader = {.path = path, .file = file, .fault = fault};
    bool ok = read_stream(&reader, stream);
    fclose(stream);
    if (!ok) {
        safetensors_close(file);
        return NULL;
    }
    return file;
}

void safetensors_close(struct safetensors *file)
{
    if (file == NULL)
        return;
    arena_destroy(file->arena);
    free(file->data);
    free(file);
}

const struct safetensors_array *safetensors_find(const struct safetensors *file, const char *name)
{
    for (int32_t i = 0; i < file->count; i++)
        if (strcmp(file->arrays[i].name, name) == 0)
            return &file->arrays[i];
    return NULL;
}

const char *safetensors_note(const struct safetensors *file, const char *key)
{
    for (int32_t i = 0; i < file->note_count; i++)
        if (strcmp(file->notes[i].key, key) == 0)
            return file->notes[i].value;
    return NULL;
}
