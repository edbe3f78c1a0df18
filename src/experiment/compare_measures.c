/* What is compared: the question, the scenario's own metrics, the usual ones, the question by
 * period, and how many jobs were counted in each. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/compare.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const count_names[COMPARE_COUNTS] = {"jobs.submitted", "jobs.pending",
                                                        "jobs.rejected", "jobs.abandoned"};

/* Of the question the scenario says it. Long waits are bad for anybody; whether much use is good
 * depends on who asks. */
static enum better usual_better(const char *metric)
{
    static const char *const lower[] = {"wait", "response", "slowdown", "awrt", "awwt", "makespan"};
    for (size_t i = 0; i < ARRAY_LEN(lower); i++)
        if (strncmp(metric, lower[i], strlen(lower[i])) == 0)
            return BETTER_IS_LOWER;
    return BETTER_IS_NEITHER;
}

bool measure_grows(const struct measure *measure)
{
    return measure->of_jobs && !strchr(measure->selector, '[') &&
           usual_better(measure->selector) == BETTER_IS_LOWER;
}

static struct measure *find(struct compare *compare, const char *selector)
{
    for (size_t i = 0; i < compare->measures.len; i++)
        if (strcmp(compare->measures.items[i].selector, selector) == 0)
            return &compare->measures.items[i];
    return NULL;
}

/* Takes the selector. One that is there already is not added. NULL with an error. */
static struct measure *add(struct compare *compare, const struct build *build, char *text,
                           enum measure_kind kind, struct error *err)
{
    struct selector selector;
    struct measure *old = find(compare, text);
    if (old) {
        free(text);
        return old;
    }
    if (selector_parse(text, &selector, err) < 0) {
        free(text);
        return NULL;
    }
    const int rc = selector_check(&selector, &build->world, err);
    MEM_GROW(&compare->measures);
    struct measure *measure = &compare->measures.items[compare->measures.len++];
    *measure = (struct measure){.selector = text,
                                .kind = kind,
                                .unit = selector.metric->unit,
                                .better = usual_better(selector.metric->name),
                                .total = metric_is_total(selector.metric),
                                .matters = (double)NAN};
    selector_deinit(&selector);
    return rc < 0 ? NULL : measure;
}

static int add_usual(struct compare *compare, const struct build *build, struct error *err)
{
    static const char *const names[] = {"wait.mean", "wait.p95", "slowdown.mean"};
    const struct world *world = &build->world;
    bool several = false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!add(compare, build, mem_text(names[i]), MEASURE_USUAL, err))
            return -1;
    for (size_t i = 1; i < world->n_partitions; i++)
        several =
            several || strcmp(world->partitions[i].processor, world->partitions[0].processor) != 0;
    if (!several)
        return add(compare, build, mem_text("utilisation"), MEASURE_USUAL, err) ? 0 : -1;
    for (size_t i = 0; i < world->n_partitions; i++) {
        const struct partition_info *info = &world->partitions[i];
        if (!info->part && *info->processor &&
            !add(compare, build, mem_format("utilisation[processor=\"%s\"]", info->processor),
                 MEASURE_USUAL, err))
            return -1;
    }
    return 0;
}

/* "wait.p95[tenant=a]" and "2025" -> "wait.p95[tenant=a, period=2025]". To be freed. */
static char *in_period(const char *selector, const char *period)
{
    const char *end = strrchr(selector, ']');
    if (!end)
        return mem_format("%s[period=%s]", selector, period);
    return mem_format("%.*s, period=%s]", (int)(end - selector), selector, period);
}

static int add_period(struct compare *compare, const struct build *build, const char *period,
                      struct error *err)
{
    const struct measure asked = compare->measures.items[0];
    struct measure *measure =
        add(compare, build, in_period(asked.selector, period), MEASURE_PERIOD, err);
    if (!measure)
        return -1;
    measure->better = asked.better;
    measure->matters = asked.matters;
    snprintf(measure->period, sizeof(measure->period), "%s", period);
    return 0;
}

/* More than these do not fit on a page. */
enum { PERIODS_MOST = 24 };

/* By calendar month where they are few, else by year. Nothing of a run within one. */
static int add_periods(struct compare *compare, const struct build *build, struct error *err)
{
    const struct world *world = &build->world;
    if (compare->steady || !build->program->dated || world->length == SIMTIME_NEVER ||
        strstr(compare->measures.items[0].selector, "period"))
        return 0;
    const simtime last =
        (world->measure_until < world->length ? world->measure_until : world->length) - 1;
    const struct civil a = date_civil(world->start + world->measure_from, world->offset);
    const struct civil b = date_civil(world->start + last, world->offset);
    const int first = a.year * 12 + a.month - 1, end = b.year * 12 + b.month - 1;
    const int step = end - first < 12 ? 1 : 12;
    if ((step == 1 && first == end) || (end - first) / step >= PERIODS_MOST)
        return 0;
    for (int at = step == 1 ? first : first - first % 12; at <= end; at += step) {
        char text[32];
        if (step == 1)
            snprintf(text, sizeof(text), "%04d-%02d", at / 12, at % 12 + 1);
        else
            snprintf(text, sizeof(text), "%04d", at / 12);
        if (add_period(compare, build, text, err) < 0)
            return -1;
    }
    return 0;
}

/* For metrics of jobs: how many there were of the very same. */
static int add_counts(struct compare *compare, const struct build *build, struct error *err)
{
    const size_t n = compare->measures.len;
    for (size_t i = 0; i < n; i++) {
        struct selector selector;
        if (selector_parse(compare->measures.items[i].selector, &selector, err) < 0)
            return -1;
        const bool jobs = selector.metric->about == METRIC_JOBS;
        selector_deinit(&selector);
        if (!jobs)
            continue;
        const char *conditions = strchr(compare->measures.items[i].selector, '[');
        for (size_t k = 0; k < COMPARE_COUNTS; k++) {
            char *text = mem_format("%s%s", count_names[k], conditions ? conditions : "");
            const struct measure *count = add(compare, build, text, MEASURE_COUNT, err);
            if (!count)
                return -1;
            const size_t at = (size_t)(count - compare->measures.items);
            compare->measures.items[i].counts[k] = at; /* may be one of the scenario's own */
        }
        compare->measures.items[i].of_jobs = true;
    }
    return 0;
}

static int add_all(struct compare *compare, const struct build *build, struct error *err)
{
    const struct question *question = &compare->question;
    const struct texts *own = &build->program->epochs[0].scenario->metrics;
    if (question->metric) {
        struct measure *asked = add(compare, build, mem_text(question->metric), MEASURE_ASKED, err);
        if (!asked)
            return -1;
        asked->better = question->lower_is_better ? BETTER_IS_LOWER : BETTER_IS_HIGHER;
        asked->matters = question->matters;
    }
    if (compare->setup->until &&
        !add(compare, build, mem_text(compare->setup->until), MEASURE_OWN, err))
        return error_prefix(err, "--until: ");
    for (size_t i = 0; i < own->len; i++)
        if (!add(compare, build, mem_text(own->items[i]), MEASURE_OWN, err))
            return -1;
    if (add_usual(compare, build, err) < 0 || add_periods(compare, build, err) < 0 ||
        !add(compare, build, mem_text(COMPARE_USED), MEASURE_COUNT, err))
        return -1;
    return add_counts(compare, build, err);
}

int compare_measures(struct compare *compare, const struct build *build, struct error_list *errors)
{
    struct error err = {0};
    struct selector selector;
    if (question_read(build, &compare->question, errors) < 0)
        return -1;
    if (add_all(compare, build, &err) < 0) {
        error_list_add(errors, &err);
        return -1;
    }
    compare->tenants.metric = metric_find("wait.mean");
    if (selector_parse(compare->measures.items[0].selector, &selector, &err) == 0) {
        if (selector.metric->about == METRIC_JOBS)
            compare->tenants.metric = selector.metric;
        selector_deinit(&selector);
    }
    return 0;
}
