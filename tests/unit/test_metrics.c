/* A run of two days worked by hand. Hours since 2022-05-31 at +08:00, so that June starts at 24;
 * counted are jobs submitted in [6, 42).
 *
 *   job  tenant   part.  procs  submit start end
 *   1    inc/one  a      4      0      0     10    before the window
 *   2    inc/one  a      8      6      10    22
 *   3    solo     a      2      20     22    30
 *   4    solo     b      4      24     24    36    killed
 *   5    inc/one  b      99     25                 rejected
 *   6    solo     b      4      30     36          running at the end; needs 20 h
 *   7    inc/one  a      8      32                 pending; needs 10 h, asks 5 h
 *   8    solo     a      1      42                 pending, after the window
 *
 * Partition a (c1, kind x) has 16 processors, 4 of them down over [30, 36); b (c2, kind y) has 4.
 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/account.h"
#include "analysis/due.h"
#include "analysis/fairness.h"
#include "analysis/metrics.h"
#include "analysis/output.h"
#include "analysis/summary.h"
#include "analysis/text_table.h"
#include "util/date.h"
#include "util/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define H SIMTIME_HOUR

static struct centre_info centres[] = {{"c1"}, {"c2"}};
static struct partition_info partitions[] = {
    {.name = "a",
     .path = "c1/a",
     .centre = 0,
     .processor = "x",
     .flops = 5e13,
     .precision = "fp64"},
    {.name = "b", .path = "c2/b", .centre = 1, .processor = "y"},
};
static struct tenant_info tenants[] = {
    {"inc", -1, .share = 1}, {"inc/one", 0, .share = 1}, {"solo", -1, .share = 1}};

struct play {
    struct world world;
    struct partition_counts counts[2];
    struct job jobs[9];
    struct observer observer;
};

static void tell(struct play *play, enum fact_kind kind, int hour, const struct job *job,
                 int32_t partition)
{
    const struct fact fact = {kind, hour * H, job, partition, &play->counts[partition]};
    play->observer.see(play->observer.ctx, &fact);
}

static void submit(struct play *play, int id, int32_t tenant, int32_t partition, int procs,
                   int hour, int runtime, int request)
{
    struct job *job = &play->jobs[id];
    *job = (struct job){.spec = {.id = id,
                                 .tenant = tenant,
                                 .partition = partition,
                                 .centre = partition,
                                 .ask = {.procs = procs},
                                 .submit = hour * H,
                                 .runtime = runtime * H,
                                 .request = request * H},
                        .partition = partition,
                        .state = JOB_PENDING,
                        .slot = (uint32_t)id,
                        .start = SIMTIME_NEVER};
    play->counts[partition].queued_jobs++;
    play->counts[partition].queued_procs += procs;
    tell(play, FACT_SUBMIT, hour, job, partition);
}

static void leave_queue(struct play *play, const struct job *job)
{
    play->counts[job->partition].queued_jobs--;
    play->counts[job->partition].queued_procs -= job->spec.ask.procs;
}

static void start(struct play *play, int id, int hour)
{
    struct job *job = &play->jobs[id];
    leave_queue(play, job);
    play->counts[job->partition].busy += job->spec.ask.procs;
    job->state = JOB_RUNNING;
    job->start = job->began = hour * H;
    job->wait = job->start - job->spec.submit;
    tell(play, FACT_START, hour, job, job->partition);
}

static void end(struct play *play, int id, int hour, enum job_state state)
{
    struct job *job = &play->jobs[id];
    play->counts[job->partition].busy -= job->spec.ask.procs;
    job->state = state;
    job->end = hour * H;
    tell(play, FACT_END, hour, job, job->partition);
}

static void reject(struct play *play, int id, int hour)
{
    struct job *job = &play->jobs[id];
    leave_queue(play, job);
    job->state = JOB_REJECTED;
    job->reason = REASON_TOO_LARGE;
    tell(play, FACT_REJECT, hour, job, job->partition);
}

static void down(struct play *play, int procs, int hour)
{
    play->counts[0].down = procs;
    tell(play, FACT_CAPACITY, hour, NULL, 0);
}

static void act(struct play *play)
{
    for (int32_t p = 0; p < 2; p++) {
        play->counts[p].capacity = p ? 4 : 16;
        tell(play, FACT_CAPACITY, 0, NULL, p);
    }
    submit(play, 1, 1, 0, 4, 0, 10, 10);
    start(play, 1, 0);
    submit(play, 2, 1, 0, 8, 6, 12, 12);
    end(play, 1, 10, JOB_COMPLETED);
    start(play, 2, 10);
    submit(play, 3, 2, 0, 2, 20, 8, 8);
    end(play, 2, 22, JOB_COMPLETED);
    start(play, 3, 22);
    submit(play, 4, 2, 1, 4, 24, 99, 12);
    start(play, 4, 24);
    submit(play, 5, 1, 1, 99, 25, 1, 1);
    reject(play, 5, 25);
    end(play, 3, 30, JOB_COMPLETED);
    down(play, 4, 30);
    submit(play, 6, 2, 1, 4, 30, 20, 20);
    submit(play, 7, 1, 0, 8, 32, 10, 5);
    down(play, 0, 36);
    end(play, 4, 36, JOB_KILLED);
    start(play, 6, 36);
    submit(play, 8, 2, 0, 1, 42, 1, 1);
    static const int left[] = {6, 7, 8};
    for (size_t i = 0; i < ARRAY_LEN(left); i++) {
        struct job *job = &play->jobs[left[i]];
        if (job->state == JOB_PENDING)
            job->wait = 48 * H - job->spec.submit;
        play->observer.unfinished(play->observer.ctx, job, 48 * H);
    }
    play->observer.finish(play->observer.ctx, 48 * H);
}

static struct metrics *run(struct play *play, const struct metrics_options *options)
{
    *play = (struct play){
        .world = {.centres = centres, .n_centres = 2, .partitions = partitions, .n_partitions = 2}};
    play->world.tenants.items = tenants;
    play->world.tenants.len = ARRAY_LEN(tenants);
    play->world.offset = 8 * 3600;
    play->world.start = date_instant(2022, 5, 31, 0, play->world.offset);
    play->world.length = 48 * H;
    play->world.measure_from = 6 * H;
    play->world.measure_until = 42 * H;
    struct error err;
    struct metrics *metrics = metrics_new(&play->world, options, &err);
    assert_non_null(metrics);
    play->observer = metrics_observer(metrics);
    act(play);
    return metrics;
}

static void assert_near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 * fabs(want)))
        fail_msg("got %.17g, want %.17g", got, want);
}

static void test_by_hand(void **ctx)
{
    (void)ctx;
    static const struct {
        const char *name, *scope, *period;
        double want;
    } rows[] = {
        {"wait.mean", "all", "", 7200},
        {"wait.p50", "all", "", 7200},
        {"wait.p95", "all", "", 14400},
        {"wait.max", "all", "", 14400},
        {"wait.sd", "all", "", 7200},
        {"response.mean", "all", "", 38 * 1200},
        {"slowdown.mean", "all", "", (16. / 12 + 1.25 + 1) / 3},
        {"slowdown.pp.max", "all", "", 1},
        {"p_wait", "all", "", 2. / 3},
        {"awrt", "all", "", 14.2 * 3600},
        {"awwt", "all", "", 2.6 * 3600},
        {"jobs.submitted", "all", "", 6},
        {"jobs.ended", "all", "", 3},
        {"jobs.completed", "all", "", 2},
        {"jobs.killed", "all", "", 1},
        {"jobs.rejected", "all", "", 1},
        {"jobs.rejected.too_large", "all", "", 1},
        {"jobs.rejected.too_large", "tenant:inc", "", 1},
        {"jobs.pending", "all", "", 1},
        {"jobs.running", "all", "", 1},
        {"jobs.abandoned", "all", "", 0},
        {"processor_hours", "all", "", 224}, /* 16 by what was submitted before */
        {"makespan", "all", "", 30 * 3600},
        {"throughput", "all", "", 4. / (36 * 3600)},
        {"queue.jobs.mean", "all", "", 22. / 36},
        {"queue.jobs.max", "all", "", 2},
        {"queue.jobs.max", "centre:c1", "", 1},
        {"queue.jobs.max", "partition:c2/b", "", 1},
        {"queue.processors.mean", "partition:c1/a", "", 116. / 36},
        {"queue.jobs.mean", "partition:c1/a", "2022-05", 6. / 18},
        {"queue.jobs.mean", "partition:c1/a", "2022-06", 10. / 18},
        {"queue.jobs.max", "all", "2022-05", 1},
        {"utilisation", "partition:c1/a", "", 128. / 552},
        {"utilisation.installed", "partition:c1/a", "", 128. / 576},
        {"utilisation", "processor:x", "", 128. / 552},
        {"utilisation", "centre:c2", "", .5},
        {"utilisation", "partition:c1/a", "2022", 128. / 552},
        {"utilisation", "partition:c1/a", "2022-05", 116. / 288},
        {"utilisation", "partition:c1/a", "2022-06", 12. / 264},
        {"capacity", "partition:c1/a", "", 16},
        {"fairness.jain", "processor:x", "", 1},
        {"fairness.gini", "processor:x", "", 0},
        {"fairness.jain", "centre:c2", "", 1},
        {"wait.mean", "all", "2022", 7200},
        {"wait.mean", "all", "2022-05", 10800},
        {"wait.mean", "all", "2022-06", 0},
        {"jobs.submitted", "all", "2022-06", 4},
        {"wait.mean", "tenant:inc", "", 14400},
        {"wait.mean", "tenant:inc/one", "2022-05", 14400},
        {"jobs.rejected", "tenant:inc", "", 1},
        {"processor_hours", "tenant:solo", "", 112},
        {"processor_hours", "tenant:inc", "", 112},
        /* Of a period: what was received in it, until 42 and whenever submitted. */
        {"processor_hours", "all", "2022", 200},
        {"processor_hours", "all", "2022-05", 116}, /* 16 + 96 + 4 by jobs 1 to 3 */
        {"processor_hours", "all", "2022-06", 84},  /* 12 + 48 + 24 by jobs 3, 4 and 6 */
        {"processor_hours", "partition:c1/a", "2022-05", 116},
        {"processor_hours", "partition:c1/a", "2022-06", 12},
        {"processor_hours", "centre:c2", "2022-06", 72},
        {"processor_hours", "processor:y", "2022-05", 0},
        {"processor_hours", "tenant:inc/one", "2022-05", 112},
        {"processor_hours", "tenant:inc", "2022-06", 0},
        {"processor_hours", "tenant:solo", "2022-05", 4},
        {"processor_hours", "tenant:solo", "2022-06", 84},
        {"jobs.submitted", "centre:c2", "", 3},
        {"throughput", "partition:c2/b", "2022-06", 1. / (18 * 3600)},
    };
    struct play play;
    AUTO(metrics_free)
    struct metrics *metrics = run(&play, &(struct metrics_options){.periods = PERIODS_MONTH});
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct metric_row *row =
            metrics_find(metrics, rows[i].name, rows[i].scope, rows[i].period);
        if (!row)
            fail_msg("no row %s %s %s", rows[i].name, rows[i].scope, rows[i].period);
        if (!(fabs(row->value - rows[i].want) <= 1e-12 * fabs(rows[i].want)))
            fail_msg("%s %s %s: got %.17g, want %.17g", rows[i].name, rows[i].scope, rows[i].period,
                     row->value, rows[i].want);
    }
}

static void test_left_out(void **ctx)
{
    (void)ctx;
    struct play play;
    AUTO(metrics_free)
    struct metrics *metrics = run(&play, &(struct metrics_options){.periods = PERIODS_NONE});
    /* Two kinds of processor are never pooled; tenants have no queue; no periods were asked for. */
    assert_true(isnan(metrics_find(metrics, "utilisation", "all", "")->value));
    assert_true(isnan(metrics_find(metrics, "fairness.jain", "all", "")->value));
    assert_true(isnan(metrics_find(metrics, "queue.little", "all", "")->value));
    assert_null(metrics_find(metrics, "queue.jobs.mean", "tenant:solo", ""));
    assert_null(metrics_find(metrics, "wait.p95", "tenant:inc", "2022"));
    assert_null(metrics_find(metrics, "wait.mean", "all", "2022-05"));
    /* Reasons of rejection have rows where they occurred. */
    assert_null(metrics_find(metrics, "jobs.rejected.max_queued", "all", ""));
    assert_null(metrics_find(metrics, "jobs.rejected.too_large", "tenant:solo", ""));
}

static void test_selectors(void **ctx)
{
    (void)ctx;
    static const struct {
        const char *text;
        double want;
    } rows[] = {
        {"wait.mean[processors>=8]", 14400},
        {"jobs.submitted[processors>=8]", 3},
        {"jobs.submitted[processors>=8, partition=a]", 2},
        {"jobs.pending[request<=5 h, runtime>9 h]", 1},
        {"jobs.ended[tenant=solo, processors>=4]", 1},
        {"wait.max[tenant=inc/one, period=2022-05]", 14400},
        {"jobs.submitted[processors>3, period=2022-06]", 4},
        {"wait.mean[tenant=\"inc\"]", 14400},
        {"jobs.submitted[period=2022, tenant=solo]", 3},
        {"jobs.submitted[period=2021]", 0},
        {"jobs.rejected.too_large[processors>=8]", 1},
        {"jobs.rejected.max_queued", 0},
        {"processor_hours[tenant=solo, period=2022-06]", 84},
        {"processor_hours[processors>=4, period=2022-06]", 72},
        {"processor_hours[processors>=8, period=2022-05]", 96},
        {"processor_hours[period=2022]", 200},
        {"utilisation[partition=b]", .5},
        {"utilisation[processor=x, period=2022-06]", 12. / 264},
        {"queue.jobs.max[centre=c1]", 1},
        {"fairness.jain[processor=x]", 1},
    };
    const char *texts[ARRAY_LEN(rows)];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        texts[i] = rows[i].text;
    struct play play;
    AUTO(metrics_free)
    struct metrics *metrics =
        run(&play, &(struct metrics_options){.selectors = texts, .n_selectors = ARRAY_LEN(texts)});
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_near(metrics_find(metrics, rows[i].text, "all", "")->value, rows[i].want);
        double value;
        assert_int_equal(metrics_select(metrics, rows[i].text, &value, NULL), 0);
        assert_near(value, rows[i].want);
    }
    size_t wrong;
    assert_int_equal(metrics_check(metrics, &wrong, NULL), 0);
    /* Rows and selectors read the same number. */
    double value;
    assert_int_equal(metrics_select(metrics, "awrt[centre=c1]", &value, NULL), 0);
    assert_true(value == metrics_find(metrics, "awrt", "centre:c1", "")->value);
}

static void test_selector_errors(void **ctx)
{
    (void)ctx;
    struct play play;
    AUTO(metrics_free)
    struct metrics *metrics = run(&play, &(struct metrics_options){.periods = PERIODS_YEAR});
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"wait.mean[tenant=sola]",
         "\"wait.mean[tenant=sola]\": there is no tenant \"sola\"; did you mean \"solo\"?"},
        {"wait.mean[tenant=nobody-here]",
         "\"wait.mean[tenant=nobody-here]\": there is no tenant \"nobody-here\""},
        {"wait.mean[processors>1]",
         "\"wait.mean[processors>1]\" must be declared before the run, under `metrics`"},
        {"wait.mean[period=2022-05]",
         "\"wait.mean[period=2022-05]\" must be declared before the run, under `metrics`"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        double value;
        assert_int_equal(metrics_select(metrics, rows[i].text, &value, &err), -1);
        assert_string_equal(err.text, rows[i].want);
    }
    struct error err;
    const char *wrong[] = {"wait.mean", "utilisation[centre=c3]"};
    assert_null(metrics_new(&play.world,
                            &(struct metrics_options){.selectors = wrong, .n_selectors = 2}, &err));
    assert_string_equal(err.text, "\"utilisation[centre=c3]\": there is no centre \"c3\"; did you "
                                  "mean \"c1\"?");
}

static void test_accounts(void **ctx)
{
    (void)ctx;
    struct play play;
    AUTO(metrics_free)
    struct metrics *metrics = run(&play, &(struct metrics_options){.periods = PERIODS_NONE});
    struct record_table tables[METRICS_TABLES];
    assert_int_equal(metrics_tables(metrics, tables), 3);
    static const struct account tenant_rows[] = {
        {"inc",
         4,
         {[JOB_COMPLETED] = 2, [JOB_REJECTED] = 1, [JOB_PENDING] = 1},
         136 * 3600,
         20 * 3600},
        {"inc/one",
         4,
         {[JOB_COMPLETED] = 2, [JOB_REJECTED] = 1, [JOB_PENDING] = 1},
         136 * 3600,
         20 * 3600},
        {"solo",
         4,
         {[JOB_COMPLETED] = 1, [JOB_KILLED] = 1, [JOB_RUNNING] = 1, [JOB_PENDING] = 1},
         112 * 3600,
         14 * 3600},
    };
    assert_int_equal(tables[1].len, 3);
    assert_int_equal(tables[2].len, 2);
    for (size_t i = 0; i < 3; i++) {
        const struct account *got = &((const struct account *)tables[1].rows)[i];
        assert_string_equal(got->name, tenant_rows[i].name);
        assert_int_equal(got->submitted, tenant_rows[i].submitted);
        assert_memory_equal(got->jobs, tenant_rows[i].jobs, sizeof(got->jobs));
        assert_true(got->processor_seconds == tenant_rows[i].processor_seconds);
        assert_true(got->wait == tenant_rows[i].wait);
    }
    assert_int_equal(((const struct account *)tables[2].rows)[0].submitted, 5);
    assert_int_equal(((const struct account *)tables[2].rows)[1].submitted, 3);
    for (size_t i = 0; i < METRICS_TABLES; i++)
        for (size_t c = 0; c < tables[i].n_columns; c++)
            assert_true(tables[i].columns[c].offset < tables[i].row_size &&
                        *tables[i].columns[c].help);
}

/* Jobs per tenant and month, so that leaves meet in every way, against sums taken here. */
static void test_many_cells(void **ctx)
{
    (void)ctx;
    enum { TENANTS = 40, JOBS = 20000 };
    struct play play = {.world = {.centres = centres,
                                  .n_centres = 2,
                                  .partitions = partitions,
                                  .n_partitions = 2,
                                  .measure_until = SIMTIME_NEVER}};
    struct tenant_info many[TENANTS];
    char names[TENANTS][16];
    for (int32_t t = 0; t < TENANTS; t++) {
        snprintf(names[t], sizeof(names[t]), "t%d", t);
        many[t] = (struct tenant_info){
            .path = names[t], .parent = t == 0 || t == 7 ? -1 : (t - 1) / 3, .share = 1};
    }
    play.world.tenants.items = many;
    play.world.tenants.len = TENANTS;
    const struct metrics_options options = {.periods = PERIODS_MONTH};
    AUTO(metrics_free) struct metrics *metrics = metrics_new(&play.world, &options, NULL);
    play.observer = metrics_observer(metrics);
    double sums[TENANTS] = {0}, all = 0;
    int64_t counts[TENANTS] = {0};
    for (int i = 0; i < JOBS; i++) {
        const int32_t tenant = i * 7 % 31 * (i % 3) % TENANTS;
        struct job job = {
            .spec = {.tenant = tenant, .ask = {.procs = 1 + i % 5}, .submit = i * H / 4},
            .partition = i % 2,
            .start = i * H / 4,
            .wait = (simtime)(i % 97) * SIMTIME_SECOND};
        job.spec.submit -= job.wait < job.spec.submit ? job.wait : job.spec.submit;
        job.wait = job.start - job.spec.submit;
        job.end = job.start + 50 * SIMTIME_SECOND;
        const struct fact fact = {FACT_END, job.end, &job, job.partition, &play.counts[0]};
        play.observer.see(play.observer.ctx, &fact);
        for (int32_t t = tenant; t >= 0; t = many[t].parent) {
            sums[t] += simtime_seconds(job.wait);
            counts[t]++;
        }
        all += simtime_seconds(job.wait);
    }
    play.observer.finish(play.observer.ctx, JOBS * H / 4 + H);
    assert_near(metrics_find(metrics, "wait.mean", "all", "")->value, all / JOBS);
    for (int t = 0; t < TENANTS; t++) {
        char scope[32];
        snprintf(scope, sizeof(scope), "tenant:t%d", t);
        assert_true(metrics_find(metrics, "jobs.ended", scope, "")->value == (double)counts[t]);
        if (counts[t] > 0)
            assert_near(metrics_find(metrics, "wait.mean", scope, "")->value,
                        sums[t] / (double)counts[t]);
    }
    size_t len;
    const struct metric_row *rows = metrics_rows(metrics, &len);
    double jobs = 0;
    for (size_t i = 0; i < len; i++)
        if (strcmp(rows[i].name, "jobs.submitted") == 0 && rows[i].kind == SCOPE_ALL &&
            strlen(rows[i].period) == 7)
            jobs += rows[i].value;
    assert_true(jobs == JOBS);
}

/* What a job that asks whole nodes holds is known from its start on. */
static void test_whole_nodes(void **ctx)
{
    (void)ctx;
    struct play play = {.world = {.centres = centres,
                                  .n_centres = 2,
                                  .partitions = partitions,
                                  .n_partitions = 2,
                                  .measure_until = SIMTIME_NEVER}};
    play.world.tenants.items = tenants;
    play.world.tenants.len = 3;
    const struct metrics_options options = {.periods = PERIODS_NONE};
    AUTO(metrics_free) struct metrics *metrics = metrics_new(&play.world, &options, NULL);
    play.observer = metrics_observer(metrics);
    struct job job = {.spec = {.ask = {.nodes = 3}}, .slot = 1000, .procs = 24};
    tell(&play, FACT_START, 0, &job, 0);
    job.end = 2 * H;
    tell(&play, FACT_END, 2, &job, 0);
    play.observer.finish(play.observer.ctx, 2 * H);
    assert_true(metrics_find(metrics, "processor_hours", "all", "")->value == 48);
}

static void test_nothing_happened(void **ctx)
{
    (void)ctx;
    static const simtime windows[][2] = {
        {0, SIMTIME_NEVER}, {0, 0}, {5 * H, 3 * H}, {100 * H, SIMTIME_NEVER}};
    for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
        struct world world = {.centres = centres,
                              .n_centres = 2,
                              .partitions = partitions,
                              .n_partitions = 2,
                              .measure_from = windows[i][0],
                              .measure_until = windows[i][1]};
        const struct metrics_options options = {.periods = PERIODS_MONTH};
        AUTO(metrics_free) struct metrics *metrics = metrics_new(&world, &options, NULL);
        const struct observer observer = metrics_observer(metrics);
        observer.finish(observer.ctx, 10 * H);
        assert_true(metrics_find(metrics, "jobs.submitted", "all", "")->value == 0);
        assert_true(isnan(metrics_find(metrics, "wait.mean", "all", "")->value));
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        summary_write(metrics, &(struct summary_options){0}, out);
        fclose(out);
        assert_true(size > 100);
        free(text);
    }
}

/* Two roots with shares 3 and 1; below the first, its own jobs and two tenants with shares 1 and 2.
 * 100 are handed out: 75 and 25, unless somebody asks for less. */
static void test_due_by_hand(void **ctx)
{
    (void)ctx;
    struct tenant_info tree[] = {{"a", -1, .share = 3},
                                 {"a/x", 0, .share = 1},
                                 {"a/y", 0, .share = 2},
                                 {"b", -1, .share = 1}};
    const struct world world = {.tenants = {.items = tree, .len = 4}};
    static const struct {
        double demands[4], own[4], all[4];
    } rows[] = {
        {{99, 99, 99, 99}, {18.75, 18.75, 37.5, 25}, {75, 18.75, 37.5, 25}},
        {{0, 99, 99, 99}, {0, 25, 50, 25}, {75, 25, 50, 25}},
        {{0, 10, 99, 99}, {0, 10, 65, 25}, {75, 10, 65, 25}},
        {{0, 10, 20, 99}, {0, 10, 20, 70}, {30, 10, 20, 70}},
        {{0, 0, 0, 200}, {0, 0, 0, 100}, {0, 0, 0, 100}},
    };
    int32_t *order;
    uint32_t *members;
    tenant_order(&world, &order, &members);
    const struct tenant_tree lie = {&world, order, members};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double own[4], all[4];
        tenants_due(&lie, 0, 10 * H, 100, rows[i].demands, own, all);
        for (size_t k = 0; k < 4; k++) {
            assert_near(own[k], rows[i].own[k]);
            assert_near(all[k], rows[i].all[k]);
        }
    }
    free(order);
    free(members);
}

/* a's share is 1, from 5 h on 3, b's 1, from 8 h on 2 of which c takes no part as it asks for
 * nothing. Over [0, 10 h): of a 5/10 1/2 + 3/10 3/4 + 2/10 3/5 = 0.595. Over [5, 8) all is as it
 * was. With jobs of a group's own, share 1: over [0, 10) of a 0.5/3 + 0.5 x 3/5 = 7/15. */
static void test_due_of_dated_shares(void **ctx)
{
    (void)ctx;
    const size_t size =
        sizeof(struct tenant_shares) + 2 * sizeof(((struct tenant_shares *)0)->items[0]);
    struct tenant_shares *a = mem_new(1, size), *b = mem_new(1, size), *c = mem_new(1, size);
    a->len = b->len = c->len = 2;
    a->items[0].share = b->items[0].share = c->items[0].share = 1;
    a->items[1].at = 5 * H;
    a->items[1].share = 3;
    b->items[1].at = 8 * H;
    b->items[1].share = 2;
    c->items[1].at = 5 * H;
    c->items[1].share = 1000;
    struct tenant_info flat[] = {{"a", -1, .share = 3, .shares = a},
                                 {"b", -1, .share = 2, .shares = b},
                                 {"c", -1, .share = 1000, .shares = c}};
    struct tenant_info below[] = {
        {"g", -1, .share = 1}, {"g/a", 0, .share = 3, .shares = a}, {"g/b", 0, .share = 1}};
    static const struct {
        bool tree;
        simtime from, to;
        double demands[3], want[3]; /* due to each's own jobs */
    } rows[] = {
        {false, 0, 10 * H, {99, 99, 0}, {59.5, 40.5, 0}},
        {false, 0, 10 * H, {50, 99, 0}, {50, 50, 0}},
        {false, 5 * H, 8 * H, {99, 99, 0}, {75, 25, 0}},
        {false, 0, 5 * H, {99, 99, 0}, {50, 50, 0}},
        {false, 9 * H, 9 * H, {99, 99, 0}, {60, 40, 0}},
        {true, 0, 10 * H, {99, 99, 99}, {80.0 / 3, 140.0 / 3, 80.0 / 3}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct world world = {.tenants = {.items = rows[i].tree ? below : flat, .len = 3}};
        int32_t *order;
        uint32_t *members;
        double own[3], all[3];
        tenant_order(&world, &order, &members);
        const struct tenant_tree lie = {&world, order, members};
        tenants_due(&lie, rows[i].from, rows[i].to, 100, rows[i].demands, own, all);
        for (size_t k = 0; k < 3; k++)
            assert_near(own[k], rows[i].want[k]);
        free(order);
        free(members);
    }
    free(a);
    free(b);
    free(c);
}

static void test_fairness_by_hand(void **ctx)
{
    (void)ctx;
    static const struct {
        double capacity, demands[4], weights[4], want[4];
    } rows[] = {
        {12, {1, 2, 20, 30}, {1, 1, 1, 1}, {1, 2, 4.5, 4.5}},
        {100, {1, 2, 20, 30}, {1, 1, 1, 1}, {1, 2, 20, 30}},
        {4, {5, 5, 5, 5}, {1, 1, 1, 1}, {1, 1, 1, 1}},
        {10, {0, 0, 30, 4}, {1, 1, 1, 1}, {0, 0, 6, 4}},
        {12, {20, 20, 20, 20}, {3, 1, 1, 1}, {6, 2, 2, 2}},
        /* the heavy one leaves 9 of its 12 to three of weight 1, 2 and 1 */
        {16, {3, 20, 20, 20}, {12, 1, 2, 1}, {3, 3.25, 6.5, 3.25}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double shares[4];
        fair_shares(rows[i].capacity, rows[i].demands, rows[i].weights, 4, shares);
        for (size_t k = 0; k < 4; k++)
            assert_near(shares[k], rows[i].want[k]);
    }
    double even[] = {3, 3, 3}, one[] = {0, 0, 0, 5}, mixed[] = {4, 1, 3, 2};
    assert_true(jain_index(even, 3) == 1 && gini_coefficient(even, 3) == 0);
    assert_near(jain_index(one, 4), .25);
    assert_near(gini_coefficient(one, 4), .75);
    assert_near(jain_index(mixed, 4), 100. / 120);
    assert_near(gini_coefficient(mixed, 4), .25);
    assert_true(isnan(jain_index(NULL, 0)) && isnan(gini_coefficient(NULL, 0)));
}

static char *written(void (*write)(struct metrics *metrics, FILE *out), struct metrics *metrics)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    write(metrics, out);
    fclose(out);
    return text;
}

static void write_summary(struct metrics *metrics, FILE *out)
{
    static const char *const notes[] = {"log.swf: 3 of 11 jobs had no request: taken from runtime"};
    const struct summary_options options = {
        .title = "\xe5\x8f\x8c\xe4\xb8\xad\xe5\xbf\x83 by hand\x1b[31m",
        .notes = notes,
        .n_notes = 1};
    summary_write(metrics, &options, out);
}

static const char golden[] =
#include "summary.golden.h"
    ;

static void test_summary(void **ctx)
{
    (void)ctx;
    struct play play;
    const char *selectors[] = {"wait.mean[processors>=8]", "jobs.submitted[tenant=solo]"};
    AUTO(metrics_free)
    struct metrics *metrics =
        run(&play, &(struct metrics_options){.selectors = selectors, .n_selectors = 2});
    char *text = written(write_summary, metrics);
    assert_string_equal(text, golden);
    free(text);
}

static void write_few(struct metrics *metrics, FILE *out)
{
    (void)metrics;
    static const struct metric_row rows[] = {
        {.name = "wait.mean", .scope = "all", .period = "", .value = 0.1, .unit = "s"},
        {.name = "a[b=\"c\", d=1]",
         .scope = "tenant:\xff",
         .period = "2022-05",
         .value = (double)NAN,
         .unit = "1"},
        {.name = "awrt", .scope = "all", .period = "", .value = 92.68765374270771, .unit = "s"},
    };
    metrics_write_csv(rows, ARRAY_LEN(rows), out);
    metrics_write_json(rows, ARRAY_LEN(rows), out);
}

static void test_for_programs(void **ctx)
{
    (void)ctx;
    char *text = written(write_few, NULL);
    assert_string_equal(
        text,
        "name,scope,period,value,unit\n"
        "wait.mean,all,,0.1,s\n"
        "\"a[b=\"\"c\"\", d=1]\",tenant:\xff,2022-05,,1\n"
        "awrt,all,,92.68765374270771,s\n"
        "{\"metrics\": [\n"
        "  {\"name\": \"wait.mean\", \"scope\": \"all\", \"period\": \"\", \"value\": 0.1, "
        "\"unit\": \"s\"},\n"
        "  {\"name\": \"a[b=\\\"c\\\", d=1]\", \"scope\": \"tenant:\xef\xbf\xbd\", \"period\": "
        "\"2022-05\", \"value\": null, \"unit\": \"1\"},\n"
        "  {\"name\": \"awrt\", \"scope\": \"all\", \"period\": \"\", \"value\": "
        "92.68765374270771, \"unit\": \"s\"}\n"
        "]}\n");
    free(text);
    char buffer[48];
    assert_string_equal(count_format(28481, buffer, sizeof(buffer)), "28 481");
    assert_string_equal(count_format(-1234567, buffer, sizeof(buffer)), "-1 234 567");
    assert_string_equal(count_format(0.25, buffer, sizeof(buffer)), "0.2");
    assert_int_equal(text_width("\xe5\x8f\x8c"
                                "a\xff"),
                     4);
}

static void test_table_is_sound(void **ctx)
{
    (void)ctx;
    for (size_t i = 0; i < metrics_table_len; i++) {
        assert_true(*metrics_table[i].unit && strlen(metrics_table[i].definition) > 10);
        assert_ptr_equal(metric_find(metrics_table[i].name), &metrics_table[i]);
    }
    assert_null(metric_find("wait"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),          cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_selectors),        cmocka_unit_test(test_selector_errors),
        cmocka_unit_test(test_accounts),         cmocka_unit_test(test_many_cells),
        cmocka_unit_test(test_whole_nodes),      cmocka_unit_test(test_nothing_happened),
        cmocka_unit_test(test_due_by_hand),      cmocka_unit_test(test_due_of_dated_shares),
        cmocka_unit_test(test_fairness_by_hand), cmocka_unit_test(test_summary),
        cmocka_unit_test(test_for_programs),     cmocka_unit_test(test_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
