/* Queues in classes, against a sorted list: orders by rank, by sum and live, and gates before an
 * order by job. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/bunch.h"
#include "policy/queue.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR SIMTIME_HOUR
#define TENANTS 90 /* in three groups */
#define JOBS_MAX 400
#define JOBS_MANY 1100 /* more than stand in line */

static uint64_t lcg;

static int64_t draw(int64_t below)
{
    lcg = lcg * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((lcg >> 33) % (uint64_t)below);
}

/* --- bunches --- */

/* The first item from the beginning of no more than some area. */
static void compare_within(const struct bunch *bunch, const struct jobitem *items, size_t len)
{
    const struct jobitem *want = NULL;
    struct jobitem got;
    const int64_t free = draw(60), spare = draw(20), window = draw(1000), area = draw(3000) - 9;
    for (size_t k = 0; k < len; k++) {
        const struct jobitem *item = &items[k];
        if (item->procs <= free && (item->request <= window || item->procs <= spare) &&
            item->procs * item->request <= area && (!want || jobkey_upto(&item->key, &want->key)))
            want = item;
    }
    assert_int_equal(bunch_next_within(bunch, NULL, free, window, spare, area, &got), want != NULL);
    if (want)
        assert_int_equal(got.slot, want->slot);
}

static void test_bunch(void **state)
{
    (void)state;
    static struct jobitem items[200];
    struct bunch bunch = {.least = INT32_MAX};
    struct jobitem got;
    size_t len = 0;
    lcg = 1;
    for (int i = 0; i < 20000; i++) {
        if (len < ARRAY_LEN(items) && draw(200) >= (int64_t)len) {
            items[len] = (struct jobitem){{(double)draw(5), (uint64_t)i},
                                          (uint32_t)i,
                                          (int32_t)(1 + draw(50)),
                                          1 + draw(1000)};
            bunch_insert(&bunch, &items[len++]);
        } else {
            const size_t at = (size_t)draw((int64_t)len);
            assert_true(bunch_remove(&bunch, items[at].key));
            assert_false(bunch_remove(&bunch, items[at].key));
            items[at] = items[--len];
        }
        int32_t least = INT32_MAX;
        const struct jobitem *want = NULL;
        const struct jobkey after = {(double)draw(5), (uint64_t)draw(i + 1)};
        const int64_t free = draw(60), spare = draw(20), window = draw(1000);
        for (size_t k = 0; k < len; k++) {
            const struct jobitem *item = &items[k];
            least = item->procs < least ? item->procs : least;
            if (!jobkey_upto(&item->key, &after) && item->procs <= free &&
                (item->request <= window || item->procs <= spare) &&
                (!want || jobkey_upto(&item->key, &want->key)))
                want = item;
        }
        assert_int_equal(bunch_len(&bunch), len);
        assert_int_equal(bunch.least, least);
        assert_int_equal(bunch_next_fit(&bunch, &after, free, window, spare, &got), want != NULL);
        if (want)
            assert_int_equal(got.slot, want->slot);
        compare_within(&bunch, items, len);
    }
    bunch_deinit(&bunch);
    assert_int_equal(bunch_len(&bunch), 0);
}

/* --- queues --- */

/* As the parameters of multifactor and fair-share lie in memory: taken from their own tables. */
static void set_param(const struct kind *kind, char *params, const char *key, double number)
{
    for (const struct field *field = kind->params; field->kind != FIELD_END; field++) {
        if (strcmp(field->key, key) != 0)
            continue;
        if (field->kind == FIELD_DURATION)
            *(simtime *)(void *)(params + field->offset) = (simtime)(number * SIMTIME_SECOND);
        else
            *(double *)(void *)(params + field->offset) = number;
        return;
    }
    fail_msg("no parameter %s", key);
}

struct subject {
    const struct order_type *order;
    _Alignas(16) char params[256];
    struct tenant_info tenants[TENANTS];
    struct tenant_quota quotas[TENANTS];
    struct tenant_guarantee guarantees[TENANTS];
    struct centre_info centre;
    struct world world;
    struct tenancy tenancy;
    struct jobs jobs;
    struct queue queue;
    double keys[JOBS_MANY][10]; /* by slot */
    size_t key_len;             /* by rank */
    struct job *waiting[JOBS_MANY];
    size_t len;
    struct job running[50];
    size_t n_running;
    simtime now, tick;
    uint64_t seq;
};

static void draw_world(struct subject *s, bool gates)
{
    struct gate_need needs[TENANTS] = {0};
    for (int32_t i = 0; i < TENANTS; i++) {
        s->quotas[i] = (struct tenant_quota){draw(2) ? 5 + draw(40) : INT64_MAX,
                                             draw(2) ? 1 + draw(5) : INT64_MAX,
                                             INT64_MAX,
                                             draw(2) ? 3600. * (double)(1 + draw(200)) : HUGE_VAL,
                                             0,
                                             0};
        s->guarantees[i] = (struct tenant_guarantee){draw(30), INT64_MAX, draw(2) ? 0 : INT64_MAX};
        s->tenants[i] =
            (struct tenant_info){.path = "",
                                 .parent = i < 3 ? -1 : (int32_t)draw(3),
                                 .share = (double)(1 + draw(3)),
                                 .quota = gates && draw(2) ? &s->quotas[i] : NULL,
                                 .guarantee = gates && draw(2) ? &s->guarantees[i] : NULL};
        needs[i] = (struct gate_need){s->tenants[i].quota, s->tenants[i].guarantee};
    }
    s->world = (struct world){.centres = &s->centre, .n_centres = 1, .length = SIMTIME_NEVER};
    s->world.tenants.items = s->tenants;
    s->world.tenants.len = TENANTS;
    s->tenancy.world = &s->world;
    if (gates) {
        s->tenancy.gates = gates_new(&s->world, needs, NULL);
        gates_capacity(s->tenancy.gates, 0, 100);
    }
    if (s->order->shares) {
        const struct shares_config config = s->order->shares(s->params);
        s->tenancy.shares = shares_new(&s->world, &config);
        shares_tick(s->tenancy.shares, 0);
    }
    if (s->order->by == ORDER_BY_RANK)
        s->key_len = s->order->level ? 2 : shares_key_len(s->tenancy.shares) + 1;
    assert_true(s->key_len <= ARRAY_LEN(s->keys[0]));
}

static simtime max_age(const struct subject *s)
{
    return s->order->max_age ? s->order->max_age(s->params) : SIMTIME_NEVER;
}

static bool is_aged(const struct subject *s, const struct job *job)
{
    return max_age(s) < SIMTIME_NEVER && job->spec.submit + max_age(s) <= s->tick;
}

static struct class_view view_of(const struct subject *s, const struct job *job)
{
    return (struct class_view){
        .tenancy = &s->tenancy, .tenant = job->spec.tenant, .processors = 100, .memory = 0};
}

static double score_of(const struct subject *s, const struct job *job)
{
    const struct score_input in = {.request = simtime_seconds(job->spec.request),
                                   .procs = job->spec.ask.procs,
                                   .submit = simtime_seconds(job->spec.submit),
                                   .arrived = simtime_seconds(job->spec.submit),
                                   .priority = job->spec.priority,
                                   .capacity = 100,
                                   .aged = is_aged(s, job)};
    double score = s->order->score ? s->order->score(s->params, &in) : 0;
    if (s->order->by == ORDER_BY_SUM) {
        struct order_offsets offsets;
        bool lasts;
        s->order->offsets(s->params, 2, s->tick, &offsets);
        const double factor = shares_factor(s->tenancy.shares, job->spec.tenant, s->now, &lasts);
        const double sum = offsets.sums[2 * job->spec.priority + is_aged(s, job)];
        score -= order_rounded(sum + offsets.fair_share * factor, offsets.unit);
    }
    return score;
}

static const struct subject *sorting;

static int compare_jobs(const void *a, const void *b)
{
    const struct job *x = *(const struct job *const *)a, *y = *(const struct job *const *)b;
    for (size_t i = 0; i < sorting->key_len; i++) {
        const double p = sorting->keys[x->slot][i], q = sorting->keys[y->slot][i];
        if (p != q)
            return p < q ? -1 : 1;
    }
    const double p = score_of(sorting, x), q = score_of(sorting, y);
    return p != q ? (p < q ? -1 : 1) : x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void sort(struct subject *s)
{
    sorting = s;
    for (size_t i = 0; i < s->len && s->key_len > 0; i++) {
        const struct class_view view = view_of(s, s->waiting[i]);
        double *key = s->keys[s->waiting[i]->slot];
        if (s->order->level)
            key[0] = s->order->level(&view);
        else
            shares_key(s->tenancy.shares, view.tenant, s->now, key, s->key_len - 1);
        key[s->key_len - 1] = s->waiting[i]->spec.priority;
    }
    qsort(s->waiting, s->len, sizeof(*s->waiting), compare_jobs);
}

/* Is it what a search looks for? */
static bool passes(const struct subject *s, const struct job *job, int64_t free, simtime window,
                   int64_t spare)
{
    const int32_t procs = job->spec.ask.procs;
    if (procs > free || (job->spec.request > window && procs > spare))
        return false;
    if (!s->tenancy.gates)
        return true;
    const int32_t gate = gates_of(s->tenancy.gates, job->spec.tenant, 0);
    if (s->queue.scope == SEARCH_OWED)
        return gates_owes(s->tenancy.gates, gate, 0, procs, job->spec.request);
    const struct room room = gates_room(s->tenancy.gates, gate, 0);
    const int64_t claim = gates_claim(s->tenancy.gates, gate, 0);
    const bool held = s->queue.scope == SEARCH_CLAIMS || procs > room.guarantee;
    return procs <= room.quota && (!held || procs <= claim) &&
           gates_affords(s->tenancy.gates, gate, procs, job->spec.request);
}

/* The whole walk with these bounds gives what the list does. */
static void check_walk(struct subject *s)
{
    const int64_t free = draw(4) ? draw(110) : INT64_MAX, spare = draw(3) ? 0 : draw(30);
    const simtime window = draw(3) ? draw(12 * HOUR) : SIMTIME_NEVER;
    struct jobitem item;
    struct jobkey after;
    sort(s);
    s->queue.scope = s->tenancy.gates && draw(3) == 0 ? SEARCH_CLAIMS + draw(2) : SEARCH_ALL;
    bool more = queue_next_fit(&s->queue, NULL, free, window, spare, &item);
    for (size_t i = 0; i < s->len; i++) {
        if (!passes(s, s->waiting[i], free, window, spare))
            continue;
        assert_true(more);
        assert_int_equal(item.key.seq, s->waiting[i]->seq);
        assert_int_equal(item.slot, s->waiting[i]->slot);
        after = item.key;
        more = queue_next_fit(&s->queue, &after, free, window, spare, &item);
    }
    assert_false(more);
    s->queue.scope = SEARCH_ALL;
}

/* So does one by several at a time, also when what was read leaves meanwhile. */
static void check_some(struct subject *s)
{
    struct jobitem items[20];
    struct jobkey after;
    sort(s);
    const struct job *left = NULL;
    size_t at = 0;
    bool begun = false;
    for (size_t got = 1; got > 0;) {
        if (begun && !left && draw(8) == 0) {
            left = s->waiting[at - 1];
            queue_remove(&s->queue, left, left->spec.ask.procs);
        }
        const size_t most = 1 + (size_t)draw(ARRAY_LEN(items));
        got = queue_some(&s->queue, begun ? &after : NULL, most, items);
        assert_true(got <= most);
        for (size_t i = 0; i < got; i++, at++) {
            while (at < s->len && !passes(s, s->waiting[at], INT64_MAX, SIMTIME_NEVER, INT64_MAX))
                at++;
            assert_true(at < s->len);
            assert_int_equal(items[i].key.seq, s->waiting[at]->seq);
            assert_int_equal(items[i].slot, s->waiting[at]->slot);
            after = items[i].key;
            begun = true;
        }
    }
    while (at < s->len)
        assert_false(passes(s, s->waiting[at++], INT64_MAX, SIMTIME_NEVER, INT64_MAX));
    if (left)
        queue_add(&s->queue, left, left->spec.ask.procs, s->now);
}

static void check_list(struct subject *s)
{
    static uint32_t slots[JOBS_MANY];
    sort(s);
    assert_int_equal(queue_len(&s->queue), s->len);
    assert_int_equal(queue_list(&s->queue, slots), s->len);
    for (size_t i = 0; i < s->len; i++)
        assert_int_equal(slots[i], s->waiting[i]->slot);
    classes_check(s->queue.classes);
}

static void submit_one(struct subject *s, int32_t tenant, int32_t priority)
{
    struct job *job = jobs_new(&s->jobs);
    job->live = true;
    job->seq = s->seq++;
    job->state = JOB_PENDING;
    job->spec = (struct job_spec){.tenant = tenant,
                                  .priority = priority,
                                  .submit = draw(5) ? s->now : s->now - draw(s->now + 1),
                                  .request = 1 + draw(20 * HOUR),
                                  .ask = {.procs = (int32_t)(1 + draw(1 + draw(100)))}};
    s->waiting[s->len++] = job;
    if (s->tenancy.gates)
        gates_wait(s->tenancy.gates, gates_of(s->tenancy.gates, job->spec.tenant, 0), 1);
    queue_add(&s->queue, job, job->spec.ask.procs, s->now);
}

static void submit(struct subject *s)
{
    const int32_t tenant = (int32_t)draw(draw(2) ? TENANTS : 5);
    if (s->len < JOBS_MAX)
        submit_one(s, tenant, (int32_t)draw(3));
}

static void use(struct subject *s, const struct job *job, int sign)
{
    if (s->tenancy.gates && sign > 0)
        gates_start(s->tenancy.gates, job, s->now);
    else if (s->tenancy.gates)
        gates_end(s->tenancy.gates, job, s->now);
    if (s->tenancy.shares)
        shares_use(s->tenancy.shares, job->spec.tenant,
                   (struct shares_use){.procs = sign * job->procs}, s->now);
    queue_usage_changed(&s->queue, job->spec.tenant);
}

static void withdraw(struct subject *s, size_t at, bool starts)
{
    struct job *job = s->waiting[at];
    queue_remove(&s->queue, job, job->spec.ask.procs);
    if (s->tenancy.gates)
        gates_wait(s->tenancy.gates, gates_of(s->tenancy.gates, job->spec.tenant, 0), -1);
    s->waiting[at] = s->waiting[--s->len];
    job->procs = job->spec.ask.procs;
    job->due = s->now + job->spec.request;
    if (starts && s->n_running < ARRAY_LEN(s->running)) {
        s->running[s->n_running++] = *job;
        use(s, job, 1);
    }
    jobs_free(&s->jobs, job);
}

static void end_one(struct subject *s)
{
    if (s->n_running == 0)
        return;
    const size_t at = (size_t)draw((int64_t)s->n_running);
    const struct job job = s->running[at];
    s->running[at] = s->running[--s->n_running];
    use(s, &job, -1);
}

static void step(struct subject *s, int64_t busy)
{
    s->now += draw(3) ? 0 : draw(HOUR / 4);
    if (s->tenancy.shares && shares_tick(s->tenancy.shares, s->now)) {
        s->tick = shares_period_began(s->tenancy.shares);
        const simtime now = s->now;
        s->now = s->tick; /* standings are as of then */
        queue_rank(&s->queue, &s->jobs, s->tick, s->tick);
        s->now = now;
    }
    if (draw(20) == 0)
        for (int64_t i = draw(60); i > 0; i--)
            submit(s);
    else if (draw(100) < busy)
        submit(s);
    else if (s->len > 0)
        withdraw(s, (size_t)draw((int64_t)s->len), draw(2));
    if (draw(3) == 0)
        end_one(s);
    queue_settle(&s->queue, s->now);
    if (draw(3) == 0)
        queue_line_up(&s->queue);
    check_walk(s);
    if (draw(4) == 0)
        check_some(s);
    if (draw(20) == 0)
        check_list(s);
}

static struct subject *open_subject(const char *name, bool gates, uint64_t seed)
{
    struct subject *s = calloc(1, sizeof(*s));
    lcg = seed;
    s->order = (const struct order_type *)(const void *)kind_find(&order_kinds, name);
    assert_non_null(s->order);
    if (s->order->shares && !s->order->live) {
        set_param(&s->order->kind, s->params, "half_life", 7200);
        set_param(&s->order->kind, s->params, "period", 1800);
    }
    if (s->order->max_age) {
        set_param(&s->order->kind, s->params, "age", draw(2) ? 1000 : 4e9);
        set_param(&s->order->kind, s->params, "fair_share", draw(2) ? 0.3 : 2000);
        set_param(&s->order->kind, s->params, "size", (double)draw(900) / 7);
        set_param(&s->order->kind, s->params, "class", (double)draw(3) * 333.3);
        set_param(&s->order->kind, s->params, "partition", 1);
        set_param(&s->order->kind, s->params, "max_age", 10000);
    }
    draw_world(s, gates);
    jobs_init(&s->jobs);
    const struct queue_setup setup = {.jobs = &s->jobs,
                                      .order = s->order,
                                      .params = s->params,
                                      .tenancy = s->tenancy,
                                      .processors = 100,
                                      .weight = 2};
    queue_init(&s->queue, &setup);
    assert_non_null(s->queue.classes);
    return s;
}

static void close_subject(struct subject *s)
{
    while (s->len > 0)
        withdraw(s, 0, false);
    assert_int_equal(queue_len(&s->queue), 0);
    queue_deinit(&s->queue);
    jobs_deinit(&s->jobs);
    shares_free(s->tenancy.shares);
    gates_free(s->tenancy.gates);
    free(s);
}

static void run(const char *name, bool gates, uint64_t seed)
{
    struct subject *s = open_subject(name, gates, seed);
    for (int i = 0; i < 400; i++)
        step(s, i / 200 % 2 ? 30 : 65);
    close_subject(s);
}

static void run_seeds(const char *name, bool gates)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        run(name, gates, seed);
}

static void test_by_rank(void **state)
{
    (void)state;
    run_seeds("fair-share", false);
    run_seeds("fair-share", true);
}

static void check_all(struct subject *s)
{
    queue_settle(&s->queue, s->now);
    check_walk(s);
    check_some(s);
    check_list(s);
}

/* In line, more come than stand there; once enough have left they do so again. */
static void run_long(const char *name)
{
    struct subject *s = open_subject(name, false, 7);
    queue_line_up(&s->queue);
    while (s->len < JOBS_MANY) {
        submit_one(s, (int32_t)draw(TENANTS), (int32_t)draw(3));
        if (draw(100) == 0)
            check_all(s);
    }
    check_all(s);
    while (s->len > 0) {
        withdraw(s, (size_t)draw((int64_t)s->len), false);
        if (draw(50) != 0)
            continue;
        queue_line_up(&s->queue);
        check_all(s);
    }
    close_subject(s);
}

static void test_long(void **state)
{
    (void)state;
    run_long("fair-share");
    run_long("multifactor");
}

/* All of the tenants run on so much more. */
static void use_all(struct subject *s, const int64_t *procs, int sign)
{
    for (int32_t tenant = 0; tenant < TENANTS; tenant++)
        shares_use(s->tenancy.shares, tenant, (struct shares_use){.procs = sign * procs[tenant]},
                   s->now);
}

/* All run so for an hour; then a period begins. */
static void pass_hour(struct subject *s, const int64_t *procs)
{
    use_all(s, procs, 1);
    s->now += HOUR;
    use_all(s, procs, -1);
    assert_true(shares_tick(s->tenancy.shares, s->now));
    queue_rank(&s->queue, &s->jobs, s->now, s->now);
    queue_settle(&s->queue, s->now);
    check_walk(s);
    check_list(s);
}

/* A group falls behind one and not the other: all its classes, more than can be numbered one by one
 * between two numbers, go there at once. */
static void test_group(void **state)
{
    (void)state;
    static const int64_t groups[][3] = {
        {0, 10000, 1000000}, {100000, 0, 0}, {0, 500000, 0}, {9000000, 0, 5000000}};
    struct subject *s = open_subject("fair-share", false, 1);
    for (int32_t tenant = 3; tenant < TENANTS; tenant++)
        for (int32_t priority = 0; priority < 3; priority++)
            submit_one(s, tenant, priority);
    for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
        int64_t procs[TENANTS] = {groups[i][0], groups[i][1], groups[i][2]};
        for (int32_t tenant = 3; tenant < TENANTS && i == 0; tenant++)
            procs[tenant] = tenant; /* no two alike */
        pass_hour(s, procs);
    }
    close_subject(s);
}

/* Of two tenants that tie, the second has a job again that came before all: the class of the first,
 * which it passes, stands between two of one tenant, and falls behind both. */
static void test_again(void **state)
{
    (void)state;
    static const int64_t procs[TENANTS] = {[4] = 1};
    struct subject *s = open_subject("fair-share", false, 1);
    s->seq = 1;
    submit_one(s, 4, PRIORITY_HIGH);
    submit_one(s, 3, PRIORITY_HIGH);
    submit_one(s, 3, PRIORITY_LOW);
    s->seq = 0;
    submit_one(s, 3, PRIORITY_HIGH);
    queue_settle(&s->queue, s->now);
    check_list(s);
    pass_hour(s, procs);
    close_subject(s);
}

static void test_by_sum(void **state)
{
    (void)state;
    run_seeds("multifactor", false);
    run_seeds("multifactor", true);
}

static void test_live(void **state)
{
    (void)state;
    run_seeds("drf", false);
    run_seeds("drf", true);
}

static void test_by_job(void **state)
{
    (void)state;
    run_seeds("fcfs", true);
    run_seeds("sjf", true);
}

static void test_rounded(void **state)
{
    (void)state;
    lcg = 1;
    assert_true(order_rounded(3, 0) == 0);
    for (int i = 0; i < 10000; i++) {
        const double unit = ldexp(1, (int)draw(60) - 40);
        /* A half of the last digit now and then, and up to the most there may be. */
        const double part = (double)(draw(INT64_C(1) << 31) << draw(21)) / (draw(2) ? 2 : 7);
        const double x = (draw(2) ? part : -part) * unit;
        assert_true(order_rounded(x, unit) == nearbyint(x / unit) * unit);
    }
}

/* Under drf, of 9 processors. */
struct two_tenants {
    struct tenant_info tenants[2];
    struct world world;
    struct shares *shares; /* owned */
    struct queue_setup setup;
};

static void two_tenants_init(struct two_tenants *two, int64_t memory)
{
    static const struct shares_config config = {.half_life = 0, .period = SIMTIME_NEVER};
    *two =
        (struct two_tenants){.tenants = {{"a", -1, 0, 1, NULL, NULL}, {"b", -1, 0, 1, NULL, NULL}},
                             .world = {.length = SIMTIME_NEVER}};
    two->world.tenants.items = two->tenants;
    two->world.tenants.len = ARRAY_LEN(two->tenants);
    two->shares = shares_new(&two->world, &config);
    two->setup = (struct queue_setup){
        .order = (const struct order_type *)(const void *)kind_find(&order_kinds, "drf"),
        .tenancy = {.world = &two->world, .shares = two->shares},
        .processors = 9,
        .memory = memory};
}

/* NSDI 2011: 9 processors and 18 GB; one tenant's tasks take <1, 4 GB>, the other's <3, 1 GB>:
 * three of the first and two of the second run. */
static void test_drf_example(void **state)
{
    (void)state;
    struct two_tenants two;
    two_tenants_init(&two, 18);
    struct job jobs[20] = {0};
    struct queue queue;
    queue_init(&queue, &two.setup);
    for (uint32_t i = 0; i < ARRAY_LEN(jobs); i++) {
        const int32_t tenant = i < ARRAY_LEN(jobs) / 2;
        jobs[i] = (struct job){.seq = i, .slot = i, .spec = {.tenant = tenant, .request = 1}};
        queue_add(&queue, &jobs[i], tenant == 0 ? 1 : 3, 0);
    }
    int started[2] = {0};
    int64_t procs = 9, memory = 18;
    struct jobitem item;
    for (queue_settle(&queue, 0); queue_first(&queue, &item); queue_settle(&queue, 0)) {
        const int32_t tenant = jobs[item.slot].spec.tenant;
        const int64_t bytes = tenant == 0 ? 4 : 1;
        if (item.procs > procs || bytes > memory)
            break;
        procs -= item.procs;
        memory -= bytes;
        started[tenant]++;
        queue_remove(&queue, &jobs[item.slot], item.procs);
        shares_use(two.shares, tenant, (struct shares_use){item.procs, (double)bytes}, 0);
        queue_usage_changed(&queue, tenant);
    }
    assert_int_equal(started[0], 3);
    assert_int_equal(started[1], 2);
    queue_deinit(&queue);
    shares_free(two.shares);
}

/* Candidates are taken in the order there was: what starts is heard of, and changes nothing until
 * ranks are settled. */
static void test_candidates(void **state)
{
    (void)state;
    struct two_tenants two;
    two_tenants_init(&two, 0);
    /* Of a: high, medium, low; then of b. */
    struct job jobs[6] = {0};
    struct queue queue;
    queue_init(&queue, &two.setup);
    for (uint32_t i = 0; i < ARRAY_LEN(jobs); i++) {
        jobs[i] = (struct job){.seq = i, .slot = i};
        jobs[i].spec = (struct job_spec){.tenant = i / 3, .priority = i % 3, .request = 1};
        queue_add(&queue, &jobs[i], 1, 0);
    }
    static const uint32_t first[] = {0, 3, 1, 4, 2, 5}, last[] = {3, 4, 5, 1, 2};
    struct jobitem item, after;
    queue_settle(&queue, 0);
    assert_true(queue_first(&queue, &item));
    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        assert_int_equal(item.slot, first[i]);
        after = item;
        if (i == 0) {
            queue_remove(&queue, &jobs[0], 1);
            shares_use(two.shares, 0, (struct shares_use){.procs = 1}, 0);
            queue_usage_changed(&queue, 0);
        }
        assert_int_equal(queue_next(&queue, after.key, &item), i + 1 < ARRAY_LEN(first));
    }
    queue_settle(&queue, 0);
    assert_true(queue_first(&queue, &item));
    for (size_t i = 0; i < ARRAY_LEN(last); i++) {
        assert_int_equal(item.slot, last[i]);
        after = item;
        assert_int_equal(queue_next(&queue, after.key, &item), i + 1 < ARRAY_LEN(last));
    }
    queue_deinit(&queue);
    shares_free(two.shares);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bunch),      cmocka_unit_test(test_by_rank),
        cmocka_unit_test(test_group),      cmocka_unit_test(test_again),
        cmocka_unit_test(test_by_sum),     cmocka_unit_test(test_live),
        cmocka_unit_test(test_by_job),     cmocka_unit_test(test_drf_example),
        cmocka_unit_test(test_candidates), cmocka_unit_test(test_rounded),
        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
