/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `hetsoc kernels train` and `profile` from outside. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "lab/images.h"
#include "test/spawn.h"
#include "test/suite.h"

enum { IMAGES = 640, POLL_US = 2000, POLLS = 15000 };

static struct scratch scratch;

/* Writes an IDX file: the head, whose last bytes say how many there are, and the values. */
static void write_idx(const char *name, const char *head, size_t head_bytes, const uint8_t *values,
                      size_t count)
{
    FILE *file = fopen(scratch_path(&scratch, name), "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(head, 1, head_bytes, file), head_bytes);
    ck_assert_uint_eq(fwrite(values, 1, count, file), count);
    ck_assert_int_eq(fclose(file), 0);
}

/* 640 images of each set in folder `bars`, whose class is where their bar is. */
static void setup(void)
{
    static const char image_head[] = "\0\0\10\3\0\0\2\200\0\0\0\34\0\0\0\34";
    static const char label_head[] = "\0\0\10\1\0\0\2\200";
    static uint8_t pixels[IMAGES * IMAGES_PIXELS], labels[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
        labels[i] = (uint8_t)(i % IMAGES_CLASSES);
        memset(pixels + i * IMAGES_PIXELS + (4 + 2 * labels[i]) * IMAGES_SIDE, 200, IMAGES_SIDE);
    }
    scratch_init(&scratch);
    scratch_write(&scratch, "bars/note", "");
    static const char *const sets[] = {"train", "t10k"};
    for (int s = 0; s < 2; s++) {
        write_idx(arena_printf(scratch.arena, "bars/%s-images-idx3-ubyte", sets[s]), image_head,
                  sizeof image_head - 1, pixels, sizeof pixels);
        write_idx(arena_printf(scratch.arena, "bars/%s-labels-idx1-ubyte", sets[s]), label_head,
                  sizeof label_head - 1, labels, sizeof labels);
    }
}

static void teardown(void)
{
    scratch_finish(&scratch);
}

static const char *digest_of(const char *name)
{
    char *text = arena_zeroed(scratch.arena, DIGEST_SIZE, 1);
    struct fault fault = FAULT_NONE;
    ck_assert_msg(digest_file(text, scratch_path(&scratch, name), &fault), "%s", fault.what);
    return text;
}

START_TEST(a_training_that_is_interrupted_fails_and_resumes_to_the_same_weights)
{
    static const char train[] = "kernels train dense_12 --data bars --epochs 400 -j 1 -o";
    spawn_expect(&scratch, arena_printf(scratch.arena, "%s whole", train), 0);
    const char *parted = arena_printf(scratch.arena, "%s parted", train);
    pid_t pid = spawn_start(&scratch, parted);
    for (int i = 0; i < POLLS && !scratch_has(&scratch, "parted.state"); i++)
        usleep(POLL_US);
    kill(-pid, SIGINT);
    struct spawned spawned = spawn_wait(&scratch, pid);
    spawn_check(&spawned, parted, 1);
    assert_holds(spawned.err,
                 "hetsoc: interrupted\n    hint: `--resume` goes on from parted.state");
    ck_assert(!scratch_has(&scratch, "parted"));
    spawn_expect(&scratch, arena_printf(scratch.arena, "%s --resume", parted), 0);
    ck_assert_str_eq(digest_of("parted"), digest_of("whole"));
}
END_TEST

START_TEST(weights_do_not_take_the_place_of_a_pipe)
{
    ck_assert_int_eq(mkfifo(scratch_path(&scratch, "pipe"), 0600), 0);
    assert_holds(spawn_expect(&scratch, "kernels train dense_12 --data bars -o pipe", 1).err,
                 "pipe: weights cannot be written into a device or a pipe");
    struct stat status;
    ck_assert_int_eq(stat(scratch_path(&scratch, "pipe"), &status), 0);
    ck_assert(S_ISFIFO(status.st_mode));
    ck_assert(!scratch_has(&scratch, "pipe.state"));
}
END_TEST

START_TEST(a_profile_that_cannot_be_written_is_printed)
{
    struct spawned spawned =
        spawn_expect(&scratch, "kernels profile --seconds 0.01 -o nowhere/host.yaml", 1);
    assert_holds(spawned.err, "nowhere/host.yaml: cannot write");
    assert_holds(spawned.out, "stage: cigt_mnist/");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("kernels");
    TCase *tcase = tcase_create("kernels");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_profile_that_cannot_be_written_is_printed);
    tcase_add_test(tcase, a_training_that_is_interrupted_fails_and_resumes_to_the_same_weights);
    tcase_add_test(tcase, weights_do_not_take_the_place_of_a_pipe);
    suite_add_tcase(suite, tcase);
    return suite;
}
