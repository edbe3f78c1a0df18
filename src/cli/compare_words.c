/* What is said in words of a comparison: how it was made, and what to mind. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/compare_shown.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *verdict_word(const struct finding *finding, enum better better)
{
    const bool neutral = better == BETTER_IS_NEITHER;
    if (finding->counts_differ)
        return "counts differ";
    switch (finding->verdict) {
    case VERDICT_NONE:
        return "";
    case VERDICT_BETTER:
        return neutral ? "lower" : "better";
    case VERDICT_WORSE:
        return neutral ? "higher" : "worse";
    case VERDICT_EQUIVALENT:
        return finding->difference.value == 0 && finding->difference.lo == finding->difference.hi
                   ? "same"
                   : "equivalent";
    default:
        return "no difference shown";
    }
}

/* Did no pilot of any arm come to its end? */
static bool none_piloted(const struct compare *compare)
{
    bool any = false;
    for (size_t a = 0; a < compare->arms.len; a++) {
        const struct arm *arm = &compare->arms.items[a];
        if (!arm->unpiloted && !arm->unstable)
            return false;
        any = any || arm->unpiloted;
    }
    return any;
}

char *compare_how(const struct compare *compare)
{
    char text[64], counted[128];
    quantity_human_time(compare->warmup, text, sizeof(text));
    if (compare->warmup > 0)
        snprintf(counted, sizeof(counted), "jobs of the first %s are not counted", text);
    else
        snprintf(counted, sizeof(counted), "jobs are counted from the start on");
    if (!compare->steady)
        return compare->why_transient
                   ? mem_format("transient, as %s: the runs as they are, nothing is removed",
                                compare->why_transient)
                   : mem_text("transient: the runs as they are, nothing is removed");
    if (compare->warmup_given)
        return mem_format("steady%s: %s, as the scenario says",
                          compare->analysis_said ? "" : ", as nothing is dated or grows", counted);
    if (none_piloted(compare))
        return mem_format("steady%s: %s, as no pilot run came to its end",
                          compare->analysis_said ? "" : ", as nothing is dated or grows", counted);
    return mem_format("steady%s: %s, as found by MSER-5 in %d pilot runs of each",
                      compare->analysis_said ? "" : ", as nothing is dated or grows", counted,
                      COMPARE_PILOTS);
}

struct cautions {
    char **items;
    size_t len, cap;
};

static void add(struct cautions *cautions, char *text)
{
    MEM_GROW(cautions);
    cautions->items[cautions->len++] = text;
}

static void add_unstable(struct cautions *cautions, const struct compare *compare)
{
    for (size_t a = 0; a < compare->arms.len; a++)
        if (compare->arms.items[a].unstable)
            add(cautions,
                mem_format("%s: %s", compare->arms.items[a].name, compare->arms.items[a].unstable));
}

/* The measure over counted jobs that is looked at: the question, or a usual one. */
static size_t counted_measure(const struct compare *compare)
{
    size_t m = 0;
    while (!compare->measures.items[m].of_jobs || compare->measures.items[m].total)
        REQUIRE(++m < compare->measures.len);
    return m;
}

static bool all_rejected(const struct compare *compare, size_t arm)
{
    double parts[COMPARE_COUNTS];
    compare_uncounted(compare, arm, counted_measure(compare), parts);
    return parts[2] == 1;
}

/* "12.3 % rejected, 0.4 % pending at the end"; to be freed. */
static char *parts_in_words(const double parts[COMPARE_COUNTS])
{
    static const char *const names[] = {NULL, "pending at the end", "rejected", "abandoned"};
    char *ret = mem_text("");
    for (size_t k = 1; k < COMPARE_COUNTS; k++) {
        char *more = parts[k] > 0 ? mem_format("%s%s%.1f %% %s", ret, *ret ? ", " : "",
                                               100 * parts[k], names[k])
                                  : mem_text(ret);
        free(ret);
        ret = more;
    }
    return ret;
}

/* Who is left out, but where the answer says so: there counts differ. */
static void add_uncounted(struct cautions *cautions, const struct compare *compare)
{
    const size_t m = counted_measure(compare);
    const struct measure *measure = &compare->measures.items[m];
    double parts[COMPARE_COUNTS];
    const double base = compare_uncounted(compare, 0, m, parts);
    bool told = measure->kind == MEASURE_ASKED && compare->arms.len > 1;
    for (size_t a = 1; a < compare->arms.len && told; a++)
        told = fabs(compare_uncounted(compare, a, m, parts) - base) > COMPARE_COUNTS_DIFFER;
    for (size_t a = 0; a < compare->arms.len; a++) {
        const char *name = compare->arms.items[a].name;
        const double share = compare_uncounted(compare, a, m, parts);
        const bool differs = fabs(share - base) > COMPARE_COUNTS_DIFFER;
        if (compare->arms.items[a].unstable)
            continue;
        if (parts[2] == 1)
            add(cautions,
                mem_format("%s: all jobs %swere rejected: there is nothing to measure", name,
                           strchr(measure->selector, '[') ? "of the question " : ""));
        else if (share > COMPARE_COUNTS_DIFFER &&
                 !(a == 0 ? told : differs && measure->kind == MEASURE_ASKED)) {
            char *words = parts_in_words(parts);
            add(cautions, mem_format("%s: %.1f %% of the jobs are not counted (%s): %s is of the "
                                     "others alone",
                                     name, 100 * share, words, measure->selector));
            free(words);
        }
    }
}

static void add_unpiloted(struct cautions *cautions, const struct compare *compare)
{
    for (size_t a = 0; a < compare->arms.len; a++) {
        const struct arm *arm = &compare->arms.items[a];
        char limit[64];
        if (!arm->unpiloted)
            continue;
        if (arm->pilots_late > 0)
            add(cautions,
                mem_format("%s: its pilot runs were stopped by --limit, as they took longer than "
                           "%s, so that its warm-up is not known; give them longer, or shorten "
                           "time.length",
                           arm->name,
                           quantity_human_time(compare->setup->limit, limit, sizeof(limit))));
        else
            add(cautions, mem_format("%s: all of its pilot runs were lost, so that its warm-up is "
                                     "not known",
                                     arm->name));
    }
}

/* Longer runs find one, but where there is no job to see it by. */
static void add_unsettled(struct cautions *cautions, const struct compare *compare)
{
    bool any = false;
    for (size_t a = 0; a < compare->arms.len; a++)
        any = any || (compare->arms.items[a].unsettled && !all_rejected(compare, a));
    if (any)
        add(cautions, mem_text("no end of the warm-up was found in the first half of the pilot "
                               "runs: they are too short, or the system does not settle; lengthen "
                               "time.length"));
}

/* A queue that is still growing, or a machine that is still filling, looks better than it is. */
static void add_unfilled(struct cautions *cautions, const struct compare *compare)
{
    for (size_t a = 0; a < compare->arms.len; a++) {
        double used;
        if (compare_unfilled(compare, a, &used) && !all_rejected(compare, a))
            add(cautions,
                mem_format("%s: %.0f %% of what is installed is in use, and %.0f %% is asked for: "
                           "the runs are too short to fill it, so that waits are too low "
                           "(lengthen time.length), or jobs are rejected or held back",
                           compare->arms.items[a].name, 100 * used,
                           100 * compare->arms.items[a].offered));
    }
}

/* Batch means of a pilot, where there was one. */
static void add_within(struct cautions *cautions, const struct compare *compare)
{
    const struct batch_means *within = &compare->within;
    const struct spaced_quantile *p95 = &compare->within_p95;
    char lo[64], hi[64];
    if (within->batches == 0 || within->correlated) {
        add(cautions, mem_text("one replication has no interval: ask for more with -r"));
        return;
    }
    quantity_human_time(fmax(0, within->interval.lo), lo, sizeof(lo));
    quantity_human_time(within->interval.hi, hi, sizeof(hi));
    char *mean = mem_format("one replication has no interval: ask for more with -r; %zu batches of "
                            "a pilot run of the base put its mean wait at %s to %s",
                            within->batches, lo, hi);
    if (isnan(p95->interval.lo)) {
        add(cautions, mean);
        return;
    }
    quantity_human_time(p95->interval.lo, lo, sizeof(lo));
    quantity_human_time(p95->interval.hi, hi, sizeof(hi));
    add(cautions,
        mem_format("%s, and %zu of its jobs, far enough apart not to depend on each other, the "
                   "95th percentile at %s to %s (order statistics)",
                   mean, p95->n, lo, hi));
    free(mean);
}

/* Where a few replications carry the mean, most of them lie below it, and so do intervals. */
static void add_spread(struct cautions *cautions, const struct compare *compare)
{
    double *values = mem_new(compare->replications, sizeof(*values));
    struct interval median = {0};
    double most = 0;
    size_t widest = 0;
    for (size_t a = 0; a < compare->arms.len; a++) {
        struct moments moments = {0};
        compare_values(compare, a, 0, values);
        for (size_t r = 0; r < compare->replications; r++)
            if (!isnan(values[r]))
                moments_add(&moments, values[r]);
        if (moments.n < 2 || !(moments.mean > 0) || !(moments_sd(&moments) / moments.mean > most))
            continue;
        most = moments_sd(&moments) / moments.mean;
        widest = a;
        median = interval_of_quantile(values, compare->replications, 0.5, COMPARE_CONFIDENCE);
    }
    free(values);
    if (!(most > COMPARE_SPREAD))
        return;
    /* holds whatever the distribution, of few replications on */
    const struct measure *asked = &compare->measures.items[0];
    const struct shown shown =
        shown_of(asked->unit, asked->selector, median.value, interval_half(&median));
    char lo[64], hi[64];
    char *text =
        isnan(median.lo)
            ? mem_text("")
            : mem_format("; the median over those of %s, which does not mind, lies at %s to %s%s "
                         "(95 %% interval by order statistics)",
                         compare->arms.items[widest].name,
                         shown_number(&shown, median.lo, false, lo, sizeof(lo)),
                         shown_number(&shown, median.hi, false, hi, sizeof(hi)), shown.unit);
    add(cautions,
        mem_format("replications of %s spread widely (standard deviation %.0f %% of the mean): "
                   "a few may carry the mean, and the interval then lies too low; longer runs "
                   "help more than more of them%s",
                   asked->selector, 100 * most, text));
    free(text);
}

static void add_runs(struct cautions *cautions, const struct compare *compare)
{
    add_uncounted(cautions, compare);
    add_unpiloted(cautions, compare);
    add_unsettled(cautions, compare);
    if (compare->correlated)
        add(cautions,
            mem_format("the runs are short beside the time over which waits depend on each other "
                       "(twentieths of a run correlate by %.2f): their means spread widely and "
                       "lean to the low side; lengthen time.length",
                       compare->run_lag1));
    add_unfilled(cautions, compare);
    if (compare->identical)
        add(cautions, mem_text("all replications are identical, as nothing in the scenario is "
                               "random: differences are exact for this input and have no "
                               "interval; `replicate` lets a log vary"));
    else if (compare->replications == 1)
        add_within(cautions, compare);
    else
        add_spread(cautions, compare);
}

static void add_until(struct cautions *cautions, const struct compare *compare)
{
    const struct compare_setup *setup = compare->setup;
    if (!setup->until || compare->identical)
        return;
    if (!compare->reached)
        add(cautions, mem_format("%s within %.3g %% was not reached with %zu replications%s",
                                 setup->until, 100 * setup->relative, compare->replications,
                                 compare->stopped ? "" : "; allow more with --most"));
}

char **compare_cautions(const struct compare *compare, size_t *ret_len)
{
    struct cautions cautions = {0};
    add_unstable(&cautions, compare);
    if (compare->replications > 0) {
        add_runs(&cautions, compare);
        add_until(&cautions, compare);
    }
    if (compare->stopped)
        add(&cautions, mem_format("stopped: %zu replications are whole", compare->replications));
    for (size_t i = 0; i < compare->warnings.len; i++)
        add(&cautions, mem_text(compare->warnings.items[i]));
    *ret_len = cautions.len;
    return cautions.items;
}
