/* Quotas and guarantees: by hand, and against a plain count of what runs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/gates.h"
#include "util/date.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR SIMTIME_HOUR
#define NO_LIMIT INT64_MAX

static const struct tenant_quota no_quota = {NO_LIMIT, NO_LIMIT, NO_LIMIT, HUGE_VAL, 0, 0};

/* A world of tenants with what they have from the beginning; to be freed by gates_free. */
static struct gates *open_gates(struct world *world, struct tenant_info *tenants, size_t len,
                                int64_t capacity)
{
    static struct centre_info centres[2];
    struct gate_need needs[64] = {0};
    assert_true(len <= ARRAY_LEN(needs));
    world->centres = centres;
    world->n_centres = ARRAY_LEN(centres);
    world->tenants.items = tenants;
    world->tenants.len = world->tenants.cap = len;
    for (size_t i = 0; i < len; i++)
        needs[i] = (struct gate_need){tenants[i].quota, tenants[i].guarantee};
    struct gates *gates = gates_new(world, needs, NULL);
    for (int32_t i = 0; i < (int32_t)world->n_centres; i++)
        gates_capacity(gates, i, capacity);
    return gates;
}

static struct job job_of(int32_t tenant, int32_t centre, int32_t procs, simtime due)
{
    return (struct job){.spec = {.tenant = tenant, .centre = centre}, .procs = procs, .due = due};
}

static void expect_room(struct gates *gates, int32_t tenant, int64_t quota, int64_t guarantee)
{
    const struct room room = gates_room(gates, gates_of(gates, tenant, 0), 0);
    assert_int_equal(room.quota, quota);
    assert_int_equal(room.guarantee, guarantee);
}

/* A firm of at most 10 processors and 3 jobs, with two projects, one of at most 4. */
static void test_quotas(void **state)
{
    (void)state;
    const struct tenant_quota firm = {10, 3, 2, HUGE_VAL, 0, 0},
                              project = {.processors = 4,
                                         .jobs = NO_LIMIT,
                                         .queued = NO_LIMIT,
                                         .processor_seconds = HUGE_VAL};
    struct tenant_info tenants[] = {
        {"firm", -1, 0, 1, &firm, NULL},
        {"firm/a", 0, 0, 1, NULL, NULL},
        {"firm/b", 0, 0, 1, &project, NULL},
        {"other", -1, 0, 1, NULL, NULL},
    };
    struct world world = {.length = SIMTIME_NEVER};
    AUTO(gates_free) struct gates *gates = open_gates(&world, tenants, 4, 100);
    assert_int_equal(gates_of(gates, 3, 0), -1);
    assert_int_equal(gates_of(gates, 1, 0), gates_of(gates, 0, 0));
    assert_int_equal(gates_reach(gates, gates_of(gates, 3, 0)), GATES_NOWHERE);
    assert_int_equal(gates_reach(gates, gates_of(gates, 1, 0)), GATES_EVERYWHERE);
    assert_false(gates_guarantee(gates));
    expect_room(gates, 1, 10, NO_LIMIT);
    expect_room(gates, 2, 4, NO_LIMIT);
    const struct job away = job_of(1, 1, 7, HOUR), b = job_of(2, 0, 1, HOUR);
    gates_start(gates, &away, 0); /* in another centre: counts as well */
    expect_room(gates, 2, 3, NO_LIMIT);
    gates_start(gates, &b, 0);
    expect_room(gates, 2, 2, NO_LIMIT);
    gates_start(gates, &b, 0);
    expect_room(gates, 1, 0, NO_LIMIT); /* three jobs */
    assert_true(quota_could(&firm, 10, HOUR) && !quota_could(&firm, 11, HOUR));
    assert_true(quota_could(&project, 4, HOUR) && !quota_could(&project, 5, HOUR));
    assert_true(quota_could(NULL, 11, HOUR));
    gates_end(gates, &away, 1);
    expect_room(gates, 1, 8, NO_LIMIT);
    gates_wait(gates, gates_of(gates, 2, 0), 2);
    assert_false(gates_crowded(gates, gates_of(gates, 1, 0)));
    gates_wait(gates, gates_of(gates, 1, 0), 1);
    assert_true(gates_crowded(gates, gates_of(gates, 1, 0)) &&
                gates_crowded(gates, gates_of(gates, 2, 0)));
    assert_false(gates_crowded(gates, gates_of(gates, 3, 0)));
    gates_check(gates);
}

static struct job job_in(int32_t tenant, int32_t qos, int32_t procs)
{
    struct job job = job_of(tenant, 0, procs, HOUR);
    job.spec.qos = (int16_t)qos;
    return job;
}

static void expect_in(struct gates *gates, int32_t tenant, int32_t qos, int64_t quota)
{
    assert_int_equal(gates_room(gates, gates_of(gates, tenant, qos), 0).quota, quota);
}

/* One QOS of at most 6 processors, of which each tenant has at most 4, and one of at most 2 jobs
 * that wait; a firm of at most 10 processors with two projects, and one who has no quota. */
static void test_qos(void **state)
{
    (void)state;
    enum { FIRM, A, B, FREE };
    enum { SHORT = 1, CROWD, LATER };
    const struct tenant_quota firm = {10, NO_LIMIT, NO_LIMIT, HUGE_VAL, 0, 0},
                              six = {6, NO_LIMIT, NO_LIMIT, HUGE_VAL, 0, 0},
                              four = {4, NO_LIMIT, NO_LIMIT, HUGE_VAL, 0, 0},
                              two = {NO_LIMIT, NO_LIMIT, 2, HUGE_VAL, 0, 0};
    struct tenant_info tenants[] = {
        {"firm", -1, 0, 1, &firm, NULL},
        {"firm/a", FIRM, 0, 1, NULL, NULL},
        {"firm/b", FIRM, 0, 1, NULL, NULL},
        {"free", -1, 0, 1, NULL, NULL},
    };
    struct qos_info qos[] = {
        {"none", NULL, NULL}, {"short", &six, &four}, {"crowd", &two, NULL}, {"later", NULL, NULL}};
    struct centre_info centre = {"c"};
    struct world world = {.centres = &centre,
                          .n_centres = 1,
                          .tenants = {tenants, 4, 4},
                          .qos = qos,
                          .n_qos = 4,
                          .length = SIMTIME_NEVER};
    const struct gate_need needs[] = {{.quota = true}, {0}, {0}, {0}};
    const struct qos_need qos_needs[] = {{{0}, {0}},
                                         {{.quota = true}, {.quota = true}},
                                         {{.quota = true}, {0}},
                                         {{0}, {.quota = true}}};
    AUTO(gates_free) struct gates *gates = gates_new(&world, needs, qos_needs);
    /* Who is held alike comes in by one gate. */
    assert_int_equal(gates_of(gates, FREE, 0), -1);
    assert_int_equal(gates_of(gates, A, CROWD), gates_of(gates, B, CROWD));
    assert_int_not_equal(gates_of(gates, A, CROWD), gates_of(gates, FREE, CROWD));
    assert_int_not_equal(gates_of(gates, A, SHORT), gates_of(gates, B, SHORT));
    assert_int_equal(gates_reach(gates, gates_of(gates, FREE, SHORT)), GATES_EVERYWHERE);
    const struct job a = job_in(A, SHORT, 3), plain = job_in(A, 0, 5), b = job_in(B, SHORT, 2),
                     free = job_in(FREE, SHORT, 1);
    gates_start(gates, &a, 0);
    expect_in(gates, A, SHORT, 1);
    expect_in(gates, B, SHORT, 3);    /* of the six */
    expect_in(gates, FREE, SHORT, 3); /* elsewhere just so */
    expect_in(gates, A, 0, 7);
    gates_start(gates, &plain, 0);
    expect_in(gates, B, SHORT, 2); /* of the firm's ten */
    gates_start(gates, &b, 0);
    expect_in(gates, B, SHORT, 0);
    expect_in(gates, FREE, SHORT, 1);
    expect_in(gates, FREE, CROWD, NO_LIMIT);
    gates_check(gates);
    gates_end(gates, &plain, 1);
    gates_start(gates, &free, 1);
    expect_in(gates, FREE, SHORT, 0);
    gates_check(gates);
    /* Jobs that wait, of any tenants. */
    gates_wait(gates, gates_of(gates, A, CROWD), 2);
    assert_false(gates_crowded(gates, gates_of(gates, FREE, CROWD)));
    gates_wait(gates, gates_of(gates, FREE, CROWD), 1);
    assert_true(gates_crowded(gates, gates_of(gates, B, CROWD)));
    assert_false(gates_crowded(gates, gates_of(gates, B, SHORT)));
    /* A dated change: the six become four, which those who run exceed; another QOS gets its first.
     */
    qos[SHORT].quota = &four;
    qos[LATER].each = &four;
    gates_set_qos(gates, SHORT, 2);
    gates_set_qos(gates, LATER, 2);
    expect_in(gates, A, SHORT, 0);
    expect_in(gates, FREE, LATER, 4);
    gates_check(gates);
    gates_end(gates, &a, 3);
    expect_in(gates, A, SHORT, 1);
    gates_check(gates);
}

/* Quotas of processor-hours of a QOS: the first period of each tenant is the one it comes in. */
static void test_qos_hours(void **state)
{
    (void)state;
    const struct tenant_quota hours = {NO_LIMIT, NO_LIMIT, NO_LIMIT, 36000, 0, HOUR};
    struct tenant_info tenants[] = {{"a", -1, 0, 1, NULL, NULL}, {"b", -1, 0, 1, NULL, NULL}};
    struct qos_info qos[] = {{"none", NULL, NULL}, {"q", NULL, &hours}};
    struct centre_info centre = {"c"};
    struct world world = {.centres = &centre,
                          .n_centres = 1,
                          .tenants = {tenants, 2, 2},
                          .qos = qos,
                          .n_qos = 2,
                          .length = SIMTIME_NEVER};
    const struct gate_need needs[2] = {{0}};
    const struct qos_need qos_needs[] = {{{0}, {0}}, {{0}, {.quota = true, .hours = true}}};
    AUTO(gates_free) struct gates *gates = gates_new(&world, needs, qos_needs);
    assert_true(gates_next_turn(gates) == SIMTIME_NEVER);
    gates_advance(gates, 5 * HOUR + 1);
    const int32_t a = gates_of(gates, 0, 1);
    assert_int_equal(gates_next_turn(gates), 6 * HOUR);
    assert_true(gates_counts_time(gates, a));
    struct job job = job_in(0, 1, 10);
    job.due = 6 * HOUR + 1;
    gates_start(gates, &job, 5 * HOUR + 1);
    assert_false(gates_affords(gates, a, 1, 1));
    assert_true(gates_affords(gates, gates_of(gates, 1, 1), 10, HOUR));
    gates_advance(gates, 6 * HOUR);
    assert_true(gates_turn_frees(gates, a, 1, 1));
    gates_turn(gates, 6 * HOUR);
    assert_true(gates_affords(gates, a, 9, HOUR));
    gates_check(gates);
}

/* What a quota never lets run, whatever else does. */
static void test_could(void **state)
{
    (void)state;
    const struct tenant_quota quota = {10, 3, 2, 36000, 0, HOUR},
                              none = {.processors = 10, .processor_seconds = HUGE_VAL};
    assert_true(quota_could(NULL, 1000, HOUR));
    assert_true(quota_could(&quota, 10, HOUR) && !quota_could(&quota, 11, 1));
    assert_true(quota_could(&quota, 5, 2 * HOUR) && !quota_could(&quota, 5, 2 * HOUR + 1));
    assert_false(quota_could(&none, 1, 1)); /* no jobs */
}

/* 10 processor-hours each hour: what runs counts to its request, what ends early gives back. */
static void test_hours(void **state)
{
    (void)state;
    const struct tenant_quota quota = {NO_LIMIT, NO_LIMIT, NO_LIMIT, 36000, 0, HOUR};
    struct tenant_info tenants[] = {{"t", -1, 0, 1, &quota, NULL}};
    struct world world = {.length = SIMTIME_NEVER};
    AUTO(gates_free) struct gates *gates = open_gates(&world, tenants, 1, 100);
    assert_true(gates_counts_time(gates, 0) && !gates_spent(gates));
    assert_int_equal(gates_next_turn(gates), HOUR);
    assert_true(gates_affords(gates, 0, 10, HOUR) && !gates_affords(gates, 0, 10, HOUR + 1));
    assert_true(quota_could(&quota, 10, HOUR) && !quota_could(&quota, 10, HOUR + 1));
    const struct job job = job_of(0, 0, 4, 2 * HOUR), rest = job_of(0, 0, 2, HOUR);
    gates_start(gates, &job, 0);
    assert_true(gates_spent(gates));
    assert_true(gates_affords(gates, 0, 2, HOUR) && !gates_affords(gates, 0, 2, HOUR + 1));
    gates_start(gates, &rest, 0);
    expect_room(gates, 0, 0, NO_LIMIT);
    gates_end(gates, &rest, HOUR / 2); /* used 1 of 2 */
    assert_true(gates_affords(gates, 0, 1, HOUR) && !gates_affords(gates, 0, 1, HOUR + 1));
    gates_turn(gates, HOUR); /* the rest of the first job counts in this period */
    assert_int_equal(gates_next_turn(gates), 2 * HOUR);
    assert_true(gates_affords(gates, 0, 6, HOUR) && !gates_affords(gates, 0, 6, HOUR + 1));
    gates_end(gates, &job, HOUR + HOUR / 4); /* used 1 of 4 */
    assert_true(gates_affords(gates, 0, 9, HOUR) && !gates_affords(gates, 0, 9, HOUR + 1));
    gates_turn(gates, 2 * HOUR);
    assert_true(gates_affords(gates, 0, 10, HOUR));
    gates_check(gates);
}

/* 10 processor-hours each 4 hours: two processors run on beyond their hour, and count as they do.
 */
static void test_overrun(void **state)
{
    (void)state;
    const struct tenant_quota quota = {NO_LIMIT, NO_LIMIT, NO_LIMIT, 36000, 0, 4 * HOUR};
    struct tenant_info tenants[] = {{"t", -1, 0, 1, &quota, NULL}};
    struct world world = {.length = SIMTIME_NEVER};
    AUTO(gates_free) struct gates *gates = open_gates(&world, tenants, 1, 100);
    struct job job = job_of(0, 0, 2, HOUR);
    gates_start(gates, &job, 0);
    gates_advance(gates, HOUR);
    assert_true(gates_affords(gates, 0, 8, HOUR) && !gates_affords(gates, 0, 8, HOUR + 1));
    job.overdue = true;
    gates_overdue(gates, &job);
    assert_true(gates_affords(gates, 0, 8, HOUR) && !gates_affords(gates, 0, 8, HOUR + 1));
    gates_advance(gates, 3 * HOUR); /* 2 x 3 h ran */
    assert_true(gates_affords(gates, 0, 4, HOUR) && !gates_affords(gates, 0, 4, HOUR + 1));
    gates_end(gates, &job, 3 * HOUR); /* as for a claim, and in vain */
    gates_advance(gates, 3 * HOUR + 1);
    assert_true(gates_affords(gates, 0, 4, HOUR) && !gates_affords(gates, 0, 4, HOUR + 1));
    gates_advance(gates, 3 * HOUR);
    gates_start(gates, &job, 3 * HOUR);
    gates_advance(gates, 4 * HOUR);
    gates_turn(gates, 4 * HOUR); /* it is committed to nothing more */
    assert_true(gates_affords(gates, 0, 10, HOUR) && !gates_affords(gates, 0, 10, HOUR + 1));
    gates_advance(gates, 6 * HOUR);
    assert_true(gates_affords(gates, 0, 6, HOUR) && !gates_affords(gates, 0, 6, HOUR + 1));
    gates_end(gates, &job, 6 * HOUR);
    gates_advance(gates, 7 * HOUR);
    assert_true(gates_affords(gates, 0, 6, HOUR) && !gates_affords(gates, 0, 6, HOUR + 1));
    gates_check(gates);
}

static void expect_turns(int months, const char *start, const char *const *want, size_t len)
{
    const struct tenant_quota quota = {NO_LIMIT, NO_LIMIT, NO_LIMIT, 1, months, 0};
    struct tenant_info tenants[] = {{"t", -1, 0, 1, &quota, NULL}};
    struct date_value date;
    struct error err;
    char text[40];
    assert_int_equal(date_parse(start, &date, &err), 0);
    struct world world = {.start = date.instant, .offset = date.offset, .length = SIMTIME_NEVER};
    AUTO(gates_free) struct gates *gates = open_gates(&world, tenants, 1, 100);
    for (size_t i = 0; i < len; i++) {
        const simtime turn = gates_next_turn(gates);
        date_format(world.start + turn, world.offset, text, sizeof(text));
        assert_string_equal(text, want[i]);
        gates_turn(gates, turn);
    }
}

static void test_calendar(void **state)
{
    (void)state;
    expect_turns(1, "2023-11-15T07:00+08:00",
                 (const char *const[]){"2023-12-01T00:00:00+08:00", "2024-01-01T00:00:00+08:00",
                                       "2024-02-01T00:00:00+08:00", "2024-03-01T00:00:00+08:00"},
                 4);
    expect_turns(3, "2023-11-15T07:00+08:00",
                 (const char *const[]){"2024-01-01T00:00:00+08:00", "2024-04-01T00:00:00+08:00"},
                 2);
    expect_turns(12, "2024-01-01T00:00+08:00",
                 (const char *const[]){"2025-01-01T00:00:00+08:00", "2026-01-01T00:00:00+08:00"},
                 2);
}

/* Kueue's example of a cohort: two teams, each sure of its part of 100; one borrows what the other
 * leaves, but for what that does not lend, and no more than its own bound. */
static void test_cohort(void **state)
{
    (void)state;
    const struct tenant_guarantee a = {40, 20, NO_LIMIT}, b = {60, NO_LIMIT, 10};
    struct tenant_info tenants[] = {
        {"a", -1, 0, 1, NULL, &a}, {"b", -1, 0, 1, NULL, &b}, {"guest", -1, 0, 1, NULL, NULL}};
    struct world world = {.length = SIMTIME_NEVER};
    AUTO(gates_free) struct gates *gates = open_gates(&world, tenants, 3, 100);
    assert_true(gates_guarantee(gates));
    assert_int_equal(gates_reach(gates, gates_of(gates, 0, 0)), GATES_CENTRE);
    expect_room(gates, 0, NO_LIMIT, 50); /* b keeps 50 */
    expect_room(gates, 1, NO_LIMIT, NO_LIMIT);
    expect_room(gates, 2, NO_LIMIT, 50);
    const struct job first = job_of(0, 0, 45, HOUR), guest = job_of(2, 0, 3, HOUR);
    gates_start(gates, &first, 0);
    expect_room(gates, 0, NO_LIMIT, 5);
    assert_int_equal(gates_claim(gates, 0, 0), 0); /* it has more than its guarantee */
    assert_int_equal(gates_claim(gates, 1, 0), 60);
    assert_int_equal(gates_claim(gates, 1, 1), 0); /* not its home */
    gates_start(gates, &guest, 0);
    expect_room(gates, 0, NO_LIMIT, 2);
    const struct job small = job_of(1, 0, 50, HOUR);
    assert_true(gates_admit(gates, gates_of(gates, 1, 0), 0, 50, HOUR));
    gates_start(gates, &small, 0);
    assert_int_equal(gates_claim(gates, 1, 0), 10);
    expect_room(gates, 0, NO_LIMIT, 15);                 /* b keeps nothing more, a may have 60 */
    assert_true(gates_borrows(gates, &first, 1, 0, 1));  /* a has 45 of 40 */
    assert_true(gates_borrows(gates, &guest, 1, 0, 1));  /* who has none borrows all */
    assert_false(gates_borrows(gates, &small, 1, 0, 1)); /* one's own */
    assert_false(gates_borrows(gates, &small, 0, 0, 1)); /* b has 50 of 60 */
    gates_check(gates);
}

/* What brothers keep is out of reach at each level: of 100, q keeps 40 and d 30 from c. */
static void test_nested(void **state)
{
    (void)state;
    const struct tenant_guarantee p = {60, NO_LIMIT, 0}, q = {40, NO_LIMIT, 0},
                                  c = {20, NO_LIMIT, 0}, d = {30, 5, 0}, e = {50, NO_LIMIT, 0};
    struct tenant_info tenants[] = {
        {"p", -1, 0, 1, NULL, &p},  {"q", -1, 0, 1, NULL, &q},     {"p/c", 0, 0, 1, NULL, &c},
        {"p/d", 0, 0, 1, NULL, &d}, {"p/away", 0, 1, 1, NULL, &e},
    };
    struct world world = {.length = SIMTIME_NEVER};
    AUTO(gates_free) struct gates *gates = open_gates(&world, tenants, 5, 100);
    expect_room(gates, 2, NO_LIMIT, 30);
    expect_room(gates, 3, NO_LIMIT, 35); /* its own bound; 100 - 40 - 20 */
    expect_room(gates, 1, NO_LIMIT, 40);
    const struct job job = job_of(2, 0, 25, HOUR);
    gates_start(gates, &job, 0);
    expect_room(gates, 2, NO_LIMIT, 5);
    expect_room(gates, 3, NO_LIMIT, 35);
    assert_true(gates_borrows(gates, &job, 3, 0, 1));  /* 25 of 20, from d */
    assert_false(gates_borrows(gates, &job, 1, 0, 1)); /* but p has 25 of 60 */
    assert_int_equal(gates_claim(gates, 0, 0), 5);     /* of 35 d keeps 30 */
    gates_check(gates);
}

/* Above a group that borrows, only those of its members that borrow lose: a has 9 of 6, a/1 its 3
 * and a/2 6 of 3. */
static void test_members(void **state)
{
    (void)state;
    const struct tenant_guarantee six = {6, NO_LIMIT, NO_LIMIT}, three = {3, NO_LIMIT, NO_LIMIT};
    struct tenant_info tenants[] = {
        {"a", -1, 0, 1, NULL, &six},
        {"a/1", 0, 0, 1, NULL, &three},
        {"a/2", 0, 0, 1, NULL, &three},
        {"b", -1, 0, 1, NULL, &six},
    };
    struct world world = {.length = SIMTIME_NEVER};
    AUTO(gates_free) struct gates *gates = open_gates(&world, tenants, 4, 12);
    const struct job covered = job_of(1, 0, 3, HOUR), borrowed = job_of(2, 0, 6, HOUR),
                     own = job_of(0, 0, 1, HOUR);
    gates_start(gates, &covered, 0);
    gates_start(gates, &borrowed, 0);
    const int32_t b = gates_of(gates, 3, 0);
    assert_false(gates_borrows(gates, &covered, b, 0, 3));
    assert_true(gates_borrows(gates, &borrowed, b, 0, 3));
    assert_true(gates_borrows(gates, &own, b, 0, 3)); /* of the group itself */
    gates_end(gates, &borrowed, 0);
    gates_start(gates, &covered, 0); /* a has 6 of 6, a/1 6 of 3: within the group */
    assert_false(gates_borrows(gates, &covered, b, 0, 3));
    assert_true(gates_borrows(gates, &covered, gates_of(gates, 2, 0), 0, 3));
}

/* A bound of one above holds claims as well. */
static void test_bounded_claim(void **state)
{
    (void)state;
    const struct tenant_guarantee p = {50, 10, NO_LIMIT}, c = {30, NO_LIMIT, NO_LIMIT};
    struct tenant_info tenants[] = {
        {"p", -1, 0, 1, NULL, &p}, {"p/c", 0, 0, 1, NULL, &c}, {"p/d", 0, 0, 1, NULL, NULL}};
    struct world world = {.length = SIMTIME_NEVER};
    AUTO(gates_free) struct gates *gates = open_gates(&world, tenants, 3, 100);
    const struct job job = job_of(2, 0, 45, HOUR);
    gates_start(gates, &job, 0);
    assert_int_equal(gates_claim(gates, gates_of(gates, 1, 0), 0), 15);
    assert_int_equal(gates_owed(gates, gates_of(gates, 1, 0), 0), 30);
    expect_room(gates, 1, NO_LIMIT, 15);
}

/* So does a quota of processors of one above; other quotas hold what is owed, too: those of jobs,
 * and all of one's own. */
static void test_owed_within_a_quota(void **state)
{
    (void)state;
    struct tenant_quota firm = {50, 2, NO_LIMIT, HUGE_VAL, 0, 0},
                        own = {35, NO_LIMIT, NO_LIMIT, HUGE_VAL, 0, 0};
    const struct tenant_guarantee c = {30, NO_LIMIT, NO_LIMIT};
    struct tenant_info tenants[] = {
        {"p", -1, 0, 1, &firm, NULL}, {"p/c", 0, 0, 1, &own, &c}, {"p/d", 0, 0, 1, NULL, NULL}};
    struct world world = {.length = SIMTIME_NEVER};
    AUTO(gates_free) struct gates *gates = open_gates(&world, tenants, 3, 100);
    const int32_t gate = gates_of(gates, 1, 0);
    const struct job job = job_of(2, 0, 45, HOUR), away = job_of(1, 1, 10, HOUR);
    gates_start(gates, &job, 0);
    assert_int_equal(gates_claim(gates, gate, 0), 30);
    assert_true(gates_owes(gates, gate, 0, 30, HOUR) && !gates_owes(gates, gate, 0, 31, HOUR));
    assert_true(gates_claims(gates, gate, 0, 5, HOUR) && !gates_claims(gates, gate, 0, 6, HOUR));
    gates_start(gates, &away, 0);                    /* of the 35 */
    assert_int_equal(gates_owed(gates, gate, 0), 0); /* two jobs */
    firm.jobs = 3;
    assert_int_equal(gates_owed(gates, gate, 0), 25);
    assert_int_equal(gates_owed(gates, gates_of(gates, 2, 0), 0), 0);
}

/* --- at random, against a count --- */

/* Of 8 processors of A x and y are guaranteed 4 each, of the first centre. y runs on 4 of the
 * second: that is its part of A, and x keeps the rest. */
static void test_part_away(void **state)
{
    (void)state;
    const struct tenant_quota quota = {8, NO_LIMIT, NO_LIMIT, HUGE_VAL, 0, 0};
    const struct tenant_guarantee four = {4, NO_LIMIT, 0};
    struct tenant_info tenants[] = {{"A", -1, 0, 1, &quota, NULL},
                                    {"A/x", 0, 0, 1, NULL, &four},
                                    {"A/y", 0, 0, 1, NULL, &four}};
    struct world world = {.length = SIMTIME_NEVER};
    AUTO(gates_free) struct gates *gates = open_gates(&world, tenants, 3, 20);
    const int32_t x = gates_of(gates, 1, 0), y = gates_of(gates, 2, 0);
    const struct job away = job_of(2, 1, 4, HOUR), last = job_of(1, 0, 4, HOUR);
    assert_true(gates_admit(gates, y, 1, 4, HOUR) && !gates_admit(gates, y, 1, 5, HOUR));
    gates_start(gates, &away, 0);
    expect_room(gates, 2, 4, 0);
    assert_int_equal(gates_claim(gates, y, 0), 0);
    assert_int_equal(gates_owed(gates, y, 0), 4); /* A might run on more */
    assert_false(gates_admit(gates, y, 0, 1, HOUR));
    assert_true(gates_claims(gates, x, 0, 4, HOUR) && gates_admit(gates, x, 0, 4, HOUR));
    gates_check(gates);
    gates_start(gates, &last, 0);
    gates_check(gates);
    gates_end(gates, &away, 0);
    assert_true(gates_claims(gates, y, 0, 4, HOUR));
    gates_check(gates);
}

static uint64_t lcg;

static int64_t draw(int64_t below)
{
    lcg = lcg * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((lcg >> 33) % (uint64_t)below);
}

struct past {
    struct job job;
    simtime began, end; /* end: by request, while it runs, and then as it goes on */
    bool runs;
};

struct naive {
    const struct world *world;
    struct past jobs[4000];
    size_t len;
    int64_t capacity;
    simtime now;
};

static bool is_below(const struct naive *naive, int32_t tenant, int32_t above)
{
    while (tenant >= 0 && tenant != above)
        tenant = naive->world->tenants.items[tenant].parent;
    return tenant >= 0;
}

struct sums {
    int64_t procs, jobs, at_home;
    wide spent; /* since `from` */
};

static struct sums sums_of(const struct naive *naive, int32_t tenant, simtime from)
{
    struct sums sums = {0};
    for (size_t i = 0; i < naive->len; i++) {
        const struct past *past = &naive->jobs[i];
        const struct job *job = &past->job;
        if (!is_below(naive, job->spec.tenant, tenant))
            continue;
        const simtime since = past->began > from ? past->began : from;
        sums.spent += past->end > since ? (wide)job->procs * (past->end - since) : 0;
        if (!past->runs)
            continue;
        sums.procs += job->procs;
        sums.jobs++;
        if (job->spec.centre == naive->world->tenants.items[tenant].home)
            sums.at_home += job->procs;
    }
    return sums;
}

static simtime period_of(const struct naive *naive, int32_t tenant)
{
    const struct tenant_quota *quota = naive->world->tenants.items[tenant].quota;
    return quota && quota->step > 0 ? naive->now / quota->step * quota->step : 0;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What the quota of one tenant leaves, its processors looked at or not. */
static int64_t naive_quota_at(const struct naive *naive, int32_t tenant, bool processors)
{
    const struct tenant_quota *quota = naive->world->tenants.items[tenant].quota;
    if (!quota)
        return NO_LIMIT;
    const struct sums sums = sums_of(naive, tenant, period_of(naive, tenant));
    if (sums.jobs >= quota->jobs ||
        (isfinite(quota->processor_seconds) &&
         sums.spent >= (wide)(quota->processor_seconds * SIMTIME_SECOND)))
        return 0;
    return processors && quota->processors < NO_LIMIT ? quota->processors - sums.procs : NO_LIMIT;
}

static int64_t naive_quota(const struct naive *naive, int32_t tenant)
{
    int64_t room = NO_LIMIT;
    for (int32_t up = tenant; up >= 0; up = naive->world->tenants.items[up].parent)
        room = least(room, naive_quota_at(naive, up, true));
    return room;
}

static bool naive_affords(const struct naive *naive, int32_t tenant, int64_t procs, simtime request)
{
    for (int32_t up = tenant; up >= 0; up = naive->world->tenants.items[up].parent) {
        const struct tenant_quota *quota = naive->world->tenants.items[up].quota;
        if (quota && isfinite(quota->processor_seconds) &&
            sums_of(naive, up, period_of(naive, up)).spent + (wide)procs * request >
                (wide)(quota->processor_seconds * SIMTIME_SECOND))
            return false;
    }
    return true;
}

static int64_t naive_kept(const struct naive *naive, int32_t tenant);

/* By those below the tenant. */
static int64_t naive_below(const struct naive *naive, int32_t tenant)
{
    const struct tenant_info *tenants = naive->world->tenants.items;
    int64_t kept = 0;
    for (size_t i = 0; i < naive->world->tenants.len; i++)
        if (tenants[i].parent == tenant && tenants[i].home == tenants[tenant].home)
            kept += naive_kept(naive, (int32_t)i);
    return kept;
}

static int64_t naive_kept(const struct naive *naive, int32_t tenant)
{
    const struct tenant_guarantee *g = naive->world->tenants.items[tenant].guarantee;
    const int64_t below = naive_below(naive, tenant);
    const int64_t kept = g && g->lend < g->processors
                             ? g->processors - g->lend - sums_of(naive, tenant, 0).at_home
                             : 0;
    return kept > below ? kept : below;
}

/* What it keeps of the quotas above, which what it runs on elsewhere uses up too. */
static int64_t naive_parts(const struct naive *naive, int32_t parent, int32_t but);

static int64_t naive_part(const struct naive *naive, int32_t tenant)
{
    const struct tenant_guarantee *g = naive->world->tenants.items[tenant].guarantee;
    const int64_t below = naive_parts(naive, tenant, -1);
    const int64_t kept = g && g->lend < g->processors
                             ? g->processors - g->lend - sums_of(naive, tenant, 0).procs
                             : 0;
    return kept > below ? kept : below;
}

static int64_t naive_parts(const struct naive *naive, int32_t parent, int32_t but)
{
    int64_t parts = 0;
    for (size_t i = 0; i < naive->world->tenants.len; i++)
        if (naive->world->tenants.items[i].parent == parent && (int32_t)i != but)
            parts += naive_part(naive, (int32_t)i);
    return parts;
}

/* What the quota of `at` leaves but for `parts`. */
static int64_t naive_unkept(const struct naive *naive, int32_t at, int64_t parts)
{
    const struct tenant_quota *quota = naive->world->tenants.items[at].quota;
    return quota && quota->processors < NO_LIMIT && parts > 0
               ? quota->processors - sums_of(naive, at, 0).procs - parts
               : NO_LIMIT;
}

static int64_t naive_room(const struct naive *naive, int32_t tenant, int32_t centre)
{
    const struct tenant_info *tenants = naive->world->tenants.items;
    int64_t room = NO_LIMIT, busy = 0;
    int64_t kept = tenants[tenant].home == centre ? naive_below(naive, tenant) : 0;
    int64_t parts = naive_parts(naive, tenant, -1);
    for (int32_t up = tenant; up >= 0; up = tenants[up].parent) {
        const struct tenant_guarantee *g = tenants[up].guarantee;
        room = least(room, naive_unkept(naive, up, parts));
        parts += naive_parts(naive, tenants[up].parent, up);
        if (tenants[up].home != centre)
            continue;
        if (g && g->borrow < NO_LIMIT)
            room = least(room, g->processors + g->borrow - sums_of(naive, up, 0).at_home - kept);
        for (size_t i = 0; i < naive->world->tenants.len; i++)
            if ((int32_t)i != up && tenants[i].parent == tenants[up].parent &&
                tenants[i].home == centre)
                kept += naive_kept(naive, (int32_t)i);
    }
    for (size_t i = 0; i < naive->len; i++)
        if (naive->jobs[i].runs && naive->jobs[i].job.spec.centre == centre)
            busy += naive->jobs[i].job.procs;
    return kept > 0 ? least(room, naive->capacity - busy - kept) : room;
}

/* What it does not use of the nearest guarantee, `*claimer`; 0: there is none. */
static int64_t naive_unused(const struct naive *naive, int32_t tenant, int32_t centre,
                            int32_t *claimer)
{
    const struct tenant_info *tenants = naive->world->tenants.items;
    int64_t kept = tenants[tenant].home == centre ? naive_below(naive, tenant) : 0;
    int32_t up = tenant;
    for (; up >= 0 && (tenants[up].home != centre || !tenants[up].guarantee);
         up = tenants[up].parent)
        for (size_t i = 0; i < naive->world->tenants.len; i++)
            if ((int32_t)i != up && tenants[i].parent == tenants[up].parent &&
                tenants[i].home == centre && tenants[up].home == centre)
                kept += naive_kept(naive, (int32_t)i);
    *claimer = up;
    return up < 0 ? 0 : tenants[up].guarantee->processors - sums_of(naive, up, 0).at_home - kept;
}

/* As far as what others keep of quotas, and those above, let it. */
static int64_t naive_claim(const struct naive *naive, int32_t tenant, int32_t centre)
{
    const struct tenant_info *tenants = naive->world->tenants.items;
    int32_t claimer;
    int64_t claim = naive_unused(naive, tenant, centre, &claimer);
    int64_t parts = naive_parts(naive, tenant, -1), spare = -NO_LIMIT;
    for (int32_t up = tenant; up >= 0 && claim > 0; up = tenants[up].parent) {
        const struct tenant_guarantee *g = tenants[up].guarantee;
        if (spare > -NO_LIMIT && g && tenants[up].home == centre && g->borrow < NO_LIMIT)
            claim = least(claim, g->processors + g->borrow - sums_of(naive, up, 0).at_home);
        const int64_t unkept = naive_unkept(naive, up, parts);
        claim = least(claim, unkept > spare ? unkept : spare);
        if (up == claimer)
            spare = g->processors - sums_of(naive, up, 0).procs - parts;
        parts += naive_parts(naive, tenants[up].parent, up);
    }
    return claim > 0 ? claim : 0;
}

/* Though those above may not run on more. */
static int64_t naive_owed(const struct naive *naive, int32_t tenant, int32_t centre)
{
    const struct tenant_info *tenants = naive->world->tenants.items;
    int32_t claimer;
    int64_t owed = naive_unused(naive, tenant, centre, &claimer);
    int64_t parts = naive_parts(naive, tenant, -1);
    for (int32_t i = tenant; i >= 0 && claimer >= 0; i = tenants[i].parent) {
        const bool bound = i == claimer || !is_below(naive, claimer, i);
        owed = least(owed, naive_quota_at(naive, i, bound));
        owed = least(owed, bound ? naive_unkept(naive, i, parts) : NO_LIMIT);
        parts += naive_parts(naive, tenants[i].parent, i);
    }
    return owed > 0 ? owed : 0;
}

/* No more than would be let in if nothing ran. */
static int64_t naive_guarantee(struct naive *naive, int32_t tenant, int32_t centre)
{
    const size_t len = naive->len;
    naive->len = 0;
    const int64_t room = naive_room(naive, tenant, centre);
    const int64_t claim = naive_claim(naive, tenant, centre);
    naive->len = len;
    return least(naive_room(naive, tenant, centre), room > claim ? room : claim);
}

/* What one who listens to the news remembers of all gates. */
struct memory {
    struct gates_opening openings[12][2]; /* by tenant and centre */
    struct gates_face faces[12];          /* by gate */
    bool grew[12];
};

enum { ASKED = 12 };
#define AREA ((wide)ASKED * 6 * HOUR)

static bool is_alike(wide a, wide b, wide most)
{
    return a == b || (a <= 0 && b <= 0) || (a >= most && b >= most);
}

static void expect_alike(const struct gates_opening *a, const struct gates_opening *b)
{
    assert_true(is_alike(a->quota, b->quota, ASKED) && is_alike(a->claim, b->claim, ASKED));
    assert_true(is_alike(a->most, b->most, ASKED) && is_alike(a->left, b->left, AREA));
    assert_true(a->pot == b->pot && a->relief == b->relief && a->restless == b->restless);
}

/* Openings say what gates do, and change only where the news, or faces above, say so. */
static void hear(struct gates *gates, const struct naive *naive, struct memory *memory)
{
    bool doubted[12] = {0}, moved[12] = {0}, all;
    size_t len;
    const int32_t *news = gates_news(gates, &len, &all);
    for (size_t i = 0; i < len; i++)
        doubted[news[i]] = true;
    for (int32_t i = 0; i < (int32_t)gates_count(gates); i++) {
        doubted[i] |= all || memory->grew[i];
        memory->grew[i] = gates_grows(gates, i);
        const struct gates_face face = gates_face(gates, i, ASKED, AREA);
        moved[i] = doubted[i] && memcmp(&face, &memory->faces[i], sizeof(face)) != 0;
        assert_true(doubted[i] || memcmp(&face, &memory->faces[i], sizeof(face)) == 0);
        memory->faces[i] = face;
    }
    gates_forget_news(gates);
    for (int32_t i = 0; i < 2 * (int32_t)naive->world->tenants.len; i++) {
        const int32_t gate = gates_of(gates, i / 2, 0), centre = i % 2;
        const struct gates_opening now = gates_opening(gates, gate, centre);
        const struct room room = gates_room(gates, gate, centre);
        const int64_t beyond = now.pot < 0 ? NO_LIMIT : gates_beyond(gates, now.pot, now.relief);
        const int64_t guarantee = least(now.most, beyond);
        assert_int_equal(room.guarantee, guarantee > 0 ? guarantee : 0);
        assert_true(now.quota == room.quota && now.left == gates_left(gates, gate) &&
                    now.claim == gates_claim(gates, gate, centre));
        bool again = gate >= 0 && (doubted[gate] || memory->openings[i / 2][centre].restless);
        for (int32_t at = gate; at >= 0; at = gates_up(gates, at))
            again |= at != gate && moved[at];
        if (!again && gate >= 0)
            expect_alike(&memory->openings[i / 2][centre], &now);
        memory->openings[i / 2][centre] = now;
    }
}

static void compare(struct gates *gates, struct naive *naive)
{
    for (int32_t i = 0; i < (int32_t)naive->world->tenants.len; i++)
        for (int32_t centre = 0; centre < 2; centre++) {
            const int32_t gate = gates_of(gates, i, 0);
            const struct room room = gates_room(gates, gate, centre);
            const int64_t quota = naive_quota(naive, i);
            const int64_t guarantee = naive_guarantee(naive, i, centre);
            assert_int_equal(room.quota, quota > 0 ? quota : 0);
            assert_int_equal(room.guarantee, guarantee > 0 ? guarantee : 0);
            assert_int_equal(gates_owed(gates, gate, centre), naive_owed(naive, i, centre));
            assert_int_equal(gates_claim(gates, gate, centre), naive_claim(naive, i, centre));
            const int32_t procs = (int32_t)(1 + draw(20));
            const simtime request = 1 + draw(5 * HOUR);
            assert_int_equal(gates_affords(gates, gate, procs, request),
                             naive_affords(naive, i, procs, request));
        }
    gates_check(gates);
}

static void start_one(struct gates *gates, struct naive *naive)
{
    const struct world *world = naive->world;
    const int32_t tenant = (int32_t)draw((int64_t)world->tenants.len);
    const int32_t centre = (int32_t)draw(2), procs = (int32_t)(1 + draw(12));
    const simtime request = 1 + draw(6 * HOUR);
    int64_t free = naive->capacity;
    for (size_t i = 0; i < naive->len; i++)
        if (naive->jobs[i].runs && naive->jobs[i].job.spec.centre == centre)
            free -= naive->jobs[i].job.procs;
    const bool admits = gates_admit(gates, gates_of(gates, tenant, 0), centre, procs, request);
    const int64_t claim = gates_claim(gates, gates_of(gates, tenant, 0), centre);
    assert_int_equal(admits,
                     procs <= naive_quota(naive, tenant) &&
                         (procs <= naive_guarantee(naive, tenant, centre) || procs <= claim) &&
                         naive_affords(naive, tenant, procs, request));
    if (!admits || procs > free || naive->len == ARRAY_LEN(naive->jobs))
        return;
    struct past *past = &naive->jobs[naive->len++];
    *past = (struct past){job_of(tenant, centre, procs, naive->now + request), naive->now,
                          naive->now + request, true};
    gates_start(gates, &past->job, naive->now);
}

/* Time goes on to `then`: what reaches its request ends or runs on, others may end sooner. */
static void advance(struct gates *gates, struct naive *naive, simtime then)
{
    for (;;) {
        struct past *next = NULL;
        for (size_t i = 0; i < naive->len; i++)
            if (naive->jobs[i].runs && !naive->jobs[i].job.overdue &&
                (!next || naive->jobs[i].end < next->end))
                next = &naive->jobs[i];
        const simtime turn = gates_next_turn(gates);
        simtime at = next && next->end <= then ? next->end : then;
        if (turn <= at) {
            gates_advance(gates, turn);
            gates_turn(gates, turn);
            continue;
        }
        if (!next || next->end > then)
            break;
        gates_advance(gates, at);
        next->job.overdue = draw(2);
        next->runs = next->job.overdue;
        if (next->runs)
            gates_overdue(gates, &next->job);
        else
            gates_end(gates, &next->job, at);
    }
    naive->now = then;
    gates_advance(gates, then);
    for (size_t i = 0; i < naive->len; i++) {
        struct past *past = &naive->jobs[i];
        if (past->runs && past->job.overdue)
            past->end = then;
        if (!past->runs || draw(8) > 0)
            continue;
        past->runs = false;
        past->end = naive->now;
        gates_end(gates, &past->job, naive->now);
    }
}

static struct tenant_quota draw_quota(void)
{
    struct tenant_quota quota = no_quota;
    if (draw(2))
        quota.processors = 1 + draw(40);
    if (draw(3) == 0)
        quota.jobs = 1 + draw(6);
    if (draw(2)) {
        quota.processor_seconds = (double)(1 + draw(50)) * 3600;
        quota.step = draw(3) ? HOUR * (1 + draw(10)) : 0;
    }
    return quota;
}

static void run_random(uint64_t seed)
{
    struct tenant_info tenants[12];
    struct tenant_quota quotas[12];
    struct tenant_guarantee guarantees[12];
    struct world world = {.length = SIMTIME_NEVER};
    struct naive *naive = calloc(1, sizeof(*naive));
    lcg = seed;
    const bool lends = draw(2);
    for (int32_t i = 0; i < 12; i++) {
        quotas[i] = draw_quota();
        guarantees[i] = (struct tenant_guarantee){draw(20), draw(2) ? draw(20) : NO_LIMIT,
                                                  !lends    ? 0
                                                  : draw(2) ? draw(5)
                                                            : NO_LIMIT};
        tenants[i] = (struct tenant_info){.path = "",
                                          .parent = (int32_t)draw(i + 1) - 1,
                                          .home = draw(4) == 0,
                                          .share = 1,
                                          .quota = draw(3) ? NULL : &quotas[i],
                                          .guarantee = draw(3) ? NULL : &guarantees[i]};
    }
    struct memory memory = {0};
    naive->world = &world;
    naive->capacity = 60;
    AUTO(gates_free) struct gates *gates = open_gates(&world, tenants, 12, naive->capacity);
    for (int step = 0; step < 60; step++) {
        advance(gates, naive, naive->now + draw(2) * draw(3 * HOUR));
        for (int i = 0; i < 6; i++)
            start_one(gates, naive);
        compare(gates, naive);
        hear(gates, naive, &memory);
        if (draw(20) == 0) { /* a change at a date */
            const int32_t tenant = (int32_t)draw(12);
            quotas[tenant].processors = 1 + draw(40);
            guarantees[tenant].lend = draw(5);
            gates_set(gates, tenant, tenants[tenant].quota, tenants[tenant].guarantee, naive->now);
            compare(gates, naive);
        }
    }
    free(naive);
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 150; seed++)
        run_random(seed);
}

/* Of 16 processors g may have 6 and borrow 4, of which x keeps 2 from its brother y; h keeps 5. */
static void test_most(void **state)
{
    (void)state;
    const struct tenant_guarantee g = {6, 4, NO_LIMIT}, x = {3, 0, 1}, h = {5, NO_LIMIT, 0};
    struct tenant_info tenants[] = {
        {"g", -1, 0, 1, NULL, &g}, {"g/x", 0, 0, 1, NULL, &x},  {"g/y", 0, 0, 1, NULL, NULL},
        {"h", -1, 0, 1, NULL, &h}, {"i", -1, 0, 1, NULL, NULL}, {"j", -1, 1, 1, NULL, NULL},
    };
    struct world world = {.length = SIMTIME_NEVER};
    AUTO(gates_free) struct gates *gates = open_gates(&world, tenants, 6, 16);
    static const int64_t most[] = {10, 3, 8, 16 - 2, 16 - 5 - 2};
    for (int32_t i = 0; i < 5; i++)
        assert_int_equal(gates_most(gates, gates_of(gates, i, 0), 0), most[i]);
    assert_int_equal(gates_most(gates, gates_of(gates, 0, 0), 1), NO_LIMIT);
    assert_int_equal(gates_most(gates, gates_of(gates, 5, 0), 1), NO_LIMIT);
    const int32_t y = gates_of(gates, 2, 0);
    assert_int_equal(gates_tenant(gates, gates_up(gates, y)), 0);
    assert_int_equal(gates_tenant(gates, gates_claimer(gates, y, 0)), 0);
    assert_int_equal(gates_claimer(gates, gates_of(gates, 4, 0), 0), -1);

    /* In a copy 7 of y run; there it is as in the original once these are taken back. */
    AUTO(gates_free) struct gates *copy = gates_copy(gates);
    gates_suppose(copy, y, 0, 7);
    assert_false(gates_allow(copy, y, 0, 2));
    assert_true(gates_allow(copy, y, 0, 1));
    assert_true(gates_allow(gates, y, 0, 8));
    assert_int_equal(gates_largest(copy, y, 0), 8);
    gates_suppose(gates, y, 0, 6);
    gates_suppose(copy, y, 0, -7);
    assert_true(gates_allow(copy, y, 0, 8));
    gates_assign(copy, gates);
    assert_true(gates_allow(copy, y, 0, 2));
    assert_false(gates_allow(copy, y, 0, 3));
    gates_check(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotas),
        cmocka_unit_test(test_most),
        cmocka_unit_test(test_qos),
        cmocka_unit_test(test_qos_hours),
        cmocka_unit_test(test_hours),
        cmocka_unit_test(test_overrun),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_cohort),
        cmocka_unit_test(test_could),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_bounded_claim),
        cmocka_unit_test(test_owed_within_a_quota),
        cmocka_unit_test(test_part_away),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
