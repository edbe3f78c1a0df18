/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/explain_rejected.h"

#include <math.h>

/* What is said of jobs that a run rejects, of which nobody is in the numbers above. */
static void tell_rejected(const struct explain *explain, double share, const char *which)
{
    if (share > 1 - 1e-12)
        fputs("all are rejected, and not counted above.\n", explain->out);
    else
        fprintf(explain->out, "%s (%.3g %% of its jobs) are rejected, and not counted above.\n",
                which, 100 * share);
}

/* Where it is not as it was from the epoch `before` on (the same: there is none). */
static void warn_too_large(const struct explain *explain, size_t workload, size_t epoch,
                           size_t before)
{
    const struct build *build = explain->build;
    const struct offer *offer = &explain->offers[workload];
    const int64_t fits = asks_most(&offer->asks, epoch);
    const int32_t per_node = asks_at(&offer->asks, epoch)->context.procs_per_node;
    const bool nodes = offer->asks.whole_nodes && per_node > 0;
    const double share = fits > 0 ? offer->then[epoch].too_large : 1;
    char up_to[64] = "", when[EXPLAIN_SPELL_MAX];
    const bool same = epoch > before && fits == asks_most(&offer->asks, before) &&
                      fabs(share - offer->then[before].too_large) <= 1e-9;
    /* less than that is what sums leave */
    if (!(share > 1e-12) || same)
        return;
    const struct spell spell = {epoch, asks_most_until(&offer->asks, epoch)};
    if (fits == 0) {
        fprintf(explain->out,
                "  %s%s: one of its jobs never gets anything there: all are rejected, and not "
                "counted above.\n",
                build->world.workloads[workload].path, explain_spell(build, spell, when));
        return;
    }
    if (isfinite(offer->largest))
        snprintf(up_to, sizeof(up_to), " of up to %.0f %s", offer->largest / (nodes ? per_node : 1),
                 nodes ? "nodes" : "processors");
    fprintf(explain->out,
            "  %s%s: jobs%s, but one never gets more than %lld: the larger ones (%.3g %% of its "
            "jobs) are rejected, and not counted above.\n",
            build->world.workloads[workload].path, explain_spell(build, spell, when), up_to,
            (long long)fits, 100 * share);
}

/* A share of its jobs that is rejected, where it is more than `before`; returns it, or 1 of a list
 * or log: it is of all jobs to the end, whatever part of them later dates leave. */
static double warn_share(const struct explain *explain, size_t workload, size_t epoch, double share,
                         double before, const char *what, const char *which)
{
    const struct build *build = explain->build;
    char when[EXPLAIN_SPELL_MAX];
    if (share > before + 1e-12) {
        fprintf(explain->out, "  %s%s: %s: ", build->world.workloads[workload].path,
                explain_spell(build, (struct spell){epoch, build->program->n_epochs}, when), what);
        tell_rejected(explain, share, which);
    }
    return share > 0 && !explain->offers[workload].outlook.endless ? 1 : share;
}

/* From dates on where they are more than before. */
void explain_rejected(const struct explain *explain, size_t workload, int32_t partition,
                      int32_t centre)
{
    const struct program *program = explain->build->program;
    const struct offer *offer = &explain->offers[workload];
    double nodes = 0, breaks = 0;
    size_t before = 0;
    for (size_t e = 0; e < program->n_epochs && (e == 0 || program->epochs[e].at < offer->until);
         before = e, e = asks_next(&offer->asks, e)) {
        const struct build_place *place = build_place_at(explain->build, e, workload);
        if (place->partition != partition || place->centre != centre)
            continue;
        warn_too_large(explain, workload, e, before);
        if (asks_in_vain(&offer->asks, e))
            continue;
        nodes = warn_share(explain, workload, e, refused_by_nodes(&offer->asks, e), nodes,
                           "jobs ask for more memory, or processors in a row, than nodes there "
                           "ever have",
                           "those");
        breaks = warn_share(explain, workload, e, refused_by_breaks(&offer->asks, e), breaks,
                            "jobs ask for longer than maintenance and reservations that come "
                            "again ever leave them",
                            "the longer ones");
    }
}
