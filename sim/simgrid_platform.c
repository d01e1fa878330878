/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/simgrid_platform.h"

/* The PEs: hosts that need no network. */
static void write_pes(const struct soc *soc, const double *speeds, int32_t speed_count, FILE *file)
{
    fputs("<zone id=\"pes\" routing=\"None\">\n<host id=\"control\" speed=\"1f\"/>\n", file);
    for (int32_t pe = 0; pe < soc->pe_count; pe++) {
        fprintf(file, "<host id=\"pe%d\" speed=\"1f", (int)pe);
        for (int32_t i = 0; i < speed_count; i++)
            fprintf(file, ",%.17gf", speeds[i]);
        fputs("\"/>\n", file);
    }
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

/* A link of the mesh in one direction, between the routers of its row or its column. */
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

static void write_mesh_links(const struct soc *soc, mesh_writer write, FILE *file)
{
    int32_t columns = soc->network.columns;
    int32_t nodes = columns * soc->network.rows;
    for (int32_t node = 0; node < nodes; node++) {
        if (node % columns > 0)
            write(soc, "x", node, node - 1, file);
        if (node % columns < columns - 1)
            write(soc, "x", node, node + 1, file);
        if (node >= columns)
            write(soc, "y", node, node - columns, file);
        if (node + columns < nodes)
            write(soc, "y", node, node + columns, file);
    }
}

/* Each node has a router for its row and one for its column, and ways lead from the first to the
 * second and not back: the shortest way between two nodes is the XY route, and the only one. */
static void write_mesh(const struct soc *soc, FILE *file)
{
    int32_t nodes = soc->network.columns * soc->network.rows;
    fputs("<zone id=\"net\" routing=\"DijkstraCache\">\n", file);
    for (int32_t node = 0; node < nodes; node++)
        fprintf(file, "<host id=\"node%d\" speed=\"1f\"/>\n", (int)node);
    for (int32_t node = 0; node < nodes; node++)
        fprintf(file, "<router id=\"x%d\"/><router id=\"y%d\"/>\n", (int)node, (int)node);
    fputs("<link id=\"turn\" bandwidth=\"1e30Bps\" latency=\"0s\" sharing_policy=\"FATPIPE\"/>\n",
          file);
    write_mesh_links(soc, write_mesh_link, file);
    for (int32_t node = 0; node < nodes; node++) {
        write_way("node", node, "x", node, "turn", file);
        write_way("x", node, "y", node, "turn", file);
        write_way("y", node, "node", node, "turn", file);
    }
    write_mesh_links(soc, write_mesh_way, file);
    fputs("</zone>\n", file);
}

void simgrid_platform_write(const struct soc *soc, const double *speeds, int32_t speed_count,
                            FILE *file)
{
    fputs("<?xml version='1.0'?>\n"
          "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
          "<platform version=\"4.1\"><zone id=\"soc\" routing=\"Full\">\n",
          file);
    write_pes(soc, speeds, speed_count, file);
    if (soc->interconnect == SOC_BUS)
        write_bus(soc, file);
    else if (soc->interconnect == SOC_MESH)
        write_mesh(soc, file);
    fputs("</zone></platform>\n", file);
}
