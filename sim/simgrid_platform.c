/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/simgrid_platform.h"

#include <assert.h>

/* Operating points that a kind may run at. */
static int32_t point_count(const struct soc *soc, const struct soc_kind *kind)
{
    return soc_is_scaled(soc) && kind->opp_count > 0 ? kind->opp_count : 1;
}

/* Pstates are numbered by point from that of the kind on, then factor, then is_busy. */
int32_t simgrid_pstate(const struct soc *soc, const struct engine_needs *needs, int32_t kind,
                       struct simgrid_mode mode)
{
    int32_t points = point_count(soc, &soc->kinds[kind]);
    int32_t point = (mode.opp - soc->kinds[kind].opp + points) % points;
    int32_t factor = 0;
    while (mode.factor != 1.0 && needs->factors[factor++] != mode.factor)
        assert(factor < needs->factor_count);
    int32_t pstate = point * (needs->factor_count + 1) + factor;
    return needs->energy ? 2 * pstate + mode.is_busy : pstate;
}

/* The inverse of simgrid_pstate. */
static struct simgrid_mode mode_of(const struct engine_needs *needs, const struct soc_kind *kind,
                                   int32_t pstate)
{
    int32_t pair = needs->energy ? pstate / 2 : pstate;
    int32_t factor = pair % (needs->factor_count + 1);
    int32_t point = pair / (needs->factor_count + 1);
    return (struct simgrid_mode){
        .opp = kind->opp_count == 0 ? 0 : (kind->opp + point) % kind->opp_count,
        .factor = factor == 0 ? 1.0 : needs->factors[factor - 1],
        .is_busy = needs->energy && pstate % 2 == 1,
    };
}

static void write_pe(const struct soc *soc, const struct engine_needs *needs, int32_t pe,
                     FILE *file)
{
    const struct soc_kind *kind = &soc->kinds[soc->pes[pe].kind];
    int32_t count = point_count(soc, kind) * (needs->factor_count + 1) * (needs->energy ? 2 : 1);
    fprintf(file, "<host id=\"pe%d\" speed=\"", (int)pe);
    for (int32_t i = 0; i < count; i++) {
        struct simgrid_mode mode = mode_of(needs, kind, i);
        fprintf(file, "%s%.17gf", i == 0 ? "" : ",", soc_speed(kind, mode.opp) * mode.factor);
    }
    if (needs->energy)
        fputs("\"><prop id=\"wattage_per_state\" value=\"", file);
    for (int32_t i = 0; needs->energy && i < count; i++) {
        struct simgrid_mode mode = mode_of(needs, kind, i);
        double busy_mw = soc_power_mw(kind, mode.opp, true);
        fprintf(file, "%s%.17g:%.17g:%.17g", i == 0 ? "" : ",",
                soc_power_mw(kind, mode.opp, mode.is_busy), busy_mw, busy_mw);
    }
    fputs(needs->energy ? "\"/></host>\n" : "\"/>\n", file);
}

/* The PEs: hosts that need no network. */
static void write_pes(const struct soc *soc, const struct engine_needs *needs, FILE *file)
{
    fputs("<zone id=\"pes\" routing=\"None\">\n<host id=\"control\" speed=\"1f\"/>\n", file);
    for (int32_t pe = 0; pe < soc->pe_count; pe++)
        write_pe(soc, needs, pe, file);
    fputs("</zone>\n", file);
}

/* All transfers of a bus go the same way. */
static void write_bus(const struct soc *soc, FILE *file)
{
    fprintf(file,
            "<zone id=\"net\" routing=\"Full\">\n"
            "<host id=\"node0\" speed=\"1f\"/><host id=\"node1\" speed=\"1f\"/>\n"
            "<link id=\"bus\" bandwidth=\"%.17gBps\" latency=\"0s\"/>\n"
            "<route src=\"node0\" dst=\"node1\" symmetrical=\"NO\"><link_ctn id=\"bus\"/></route>\n"
            "</zone>\n",
            soc->network.bandwidth_bytes_per_us);
}

static void write_way(const char *from, int32_t a, const char *to, int32_t b, const char *link,
                      FILE *file)
{
    fprintf(file,
            "<route src=\"%s%d\" dst=\"%s%d\" symmetrical=\"NO\"><link_ctn id=\"%s\"/></route>\n",
            from, (int)a, to, (int)b, link);
}

/* Does something with a link of the mesh in one direction, which leads on in the row or the column.
 */
typedef void (*mesh_writer)(const struct soc *soc, const char *router, int32_t from, int32_t to,
                            FILE *file);

static void write_mesh_link(const struct soc *soc, const char *router, int32_t from, int32_t to,
                            FILE *file)
{
    (void)router;
    fprintf(file, "<link id=\"link%d_%d\" bandwidth=\"%.17gBps\" latency=\"0s\"/>\n", (int)from,
            (int)to, soc->network.bandwidth_bytes_per_us);
}

static void write_mesh_way(const struct soc *soc, const char *router, int32_t from, int32_t to,
                           FILE *file)
{
    (void)soc;
    char link[32];
    snprintf(link, sizeof link, "link%d_%d", (int)from, (int)to);
    write_way(router, from, router, to, link, file);
}

/* `row` and `column` are the routers of the links along rows and along columns. */
static void write_mesh_links(const struct soc *soc, mesh_writer write, const char *row,
                             const char *column, FILE *file)
{
    int32_t columns = soc->network.columns;
    int32_t nodes = columns * soc->network.rows;
    for (int32_t node = 0; node < nodes; node++) {
        if (node % columns > 0)
            write(soc, row, node, node - 1, file);
        if (node % columns < columns - 1)
            write(soc, row, node, node + 1, file);
        if (node >= columns)
            write(soc, column, node, node - columns, file);
        if (node + columns < nodes)
            write(soc, column, node, node + columns, file);
    }
}

/* The hosts of all nodes and two routers of each, by the first letters of their names. */
static void write_mesh_nodes(int32_t nodes, const char *host, const char *first, const char *second,
                             FILE *file)
{
    for (int32_t node = 0; node < nodes; node++)
        fprintf(file, "<host id=\"%s%d\" speed=\"1f\"/>\n", host, (int)node);
    for (int32_t node = 0; node < nodes; node++)
        fprintf(file, "<router id=\"%s%d\"/><router id=\"%s%d\"/>\n", first, (int)node, second,
                (int)node);
}

/* The ways from hosts to the first routers, from these to the second ones, and to hosts again. */
static void write_mesh_turns(int32_t nodes, const char *host, const char *first, const char *second,
                             FILE *file)
{
    for (int32_t node = 0; node < nodes; node++) {
        write_way(host, node, first, node, "turn", file);
        write_way(first, node, second, node, "turn", file);
        write_way(second, node, host, node, "turn", file);
    }
}

/* Each node has a router for its row and one for its column, and ways lead from the first to the
 * second and not back: the shortest way between two nodes is the XY route, and the only one. For YX
 * routes there is another host for each node, with two routers the other way round, over the same
 * links. */
static void write_mesh(const struct soc *soc, bool has_ways, FILE *file)
{
    int32_t nodes = soc->network.columns * soc->network.rows;
    fputs("<zone id=\"net\" routing=\"DijkstraCache\">\n", file);
    write_mesh_nodes(nodes, "node", "x", "y", file);
    if (has_ways)
        write_mesh_nodes(nodes, "yx_node", "yx_y", "yx_x", file);
    fputs("<link id=\"turn\" bandwidth=\"1e30Bps\" latency=\"0s\" sharing_policy=\"FATPIPE\"/>\n",
          file);
    write_mesh_links(soc, write_mesh_link, "", "", file);
    write_mesh_turns(nodes, "node", "x", "y", file);
    write_mesh_links(soc, write_mesh_way, "x", "y", file);
    if (has_ways) {
        write_mesh_turns(nodes, "yx_node", "yx_y", "yx_x", file);
        write_mesh_links(soc, write_mesh_way, "yx_x", "yx_y", file);
    }
    fputs("</zone>\n", file);
}

void simgrid_platform_write(const struct soc *soc, const struct engine_needs *needs, FILE *file)
{
    fputs("<?xml version='1.0'?>\n"
          "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
          "<platform version=\"4.1\"><zone id=\"soc\" routing=\"Full\">\n",
          file);
    write_pes(soc, needs, file);
    if (soc->interconnect == SOC_BUS)
        write_bus(soc, file);
    else if (soc->interconnect == SOC_MESH)
        write_mesh(soc, needs->has_ways, file);
    fputs("</zone></platform>\n", file);
}
