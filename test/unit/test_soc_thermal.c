/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The `thermal:` of a platform file. */
#include <string.h>

#include "base/tick.h"
#include "sim/soc.h"
#include "test/scratch.h"
#include "test/suite.h"

static struct scratch scratch;
static struct soc soc;
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

#define POWER ", power: {dynamic_mw: 1, static_mw: 1}"
#define CHIP(POWER)                                                                                \
    "format: 1\nplatform: chip\nsummary: a chip\nkinds:\n"                                         \
    "  A: {class: cpu, opps: [{mhz: 600, mv: 900}, {mhz: 800, mv: 950}, {mhz: 1000, mv: "          \
    "1000}]" POWER "}\n"                                                                           \
    "  F: {class: fpga" POWER "}\n"                                                                \
    "clusters: [{name: A, count: 2}, {name: F}, {name: little, kind: A}]\n"                        \
    "interconnect: {kind: matrix, bandwidth_bytes_per_us: 1}\n"

#define HOTSPOTS "hotspots: [{keeps: [0.9, 0.05]}, {keeps: [-0.1, 0.8]}]"
#define SOURCES                                                                                    \
    "sources: [{cluster: little, c_per_w: [3, 4]}, {constant_mw: 47.3, c_per_w: [0.5, 0]}]"

static bool load(const char *chip, const char *thermal)
{
    scratch_write(&scratch, "chip.yaml",
                  arena_printf(scratch.arena, "%sthermal: {%s}\n", chip, thermal));
    return soc_load(&soc, scratch.arena, scratch_path(&scratch, "chip.yaml"), &fault);
}

START_TEST(a_platform_may_tell_how_it_gets_warm)
{
    ck_assert_msg(load(CHIP(POWER), "period_us: 20, ambient_c: 42, " HOTSPOTS ", " SOURCES
                                    ", trips: [{above_c: 85, hysteresis_c: 3, caps: {A: 950}}, "
                                    "{above_c: 90, caps: {little: 600, A: 1000}}]"),
                  "%s: %s", fault.where, fault.what);
    const struct soc_thermal *thermal = soc.thermal;
    ck_assert_int_eq(thermal->period_ps, 20 * TICK_PER_US);
    ck_assert_double_eq(thermal->ambient_c, 42);
    ck_assert_int_eq(thermal->hotspot_count, 2);
    ck_assert_double_eq(thermal->keep[1], 0.05);
    ck_assert_double_eq(thermal->keep[2], -0.1);
    ck_assert_int_eq(thermal->source_count, 2);
    ck_assert_int_eq(thermal->sources[0].cluster, 2);
    ck_assert_double_eq(thermal->sources[0].c_per_w[1], 4);
    ck_assert_int_eq(thermal->sources[1].cluster, -1);
    ck_assert_double_eq(thermal->sources[1].constant_mw, 47.3);
    ck_assert_int_eq(soc.thermal_mode, SOC_THERMAL_NONE);
}
END_TEST

START_TEST(caps_name_points_and_those_of_cooler_trips_hold_as_well)
{
    ck_assert(load(CHIP(POWER), "period_us: 20, ambient_c: 42, " HOTSPOTS ", " SOURCES
                                ", trips: [{above_c: 85, hysteresis_c: 3, caps: {A: 950}}, "
                                "{above_c: 90, caps: {little: 600, A: 1000}}]"));
    const struct soc_trip *trips = soc.thermal->trips;
    ck_assert_int_eq(soc.thermal->trip_count, 2);
    ck_assert_double_eq(trips[0].above_c, 85);
    ck_assert_double_eq(trips[0].hysteresis_c, 3);
    ck_assert_double_eq(trips[1].hysteresis_c, 0);
    static const int32_t caps[2][3] = {{1, INT32_MAX, INT32_MAX}, {1, INT32_MAX, 0}};
    for (int32_t t = 0; t < 2; t++)
        for (int32_t c = 0; c < 3; c++)
            ck_assert_int_eq(trips[t].caps[c], caps[t][c]);
}
END_TEST

START_TEST(a_platform_without_it_has_none)
{
    scratch_write(&scratch, "chip.yaml", CHIP(POWER));
    ck_assert(soc_load(&soc, scratch.arena, scratch_path(&scratch, "chip.yaml"), &fault));
    ck_assert_ptr_null(soc.thermal);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
    static const struct {
        const char *thermal, *what;
    } cases[] = {
        {"ambient_c: 1, " HOTSPOTS ", " SOURCES, "lacks the key 'period_us'"},
        {"period_us: 0.5, ambient_c: 1, " HOTSPOTS ", " SOURCES, "must be a number from 1"},
        {"period_us: 5, ambient_c: 1, hotspots: [], " SOURCES, "0 hotspots"},
        {"period_us: 5, ambient_c: 1, hotspots: [{keeps: [0.5, 0.1]}], " SOURCES,
         "2 numbers for 1 hotspots"},
        {"period_us: 5, ambient_c: 1, hotspots: [{keeps: [1, 0]}, {keeps: [0, 0.5]}], " SOURCES,
         "never settle"},
        {"period_us: 5, ambient_c: 1, hotspots: [{keeps: [0, 3]}, {keeps: [0, 0]}], " SOURCES,
         "must be a number from -1 to 1"},
        {"period_us: 5, ambient_c: 1, hotspots: [{keeps: [0.9, 0.2]}, {keeps: [0.2, "
         "0.9]}], " SOURCES,
         "never settle"},
        {"period_us: 5, ambient_c: 1, " HOTSPOTS ", sources: [{cluster: A, c_per_w: [1]}]",
         "1 numbers for 2 hotspots"},
        {"period_us: 5, ambient_c: 1, " HOTSPOTS ", sources: [{cluster: B, c_per_w: [1, 1]}]",
         "no cluster 'B'"},
        {"period_us: 5, ambient_c: 1, " HOTSPOTS ", sources: [{c_per_w: [1, 1]}]",
         "a cluster or a constant"},
        {"period_us: 5, ambient_c: 1, " HOTSPOTS ", " SOURCES
         ", trips: [{above_c: 9, caps: {A: 599}}]",
         "no operating point up to 599 MHz"},
        {"period_us: 5, ambient_c: 1, " HOTSPOTS ", " SOURCES
         ", trips: [{above_c: 9, caps: {F: 599}}]",
         "'F' has no operating point"},
        {"period_us: 5, ambient_c: 1, " HOTSPOTS ", " SOURCES
         ", trips: [{above_c: 9, caps: {G: 599}}]",
         "no cluster 'G'"},
        {"period_us: 5, ambient_c: 1, " HOTSPOTS ", " SOURCES
         ", trips: [{above_c: 9, caps: {}}, {above_c: 9, caps: {}}]",
         "do not ascend"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fault = FAULT_NONE;
        ck_assert_msg(!load(CHIP(POWER), cases[i].thermal), "%s", cases[i].thermal);
        ck_assert_msg(strstr(fault.what, cases[i].what) != NULL, "%s: %s", cases[i].thermal,
                      fault.what);
        assert_holds(fault.where, "chip.yaml:9:");
    }
}
END_TEST

START_TEST(temperatures_need_the_power_of_every_kind)
{
    ck_assert(!load(CHIP(""), "period_us: 5, ambient_c: 1, " HOTSPOTS ", " SOURCES));
    assert_holds(fault.what, "power of every PE kind");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("soc_thermal");
    TCase *cases = tcase_create("soc_thermal");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, a_platform_may_tell_how_it_gets_warm);
    tcase_add_test(cases, caps_name_points_and_those_of_cooler_trips_hold_as_well);
    tcase_add_test(cases, a_platform_without_it_has_none);
    tcase_add_test(cases, what_makes_no_sense_is_refused);
    tcase_add_test(cases, temperatures_need_the_power_of_every_kind);
    suite_add_tcase(suite, cases);
    return suite;
}
