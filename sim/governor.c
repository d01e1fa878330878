/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim/governor.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

static int32_t last_opp(const struct governor *governor, int32_t cluster)
{
    int32_t count = governor->soc->kinds[governor->soc->clusters[cluster].kind].opp_count;
    return count > 0 ? count - 1 : 0;
}

void governor_init(struct governor *governor, const struct soc *soc)
{
    governor->soc = soc;
    governor->clusters = memory_zeroed((size_t)soc->cluster_count, sizeof *governor->clusters);
    for (int32_t c = 0; c < soc->cluster_count; c++) {
        int32_t opp = soc->kinds[soc->clusters[c].kind].opp;
        governor->clusters[c] =
            (struct governor_cluster){.opp = opp, .wish = opp, .cap = INT32_MAX};
    }
}

void governor_finish(struct governor *governor)
{
    free(governor->clusters);
    *governor = (struct governor){0};
}

/* Brings busy_ps up to date. */
static void count_time(struct governor_cluster *cluster, int64_t now_ps)
{
    cluster->busy_ps += cluster->busy_pes * (now_ps - cluster->since_ps);
    cluster->since_ps = now_ps;
}

void governor_note(struct governor *governor, int32_t pe, int64_t at_ps, bool is_busy)
{
    struct governor_cluster *cluster = &governor->clusters[governor->soc->pes[pe].cluster];
    count_time(cluster, at_ps);
    cluster->busy_pes += is_busy ? 1 : -1;
    assert(cluster->busy_pes >= 0);
}

void governor_sample(struct governor *governor, int64_t now_ps)
{
    const struct soc_ondemand *rule = &governor->soc->ondemand;
    for (int32_t c = 0; c < governor->soc->cluster_count; c++) {
        struct governor_cluster *cluster = &governor->clusters[c];
        count_time(cluster, now_ps);
        double periods = (double)cluster->busy_ps / (double)rule->period_ps;
        cluster->busy_ps = 0;
        if (periods > rule->up)
            cluster->wish = last_opp(governor, c);
        else if (periods < rule->down)
            cluster->wish = cluster->opp > 0 ? cluster->opp - 1 : 0;
    }
}

bool governor_is_settled(const struct governor *governor)
{
    bool is_ondemand = governor->soc->ondemand.period_ps > 0;
    for (int32_t c = 0; c < governor->soc->cluster_count; c++) {
        const struct governor_cluster *cluster = &governor->clusters[c];
        if (cluster->busy_pes > 0 || (is_ondemand && (cluster->busy_ps > 0 || cluster->wish > 0)))
            return false;
    }
    return true;
}

bool governor_apply(struct governor *governor, int32_t cluster)
{
    struct governor_cluster *what = &governor->clusters[cluster];
    int32_t opp = what->wish < what->cap ? what->wish : what->cap;
    bool is_new = opp != what->opp;
    what->opp = opp;
    return is_new;
}
