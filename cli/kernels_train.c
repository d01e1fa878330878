/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hetsoc kernels train NAME: teaches a kernel's network to classify images, and tests it. */
#include <argp.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/memory.h"
#include "base/placing.h"
#include "base/schema.h"
#include "cli/command.h"
#include "cli/kernels.h"
#include "lab/kernel_test.h"
#include "lab/kernel_train.h"

enum {
    KEY_DATA = 256,
    KEY_SEED,
    KEY_EPOCHS,
    KEY_MIRROR,
    KEY_RESUME,
    KEY_TEST,
    KEY_CSV,
    KEY_ROUTES
};

static const struct argp_option option_list[] = {
    {"data", KEY_DATA, "DIR", 0, "folder of the data set: four IDX files, plain or .gz", 0},
    {"output", 'o', "FILE", 0, "write the weights to FILE (default: NAME.safetensors)", 0},
    {"mirror", KEY_MIRROR, NULL, 0, "in each epoch mirror about half of the images", 0},
    {"epochs", KEY_EPOCHS, "N", 0, "passes over the images to learn from (default: below)", 0},
    {"seed", KEY_SEED, "N", 0, "of starting weights, order, dropout (default: 1)", 0},
    {"jobs", 'j', "N", 0, "threads, of which 2 at most have work (default: 2); same weights", 0},
    {"resume", KEY_RESUME, NULL, 0, "go on from FILE.state, if it is there; same weights", 0},
    {"test", KEY_TEST, NULL, 0, "do not train: test the weights of FILE", 0},
    {"csv", KEY_CSV, "FILE", 0, "write the result as a row: network, mac, accuracy, ...", 0},
    {"routes", KEY_ROUTES, "FILE", 0, "write samples of each class on each route as CSV", 0},
    {"quiet", 'q', NULL, 0, "print nothing but the result and faults", 0},
    {0},
};

#define SAVE_PAUSE_S 20.0

struct options {
    const char *name, *data, *output, *csv, *routes;
    int64_t epochs, seed, jobs;
    bool mirrors, resume, only_test, quiet;
};

static int64_t parse_number(const char *text, const char *what, int64_t least, int64_t most,
                            struct argp_state *state)
{
    int64_t value;
    if (!schema_parse_int(text, &value) || value < least || value > most)
        argp_error(state, "%s is a number from %" PRId64 " to %" PRId64 ", not `%s`", what, least,
                   most, text);
    return value;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case KEY_DATA:
        options->data = text;
        return 0;
    case 'o':
        options->output = text;
        return 0;
    case KEY_EPOCHS:
        options->epochs = parse_number(text, "--epochs", 1, KERNEL_TRAIN_EPOCHS_LIMIT, state);
        return 0;
    case KEY_MIRROR:
        options->mirrors = true;
        return 0;
    case KEY_SEED:
        options->seed = parse_number(text, "--seed", 0, INT64_MAX, state);
        return 0;
    case 'j':
        options->jobs = parse_number(text, "-j", 1, 4096, state);
        return 0;
    case KEY_RESUME:
        options->resume = true;
        return 0;
    case KEY_TEST:
        options->only_test = true;
        return 0;
    case KEY_CSV:
        options->csv = text;
        return 0;
    case KEY_ROUTES:
        options->routes = text;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->name != NULL)
            argp_error(state, "one network at a time, not also `%s`", text);
        options->name = text;
        return 0;
    case ARGP_KEY_END:
        if (options->name == NULL)
            argp_error(state, "which network?");
        if (options->data == NULL)
            argp_error(state, "where is the data set? --data DIR");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The networks, at the end of the help. */
static char *filter_help(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)(uintptr_t)text;
    char *list = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&list, &size);
    if (stream == NULL)
        return (char *)(uintptr_t)text;
    fputs("Networks (epochs):\n", stream);
    for (const struct pupil_recipe *recipe = pupil_recipes; recipe->name != NULL; recipe++)
        fprintf(stream, "  %-18s %s (%d)\n", recipe->name, recipe->summary, (int)recipe->epochs);
    fputs(text, stream);
    fclose(stream);
    return list;
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "NAME",
    .doc = "Teach a network of the kernels to classify 28 x 28 images, then test its weights in "
           "the inference kernel, on images that it has not seen.\v"
           "\nDebian's package dataset-fashion-mnist has the data: --data "
           "/usr/share/datasets/fashion-mnist. Ctrl-C stops and keeps FILE.state.",
    .help_filter = filter_help,
};

static volatile sig_atomic_t stop_wishes;

static void on_signal(int signal_number)
{
    (void)signal_number;
    stop_wishes = stop_wishes + 1;
}

/* How the terminal is told. */
struct lines {
    int32_t routers;
    bool is_quiet, is_terminal;
};

static void on_report(void *context, const struct kernel_train_report *report)
{
    const struct lines *lines = context;
    const struct pupil_sums *sums = &report->sums;
    const double samples = (double)sums->samples;
    if (lines->is_quiet || (!lines->is_terminal && !report->is_epoch_end))
        return;
    fprintf(stderr, "%sepoch %d/%d, step %" PRId64 "/%" PRId64 ": loss %.4f, %.2f %% right",
            lines->is_terminal ? "\r" : "", (int)report->epoch + 1, (int)report->epochs,
            report->step, report->steps, sums->loss / samples,
            100.0 * (double)sums->correct / samples);
    for (int32_t i = 0; i < lines->routers; i++)
        fprintf(stderr, ", gain %.3f", -sums->gain[i] / samples);
    fprintf(stderr, ", %.0f images/s, %.0f s left%s", report->samples_per_s, report->left_s,
            lines->is_terminal ? "\033[K" : "\n");
    if (lines->is_terminal && report->is_epoch_end)
        fputc('\n', stderr);
}

static void print_test(const struct kernel_test *test)
{
    const struct pupil *pupil = test->pupil;
    printf("%s: %.2f %% of %d images right, %" PRId64 " multiply-adds per image, %" PRId64
           " parameters\n",
           pupil->recipe->name, 100.0 * test->correct / test->samples, (int)test->samples,
           pupil_macs(pupil), pupil_stored(pupil));
    printf("%.2f us per image in batches of %d, one thread\n", test->image_us,
           (int)KERNEL_TEST_BATCH);
    if (test->other_class >= 0)
        printf("Kernel against training: %d other classes, %d other routes, logits within %.1e\n",
               (int)test->other_class, (int)test->other_route, test->largest_difference);
    for (int32_t i = 0; i < pupil->routers; i++) {
        printf("Router %d: class and route share %.2f bits, balance %.3f\n", (int)i,
               test->information[i], test->balance[i]);
        for (int32_t c = 0; c < IMAGES_CLASSES && pupil->routes[i] <= PUPIL_ROUTES; c++) {
            printf("  class %d", (int)c);
            for (int32_t r = 0; r < pupil->routes[i]; r++)
                printf(" %6.3f",
                       (double)test->routes[i][c * pupil->routes[i] + r] / test->of_class[c]);
            putchar('\n');
        }
    }
}

/* Writes one of the CSV files. */
static bool write_file(const char *path,
                       void (*write)(FILE *, const struct kernel_test *, const struct options *),
                       const struct kernel_test *test, const struct options *options,
                       struct fault *fault)
{
    struct placing placing;
    if (!placing_begin(&placing, path, "name another file", fault))
        return false;
    write(placing.stream, test, options);
    return placing_end(&placing, true, fault);
}

static void write_result(FILE *file, const struct kernel_test *test, const struct options *options)
{
    const struct pupil *pupil = test->pupil;
    fputs("network,seed,epochs,mac,parameters,samples,correct,accuracy,information_0_bits,"
          "information_1_bits,balance_0,balance_1,other_class,other_route,image_us,mirrored\n",
          file);
    fprintf(file, "%s,%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%d,%d,%.4f", options->name,
            options->seed, options->epochs, pupil_macs(pupil), pupil_stored(pupil),
            (int)test->samples, (int)test->correct, (double)test->correct / test->samples);
    for (int32_t i = 0; i < PUPIL_ROUTERS; i++)
        fprintf(file, i < pupil->routers ? ",%.4f" : ",", test->information[i]);
    for (int32_t i = 0; i < PUPIL_ROUTERS; i++)
        fprintf(file, i < pupil->routers ? ",%.4f" : ",", test->balance[i]);
    fprintf(file, ",%d,%d,%.3f,%d\n", (int)test->other_class, (int)test->other_route,
            test->image_us, options->mirrors);
}

static void write_routes(FILE *file, const struct kernel_test *test, const struct options *options)
{
    (void)options;
    fputs("router,class,route,samples\n", file);
    for (int32_t i = 0; i < test->pupil->routers; i++)
        for (int32_t k = 0; k < IMAGES_CLASSES * test->pupil->routes[i]; k++)
            fprintf(file, "%d,%d,%d,%d\n", (int)i, (int)(k / test->pupil->routes[i]),
                    (int)(k % test->pupil->routes[i]), (int)test->routes[i][k]);
}

/* Tests FILE, and against what has just been learned, unless `train` is NULL. */
static bool test_weights(const struct options *options, const struct pupil *pupil,
                         const struct images *images, const struct kernel_train *train,
                         struct fault *fault)
{
    struct kernel_test test;
    bool ok = kernel_test_run(&test, pupil, &images->test, options->output,
                              train == NULL ? NULL : train->parameters,
                              train == NULL ? NULL : train->statistics, fault);
    if (ok)
        print_test(&test);
    ok = ok &&
         (options->csv == NULL || write_file(options->csv, write_result, &test, options, fault));
    ok = ok && (options->routes == NULL ||
                write_file(options->routes, write_routes, &test, options, fault));
    kernel_test_finish(&test);
    return ok;
}

static bool train_and_test(const struct options *options, const struct pupil *pupil,
                           const struct images *images, struct fault *fault)
{
    if (options->only_test)
        return test_weights(options, pupil, images, NULL, fault);
    if (folder_is_sink(options->output))
        return fault_set(fault, options->output, "name a file with -o",
                         "weights cannot be written into a device or a pipe");
    struct lines lines = {pupil->routers, options->quiet, isatty(STDERR_FILENO) != 0};
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct kernel_train train;
    const struct kernel_train_setup setup = {
        .pupil = pupil,
        .images = &images->train,
        .seed = (uint64_t)options->seed,
        .epochs = (int32_t)options->epochs,
        .mirrors = options->mirrors,
        .threads = (int32_t)options->jobs,
        .path = options->output,
        .resume = options->resume,
        .save_pause_s = SAVE_PAUSE_S,
        .on_report = on_report,
        .context = &lines,
        .stop = &stop_wishes,
    };
    bool ok = kernel_train_run(&train, &setup, fault);
    if (ok && !train.is_finished)
        fprintf(stderr, "hetsoc: interrupted\n    hint: `--resume` goes on from %s.state\n",
                options->output);
    ok = ok && train.is_finished && test_weights(options, pupil, images, &train, fault);
    if (ok && !options->quiet)
        printf("Wrote %s\n", options->output);
    kernel_train_finish(&train);
    return ok;
}

static const struct pupil_recipe *find_recipe(const char *name)
{
    const struct pupil_recipe *recipe = pupil_find(name);
    if (recipe != NULL)
        return recipe;
    const char *names[32];
    int32_t count = 0;
    for (recipe = pupil_recipes; recipe->name != NULL; recipe++)
        names[count++] = recipe->name;
    const char *nearest = schema_nearest(name, names, count);
    fprintf(stderr, "hetsoc kernels train: there is no network `%s`\n", name);
    if (nearest != NULL)
        fprintf(stderr, "  hint: did you mean `%s`?\n", nearest);
    else
        fputs("  hint: `hetsoc kernels train --help` lists all\n", stderr);
    return NULL;
}

int kernels_train(int argc, char **argv)
{
    struct options options = {.seed = 1, .jobs = 2};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    const struct pupil_recipe *recipe = find_recipe(options.name);
    if (recipe == NULL)
        return EXIT_USAGE;
    struct fault fault = FAULT_NONE;
    struct arena *arena = arena_create();
    struct images images;
    struct pupil pupil;
    if (options.output == NULL)
        options.output = arena_printf(arena, "%s.safetensors", recipe->name);
    if (options.epochs == 0)
        options.epochs = recipe->epochs;
    pupil_init(&pupil, recipe);
    bool ok = images_load(&images, options.data, &fault) &&
              train_and_test(&options, &pupil, &images, &fault);
    images_finish(&images);
    pupil_finish(&pupil);
    arena_destroy(arena);
    return command_end(ok, &fault);
}
