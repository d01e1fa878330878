/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of files of weights, and which are refused. */
#include "lab/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sched/model.h"
#include "test/scratch.h"
#include "test/suite.h"
#include "workloads/kernels/fff.h"
#include "workloads/kernels/fff_leaf.h"
#include "workloads/kernels/trellis_weights.h"

static struct scratch scratch;
static struct fault fault;
static const char *path;

static void set_up(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
    path = scratch_path(&scratch, "weights.safetensors");
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

static void assert_weights(const char *what)
{
    ck_assert(weights_recognize(path));
    const char *said = weights_check(scratch.arena, path, &fault);
    ck_assert_msg(said != NULL, "%s", fault.what);
    ck_assert_str_eq(said, what);
}

static void assert_refused(const char *what)
{
    ck_assert(weights_recognize(path));
    ck_assert_ptr_null(weights_check(scratch.arena, path, &fault));
    ck_assert_msg(strstr(fault.what, what) != NULL, "`%s` does not say `%s`", fault.what, what);
    ck_assert_str_eq(fault.where, path);
    ck_assert_str_ne(fault.hint, "");
    fault = FAULT_NONE;
}

/* A policy, with the state of its optimizer if `is_state`, one weight being `weight`. */
static void write_policy(bool is_state, real weight)
{
    char features[FEATURES_HASH_SIZE], nodes[FEATURES_HASH_SIZE];
    struct network network;
    struct adam adam;
    const struct network_kind *kind = network_find("graph");
    network_init(&network, kind, model_shape(kind, CHOICE_PAIR));
    real *weights = arena_zeroed(scratch.arena, network.tensors.reals, sizeof *weights);
    network_draw(&network, weights, 1);
    weights[7] = weight;
    adam_init(&adam, network.tensors.reals);
    const struct safetensors_note notes[] = {
        {"features", features_hash(choices_features(CHOICE_PAIR), features)},
        {"node_features", features_node_hash(nodes)},
        {"mode", "pair"},
        {"experiment", "mine"},
        {"best_iteration", "12"}};
    ck_assert(checkpoint_write(path, &network, weights, is_state ? &adam : NULL, notes, 5, &fault));
    adam_finish(&adam);
    network_finish(&network);
}

/* Changes the first place of a text in the file into another of the same length. */
static void edit(const char *from, const char *to)
{
    FILE *file = fopen(path, "r+b");
    char bytes[8192];
    size_t length = fread(bytes, 1, sizeof bytes, file);
    char *at = memmem(bytes, length, from, strlen(from));
    ck_assert_ptr_nonnull(at);
    ck_assert_uint_eq(strlen(from), strlen(to));
    fseek(file, at - bytes, SEEK_SET);
    fwrite(to, 1, strlen(to), file);
    fclose(file);
}

static void cut(long bytes)
{
    FILE *file = fopen(path, "r+b");
    fseek(file, 0, SEEK_END);
    ck_assert_int_eq(ftruncate(fileno(file), ftell(file) - bytes), 0);
    fclose(file);
}

START_TEST(a_policy_tells_its_mode_its_sizes_and_who_trained_it)
{
    write_policy(false, 1);
    assert_weights("policy, mode pair: network graph, 42 features, 32 and 16 hidden, 3369 "
                   "parameters; trained by experiment mine, best at iteration 12");
    write_policy(true, 1);
    assert_weights("state of a training, mode pair: network graph, 42 features, 32 and 16 hidden, "
                   "3369 parameters; trained by experiment mine, best at iteration 12");
}
END_TEST

START_TEST(a_damaged_policy_is_refused)
{
    write_policy(false, NAN);
    assert_refused("has a value that is not finite");
    write_policy(false, 1);
    cut(4);
    assert_refused("lies outside of the file");
    write_policy(false, 1);
    edit("\"network.hidden.0\":\"32\"", "\"network.hidden.0\":\"31\"");
    assert_refused("of the shape that its network needs");
    write_policy(false, 1);
    edit("\"network\":\"graph\"", "\"network\":\"grape\"");
    assert_refused("no network of a known kind");
    write_policy(false, 1);
    edit("\"mode\":\"pair\"", "\"mode\":\"pear\"");
    assert_refused("unknown mode `pear`");
    write_policy(false, 1);
    edit("{\"", "{'");
    assert_refused("is not JSON");
}
END_TEST

/* It would take 17 GB. */
START_TEST(a_network_that_is_larger_than_its_file_is_refused)
{
    const struct safetensors_note notes[] = {{"network", "mlp"},
                                             {"network.features", "65536"},
                                             {"network.node_features", "0"},
                                             {"network.hidden.0", "65536"},
                                             {"network.hidden.1", "1"}};
    ck_assert(safetensors_write(path, NULL, 0, notes, 5, &fault));
    assert_refused("but it has 0");
}
END_TEST

START_TEST(weights_of_kernels_tell_their_kernel_and_its_sizes)
{
    const struct fff_shape trees = {.inputs = 6, .outputs = 3, .trees = 2, .depth = 1};
    struct fff *fff = fff_create(&trees);
    ck_assert(fff_save(fff, path, &fault));
    assert_weights("weights of kernel fff 2x1, 6 inputs, 3 outputs, 54 parameters");
    fff_destroy(fff);
    const struct fff_leaf_shape leaves = {.inputs = 6, .outputs = 3, .depth = 1, .width = 4};
    struct fff_leaf *leaf = fff_leaf_create(&leaves);
    ck_assert(fff_leaf_save(leaf, path, &fault));
    assert_weights("weights of kernel fff_leaf, depth 1, width 4, 6 inputs, 3 outputs, 93 "
                   "parameters");
    fff_leaf_destroy(leaf);
    struct trellis_weights *trellis = trellis_weights_draw(trellis_find("cigt_mnist"), 1);
    ck_assert(trellis_weights_save(trellis, path, &fault));
    trellis_weights_destroy(trellis);
    const char *said = weights_check(scratch.arena, path, &fault);
    ck_assert_msg(said != NULL, "%s", fault.what);
    ck_assert_ptr_nonnull(strstr(said, "weights of kernel cigt_mnist, "));
    edit("cigt_mnist", "cigt_minst");
    assert_refused("unknown model `cigt_minst`");
}
END_TEST

START_TEST(damaged_weights_of_kernels_are_refused)
{
    const struct fff_shape trees = {.inputs = 6, .outputs = 3, .trees = 2, .depth = 1};
    struct fff *fff = fff_create(&trees);
    ck_assert(fff_save(fff, path, &fault));
    edit("\"depth\":\"1\"", "\"depth\":\"2\"");
    assert_refused("there is no array `w_in` of 14 rows");
    ck_assert(fff_save(fff, path, &fault));
    edit("\"kernel\":\"fff\"", "\"kernel\":\"fft\"");
    assert_refused("unknown kernel `fft`");
    fff->w_in[0] = INFINITY;
    ck_assert(fff_save(fff, path, &fault));
    assert_refused("a weight is not");
    fff_destroy(fff);
}
END_TEST

/* Arrays without a number whose shape would take 550 GB. */
START_TEST(arrays_that_are_smaller_than_their_shape_are_refused)
{
    const int64_t nodes = 65536 * ((INT64_C(1) << 15) - 1);
    const struct safetensors_array arrays[] = {
        {.name = "w_in", .type = SAFETENSORS_F32, .rank = 3, .shape = {nodes, 1, 0}},
        {.name = "w_out", .type = SAFETENSORS_F32, .rank = 3, .shape = {nodes, 1, 0}}};
    const struct safetensors_note notes[] = {
        {"kernel", "fff"}, {"trees", "65536"}, {"depth", "14"}};
    ck_assert(safetensors_write(path, arrays, 2, notes, 3, &fault));
    assert_refused("");
}
END_TEST

START_TEST(a_file_of_somebody_else_is_refused_whatever_its_name)
{
    const float number = 1;
    const struct safetensors_array array = {
        .name = "x", .type = SAFETENSORS_F32, .rank = 1, .shape = {1}, .count = 1, .data = &number};
    ck_assert(safetensors_write(path, &array, 1, NULL, 0, &fault));
    assert_refused("of nothing that this program reads");
    path = scratch_path(&scratch, "weights.bin");
    ck_assert(safetensors_write(path, &array, 1, NULL, 0, &fault));
    assert_refused("of nothing that this program reads");
    ck_assert(!weights_recognize(scratch_write(&scratch, "app.yaml", "{app: a, summary: x}\n")));
    ck_assert(!weights_recognize(scratch_path(&scratch, "gone.yaml")));
}
END_TEST

START_TEST(the_state_of_a_training_of_kernels_says_of_which)
{
    float number = 1;
    const struct safetensors_array array = {.name = "trained",
                                            .type = SAFETENSORS_F32,
                                            .rank = 1,
                                            .shape = {1},
                                            .count = 1,
                                            .data = &number};
    const struct safetensors_note note = {"training", "fff_8x5 seed 1"};
    ck_assert(safetensors_write(path, &array, 1, &note, 1, &fault));
    assert_weights("state of a training of kernels: fff_8x5 seed 1");
    number = NAN;
    ck_assert(safetensors_write(path, &array, 1, &note, 1, &fault));
    assert_refused("`trained` has a value that is not finite");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("weights");
    TCase *tests = tcase_create("weights");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_policy_tells_its_mode_its_sizes_and_who_trained_it);
    tcase_add_test(tests, a_damaged_policy_is_refused);
    tcase_add_test(tests, a_network_that_is_larger_than_its_file_is_refused);
    tcase_add_test(tests, weights_of_kernels_tell_their_kernel_and_its_sizes);
    tcase_add_test(tests, damaged_weights_of_kernels_are_refused);
    tcase_add_test(tests, arrays_that_are_smaller_than_their_shape_are_refused);
    tcase_add_test(tests, a_file_of_somebody_else_is_refused_whatever_its_name);
    tcase_add_test(tests, the_state_of_a_training_of_kernels_says_of_which);
    suite_add_tcase(suite, tests);
    return suite;
}
