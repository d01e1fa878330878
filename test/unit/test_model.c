/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which trained policies are taken: those that look at what this program shows in their mode. */
#include "sched/model.h"

#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct fault fault;

static void set_up(void)
{
    scratch_init(&scratch);
    fault = FAULT_NONE;
}

static void tear_down(void)
{
    scratch_finish(&scratch);
}

/* A policy with the features of one mode that says it is of another. */
static bool load(enum choice_mode trained, const char *mode, const char *hash, struct model *model)
{
    char own[FEATURES_HASH_SIZE];
    struct network network;
    const struct network_kind *kind = network_find("mlp");
    network_init(&network, kind, model_shape(kind, trained));
    real *weights = arena_zeroed(scratch.arena, network.tensors.reals, sizeof *weights);
    network_draw(&network, weights, 1);
    features_hash(choices_features(trained), own);
    const struct safetensors_note notes[] = {{"features", hash == NULL ? own : hash},
                                             {"mode", mode}};
    const char *path = scratch_path(&scratch, "policy.safetensors");
    ck_assert(checkpoint_write(path, &network, weights, NULL, notes, mode == NULL ? 1 : 2, &fault));
    network_finish(&network);
    return model_load(model, scratch.arena, path, &fault);
}

START_TEST(each_mode_has_a_name_and_its_own_policies)
{
    for (int i = CHOICE_PAIR_AHEAD; i <= CHOICE_ORDER_EFT; i++) {
        struct model model;
        enum choice_mode mode = (enum choice_mode)i;
        ck_assert_msg(load(mode, model_mode_name(mode), NULL, &model), "%s", fault.what);
        ck_assert_int_eq(model.mode, mode);
        ck_assert_int_eq(model.shape.features, choices_features(mode));
    }
    ck_assert_int_eq(choices_features(CHOICE_PAIR_AHEAD), FEATURE_COUNT);
    ck_assert_int_lt(choices_features(CHOICE_PAIR_WAIT), FEATURE_COUNT);
}
END_TEST

static void assert_refused(enum choice_mode trained, const char *mode, const char *hash,
                           const char *what)
{
    struct model model;
    ck_assert(!load(trained, mode, hash, &model));
    assert_holds(fault.what, what);
    assert_holds(fault.where, "policy.safetensors");
    assert_holds(fault.hint, "train it anew");
    fault = FAULT_NONE;
}

START_TEST(a_policy_that_looks_at_something_else_is_refused)
{
    assert_refused(CHOICE_PAIR_WAIT, "pair_ahead", NULL, "has `features` = `");
    assert_refused(CHOICE_PAIR_AHEAD, "pair_wait", NULL, "has `features` = `");
    assert_refused(CHOICE_PAIR_AHEAD, "pair_ahead", "0123456789abcdef", "`0123456789abcdef`");
    assert_refused(CHOICE_PAIR_AHEAD, "pairs", NULL, "unknown mode `pairs`");
    assert_refused(CHOICE_PAIR_AHEAD, NULL, NULL, "unknown mode ``");
}
END_TEST

/* Its notes are right, its network is not. */
START_TEST(a_network_that_reads_fewer_numbers_is_refused)
{
    char hash[FEATURES_HASH_SIZE];
    features_hash(FEATURE_COUNT, hash);
    assert_refused(CHOICE_PAIR_WAIT, "pair_ahead", hash, "does not read what this program gives");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("model");
    TCase *tests = tcase_create("model");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, each_mode_has_a_name_and_its_own_policies);
    tcase_add_test(tests, a_policy_that_looks_at_something_else_is_refused);
    tcase_add_test(tests, a_network_that_reads_fewer_numbers_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
