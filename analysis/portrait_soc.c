/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/portrait.h"

#include <string.h>

#include "analysis/table.h"
#include "base/tick.h"

enum { WIDTH = 100 };

static void print_kinds(const struct soc *soc, FILE *stream)
{
    static const struct table_column columns[] = {{"kind", "", true},
                                                  {"class", "", true},
                                                  {"frequencies", "MHz at mV", true},
                                                  {"peak", "MAC/us", false},
                                                  {"local memory", "bytes", false},
                                                  {"busy", "mW", false}};
    struct table table;
    struct arena *arena = arena_create();
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (int32_t k = 0; k < soc->kind_count; k++) {
        const struct soc_kind *kind = &soc->kinds[k];
        const char *opps = "";
        for (int32_t i = 0; i < kind->opp_count; i++)
            opps = arena_printf(arena, "%s%s%g@%g", opps, i == 0 ? "" : " ", kind->opps[i].freq_mhz,
                                kind->opps[i].voltage_mv);
        table_add(&table, "%s", kind->name);
        table_add(&table, "%s", soc_class_name(kind->class));
        table_add(&table, "%s", *opps == '\0' ? "-" : opps);
        if (kind->profile.mac_per_us > 0) {
            table_add(&table, "%g", kind->profile.mac_per_us);
            table_add(&table, "%g", kind->profile.local_bytes);
        } else {
            table_add(&table, "-");
            table_add(&table, "-");
        }
        if (kind->active_mw > 0)
            table_add(&table, "%g", kind->active_mw);
        else
            table_add(&table, "-");
    }
    table_print(&table, WIDTH, stream);
    table_finish(&table);
    arena_destroy(arena);
}

/* A row of boxes for each cluster. */
static void print_clusters(const struct soc *soc, FILE *stream)
{
    int width = 0;
    for (int32_t c = 0; c < soc->cluster_count; c++) {
        int length = (int)strlen(soc->clusters[c].name);
        width = length > width ? length : width;
    }
    fputc('\n', stream);
    for (int32_t c = 0; c < soc->cluster_count; c++) {
        const struct soc_cluster *cluster = &soc->clusters[c];
        fprintf(stream, "  %-*s ", width, cluster->name);
        bool is_long = cluster->pe_count > 16;
        for (int32_t i = 0; i < (is_long ? 4 : cluster->pe_count); i++)
            fprintf(stream, " [%s]", soc->kinds[cluster->kind].name);
        if (is_long)
            fputs(" ...", stream);
        fprintf(stream, "   PE %d", (int)cluster->first_pe);
        if (cluster->pe_count > 1)
            fprintf(stream, " to %d", (int)(cluster->first_pe + cluster->pe_count - 1));
        const struct soc_kind *kind = &soc->kinds[cluster->kind];
        if (kind->like != NULL)
            fprintf(stream, ", %.3g x %s", kind->speed, kind->like);
        fputc('\n', stream);
    }
}

static const struct soc_lane *lane_between(const struct soc *soc, int32_t from, int32_t to)
{
    return &soc->lanes[soc->cluster_lane[from * soc->cluster_count + to]];
}

/* A figure of the way from each cluster (row) to each cluster (column). */
static void print_matrix(const struct soc *soc, const char *title, const char *unit,
                         double (*figure)(const struct soc_lane *lane), FILE *stream)
{
    struct arena *arena = arena_create();
    struct table_column *columns =
        arena_zeroed(arena, (size_t)soc->cluster_count + 1, sizeof *columns);
    columns[0] = (struct table_column){"from \\ to", "", true};
    for (int32_t c = 0; c < soc->cluster_count; c++)
        columns[c + 1] = (struct table_column){soc->clusters[c].name, unit, false};
    struct table table;
    table_init(&table, columns, soc->cluster_count + 1);
    for (int32_t from = 0; from < soc->cluster_count; from++) {
        table_add(&table, "%s", soc->clusters[from].name);
        for (int32_t to = 0; to < soc->cluster_count; to++)
            table_add(&table, "%g", figure(lane_between(soc, from, to)));
    }
    fprintf(stream, "\n  %s between two PEs:\n", title);
    table_print(&table, WIDTH, stream);
    table_finish(&table);
    arena_destroy(arena);
}

static double bandwidth_of(const struct soc_lane *lane)
{
    return lane->bandwidth_bytes_per_us;
}

static double latency_of(const struct soc_lane *lane)
{
    return lane->latency_us;
}

static bool is_same_everywhere(const struct soc *soc, double (*figure)(const struct soc_lane *lane))
{
    double first = figure(lane_between(soc, 0, 0));
    for (int32_t i = 0; i < soc->cluster_count * soc->cluster_count; i++)
        if (figure(&soc->lanes[soc->cluster_lane[i]]) != first)
            return false;
    return true;
}

/* The PEs of a mesh where they are. */
static void print_mesh(const struct soc *soc, FILE *stream)
{
    int32_t width = 0;
    for (int32_t pe = 0; pe < soc->pe_count; pe++) {
        int32_t length = (int32_t)strlen(soc->pes[pe].name);
        width = length > width ? length : width;
    }
    for (int32_t pe = 0; pe < soc->pe_count; pe++) {
        bool is_first = pe % soc->network.columns == 0;
        bool is_last = (pe + 1) % soc->network.columns == 0;
        fprintf(stream, "%s%-*s", is_first ? "\n    " : " -- ", is_last ? 0 : (int)width,
                soc->pes[pe].name);
    }
    fputc('\n', stream);
}

static void print_network(const struct soc *soc, FILE *stream)
{
    const struct soc_network *network = &soc->network;
    if (soc->interconnect == SOC_BUS)
        fprintf(stream, "\n  bus that all transfers share: %g bytes/us, latency %g us\n",
                network->bandwidth_bytes_per_us, network->latency_us);
    else
        fprintf(stream,
                "\n  mesh of %d columns and %d rows, XY routes: %g bytes/us on each link each way, "
                "latency %g us a link\n",
                (int)network->columns, (int)network->rows, network->bandwidth_bytes_per_us,
                network->latency_us);
    if (soc->interconnect == SOC_MESH)
        print_mesh(soc, stream);
    fprintf(stream, "  a PE receives %d transfers at a time\n", (int)network->dma_channels);
}

static void print_matrix_links(const struct soc *soc, FILE *stream)
{
    static const struct {
        const char *title, *unit;
        double (*figure)(const struct soc_lane *lane);
    } figures[] = {{"bandwidth", "bytes/us", bandwidth_of}, {"latency", "us", latency_of}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (is_same_everywhere(soc, figures[i].figure))
            fprintf(stream, "\n  %s between two PEs: %g %s\n", figures[i].title,
                    figures[i].figure(lane_between(soc, 0, 0)), figures[i].unit);
        else
            print_matrix(soc, figures[i].title, figures[i].unit, figures[i].figure, stream);
}

static void print_interconnect(const struct soc *soc, FILE *stream)
{
    switch (soc->interconnect) {
    case SOC_MATRIX:
        print_matrix_links(soc, stream);
        break;
    case SOC_SHARED_MEMORY:
        fprintf(stream,
                "\n  all data is written to memory and read from it: %g bytes/us, latency %g us, "
                "each time\n",
                soc->memory_bandwidth_bytes_per_us, soc->lanes[0].latency_us);
        break;
    case SOC_BUS:
    case SOC_MESH:
        print_network(soc, stream);
        break;
    }
    if (soc->at_assign)
        fputs("  data starts to move when its consumer has a PE\n", stream);
    if (soc->truncate_us)
        fputs("  delays are cut to whole microseconds\n", stream);
}

/* Where and when temperatures are known, and what they lead to. */
static void print_thermal(const struct soc *soc, FILE *stream)
{
    const struct soc_thermal *thermal = soc->thermal;
    if (thermal == NULL)
        return;
    fprintf(stream, "\n  temperatures of %d places every %g us, %g C around it\n",
            (int)thermal->hotspot_count, tick_to_us(thermal->period_ps), thermal->ambient_c);
    for (int32_t t = 0; t < thermal->trip_count; t++) {
        const struct soc_trip *trip = &thermal->trips[t];
        fprintf(stream, "  above %g C until below %g C:", trip->above_c,
                trip->above_c - trip->hysteresis_c);
        const char *comma = "";
        for (int32_t c = 0; c < soc->cluster_count; c++) {
            const struct soc_cluster *cluster = &soc->clusters[c];
            if (trip->caps[c] == INT32_MAX)
                continue;
            fprintf(stream, "%s %s at most %g MHz", comma, cluster->name,
                    soc->kinds[cluster->kind].opps[trip->caps[c]].freq_mhz);
            comma = ",";
        }
        fputc('\n', stream);
    }
}

void portrait_soc(const struct soc *soc, FILE *stream)
{
    fprintf(stream, "platform %s: %s\n%d PEs in %d clusters, %d kinds\n\n", soc->name, soc->summary,
            (int)soc->pe_count, (int)soc->cluster_count, (int)soc->kind_count);
    print_kinds(soc, stream);
    print_clusters(soc, stream);
    print_interconnect(soc, stream);
    print_thermal(soc, stream);
}

static void dot_ways(const struct soc *soc, FILE *stream)
{
    for (int32_t from = 0; from < soc->cluster_count; from++)
        for (int32_t to = 0; to < soc->cluster_count; to++)
            if (from != to)
                fprintf(stream, "  \"%s\" -> \"%s\" [label=\"%g bytes/us\\n%g us\"];\n",
                        soc->clusters[from].name, soc->clusters[to].name,
                        lane_between(soc, from, to)->bandwidth_bytes_per_us,
                        lane_between(soc, from, to)->latency_us);
}

/* What all clusters are connected to. */
static void dot_middle(const struct soc *soc, const char *name, double bandwidth_bytes_per_us,
                       double latency_us, FILE *stream)
{
    fprintf(stream, "  \"%s\" [shape=ellipse, label=\"%s\\n%g bytes/us\\n%g us\"];\n", name, name,
            bandwidth_bytes_per_us, latency_us);
    for (int32_t c = 0; c < soc->cluster_count; c++)
        fprintf(stream, "  \"%s\" -> \"%s\" [dir=both];\n", soc->clusters[c].name, name);
}

/* The PEs and the links between neighbours. */
static void dot_mesh(const struct soc *soc, FILE *stream)
{
    int32_t columns = soc->network.columns;
    fprintf(stream, "  label=\"each link %g bytes/us each way, %g us\";\n",
            soc->network.bandwidth_bytes_per_us, soc->network.latency_us);
    for (int32_t pe = 0; pe < soc->pe_count; pe++)
        fprintf(stream, "  \"%s\" [pos=\"%d,%d!\"];\n", soc->pes[pe].name,
                (int)(2 * (pe % columns)), (int)-(pe / columns));
    for (int32_t pe = 0; pe < soc->pe_count; pe++) {
        bool is_last = pe % columns == columns - 1;
        for (int32_t i = is_last ? 1 : 0; i < 2; i++) {
            int32_t next = i == 0 ? pe + 1 : pe + columns;
            if (next < soc->pe_count)
                fprintf(stream, "  \"%s\" -> \"%s\" [dir=both];\n", soc->pes[pe].name,
                        soc->pes[next].name);
        }
    }
}

void portrait_soc_dot(const struct soc *soc, FILE *stream)
{
    fprintf(stream, "digraph \"%s\" {\n  node [shape=box];\n", soc->name);
    for (int32_t c = 0; c < soc->cluster_count && soc->interconnect != SOC_MESH; c++)
        fprintf(stream, "  \"%s\" [label=\"%s\\n%d x %s\"];\n", soc->clusters[c].name,
                soc->clusters[c].name, (int)soc->clusters[c].pe_count,
                soc->kinds[soc->clusters[c].kind].name);
    switch (soc->interconnect) {
    case SOC_MATRIX:
        dot_ways(soc, stream);
        break;
    case SOC_SHARED_MEMORY:
        dot_middle(soc, "memory", soc->memory_bandwidth_bytes_per_us, soc->lanes[0].latency_us,
                   stream);
        break;
    case SOC_BUS:
        dot_middle(soc, "bus", soc->network.bandwidth_bytes_per_us, soc->network.latency_us,
                   stream);
        break;
    case SOC_MESH:
        dot_mesh(soc, stream);
        break;
    }
    fputs("}\n", stream);
}
