/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/plot_script.h"

#include <errno.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/gnuplot.h"
#include "base/folder.h"
#include "base/memory.h"

static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                      "#E69F00", "#56B4E9", "#000000"};
static const char *const dashes[] = {"1", "(7,3)", "(3,2)", "(9,3,2,3)"};
static const int points[] = {7, 5, 9, 11, 13, 4, 6, 8, 10, 12};

void plot_script_begin(const struct plot_script *plot, FILE *script)
{
    fprintf(script,
            "# %s.\n"
            "# Reads ../%s. Edit it as you like and run it again in this folder:\n"
            "#   gnuplot %s.gp\n\n"
            "reset\n"
            "if (!exists('format')) { format = 'png' }\n"
            "if (format eq 'svg') {\n"
            "    set terminal svg noenhanced size %d,%d font 'sans,11' background '#ffffff'\n"
            "} else { if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) {\n"
            "    set terminal pngcairo noenhanced size %d,%d font 'sans,11'\n"
            "} else {\n"
            "    set terminal png noenhanced size %d,%d\n"
            "} }\n"
            "set encoding utf8\n"
            "set output '%s.'.format\n\n",
            plot->about, plot->file, plot->name, plot->width, plot->height, plot->width,
            plot->height, plot->width, plot->height, plot->name);
}

void plot_script_end(const struct plot_script *plot, FILE *script)
{
    fprintf(script,
            "\nset output\n\n# Once more, for print.\n"
            "if (format eq 'png') {\n    format = 'svg'\n    load '%s.gp'\n}\n",
            plot->name);
}

void plot_script_array(const char *name, const char *const *values, size_t count, FILE *script)
{
    fprintf(script, "array %s[%zu] = [", name, count);
    for (size_t v = 0; v < count; v++) {
        fputs(v > 0 ? ", " : "", script);
        gnuplot_quote(values[v], script);
    }
    fputs("]\n", script);
}

int plot_script_longest(const char *const *texts, size_t count)
{
    size_t longest = 0;
    for (size_t t = 0; t < count; t++) {
        size_t length = strlen(texts[t]);
        longest = length > longest ? length : longest;
    }
    return longest < 40 ? (int)longest : 40;
}

void plot_script_linetypes(size_t count, FILE *script)
{
    size_t colour_count = sizeof colours / sizeof *colours;
    size_t dash_count = sizeof dashes / sizeof *dashes;
    size_t point_count = sizeof points / sizeof *points;
    for (size_t s = 0; s < count; s++) {
        fprintf(script,
                "set linetype %zu linecolor rgb '%s' pointtype %d dashtype %s linewidth 2\n", s + 1,
                colours[s % colour_count], points[s % point_count],
                dashes[s / colour_count % dash_count]);
    }
}

static bool save(const char *path, void (*write)(const void *subject, FILE *script),
                 const void *subject, struct fault *fault)
{
    FILE *script = folder_new_file(path);
    if (script == NULL) {
        return fault_set(fault, path, NULL, "cannot create the file: %s", strerror(errno));
    }
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t before = uselocale(plain);
    write(subject, script);
    uselocale(before);
    freelocale(plain);
    bool is_written = ferror(script) == 0;
    if (fclose(script) != 0 || !is_written) {
        return fault_set(fault, path, "is the disk full?", "cannot write the file");
    }
    return true;
}

static void remove_files(const char *dir, const char *name, const char *const *endings)
{
    struct arena *arena = arena_create();
    for (; *endings != NULL; endings++) {
        unlink(arena_printf(arena, "%s/plots/%s.%s", dir, name, *endings));
    }
    arena_destroy(arena);
}

bool plot_script_draw(const char *dir, const char *name,
                      void (*write)(const void *subject, FILE *script), const void *subject,
                      struct fault *fault)
{
    static const char *const pictures[] = {"png", "svg", NULL};
    struct arena *arena = arena_create();
    const char *folder = arena_printf(arena, "%s/plots", dir);
    const char *script = arena_printf(arena, "%s.gp", name);
    bool is_drawn = false;
    const char *path = arena_printf(arena, "%s/%s", folder, script);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        fault_set(fault, folder, NULL, "cannot make the folder: %s", strerror(errno));
    } else if (!save(path, write, subject, fault)) {
        unlink(path);
    } else {
        is_drawn = gnuplot_run(folder, script, fault);
    }
    if (!is_drawn) {
        remove_files(dir, name, pictures);
    }
    arena_destroy(arena);
    return is_drawn;
}

void plot_script_remove(const char *dir, const char *name)
{
    static const char *const endings[] = {"gp", "png", "svg", NULL};
    remove_files(dir, name, endings);
}
