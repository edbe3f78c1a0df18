/* The draft of a plan against hand-worked steps and against a profile that holds the same. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NEVER SIMTIME_NEVER

/* Free 2 from 0 on, 4 from 100, 0 from 200, 6 from 300. */
static struct profile *example(void)
{
    struct profile *profile = profile_new(2);
    profile_advance(profile, 0);
    profile_change(profile, 100, 2);
    profile_change(profile, 200, -4);
    profile_change(profile, 300, 6);
    return profile;
}

static void test_earliest(void **state)
{
    (void)state;
    static const struct {
        simtime after, last, duration;
        int32_t procs;
        simtime want;
    } rows[] = {
        {0, NEVER - 1, 200, 2, 0},
        {0, NEVER - 1, 201, 2, 300},
        {0, NEVER - 1, 100, 3, 100},
        {0, 99, 100, 3, NEVER},
        {0, 100, 100, 3, 100},
        {0, NEVER - 1, 101, 3, 300},
        {0, 299, 101, 3, NEVER},
        {150, NEVER - 1, 50, 4, 150},
        {150, NEVER - 1, 51, 4, 300},
        {400, NEVER - 1, NEVER, 6, 400},
        {400, NEVER - 1, 1, 7, NEVER},
        {400, 399, 1, 6, NEVER},
        {0, NEVER - 1, INT64_MAX, 6, 300},
    };
    AUTO(profile_free) struct profile *profile = example();
    static struct draft draft;
    draft_begin(&draft, profile, 0);
    assert_true(draft.flat);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(
            draft_earliest(&draft, rows[i].after, rows[i].last, rows[i].duration, rows[i].procs),
            rows[i].want);
    draft_end(&draft);
}

/* Steps that change nothing vanish, and the profile knows nothing of it all. */
static void test_merging(void **state)
{
    (void)state;
    static const struct {
        simtime from, to;
        int32_t procs;
        uint32_t len; /* afterwards, and what is free at 0, 50, 100, 200, 300, 400 */
        int64_t free[6];
    } rows[] = {
        {100, 200, 2, 3, {2, 2, 2, 0, 6, 6}},
        {0, 50, 1, 4, {1, 2, 2, 0, 6, 6}},
        {50, 100, 1, 4, {1, 1, 2, 0, 6, 6}},
        {300, 400, 6, 4, {1, 1, 2, 0, 0, 6}},
    };
    AUTO(profile_free) struct profile *profile = example();
    static struct draft draft;
    draft_begin(&draft, profile, 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        draft_reserve(&draft, rows[i].from, rows[i].to, rows[i].procs);
        assert_int_equal(draft.len, rows[i].len);
        static const simtime at[] = {0, 50, 100, 200, 300, 400};
        for (size_t k = 0; k < ARRAY_LEN(at); k++)
            assert_int_equal(draft_at(&draft, at[k]), rows[i].free[k]);
    }
    assert_int_equal(draft.touched, 0);
    assert_int_equal(draft_next_step(&draft, 0), 100);
    assert_int_equal(draft_next_step(&draft, 400), NEVER);
    assert_int_equal(draft_until(&draft, 0, 1), 200);
    assert_int_equal(draft_until(&draft, 0, 2), 0);
    assert_int_equal(draft_until(&draft, 400, 6), NEVER);
    draft_end(&draft);
    assert_int_equal(profile_steps(profile), 3);
    draft_deinit(&draft);
}

/* Who wants some processors hears of what leaves fewer, and of what starts. */
static void test_wanted(void **state)
{
    (void)state;
    AUTO(profile_free) struct profile *profile = example();
    static struct draft draft;
    static const struct {
        simtime from, to;
        int32_t procs;
        simtime want;
    } rows[] = {
        {100, 200, 1, NEVER}, {300, 400, 3, NEVER}, {100, 250, 1, 100}, {350, 450, 1, 350},
        {150, 180, 1, 150},   {500, 600, 3, NEVER}, {450, 550, 1, 500},
    };
    draft_begin(&draft, profile, 0);
    draft.wanted = 3;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        draft.touched = NEVER;
        draft_reserve(&draft, rows[i].from, rows[i].to, rows[i].procs);
        assert_int_equal(draft.touched, rows[i].want);
    }
    draft.touched = NEVER;
    draft.wanted = INT32_MIN;
    draft_started(&draft, 0, 1000, 1);
    assert_int_equal(draft.touched, 0);
    draft_end(&draft);
    draft_deinit(&draft);
}

/* A reservation that waits for 300 takes from 299 on what does not come free until then. */
static void test_beside(void **state)
{
    (void)state;
    AUTO(profile_free) struct profile *profile = example();
    static struct draft draft;
    draft_begin(&draft, profile, 0);
    const struct draft_grid grid = draft_grid(251);
    draft_reserve_wide(&draft, &grid, 0, 300, 400, 7);
    assert_int_equal(draft_at(&draft, 250), -1);
    assert_false(draft_took_beside(&draft, 250));
    assert_true(draft_took_beside(&draft, 251));
    assert_true(draft_took_beside(&draft, 300));
    assert_false(draft_took_beside(&draft, 301));
    draft_end(&draft);
    draft_begin(&draft, profile, 0);
    draft_reserve_wide(&draft, &grid, 0, 300, 400, 6);
    assert_false(draft_took_beside(&draft, 280));
    draft_end(&draft);
    draft_deinit(&draft);
}

/* Not good numbers, but the same everywhere. */
static uint64_t lcg;

static uint64_t draw(uint64_t below)
{
    lcg = lcg * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (lcg >> 33) % below;
}

static void compare(struct draft *draft, const struct profile *naive, simtime now)
{
    const simtime t = draw(3) ? now : now + (simtime)draw(3000);
    const int32_t procs = 1 + (int32_t)draw(130);
    const simtime duration = 1 + (simtime)draw(2000);
    const simtime last = draw(2) ? NEVER - 1 : t + (simtime)draw(3000);
    const simtime at = profile_earliest(naive, t, duration, procs);
    assert_int_equal(draft_at(draft, t), profile_at(naive, t));
    assert_int_equal(draft_next_step(draft, t), profile_next_step(naive, t));
    assert_int_equal(draft_until(draft, t, procs), profile_until(naive, t, procs));
    assert_int_equal(draft_earliest(draft, t, last, duration, procs), at <= last ? at : NEVER);
    if (!draft->flat)
        return;
    const simtime end = now + 1 + (simtime)draw(2000);
    uint32_t steps;
    assert_int_equal(draft_most(draft, end, &steps), profile_greatest(naive, now, end));
    assert_int_equal(draft_begins_in(draft, steps, duration, procs),
                     profile_earliest(naive, now, duration, procs) < end);
}

/* As docs/slurm.md has it. */
static void reserve_early(struct profile *naive, simtime soon, simtime from, simtime to,
                          int32_t procs)
{
    const int64_t then = profile_at(naive, from);
    for (simtime s = soon, next; s < from; s = next) {
        next = profile_next_step(naive, s);
        next = next < from ? next : from;
        const int64_t coming = then - profile_at(naive, s);
        if (coming < procs)
            profile_reserve(naive, s, next, coming > 0 ? procs - coming : procs);
    }
    profile_reserve(naive, from, to, procs);
}

/* At a rise, most of the time, as what waits for one does. */
static simtime draw_early(struct draft *draft, simtime now)
{
    const simtime from = now + 1 + (simtime)draw(2000);
    if (draw(4) == 0)
        return from;
    const simtime at = draft_earliest(draft, from, NEVER - 1, 1, 1 + (int32_t)draw(130));
    return at < NEVER ? at : from;
}

static void assert_same(const struct profile *a, const struct profile *b, simtime from)
{
    assert_int_equal(profile_steps(a), profile_steps(b));
    for (simtime t = from; t < NEVER; t = profile_next_step(b, t))
        assert_int_equal(profile_at(a, t), profile_at(b, t));
}

/* Plans of `parts` reservations and starts on a profile of `jobs` running jobs. `naive` holds all,
 * `kept` what is to be left. */
static void run_plan(unsigned jobs, unsigned parts, int64_t free)
{
    static struct draft draft;
    simtime now = (simtime)draw(1000);
    AUTO(profile_free) struct profile *profile = profile_new(free);
    profile_advance(profile, now);
    for (unsigned i = 0; i < jobs; i++)
        profile_reserve(profile, now, now + 1 + (simtime)draw(3000), 1 + (int64_t)draw(20));
    AUTO(profile_free) struct profile *naive = profile_copy(profile);
    AUTO(profile_free) struct profile *kept = profile_copy(profile);
    draft_begin(&draft, profile, now);
    for (unsigned i = 0; i < parts; i++) {
        const bool starts = draw(8) == 0, early = !starts && draw(2) == 0;
        const struct draft_grid grid = draft_grid(1 + (simtime)draw(draw(2) ? 3 : 100));
        const simtime from =
            early ? draw_early(&draft, now) : now + (simtime)draw(starts ? 1 : 3000);
        const simtime before = from - from % grid.step - 1;
        const simtime soon = !early ? from : before > now ? before : now;
        const simtime to = from + 1 + (simtime)draw(1000);
        const int32_t procs = 1 + (int32_t)draw(20);
        if (early)
            reserve_early(naive, soon, from, (to + grid.step - 1) / grid.step * grid.step, procs);
        else
            profile_reserve(naive, from, to, procs);
        draft.touched = NEVER;
        if (starts) {
            profile_reserve(profile, from, to, procs);
            profile_reserve(kept, from, to, procs);
            draft_started(&draft, from, to, procs);
        } else if (early) {
            draft_reserve_wide(&draft, &grid, now, from, to, procs);
        } else {
            draft_reserve(&draft, from, to, procs);
        }
        assert_in_range(draft.touched, soon, from);
        for (unsigned k = 0; k < 3; k++)
            compare(&draft, naive, now);
        if (draft.flat && draw(10) == 0) {
            now += (simtime)draw(300);
            profile_advance(profile, now);
            profile_advance(naive, now);
            profile_advance(kept, now);
            draft_advance(&draft, now);
            draft_check(&draft, now);
        }
    }
    draft_end(&draft);
    profile_check(profile);
    assert_same(profile, kept, now);
    draft_deinit(&draft);
    memset(&draft, 0, sizeof(draft));
}

static void test_random(void **state)
{
    (void)state;
    static const unsigned jobs[] = {0, 3, 40, 250, 600}, parts[] = {3, 20, 100, 700};
    lcg = 1;
    for (unsigned round = 0; round < 10; round++)
        for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
            for (size_t k = 0; k < ARRAY_LEN(parts); k++)
                run_plan(jobs[i], parts[k], 20 + 10 * (int64_t)jobs[i]);
}

/* Multiples as divisions have them, near the end of a step and where times are no longer exact as
 * floating point; what ends close to the end of time is not widened. */
static void test_grid(void **state)
{
    (void)state;
    static const simtime steps[] = {1, 3, 7, 60000000, 1000003, INT64_C(1000000000000000)};
    static const simtime most[] = {100, INT64_C(1) << 40, INT64_C(1) << 53, NEVER - 1};
    lcg = 1;
    for (unsigned i = 0; i < 4000; i++) {
        static struct draft draft;
        const simtime step = steps[i % ARRAY_LEN(steps)];
        const struct draft_grid grid = draft_grid(step);
        const simtime from = (simtime)(draw(1 << 30) << 31 | draw(1 << 30)) % most[i / 7 % 4];
        simtime to = from + 1 + (simtime)draw(3) * step;
        if (draw(2) > 0)
            to += (step - to % step) % step + (simtime)draw(3) - 1;
        to = to > from ? to : from + 1;
        AUTO(profile_free) struct profile *profile = profile_new(5);
        const simtime end = to > NEVER - step ? to : (to + step - 1) / step * step;
        const simtime soon = from - from % step - 1;
        draft_begin(&draft, profile, -2);
        draft_reserve_wide(&draft, &grid, -2, from, to, 1);
        assert_int_equal(draft_next_step(&draft, -2), soon);
        assert_int_equal(draft_next_step(&draft, soon), end < NEVER ? end : NEVER);
        draft_end(&draft);
        draft_deinit(&draft);
        memset(&draft, 0, sizeof(draft));
    }
}

/* What 32 bits may not hold stands in the profile: from the beginning, or once too much is taken.
 */
static void test_large(void **state)
{
    (void)state;
    static const struct {
        int64_t free;
        bool begins, stays;
    } rows[] = {{(INT64_C(1) << 30) - 1, true, false},
                {INT64_C(1) << 30, false, false},
                {-(INT64_C(1) << 30), false, false},
                {INT64_C(1) << 40, false, false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        static struct draft draft;
        AUTO(profile_free) struct profile *profile = profile_new(rows[i].free);
        profile_advance(profile, 5);
        draft_begin(&draft, profile, 5);
        assert_int_equal(draft.flat, rows[i].begins);
        draft_reserve(&draft, 10, 20, 1 << 30);
        assert_int_equal(draft.flat, rows[i].begins);
        draft_reserve(&draft, 15, 30, 1);
        assert_int_equal(draft.flat, rows[i].stays);
        assert_int_equal(draft_at(&draft, 17), rows[i].free - (INT64_C(1) << 30) - 1);
        assert_int_equal(draft_at(&draft, 30), rows[i].free);
        draft_end(&draft);
        assert_int_equal(profile_steps(profile), 0);
        draft_deinit(&draft);
        memset(&draft, 0, sizeof(draft));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_earliest), cmocka_unit_test(test_merging),
        cmocka_unit_test(test_wanted),   cmocka_unit_test(test_beside),
        cmocka_unit_test(test_random),   cmocka_unit_test(test_grid),
        cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
