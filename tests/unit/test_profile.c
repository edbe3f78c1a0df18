/* The profile against hand-worked steps and against a sorted array of changes. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NEVER SIMTIME_NEVER

/* Free 10; 4 at 100..200, 0 at 200..300, 6 at 300..350, then 12. */
static struct profile *example(void)
{
    struct profile *profile = profile_new(10);
    profile_change(profile, 300, 6);
    profile_change(profile, 100, -6);
    profile_change(profile, 350, 6);
    profile_change(profile, 200, -4);
    return profile;
}

static void test_earliest(void **state)
{
    (void)state;
    static const struct {
        simtime after, duration;
        int64_t procs;
        simtime want;
    } rows[] = {
        {0, 50, 10, 0},
        {0, 100, 10, 0},
        {0, 101, 10, 350},
        {0, 101, 4, 0},
        {0, 200, 4, 0},
        {0, 201, 4, 300},
        {50, 50, 10, 50},
        {51, 50, 10, 350},
        {99, 0, 10, 99},
        {100, 0, 10, 350},
        {100, 0, 4, 100},
        {199, 1, 4, 199},
        {199, 2, 4, 300},
        {0, 50, 6, 0},
        {120, 50, 6, 300},
        {120, 51, 6, 300},
        {120, 51, 7, 350},
        {0, NEVER, 12, 350},
        {0, NEVER, 13, NEVER},
        {0, NEVER, 0, 0},
        {0, NEVER, -5, 0},
        {1000, NEVER, 12, 1000},
        {1000, 1, 13, NEVER},
        {-NEVER, NEVER, 0, -NEVER},
        {NEVER - 1, NEVER, 12, NEVER - 1},
        {NEVER, 1, 0, NEVER},
        {0, INT64_MAX, 5, 300},
    };
    AUTO(profile_free) struct profile *profile = example();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(profile_earliest(profile, rows[i].after, rows[i].duration, rows[i].procs),
                         rows[i].want);
}

static void test_reading(void **state)
{
    (void)state;
    static const struct {
        simtime from, to;
        int64_t at, least, greatest;
        simtime next;
    } rows[] = {
        {0, 1, 10, 10, 10, 100},         {0, 100, 10, 10, 10, 100},
        {0, 101, 10, 4, 10, 100},        {100, 200, 4, 4, 4, 200},
        {99, 201, 10, 0, 10, 100},       {200, 300, 0, 0, 0, 300},
        {250, 351, 0, 0, 12, 300},       {349, 350, 6, 6, 6, 350},
        {350, NEVER, 12, 12, 12, NEVER}, {0, NEVER, 10, 0, 12, 100},
        {-NEVER, NEVER, 10, 0, 12, 100},
    };
    AUTO(profile_free) struct profile *profile = example();
    assert_int_equal(profile_steps(profile), 4);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(profile_at(profile, rows[i].from), rows[i].at);
        assert_int_equal(profile_least(profile, rows[i].from, rows[i].to), rows[i].least);
        assert_int_equal(profile_greatest(profile, rows[i].from, rows[i].to), rows[i].greatest);
        assert_int_equal(profile_next_step(profile, rows[i].from), rows[i].next);
    }
    simtime last;
    assert_int_equal(profile_last(profile, &last), 12);
    assert_int_equal(last, 350);
    profile_advance(profile, 350);
    assert_int_equal(profile_last(profile, &last), 12);
    assert_int_equal(last, INT64_MIN);
}

static void test_merging(void **state)
{
    (void)state;
    AUTO(profile_free) struct profile *profile = profile_new(8);
    profile_change(profile, 5, 0);
    assert_int_equal(profile_steps(profile), 0);
    assert_int_equal(profile_next_step(profile, -NEVER), NEVER);
    profile_reserve(profile, 10, 20, 3);
    profile_reserve(profile, 20, 30, 3);
    assert_int_equal(profile_steps(profile), 2);
    profile_reserve(profile, 10, 10, 3);
    assert_int_equal(profile_steps(profile), 2);
    profile_release(profile, 10, 20, 3);
    assert_int_equal(profile_steps(profile), 2);
    assert_int_equal(profile_at(profile, 19), 8);
    assert_int_equal(profile_at(profile, 20), 5);
    profile_advance(profile, 20);
    assert_int_equal(profile_steps(profile), 1);
    assert_int_equal(profile_at(profile, 0), 5);
    profile_change(profile, 20, 1);
    assert_int_equal(profile_steps(profile), 1);
    assert_int_equal(profile_at(profile, 0), 6);
    profile_change(profile, 30, -3);
    assert_int_equal(profile_steps(profile), 0);
    assert_int_equal(profile_at(profile, NEVER), 6);
    profile_advance(profile, 3);
    profile_change(profile, 7, -7);
    assert_int_equal(profile_at(profile, 30), -1);
    profile_check(profile);
}

/* On the example: a start that cancels a step, one that makes two, an end that cancels one. */
static void test_place(void **state)
{
    (void)state;
    static const struct {
        simtime after, duration;
        int64_t procs;
        simtime want;
        size_t steps;
    } rows[] = {
        {0, 100, 6, 0, 4},     /* 4 from 0 on, as from 100 on: one step less, one more */
        {120, 50, 6, 300, 3},  /* 0 from 200 to 350 */
        {0, 10, 13, NEVER, 3}, /* more than there ever is */
        {50, 30, 2, 50, 5},    /* 2 from 50 to 80 */
        {81, 1, 4, 81, 7},     /* and 0 from 81 to 82 */
        {0, 1000, 12, 350, 7}, /* 0 until 1350 */
        {0, 0, 4, 0, 7},       /* of no length: nothing is taken */
        {400, 10, 1, 1350, 8},
    };
    AUTO(profile_free) struct profile *profile = example();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(profile_place(profile, rows[i].after, rows[i].duration, rows[i].procs),
                         rows[i].want);
        profile_check(profile);
        assert_int_equal(profile_steps(profile), rows[i].steps);
    }
    assert_int_equal(profile_at(profile, 60), 2);
    assert_int_equal(profile_at(profile, 81), 0);
    assert_int_equal(profile_at(profile, 1355), 11);
}

/* The naive profile: sorted steps. */
struct naive {
    int64_t free;
    simtime now;
    size_t len;
    simtime time[40000];
    int64_t change[40000];
};

static size_t naive_after(const struct naive *naive, simtime t)
{
    size_t low = 0, high = naive->len;
    while (low < high) {
        const size_t mid = (low + high) / 2;
        if (naive->time[mid] <= t)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void naive_move(struct naive *naive, size_t to, size_t from)
{
    memmove(naive->time + to, naive->time + from, (naive->len - from) * sizeof(simtime));
    memmove(naive->change + to, naive->change + from, (naive->len - from) * sizeof(int64_t));
    naive->len += to - from;
}

static void naive_change(struct naive *naive, simtime at, int64_t change)
{
    if (change == 0)
        return;
    if (at <= naive->now) {
        naive->free += change;
        return;
    }
    size_t i = naive_after(naive, at);
    if (i > 0 && naive->time[i - 1] == at) {
        naive->change[--i] += change;
        if (naive->change[i] == 0)
            naive_move(naive, i, i + 1);
        return;
    }
    assert_true(naive->len < ARRAY_LEN(naive->time));
    naive_move(naive, i + 1, i);
    naive->time[i] = at;
    naive->change[i] = change;
}

static void naive_advance(struct naive *naive, simtime now)
{
    if (now > naive->now)
        naive->now = now;
    const size_t gone = naive_after(naive, now);
    for (size_t i = 0; i < gone; i++)
        naive->free += naive->change[i];
    naive_move(naive, 0, gone);
}

static int64_t naive_at(const struct naive *naive, simtime t)
{
    int64_t free = naive->free;
    for (size_t i = 0; i < naive->len && naive->time[i] <= t; i++)
        free += naive->change[i];
    return free;
}

static void naive_range(const struct naive *naive, simtime from, simtime to, int64_t *ret_least,
                        int64_t *ret_greatest)
{
    int64_t free = naive_at(naive, from);
    *ret_least = *ret_greatest = free;
    for (size_t i = naive_after(naive, from); i < naive->len && naive->time[i] < to; i++) {
        free += naive->change[i];
        *ret_least = free < *ret_least ? free : *ret_least;
        *ret_greatest = free > *ret_greatest ? free : *ret_greatest;
    }
}

static simtime naive_earliest(const struct naive *naive, simtime after, simtime duration,
                              int64_t procs)
{
    int64_t free = naive_at(naive, after);
    simtime start = free >= procs ? after : INT64_MAX;
    if (duration == 0)
        duration = 1;
    for (size_t i = naive_after(naive, after); i < naive->len; i++) {
        if (start != INT64_MAX && naive->time[i] - start >= duration)
            break;
        free += naive->change[i];
        if (free < procs)
            start = INT64_MAX;
        else if (start == INT64_MAX)
            start = naive->time[i];
    }
    return start < NEVER ? start : NEVER;
}

/* Not good numbers, but the same everywhere. */
static uint64_t lcg;

static uint64_t draw(uint64_t below)
{
    lcg = lcg * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (lcg >> 33) % below;
}

struct load {
    const char *name;
    unsigned operations, steps; /* about */
    simtime span;               /* of instants, ahead of now */
    int64_t procs;              /* greatest change */
    unsigned check_every;
    bool far; /* some instants near SIMTIME_NEVER */
};

static simtime draw_time(const struct load *load, const struct naive *naive)
{
    if (load->far && draw(8) == 0)
        return NEVER - 5 + (simtime)draw(10);
    if (naive->len > 0 && draw(4) == 0)
        return naive->time[draw(naive->len)] + (simtime)draw(3) - 1;
    return naive->now + (simtime)draw((uint64_t)load->span);
}

static void compare(const struct profile *profile, const struct naive *naive,
                    const struct load *load)
{
    int64_t least, greatest;
    const simtime from = draw_time(load, naive) - (simtime)draw(3);
    const simtime to = from + 1 + (simtime)draw((uint64_t)load->span);
    naive_range(naive, from, to, &least, &greatest);
    assert_int_equal(profile_at(profile, from), naive_at(naive, from));
    assert_int_equal(profile_least(profile, from, to), least);
    assert_int_equal(profile_greatest(profile, from, to), greatest);
    const size_t next = naive_after(naive, from);
    simtime last;
    assert_int_equal(profile_last(profile, &last), naive_at(naive, INT64_MAX));
    assert_int_equal(last, naive->len > 0 ? naive->time[naive->len - 1] : INT64_MIN);
    assert_int_equal(profile_next_step(profile, from),
                     next < naive->len && naive->time[next] < NEVER ? naive->time[next] : NEVER);
    assert_int_equal(profile_steps(profile), naive->len);
    /* Sizes near what is reached, so that holes are many. */
    naive_range(naive, -NEVER, 2 * NEVER, &least, &greatest);
    const int64_t procs = least - 1 + (int64_t)draw((uint64_t)(greatest - least) + 3);
    static const simtime durations[] = {0, 1, 2, NEVER, INT64_MAX};
    const unsigned which = (unsigned)draw(10);
    const simtime duration =
        which < ARRAY_LEN(durations) ? durations[which] : (simtime)draw((uint64_t)load->span);
    assert_int_equal(profile_earliest(profile, from, duration, procs),
                     naive_earliest(naive, from, duration, procs));
}

/* The earliest hole, taken, where the naive profile has it. */
static void place(struct profile *profile, struct naive *naive, const struct load *load)
{
    int64_t least, greatest;
    naive_range(naive, naive->now, NEVER, &least, &greatest);
    const simtime after = naive->now + (simtime)draw((uint64_t)load->span);
    const simtime duration = (simtime)draw((uint64_t)load->span);
    const int64_t procs = 1 + (int64_t)draw((uint64_t)(greatest > 0 ? greatest : 1) + 1);
    const simtime at = naive_earliest(naive, after, duration, procs);
    assert_int_equal(profile_place(profile, after, duration, procs), at);
    if (at == NEVER || duration == 0)
        return;
    naive_change(naive, at, -procs);
    naive_change(naive, at + duration, procs);
}

/* Grow to the wanted size, hold, shrink by cancelling and by advancing, and again. */
static void run_load(const struct load *load)
{
    struct naive *naive = calloc(1, sizeof(*naive));
    naive->now = -100;
    naive->free = 50;
    AUTO(profile_free) struct profile *profile = profile_new(50);
    profile_advance(profile, -100);
    AUTO(profile_free) struct profile *copy = profile_copy(profile);
    bool growing = true;
    for (unsigned i = 0; i < load->operations; i++) {
        growing = growing ? naive->len < load->steps : naive->len < load->steps / 20;
        const uint64_t action = draw(20);
        if (naive->len > 0 && action < (growing ? 4 : 12)) {
            const size_t at = draw(naive->len);
            const simtime time = naive->time[at];
            const int64_t change = -naive->change[at];
            profile_change(profile, time, change);
            naive_change(naive, time, change);
        } else if (naive->len > 0 && action == 19) {
            const simtime now = draw(3) ? naive->time[draw(naive->len < 4 ? naive->len : 4)]
                                        : naive->now + (simtime)draw(3);
            if (now < NEVER / 2) {
                profile_advance(profile, now);
                naive_advance(naive, now);
            }
        } else if (action >= 16 && naive->len > 0) {
            place(profile, naive, load);
        } else {
            const simtime at = draw_time(load, naive);
            const int64_t change = (int64_t)draw(2 * (uint64_t)load->procs + 1) - load->procs;
            profile_change(profile, at, change);
            naive_change(naive, at, change);
        }
        if (draw(load->check_every) == 0)
            compare(profile, naive, load);
        if (draw(8 * (uint64_t)load->check_every) == 0) {
            profile_check(profile);
            profile_assign(copy, profile);
            profile_check(copy);
            compare(copy, naive, load);
            /* It shares nothing: what it goes through is not seen. */
            profile_reserve(copy, naive->now + 1, naive->now + 1 + load->span, 7);
            compare(profile, naive, load);
        }
    }
    profile_check(profile);
    profile_advance(profile, 2 * NEVER);
    naive_advance(naive, 2 * NEVER);
    profile_check(profile);
    assert_int_equal(profile_steps(profile), 0);
    assert_int_equal(profile_at(profile, 0), naive->free);
    free(naive);
}

static void test_random(void **state)
{
    (void)state;
    static const struct load loads[] = {
        {"few instants", 100000, 10, 12, 3, 1, false},
        {"one leaf", 100000, 20, 1000, 8, 1, true},
        {"a few leaves", 200000, 200, 100000, 64, 2, true},
        {"dense", 100000, 1000, 1500, 2, 8, false},
        {"three levels", 200000, 5000, 1000000000, 1000, 200, true},
        {"many", 150000, 30000, INT64_C(1) << 50, INT64_C(1) << 40, 2000, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(loads); i++) {
        lcg = i + 1;
        run_load(&loads[i]);
    }
}

/* A reservation and its undo leave nothing behind, wherever now is. */
static void test_undo(void **state)
{
    (void)state;
    lcg = 99;
    AUTO(profile_free) struct profile *profile = profile_new(100);
    struct {
        simtime from, to;
        int64_t procs;
    } held[3000];
    for (size_t i = 0; i < ARRAY_LEN(held); i++) {
        held[i].from = (simtime)draw(100000);
        held[i].to = held[i].from + (simtime)draw(5000);
        held[i].procs = (int64_t)draw(100);
        profile_reserve(profile, held[i].from, held[i].to, held[i].procs);
    }
    profile_advance(profile, 50000);
    for (size_t i = ARRAY_LEN(held); i-- > 0;) {
        profile_release(profile, held[i].from, held[i].to, held[i].procs);
        if (i % 100 == 0)
            profile_check(profile);
    }
    assert_int_equal(profile_steps(profile), 0);
    assert_int_equal(profile_at(profile, 70000), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_earliest), cmocka_unit_test(test_reading),
        cmocka_unit_test(test_merging),  cmocka_unit_test(test_place),
        cmocka_unit_test(test_random),   cmocka_unit_test(test_undo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
