/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/settler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/mem.h"

enum { CELLS = 7 };

#define TAU (10 * SIMTIME_SECOND)

static uint64_t state;

static int64_t random_below(int64_t most)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((state >> 33) % (uint64_t)most);
}

static struct fare draw(void)
{
    const simtime wait = random_below(3) ? random_below(1000000) * 1000 : 0;
    return (struct fare){.wait = wait,
                         .response = wait + random_below(4000000) * 1000,
                         .procs = 1 + (int32_t)random_below(128)};
}

static void assert_alike(const struct cell *one, const struct cell *two)
{
    assert_true(one->used == two->used && one->wait == two->wait && one->waited == two->waited);
    assert_memory_equal(&one->area_wait, &two->area_wait, sizeof(one->area_wait));
    assert_memory_equal(&one->area_response, &two->area_response, sizeof(one->area_response));
    for (int q = 0; q < CELL_QUANTITIES; q++) {
        struct tally *a = cell_tally(one, q), *b = cell_tally(two, q);
        assert_true(!a == !b);
        if (!a)
            continue;
        assert_true(a->count == b->count && a->min == b->min && a->max == b->max);
        assert_true(a->m2 == b->m2);
        assert_memory_equal(&a->sum, &b->sum, sizeof(a->sum));
        for (unsigned permille = 1; permille <= 1000; permille += 37)
            assert_true(tally_quantile(a, permille) == tally_quantile(b, permille));
    }
}

/* Cells of most, many, few and no jobs, worked off by the thread and at once. */
static void same_as_at_once(int jobs)
{
    struct cell later[CELLS] = {{0}}, once[CELLS] = {{0}};
    struct settler *settler = settler_new(TAU);
    for (int i = 0; i < jobs; i++) {
        const struct fare fare = draw();
        const int64_t at = random_below(CELLS * (CELLS - 1));
        const int64_t c = at < 30 ? 0 : at < 38 ? 1 : at % CELLS;
        if (cell_add(&later[c], &fare, i, i + fare.response, TAU))
            settler_take(settler, &later[c]);
        cell_add(&once[c], &fare, i, i + fare.response, TAU);
    }
    settler_drain(settler);
    for (int c = 0; c < CELLS; c++) {
        cell_settle(&later[c], TAU);
        cell_settle(&once[c], TAU);
        assert_alike(&later[c], &once[c]);
        cell_deinit(&later[c]);
        cell_deinit(&once[c]);
    }
    settler_free(settler);
}

static void test_same_as_at_once(void **unused)
{
    (void)unused;
    static const int jobs[] = {0, 1, CELL_BATCH, 16 * CELL_BATCH, 20000, 100000};
    for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
        same_as_at_once(jobs[i]);
}

/* Given up while batches are under way, or waiting on a tray that is not full. */
static void test_given_up(void **unused)
{
    (void)unused;
    for (int trays = 0; trays < 4; trays++) {
        struct cell cell = {0};
        struct settler *settler = settler_new(TAU);
        for (int i = 0; i < trays * 16 * CELL_BATCH + CELL_BATCH; i++) {
            const struct fare fare = draw();
            if (cell_add(&cell, &fare, i, i, TAU))
                settler_take(settler, &cell);
        }
        settler_free(settler);
        cell_deinit(&cell);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_at_once),
        cmocka_unit_test(test_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
