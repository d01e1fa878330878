/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/wins.h"

#include <string.h>
#include <unistd.h>

#include "base/csv.h"

/* What came of the pairs of a scheduler and a rival. */
struct tally {
    size_t wins, losses, pairs;
};

struct table {
    const struct trials *trials;
    const char **names; /* [count] schedulers in order of appearance */
    size_t count;
    struct tally *tallies; /* [scheduler * count + rival] */
};

static size_t number_of(const struct table *table, const char *name)
{
    size_t s = 0;
    while (s < table->count && strcmp(table->names[s], name) != 0) {
        s++;
    }
    return s;
}

static void find_names(struct table *table)
{
    const struct trials *trials = table->trials;
    table->names = arena_zeroed(trials->arena, HASH_COUNT(trials->first), sizeof *table->names);
    for (const struct trials_group *group = trials->first; group != NULL; group = group->hh.next) {
        const char *name = group->keys[TRIALS_SCHEDULER];
        if (number_of(table, name) == table->count) {
            table->names[table->count++] = name;
        }
    }
}

static void count_group(struct table *table, const struct trials_group *group, int metric)
{
    size_t scheduler = number_of(table, group->keys[TRIALS_SCHEDULER]);
    for (size_t r = 0; r < table->count; r++) {
        const struct trials_group *rival = trials_rival(table->trials, group, table->names[r]);
        if (rival != NULL) {
            struct trials_measure measure = trials_measure(group, rival, metric);
            table->tallies[scheduler * table->count + r].wins += measure.wins;
            table->tallies[scheduler * table->count + r].pairs += measure.ratio.n;
            table->tallies[r * table->count + scheduler].losses += measure.wins;
        }
    }
}

static bool write_rows(const struct table *table, const char *path, struct fault *fault)
{
    static const char *const columns[] = {"scheduler", "rival", "metric", "wins",
                                          "losses",    "ties",  "pairs",  NULL};
    struct csv_writer csv;
    if (!csv_create_new(&csv, arena_printf(table->trials->arena, "%s.part", path), fault)) {
        return false;
    }
    csv_header(&csv, columns);
    for (size_t i = 0; i < table->count * table->count; i++) {
        const struct tally *tally = &table->tallies[i];
        if (tally->pairs > 0) {
            csv_text(&csv, table->names[i / table->count]);
            csv_text(&csv, table->names[i % table->count]);
            csv_text(&csv, "mean_latency_us");
            csv_int(&csv, (int64_t)tally->wins);
            csv_int(&csv, (int64_t)tally->losses);
            csv_int(&csv, (int64_t)(tally->pairs - tally->wins - tally->losses));
            csv_int(&csv, (int64_t)tally->pairs);
            csv_end_row(&csv);
        }
    }
    return csv_finish_as(&csv, path, fault);
}

bool wins_write(const struct trials *trials, const char *dir, struct fault *fault)
{
    struct table table = {.trials = trials};
    const char *path = arena_printf(trials->arena, "%s/wins.csv", dir);
    int metric = trials_metric(trials, "mean_latency_us");
    find_names(&table);
    if (table.count < 2 || metric < 0) {
        unlink(path);
        return true;
    }
    table.tallies = arena_zeroed(trials->arena, table.count * table.count, sizeof *table.tallies);
    for (const struct trials_group *group = trials->first; group != NULL; group = group->hh.next) {
        count_group(&table, group, metric);
    }
    return write_rows(&table, path, fault);
}
