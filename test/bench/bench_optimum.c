/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many optima of the Standard Task Graph Set are proven: bench_optimum [SECONDS] [NODES].
 *
 * Reads the reference data that the project does not ship; says so where it is absent. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/optimum.h"
#include "base/tick.h"
#include "test/fixture.h"
#include "test/stg.h"

static double clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    FILE *stream = stg_open();
    struct stg_row row;
    struct optimum_limits limits = {
        .nodes = argc > 2 ? strtoll(argv[2], NULL, 10) : INT64_C(1000000000000),
        .time_limit_s = argc > 1 ? strtod(argv[1], NULL) : 2,
        .memory_bytes = OPTIMUM_MEMORY_BYTES,
    };
    if (stream == NULL) {
        puts("# no reference data here");
        return 77; /* skipped */
    }
    puts("file,processors,optimum,upper,bound_us,makespan_us,proven,gap,nodes,seconds");
    while (stg_next(stream, &row)) {
        if (argc > 3 && strncmp(row.file, argv[3], strlen(argv[3])) != 0)
            continue;
        struct arena *arena = arena_create();
        int32_t pes_of[] = {row.processors};
        struct app *app = stg_app(arena, row.file);
        struct soc *soc = fixture_soc(arena, 1, pes_of, 1);
        struct bind *bind = fixture_bind(arena, soc, &app, 1);
        struct optimum optimum;
        double start_s = clock_s();
        optimum_find(&optimum, bind, NULL, 0, &limits);
        printf("%s,%d,%d,%d,%.0f,%.0f,%d,%.5f,%" PRId64 ",%.3f\n", row.file, row.processors,
               row.optimum, row.upper, tick_to_us(optimum.bound_ps),
               tick_to_us(optimum.makespan_ps), optimum.is_proven, optimum_gap(&optimum),
               optimum.nodes, clock_s() - start_s);
        fflush(stdout);
        optimum_finish(&optimum);
        arena_destroy(arena);
    }
    fclose(stream);
    return EXIT_SUCCESS;
}
