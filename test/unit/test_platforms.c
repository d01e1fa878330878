/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shipped platforms: all that there are, found on the shelf. */
#include <math.h>
#include <string.h>

#include "lab/library.h"
#include "sim/soc.h"
#include "test/suite.h"

static struct arena *arena;
static const char **names;
static int count;

static void set_up(void)
{
    arena = arena_create();
    names = library_list(arena, LIBRARY_PLATFORMS, &count);
}

static void tear_down(void)
{
    arena_destroy(arena);
}

static struct soc load(const char *name)
{
    struct fault fault = FAULT_NONE;
    struct soc soc;
    const char *path = library_find(arena, LIBRARY_PLATFORMS, name, ".", "test", &fault);
    bool loaded = path != NULL && soc_load(&soc, arena, path, &fault);
    ck_assert_msg(loaded, "%s: %s", fault.where, fault.what);
    return soc;
}

START_TEST(every_one_but_the_equal_processors_of_theory_tells_its_power)
{
    ck_assert_int_ge(count, 26);
    for (int i = 0; i < count; i++) {
        struct soc soc = load(names[i]);
        bool is_theory = strncmp(names[i], "equal", 5) == 0;
        ck_assert_msg(soc.has_power == !is_theory, "%s", names[i]);
        ck_assert_msg(is_theory || soc.base_mw > 0, "%s", names[i]);
    }
}
END_TEST

START_TEST(power_comes_with_the_points_that_it_scales_with)
{
    for (int i = 0; i < count; i++) {
        struct soc soc = load(names[i]);
        for (int32_t k = 0; k < soc.kind_count && soc.has_power; k++) {
            const struct soc_kind *kind = &soc.kinds[k];
            ck_assert_msg(kind->opp_count > 0, "%s, %s", names[i], kind->name);
            for (int32_t opp = 1; opp < kind->opp_count; opp++) {
                ck_assert_msg(kind->opps[opp].voltage_mv >= kind->opps[opp - 1].voltage_mv,
                              "%s, %s: the voltage falls", names[i], kind->name);
                ck_assert_msg(soc_power_mw(kind, opp, true) > soc_power_mw(kind, opp - 1, true),
                              "%s, %s: a faster point draws less", names[i], kind->name);
            }
        }
    }
}
END_TEST

START_TEST(a_sibling_differs_from_its_platform_in_the_interconnect_only)
{
    static const char *const siblings[][2] = {
        {"odroid_xu3_bus", "odroid_xu3"},
        {"zcu102_bus", "zcu102"},
        {"xavier_bus", "xavier"},
        {"orin_bus", "orin"},
        {"keystone_shm", "keystone"},
        {"mixed_mesh", "mixed"},
        {"study16_bus", "study16"},
        {"study16_mesh", "study16"},
        {"top3_shm", "top3"},
    };
    for (size_t i = 0; i < sizeof siblings / sizeof *siblings; i++) {
        struct soc one = load(siblings[i][0]), other = load(siblings[i][1]);
        ck_assert_msg(one.interconnect != other.interconnect, "%s", one.name);
        ck_assert_int_eq(one.pe_count, other.pe_count);
        ck_assert_double_eq(one.base_mw, other.base_mw);
        for (int32_t pe = 0; pe < one.pe_count; pe++)
            ck_assert_str_eq(one.pes[pe].name, other.pes[pe].name);
        for (int32_t k = 0; k < one.kind_count; k++) {
            ck_assert_double_eq(one.kinds[k].active_mw, other.kinds[k].active_mw);
            ck_assert_double_eq(one.kinds[k].profile.mac_per_us, other.kinds[k].profile.mac_per_us);
        }
    }
}
END_TEST

/* What a busy chip draws is what its maker or a measurement says. */
START_TEST(all_pes_together_draw_what_the_sources_say)
{
    static const struct {
        const char *platform;
        double watt;
    } chips[] = {
        {"keystone", 14},                       /* TI: at most */
        {"odroid_xu3", (0.81 + 6.91) + 0.1674}, /* DS3's power_profile */
        {"orin", 12 * 1.9 + 37 + 8},            /* the rails, and the module */
    };
    for (size_t i = 0; i < sizeof chips / sizeof *chips; i++) {
        struct soc soc = load(chips[i].platform);
        double watt = soc.base_mw / 1000;
        for (int32_t pe = 0; pe < soc.pe_count; pe++)
            watt += soc.kinds[soc.pes[pe].kind].active_mw / 1000;
        ck_assert_msg(fabs(watt - chips[i].watt) < 0.01, "%s draws %g W, not %g", chips[i].platform,
                      watt, chips[i].watt);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("platforms");
    TCase *cases = tcase_create("platforms");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, every_one_but_the_equal_processors_of_theory_tells_its_power);
    tcase_add_test(cases, power_comes_with_the_points_that_it_scales_with);
    tcase_add_test(cases, a_sibling_differs_from_its_platform_in_the_interconnect_only);
    tcase_add_test(cases, all_pes_together_draw_what_the_sources_say);
    suite_add_tcase(suite, cases);
    return suite;
}
