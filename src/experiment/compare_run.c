/* Arms are loaded, a warm-up is found where a steady answer is wanted, and replications are run by
 * worker processes, all arms of one before the next. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/assumed.h"
#include "experiment/compare_tasks.h"
#include "experiment/compare_uncertain.h"
#include "experiment/draws.h"
#include "experiment/stability.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Pilots are further replications, so that what is measured does not depend on how the warm-up was
 * found. */
#define PILOT_FIRST UINT64_C(1000000001)

struct round {
    struct compare_tasks tasks;
    bool pilot;
    struct waits *waits; /* by task; owned */
};

void compare_warn(struct compare *compare, char *text)
{
    struct texts *texts = &compare->warnings;
    texts->items = mem_resize(texts->items, texts->len + 1, sizeof(*texts->items));
    texts->items[texts->len++] = text;
}

static void run(void *ctx, const struct pool_task *task, struct pool_bytes *ret)
{
    const struct round *round = ctx;
    const struct compare *compare = round->tasks.compare;
    const struct arm *arm = &compare->arms.items[task->id % compare->arms.len];
    const uint64_t replication = task->id / compare->arms.len;
    compare_one_make(compare, &arm->program, arm->valid,
                     replication + (round->pilot ? PILOT_FIRST : 1), round->pilot, ret);
}

static int done(void *ctx, const struct pool_result *result, struct error *err)
{
    struct round *round = ctx;
    struct compare *compare = round->tasks.compare;
    struct arm *arm = &compare->arms.items[result->id % compare->arms.len];
    round->tasks.done++;
    if (result->state != POOL_DONE) {
        char text[200];
        compare->lost++;
        *(round->pilot ? &arm->pilots_late : &arm->late) += result->state == POOL_LATE;
        compare_warn(compare,
                     mem_format("%s %zu of %s %s: it is left out%s",
                                round->pilot ? "pilot run" : "replication",
                                (size_t)result->id / compare->arms.len + 1, arm->name,
                                pool_describe(result, compare->setup->limit, text, sizeof(text)),
                                round->pilot ? "" : ", with those paired with it"));
        return 0;
    }
    const int rc = round->pilot
                       ? waits_read(compare, result, &round->waits[result->id], err)
                       : compare_one_read(compare, result, &compare->runs[result->id], err);
    if (rc < 0 && result->id % compare->arms.len > 0)
        error_prefix(err, "variant %s: ", arm->name);
    return rc;
}

/* --- arms --- */

static int load(struct compare *compare, struct arm *arm, const char *const *more, size_t n_more,
                struct error_list *errors)
{
    const struct compare_setup *setup = compare->setup;
    const char **sets = mem_new(setup->n_sets + n_more, sizeof(*sets));
    for (size_t i = 0; i < setup->n_sets; i++)
        sets[i] = setup->sets[i];
    for (size_t i = 0; i < n_more; i++)
        sets[setup->n_sets + i] = more[i];
    const char *variant = arm == compare->arms.items ? NULL : arm->name;
    program_free(&arm->program);
    arm->program = (struct program){0};
    const int rc = program_load(&arm->program, setup->path, variant, sets, setup->n_sets + n_more,
                                setup->builtin_dir, errors);
    free(sets);
    return rc;
}

static void list_arms(struct compare *compare)
{
    const struct compare_setup *setup = compare->setup;
    const struct node *variants = compare->arms.items[0].program.document.variants;
    const size_t n = setup->variants ? setup->n_variants : variants ? variants->len : 0;
    compare->arms.items = mem_resize(compare->arms.items, 1 + n, sizeof(*compare->arms.items));
    compare->arms.len = 1 + n;
    for (size_t i = 0; i < n; i++)
        compare->arms.items[1 + i] = (struct arm){
            .name = mem_text(setup->variants ? setup->variants[i] : variants->items[i].key)};
}

static bool is_valid(const char *text, const struct build *build)
{
    struct selector selector;
    if (selector_parse(text, &selector, NULL) < 0)
        return false;
    const bool valid = selector_check(&selector, &build->world, NULL) == 0;
    selector_deinit(&selector);
    return valid;
}

/* By expectations. Members may be drawn anew in each replication: most of the first few tell. */
static int judge_offered(const struct compare *compare, struct arm *arm, struct error_list *errors)
{
    char *words = NULL;
    size_t too_much = 0, tried = 0;
    int rc = 0;
    for (; rc == 0 && tried < COMPARE_TRIALS && tried - too_much <= COMPARE_TRIALS / 2; tried++) {
        struct build build;
        const struct build_options options = {.seed = compare_seed(compare),
                                              .replication = tried + 1};
        rc = build_init(&build, &arm->program, &options, errors);
        char *found = rc == 0 ? stability_offered(&build) : NULL;
        too_much += found != NULL;
        if (words)
            free(found);
        else
            words = found;
        build_deinit(&build);
    }
    if (rc == 0 && stability_most(too_much, tried))
        arm->unstable = words;
    else
        free(words);
    return rc;
}

/* A variant may lack a partition that a metric is about: there it has no value. */
static int prepare_arm(struct compare *compare, struct arm *arm, struct error_list *errors)
{
    struct build build;
    const struct build_options options = {.seed = compare_seed(compare), .replication = 1};
    int rc = build_init(&build, &arm->program, &options, errors);
    if (rc == 0 && arm == compare->arms.items)
        rc = compare_measures(compare, &build, errors);
    if (rc == 0) {
        arm->valid = mem_new(compare->measures.len, sizeof(*arm->valid));
        for (size_t m = 0; m < compare->measures.len; m++)
            arm->valid[m] = is_valid(compare->measures.items[m].selector, &build);
        arm->offered = compare_offered(&build);
    }
    build_deinit(&build);
    return rc < 0 || !compare->steady ? rc : judge_offered(compare, arm, errors);
}

static bool said(const struct program *program, const char *part, const char *key)
{
    const struct node *node = node_get(program->resolved, part);
    return key ? node && node_get(node, key) : node != NULL;
}

bool compare_sets(const struct compare *compare, size_t arm, const char *text)
{
    struct path path = {0};
    bool ret = false;
    if (path_parse(text, &path, NULL) == 0) {
        const struct node *a = path_get(compare->arms.items[0].program.resolved, &path);
        const struct node *b = path_get(compare->arms.items[arm].program.resolved, &path);
        ret = a && b ? !node_equal(a, b) : a != b;
    }
    path_deinit(&path);
    return ret;
}

/* What a variant says, but a comparison does not heed. */
static void warn_unheeded(struct compare *compare)
{
    for (size_t a = 1; a < compare->arms.len; a++) {
        const char *name = compare->arms.items[a].name;
        if (compare_sets(compare, a, "seed"))
            compare_warn(compare, mem_format("%s: its `seed` is not heeded: it has the random "
                                             "draws of the base, so that runs can be paired",
                                             name));
        const bool warmup = compare_sets(compare, a, "time.warmup");
        const bool found = compare->steady && !compare->warmup_given;
        if (warmup && found)
            compare_warn(compare,
                         mem_format("%s: its `time.warmup` is not heeded: one is found for "
                                    "all, as the base gives none",
                                    name));
        if ((warmup && !found) || compare_sets(compare, a, "measure.from"))
            compare_warn(compare, mem_format("%s: its jobs are counted from another time on than "
                                             "those of the base",
                                             name));
    }
}

/* Of a variant what is wrong is told with its name. */
static int of_arm(struct compare *compare, size_t a, struct error_list *errors,
                  int (*step)(struct compare *compare, struct arm *arm, struct error_list *errors))
{
    struct arm *arm = &compare->arms.items[a];
    struct error_list found = {0};
    const int rc = step(compare, arm, &found);
    char *prefix = a ? mem_format("variant %.80s: ", arm->name) : mem_text("");
    error_list_move(errors, &found, prefix);
    free(prefix);
    return rc;
}

static int load_first(struct compare *compare, struct arm *arm, struct error_list *errors)
{
    return load(compare, arm, NULL, 0, errors);
}

static int load_arms(struct compare *compare, struct error_list *errors)
{
    compare->arms.items = mem_new(1, sizeof(*compare->arms.items));
    compare->arms.len = 1;
    compare->arms.items[0].name = mem_text("base");
    if (load(compare, &compare->arms.items[0], NULL, 0, errors) < 0)
        return -1;
    list_arms(compare);
    for (size_t a = 1; a < compare->arms.len; a++)
        if (of_arm(compare, a, errors, load_first) < 0)
            return -1;
    const struct program *base = &compare->arms.items[0].program;
    const struct scenario *scenario = base->epochs[0].scenario;
    compare->analysis_said = said(base, "analysis", NULL);
    compare->steady = compare->analysis_said && scenario->analysis == ANALYSIS_STEADY;
    for (size_t a = 0; a < compare->arms.len && !compare->analysis_said && !compare->why_transient;
         a++)
        compare->why_transient = compare_dated(&compare->arms.items[a].program);
    if (!compare->analysis_said)
        compare->steady = !compare->why_transient;
    compare->warmup_given = said(base, "time", "warmup") || said(base, "measure", "from");
    warn_unheeded(compare);
    for (size_t a = 0; a < compare->arms.len; a++)
        if (of_arm(compare, a, errors, prepare_arm) < 0)
            return -1;
    return 0;
}

/* --- warm-up --- */

/* The mean of the pilots of an arm, batch by batch, as far as all go (Welch, 1983); its beginning
 * ends where MSER-5 says. Returns s. */
static double arm_warmup(struct waits *waits, size_t pilots, size_t step, bool *ret_late)
{
    uint64_t per = MSER_BATCH, len = UINT64_MAX;
    for (size_t r = 0; r < pilots; r++)
        per = waits[r * step].per > per ? waits[r * step].per : per;
    for (size_t r = 0; r < pilots; r++) {
        waits_coarsen(&waits[r * step], per);
        if (waits[r * step].per > 0)
            len = waits[r * step].len < len ? waits[r * step].len : len;
    }
    *ret_late = true;
    if (len == UINT64_MAX || len < 10)
        return 0;
    double *means = mem_new(len, sizeof(*means)), *begins = mem_new(len, sizeof(*begins));
    for (uint64_t b = 0; b < len; b++) {
        struct moments wait = {0}, begin = {0};
        for (size_t r = 0; r < pilots; r++)
            if (waits[r * step].per > 0) {
                moments_add(&wait, waits[r * step].waits[b]);
                moments_add(&begin, waits[r * step].begins[b]);
            }
        means[b] = wait.mean;
        begins[b] = begin.mean;
    }
    const size_t left_out = series_mser(means, len, 1, ret_late);
    const double ret = left_out > 0 ? begins[left_out] : 0; /* none: from the very start */
    free(means);
    free(begins);
    return ret;
}

enum { LAG_BATCHES = 20 };

/* Are halves of runs alike beyond chance? Of 20 batches of each pilot after the warm-up the mean
 * lag-1 correlation, which of independent ones is -1/20 or so, give or take 1 / sqrt(20 pilots). */
static void judge_correlation(struct compare *compare, const struct waits *waits, size_t n)
{
    struct moments all = {0};
    for (size_t i = 0; i < n; i++) {
        double means[LAG_BATCHES];
        uint64_t first = 0;
        while (first < waits[i].len && waits[i].begins[first] < compare->warmup)
            first++;
        const size_t per = (waits[i].len - first) / LAG_BATCHES;
        if (waits[i].per == 0 || per == 0)
            continue;
        series_batches(waits[i].waits + first, per * LAG_BATCHES, per, means);
        const double lag = series_lag1(means, LAG_BATCHES);
        if (!isnan(lag))
            moments_add(&all, lag);
    }
    compare->run_lag1 = all.n > 0 ? all.mean : (double)NAN;
    compare->correlated = all.n > 0 && all.mean > 0.1 + 1.645 / sqrt((double)(LAG_BATCHES * all.n));
}

/* Of one run alone: for whoever asks for one replication. */
static void judge_within(struct compare *compare, const struct waits *waits)
{
    uint64_t first = 0;
    while (first < waits->len && waits->begins[first] < compare->warmup)
        first++;
    const size_t n = waits->len - first;
    if (n == 0)
        return;
    compare->within = series_batch_means(waits->waits + first, n, COMPARE_CONFIDENCE);
    compare->within_p95 = series_quantile(waits->firsts + first, n, 0.95, COMPARE_CONFIDENCE);
}

/* Most pilots of an arm whose queue grows tell nothing of waits. */
static void judge_stability(struct compare *compare, struct waits *waits, size_t pilots)
{
    const size_t arms = compare->arms.len;
    for (size_t a = 0; a < arms; a++) {
        struct arm *arm = &compare->arms.items[a];
        size_t grew = 0, runs = 0;
        double left = 0;
        for (size_t r = 0; r < pilots; r++) {
            const struct waits *one = &waits[r * arms + a];
            runs += one->per > 0;
            grew += one->grew;
            left += one->left;
        }
        if (arm->unstable || !stability_most(grew, runs))
            continue;
        arm->unstable =
            mem_format("its queue kept growing in %zu of %zu runs, at whose ends %.0f %% "
                       "of the jobs still waited: there is no long-run number",
                       grew, runs, 100 * left / (double)runs);
        for (size_t r = 0; r < pilots; r++)
            waits_deinit(&waits[r * arms + a]);
    }
}

/* One window for all arms: the longest warm-up. */
static void find_warmup(struct compare *compare, struct waits *waits, size_t pilots)
{
    const size_t arms = compare->arms.len;
    for (size_t a = 0; a < arms && !compare->warmup_given; a++) {
        bool late;
        struct arm *arm = &compare->arms.items[a];
        if (arm->unstable)
            continue;
        arm->unpiloted = true;
        for (size_t r = 0; r < pilots; r++)
            arm->unpiloted = arm->unpiloted && waits[r * arms + a].per == 0;
        const double warmup = arm_warmup(waits + a, pilots, arms, &late);
        compare->warmup = fmax(compare->warmup, ceil(warmup));
        arm->unsettled = late && !arm->unpiloted;
    }
    judge_correlation(compare, waits, pilots * arms);
    judge_within(compare, waits);
}

static int warm_up(struct compare *compare, struct error_list *errors)
{
    const size_t arms = compare->arms.len;
    const struct program *base = &compare->arms.items[0].program;
    const size_t pilots = compare->warmup_given ? COMPARE_TRIALS : COMPARE_PILOTS;
    struct round round = {.tasks = {.compare = compare, .end = pilots * arms}, .pilot = true};
    round.waits = mem_new(round.tasks.end, sizeof(*round.waits));
    compare->warmup = simtime_seconds(base->epochs[0].scenario->time.warmup);
    if (base->epochs[0].scenario->measure.from.given)
        compare->warmup =
            simtime_seconds(program_instant(base, &base->epochs[0].scenario->measure.from));
    int got = compare_tasks_run(&round.tasks, run, done, errors);
    if (got == COMPARE_DONE) {
        judge_stability(compare, round.waits, pilots);
        find_warmup(compare, round.waits, pilots);
    }
    for (size_t i = 0; i < round.tasks.end; i++)
        waits_deinit(&round.waits[i]);
    free(round.waits);
    if (compare->warmup_given || got != COMPARE_DONE)
        return got;
    compare->warmup_set = mem_format("time.warmup=%.0fs", compare->warmup);
    const char *const more[] = {compare->warmup_set};
    for (size_t a = 0; a < arms; a++)
        if (load(compare, &compare->arms.items[a], more, 1, errors) < 0)
            return COMPARE_FAILED;
    return COMPARE_DONE;
}

/* --- replications --- */

static int add_replications(struct compare *compare, size_t upto, struct error_list *errors)
{
    const size_t arms = compare->arms.len, from = compare->replications;
    compare->runs = mem_resize(compare->runs, upto * arms, sizeof(*compare->runs));
    memset(compare->runs + from * arms, 0, (upto - from) * arms * sizeof(*compare->runs));
    struct round round = {.tasks = {.compare = compare, .next = from * arms, .end = upto * arms}};
    round.tasks.done = round.tasks.next;
    compare->replications = upto;
    const int got = compare_tasks_run(&round.tasks, run, done, errors);
    /* in order: what was told is whole but for the last replication */
    if (got == COMPARE_STOPPED)
        compare->replications = round.tasks.done / arms;
    return got;
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* That replications came out equal says nothing where there is chance: rare jobs may have been in
 * none of them. */
static bool all_identical(const struct compare *compare)
{
    const size_t arms = compare->arms.len;
    bool any = false;
    for (size_t a = 0; a < arms; a++)
        if (program_draws(&compare->arms.items[a].program))
            return false;
    for (size_t i = arms; i < compare->replications * arms; i++) {
        const struct compare_one *one = &compare->runs[i], *first = &compare->runs[i % arms];
        if (!one->values || !first->values)
            continue;
        any = true;
        for (size_t m = 0; m < compare->measures.len; m++)
            if (!same(one->values[m], first->values[m]))
                return false;
    }
    return any;
}

static size_t until_measure(const struct compare *compare)
{
    size_t m = 0;
    while (strcmp(compare->measures.items[m].selector, compare->setup->until) != 0)
        m++;
    return m;
}

/* How many replications all arms are likely to need; as many as there are: it is reached. */
static size_t needed(const struct compare *compare)
{
    const double bound = compare->setup->relative / (1 + compare->setup->relative);
    const size_t measure = until_measure(compare), n = compare->replications;
    double *values = mem_new(n, sizeof(*values));
    size_t most = n;
    for (size_t a = 0; a < compare->arms.len; a++) {
        struct moments moments = {0};
        compare_values(compare, a, measure, values);
        for (size_t i = 0; i < n; i++)
            if (!isnan(values[i]))
                moments_add(&moments, values[i]);
        const struct interval interval = interval_mean(&moments, COMPARE_CONFIDENCE);
        if (moments.n < 2 || interval_reached(&interval, compare->setup->relative))
            continue;
        const size_t more = moments.mean == 0
                                ? SIZE_MAX
                                : interval_needed(moments_sd(&moments), bound * fabs(moments.mean),
                                                  COMPARE_CONFIDENCE);
        most = more > most ? more : most;
        most = most > n ? most : n + 1;
    }
    free(values);
    return most;
}

/* In steps of at most doubling: the spread that few replications show is not sure. */
static int add_until(struct compare *compare, struct error_list *errors)
{
    const size_t limit = compare->setup->most;
    for (;;) {
        const size_t n = compare->replications, want = needed(compare);
        compare->reached = want == n;
        if (compare->reached || n >= limit)
            return COMPARE_DONE;
        size_t upto = want < 2 * n ? want : 2 * n;
        upto = upto < limit ? upto : limit;
        const int got = add_replications(compare, upto, errors);
        if (got != COMPARE_DONE)
            return got;
    }
}

/* Two are enough where nothing is random. */
static int replicate(struct compare *compare, struct error_list *errors)
{
    const size_t wanted = compare->setup->replications;
    const size_t first = wanted < 2 ? wanted : 2;
    int got = add_replications(compare, first, errors);
    compare->identical = all_identical(compare);
    if (got == COMPARE_DONE && !compare->identical && wanted > first)
        got = add_replications(compare, wanted, errors);
    if (got == COMPARE_DONE && !compare->identical && compare->setup->until)
        got = add_until(compare, errors);
    return got;
}

static bool none_stable(const struct compare *compare)
{
    for (size_t a = 0; a < compare->arms.len; a++)
        if (!compare->arms.items[a].unstable)
            return false;
    return true;
}

static void warn_no_worlds(struct compare *compare)
{
    compare_warn(compare,
                 mem_text("--uncertain: no world was run, as the base of the scenario as it "
                          "stands has no long-run number"));
}

int compare_run(struct compare *compare, const struct compare_setup *setup,
                struct error_list *errors)
{
    *compare = (struct compare){.setup = setup, .run_lag1 = (double)NAN};
    if (load_arms(compare, errors) < 0)
        return COMPARE_FAILED;
    if (setup->uncertain && uncertain_prepare(compare, errors) < 0)
        return COMPARE_FAILED;
    int got = compare->steady && !none_stable(compare) ? warm_up(compare, errors) : COMPARE_DONE;
    if (setup->uncertain && compare->arms.items[0].unstable)
        warn_no_worlds(compare);
    if (got == COMPARE_DONE && none_stable(compare))
        return COMPARE_DONE;
    if (got == COMPARE_DONE)
        got = replicate(compare, errors);
    if (got == COMPARE_DONE && setup->uncertain && !compare->arms.items[0].unstable)
        got = uncertain_run(compare, errors);
    compare->stopped = got == COMPARE_STOPPED;
    return got;
}

void compare_deinit(struct compare *compare)
{
    uncertain_free(compare->uncertain);
    for (size_t i = 0; i < compare->replications * compare->arms.len; i++)
        compare_one_deinit(&compare->runs[i]);
    free(compare->runs);
    for (size_t a = 0; a < compare->arms.len; a++) {
        struct arm *arm = &compare->arms.items[a];
        program_free(&arm->program);
        free(arm->name);
        free(arm->valid);
        free(arm->unstable);
    }
    free(compare->arms.items);
    for (size_t m = 0; m < compare->measures.len; m++)
        free(compare->measures.items[m].selector);
    free(compare->measures.items);
    for (size_t t = 0; t < compare->tenants.len; t++)
        free(compare->tenants.names[t]);
    free(compare->tenants.names);
    for (size_t i = 0; i < compare->warnings.len; i++)
        free(compare->warnings.items[i]);
    free(compare->warnings.items);
    free(compare->why_transient);
    free(compare->warmup_set);
    free(compare->fault_file);
    *compare = (struct compare){0};
}

double compare_value(const struct compare *compare, size_t replication, size_t arm, size_t measure)
{
    const struct compare_one *one = &compare->runs[replication * compare->arms.len + arm];
    return one->values ? one->values[measure] : (double)NAN;
}

void compare_values(const struct compare *compare, size_t arm, size_t measure, double *ret)
{
    for (size_t r = 0; r < compare->replications; r++)
        ret[r] = compare_value(compare, r, arm, measure);
}

void compare_tenant_values(const struct compare *compare, size_t arm, size_t tenant, size_t number,
                           double *ret)
{
    for (size_t r = 0; r < compare->replications; r++) {
        const struct compare_one *one = &compare->runs[r * compare->arms.len + arm];
        ret[r] =
            tenant < one->n_tenants ? one->tenants[tenant * TENANT_NUMBERS + number] : (double)NAN;
    }
}
