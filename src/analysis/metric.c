/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metric.h"

#include <math.h>
#include <string.h>

enum statistic { MEAN, SD, P50, P95, P99, MAX };

static double of_tally(const struct metric_view *view, unsigned quantity, unsigned statistic)
{
    struct tally *tally = cell_tally(view->cell, quantity);
    if (!tally)
        return (double)NAN;
    switch (statistic) {
    case MEAN:
        return tally_mean(tally);
    case SD:
        return tally_sd(tally);
    case P50:
        return tally_quantile(tally, 500);
    case P95:
        return tally_quantile(tally, 950);
    case P99:
        return tally_quantile(tally, 990);
    default:
        return tally_max(tally);
    }
}

static double ratio(double over, double under)
{
    return under > 0 ? over / under : (double)NAN;
}

static double waited(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    return ratio((double)view->cell->waited, (double)cell_ended(view->cell));
}

static double by_cause(const struct metric_view *view, unsigned cause, unsigned b)
{
    (void)b;
    const wide *causes = view->cell->causes;
    return ratio(causes ? (double)causes[cause] / 1e6 : 0, (double)cell_ended(view->cell));
}

static double missed(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    return ratio((double)view->cell->late, (double)view->cell->bound);
}

static double bound(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    return view->cell->bound > 0 ? (double)view->cell->bound : (double)NAN;
}

static double awrt(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    return ratio(exact_sum_value(&view->cell->area_response), (double)view->cell->used / 1e6);
}

static double awwt(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    return ratio(exact_sum_value(&view->cell->area_wait), (double)view->cell->used / 1e6);
}

static double submitted(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    return (double)cell_submitted(view->cell);
}

static double ended(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    return (double)cell_ended(view->cell);
}

static double in_state(const struct metric_view *view, unsigned state, unsigned b)
{
    (void)b;
    return (double)view->cell->jobs[state];
}

static double for_reason(const struct metric_view *view, unsigned reason, unsigned b)
{
    (void)b;
    return (double)view->cell->reasons[reason];
}

static double processor_hours(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    return (double)(view->part ? view->cell->ran : cell_delivered(view->cell, view->end)) / 3600e6;
}

static double preemptions(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    return (double)view->cell->preemptions;
}

static double lost(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    return (double)view->cell->lost / 3600e6;
}

static double makespan(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    const struct cell *cell = view->cell;
    return cell->any ? simtime_seconds(cell->last_end - cell->first_submit) : (double)NAN;
}

static double throughput(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    return view->use ? ratio((double)view->use->ended, simtime_seconds(view->span)) : (double)NAN;
}

static double utilisation(const struct metric_view *view, unsigned installed, unsigned b)
{
    (void)b;
    if (!view->use || !view->one_kind)
        return (double)NAN;
    const wide base = installed ? view->use->installed : view->use->available;
    return ratio((double)view->use->busy, (double)base);
}

enum level { CAPACITY, QUEUED_JOBS, QUEUED_PROCS };

static double level(const struct metric_view *view, unsigned which, unsigned pooled)
{
    if (!view->use || !(pooled || view->one_kind))
        return (double)NAN;
    const wide sum = which == CAPACITY      ? view->use->installed
                     : which == QUEUED_JOBS ? view->use->queued_jobs
                                            : view->use->queued_procs;
    return ratio((double)sum, (double)view->span);
}

static double to_last_start(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    const struct cell *cell = view->cell;
    if (view->part || !cell->any)
        return (double)NAN;
    return ratio((double)cell->used,
                 level(view, CAPACITY, 0) * (double)(cell->last_start - cell->first_submit));
}

static double peak(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    return view->peak < 0 ? (double)NAN : (double)view->peak;
}

static double little(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a, (void)b;
    const struct cell *cell = view->cell;
    if (!view->whole || !view->use || cell->jobs[JOB_PENDING] || cell->jobs[JOB_ABANDONED])
        return (double)NAN;
    /* On its way a job is in no queue yet. */
    const wide coming =
        cell->causes ? cell->causes[CAUSE_DATA] + cell->causes[CAUSE_BROKER] : (wide)0;
    const wide queued = cell->wait - coming;
    if (view->use->queued_jobs == 0)
        return queued == 0 ? 1 : (double)INFINITY;
    return (double)queued / (double)view->use->queued_jobs;
}

static double fairness(const struct metric_view *view, unsigned gini, unsigned b)
{
    (void)b;
    return gini ? view->gini : view->jain;
}

static double due(const struct metric_view *view, unsigned a, unsigned b)
{
    (void)a;
    (void)b;
    return view->due;
}

#define TALLY_ROWS(name, unit, quantity, brief, what)                                                \
    {name ".mean", unit, "mean of " what, METRIC_JOBS, brief, of_tally, quantity, MEAN},             \
        {name ".sd", unit, "standard deviation (n - 1) of " what, METRIC_JOBS, false, of_tally,      \
         quantity,   SD},                                                                            \
        {name ".p50", unit, "median (nearest rank) of " what, METRIC_JOBS, false, of_tally,          \
         quantity,    P50},                                                                          \
        {name ".p95", unit, "95th percentile (nearest rank) of " what, METRIC_JOBS, brief, of_tally, \
         quantity,    P95},                                                                          \
        {name ".p99", unit, "99th percentile (nearest rank) of " what, METRIC_JOBS, false, of_tally, \
         quantity,    P99},                                                                          \
    {                                                                                                \
        name ".max", unit, "greatest " what, METRIC_JOBS, false, of_tally, quantity, MAX             \
    }

#define COUNT_ROW_OF(name, what, value, which)                                                     \
    {                                                                                              \
        "jobs." name, "jobs", what, METRIC_JOBS, false, value, which, 0                            \
    }
#define COUNT_ROW(name, state, what) COUNT_ROW_OF(name, what, in_state, state)

#define REJECTED_ROW(reason, name, what)                                                           \
    COUNT_ROW_OF("rejected." name, "the part of jobs.rejected of the reason: " what, for_reason,   \
                 reason),

#define COUNTED " of counted jobs (submitted in the window, ended, killed included)"

#define CAUSE_ROW(cause, name, what)                                                               \
    {"wait." name ".mean",                                                                         \
     "s",                                                                                          \
     "the part of wait.mean in which: " what,                                                      \
     METRIC_JOBS,                                                                                  \
     false,                                                                                        \
     by_cause,                                                                                     \
     cause,                                                                                        \
     0},

/* clang-format off */
const struct metric metrics_table[] = {
    TALLY_ROWS("wait", "s", CELL_WAIT, true, "the time pending, all attempts," COUNTED),
    WAIT_CAUSE_LIST(CAUSE_ROW)
    TALLY_ROWS("response", "s", CELL_RESPONSE, false, "end - submit" COUNTED),
    TALLY_ROWS("slowdown", "1", CELL_SLOWDOWN, true,
               "the bounded slowdown max(1, response / max(run, tau)), run: of the last attempt, tau = 10 s "
               "unless set," COUNTED),
    TALLY_ROWS("slowdown.pp", "1", CELL_SLOWDOWN_PP, false,
               "the bounded slowdown per processor max(1, response / (processors max(run, tau))), run and "
               "tau as in slowdown," COUNTED),
    {"p_wait", "1", "share that waited at all" COUNTED, METRIC_JOBS, false, waited, 0, 0},
    {"deadline.jobs", "jobs", "submitted in the window with a deadline, and ended after running",
     METRIC_JOBS, false, bound, 0, 0},
    {"deadline.missed", "1", "share of deadline.jobs that did not complete by their deadline: late or "
     "killed", METRIC_JOBS, true, missed, 0, 0},
    {"awrt", "s", "area-weighted response time: sum(processors run response) / sum(processors run), "
     "run: of the last attempt," COUNTED, METRIC_JOBS, false, awrt, 0, 0},
    {"awwt", "s", "area-weighted wait: sum(processors run wait) / sum(processors run), run: of the last "
     "attempt," COUNTED, METRIC_JOBS, false, awwt, 0, 0},
    {"jobs.submitted", "jobs", "submitted in the window", METRIC_JOBS, true, submitted, 0, 0},
    {"jobs.ended", "jobs", "submitted in the window and ended after running: completed + killed + "
     "failed; times are of these", METRIC_JOBS, true, ended, 0, 0},
    COUNT_ROW("completed", JOB_COMPLETED, "submitted in the window and completed"),
    COUNT_ROW("killed", JOB_KILLED, "submitted in the window and killed at their request"),
    COUNT_ROW("failed", JOB_FAILED, "submitted in the window and ended by a failure"),
    COUNT_ROW("abandoned", JOB_ABANDONED, "submitted in the window and withdrawn by their owner"),
    COUNT_ROW("rejected", JOB_REJECTED, "submitted in the window and rejected"),
    REJECTION_LIST(REJECTED_ROW)
    COUNT_ROW("pending", JOB_PENDING, "submitted in the window and pending when the run ended"),
    COUNT_ROW("running", JOB_RUNNING, "submitted in the window and running when the run ended"),
    {"processor_hours", "processor-h", "processor-hours received in the window, and until the end of "
     "the run by jobs submitted in it; of a period: received in it, whenever submitted",
     METRIC_JOBS, true, processor_hours, 0, 0},
    {"preemptions", "times", "how often jobs submitted in the window were stopped for others; only where "
     "that can happen", METRIC_JOBS, true, preemptions, 0, 0},
    {"lost", "processor-h", "processor-hours that stopped attempts of jobs submitted in the window did in "
     "vain; they count as received and as busy", METRIC_JOBS, true, lost, 0, 0},
    {"makespan", "s", "from the first submission to the last end" COUNTED, METRIC_JOBS, false,
     makespan, 0, 0},
    {"throughput", "1/s", "jobs that ended in the window, whenever submitted, by its length",
     METRIC_TIME, false, throughput, 0, 0},
    {"utilisation", "1", "busy / available (not down) processor-time in the window, of one kind of "
     "processor", METRIC_TIME, false, utilisation, 0, 0},
    {"utilisation.installed", "1", "busy / installed processor-time in the window, of one kind of "
     "processor", METRIC_TIME, false, utilisation, 1, 0},
    {"utilisation.to_last_start", "1", "processor-time of the last attempts of counted jobs / (installed "
     "processors x time from their first submission to their last start), of one kind of processor: "
     "as RLScheduler has it; above 1 where much runs on after that", METRIC_TIME, false, to_last_start, 0, 0},
    {"capacity", "processors", "installed processors, mean over the window, of one kind of "
     "processor", METRIC_TIME, false, level, CAPACITY, 0},
    {"queue.jobs.mean", "jobs", "jobs pending, mean over the time of the window (a job that waits "
     "in several partitions counts in each)", METRIC_TIME, false, level, QUEUED_JOBS, 1},
    {"queue.jobs.max", "jobs", "most jobs pending over any stretch of time in the window",
     METRIC_TIME, false, peak, 0, 0},
    {"queue.processors.mean", "processors", "processors asked by pending jobs, mean over the time "
     "of the window", METRIC_TIME, false, level, QUEUED_PROCS, 1},
    {"queue.little", "1", "Little's law: (arrival rate x mean wait in queues) / mean number pending; "
     "1 where the window is the whole run and nobody is left pending", METRIC_TIME, false, little, 0, 0},
    {"fairness.jain", "1", "Jain's index, over tenants, of processor-time received / due (due: the "
     "max-min share of what was delivered, capped by demand, by the shares of brothers at each level "
     "of the tree, over time), of one kind of processor", METRIC_FAIRNESS, false, fairness, 0, 0},
    {"fairness.gini", "1", "Gini's coefficient, over tenants, of processor-time received / due, of one "
     "kind of processor", METRIC_FAIRNESS, false, fairness, 1, 0},
    {"processor_hours.due", "processor-h", "processor-hours due to a tenant, as for fairness.jain, of each kind of processor; "
     "only where some tenant has a share", METRIC_DUE, false, due, 0, 0},
};
/* clang-format on */

const size_t metrics_table_len = ARRAY_LEN(metrics_table);

bool metric_is_total(const struct metric *metric)
{
    static double (*const totals[])(const struct metric_view *view, unsigned a, unsigned b) = {
        submitted, ended, in_state, for_reason, bound, processor_hours, preemptions, lost};
    for (size_t i = 0; i < ARRAY_LEN(totals); i++)
        if (metric->value == totals[i])
            return true;
    return false;
}

const struct metric *metric_find(const char *name)
{
    for (size_t i = 0; i < metrics_table_len; i++)
        if (strcmp(metrics_table[i].name, name) == 0)
            return &metrics_table[i];
    return NULL;
}

double metric_value(const struct metric *metric, const struct metric_view *view)
{
    return metric->value(view, metric->a, metric->b);
}

bool metric_applies(const struct metric *metric, const struct world *world)
{
    if (metric->value == preemptions || metric->value == lost)
        return world->stops;
    return metric->value != by_cause || (world->causes >> metric->a & 1);
}

bool metric_is_rare(const struct metric *metric)
{
    return metric->value == for_reason;
}

struct metric_range metric_range(const struct metric *metric)
{
    const bool jain = metric->value == fairness && metric->a == 0;
    const bool slowdown = metric->value == of_tally &&
                          (metric->a == CELL_SLOWDOWN || metric->a == CELL_SLOWDOWN_PP) &&
                          metric->b != SD;
    const bool share =
        metric->value == waited || metric->value == missed || metric->value == utilisation;
    return (struct metric_range){
        .least = slowdown ? 1 : 0,
        .most = share || metric->value == fairness ? 1 : (double)INFINITY,
        .share = share,
        .above_min = jain,
    };
}
