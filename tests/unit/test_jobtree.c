/* The tree of waiting jobs against hand-worked queues and against a sorted array. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/jobtree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NEVER SIMTIME_NEVER

static const struct jobitem queue[] = {
    {{1.0, 7}, 70, 8, 100},  {{1.0, 9}, 90, 4, 50},      {{2.0, 1}, 10, 2, 500},
    {{2.0, 2}, 20, 1, 1000}, {{3.5, 0}, 0, 6, 10},       {{4.0, 3}, 30, 4, 49},
    {{5.0, 5}, 50, 4, 0},    {{6.0, 4}, 40, 256, NEVER},
};

static struct jobtree *example(void)
{
    static const int order[] = {3, 0, 7, 1, 6, 2, 5, 4};
    struct jobtree *tree = jobtree_new();
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        jobtree_insert(tree, &queue[order[i]]);
    return tree;
}

static void assert_item(const struct jobitem *got, const struct jobitem *want)
{
    assert_true(got->key.score == want->key.score);
    assert_int_equal(got->key.seq, want->key.seq);
    assert_int_equal(got->slot, want->slot);
    assert_int_equal(got->procs, want->procs);
    assert_int_equal(got->request, want->request);
}

static void test_order(void **state)
{
    (void)state;
    AUTO(jobtree_free) struct jobtree *tree = example();
    struct jobitem item;
    assert_int_equal(jobtree_len(tree), 8);
    assert_int_equal(jobtree_least_procs(tree), 1);
    assert_true(jobtree_first(tree, &item));
    for (size_t i = 0; i < ARRAY_LEN(queue); i++) {
        assert_item(&item, &queue[i]);
        assert_int_equal(jobtree_next(tree, item.key, &item), i + 1 < ARRAY_LEN(queue));
    }
    assert_true(jobtree_next(tree, (struct jobkey){-0.0, 0}, &item));
    assert_item(&item, &queue[0]);
    assert_true(jobtree_next(tree, (struct jobkey){2.0, 1}, &item));
    assert_item(&item, &queue[3]);
    assert_true(jobtree_next(tree, (struct jobkey){2.0, UINT64_MAX}, &item));
    assert_item(&item, &queue[4]);
    assert_false(jobtree_remove(tree, (struct jobkey){2.0, 3}));
    assert_false(jobtree_remove(tree, (struct jobkey){-1.0, 3}));
    assert_true(jobtree_remove(tree, (struct jobkey){2.0, 2}));
    assert_false(jobtree_remove(tree, (struct jobkey){2.0, 2}));
    assert_int_equal(jobtree_least_procs(tree), 2);
    jobtree_check(tree);
}

static void test_next_fit(void **state)
{
    (void)state;
    static const struct {
        int after; /* row of the queue, -1 for none */
        int64_t free;
        simtime window;
        int64_t spare;
        int want; /* row, -1 for none */
    } rows[] = {
        {-1, 256, NEVER, 0, 0},   {0, 256, NEVER, 0, 1},
        {-1, 7, NEVER, 0, 1},     {-1, 7, 49, 0, 4},
        {-1, 5, 49, 0, 5},        {-1, 5, 50, 0, 1},
        {-1, 5, 48, 0, 6},        {-1, 5, 48, 1, 3},
        {-1, 5, 48, 2, 2},        {-1, 5, -1, 4, 1},
        {-1, 5, -1, 1000, 1},     {-1, 5, -1, 0, -1},
        {3, 2, NEVER, 2, -1},     {2, 1, 999, 0, -1},
        {2, 1, 1000, 0, 3},       {6, 255, NEVER, 255, -1},
        {6, 256, NEVER, 0, 7},    {6, 256, NEVER - 1, 0, -1},
        {7, 256, NEVER, 256, -1}, {-1, 0, NEVER, 1, -1},
        {-1, -3, NEVER, 1, -1},   {-1, INT64_MAX, INT64_MAX, INT64_MAX, 0},
        {-1, 3, -1, -4, -1},
    };
    AUTO(jobtree_free) struct jobtree *tree = example();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct jobitem item;
        const struct jobkey *after = rows[i].after < 0 ? NULL : &queue[rows[i].after].key;
        assert_int_equal(
            jobtree_next_fit(tree, after, rows[i].free, rows[i].window, rows[i].spare, &item),
            rows[i].want >= 0);
        if (rows[i].want >= 0)
            assert_item(&item, &queue[rows[i].want]);
    }
}

static void test_empty(void **state)
{
    (void)state;
    AUTO(jobtree_free) struct jobtree *tree = jobtree_new();
    struct jobitem item = {{-0.0, 0}, 1, 1, 0};
    for (int round = 0; round < 2; round++) {
        struct jobitem none;
        assert_int_equal(jobtree_len(tree), 0);
        assert_int_equal(jobtree_least_procs(tree), INT32_MAX);
        assert_false(jobtree_first(tree, &none));
        assert_false(jobtree_next(tree, item.key, &none));
        assert_false(jobtree_next_fit(tree, NULL, 1, 1, 1, &none));
        assert_false(jobtree_remove(tree, item.key));
        jobtree_check(tree);
        jobtree_insert(tree, &item);
        assert_false(jobtree_next(tree, (struct jobkey){0.0, 0}, &none));
        assert_true(jobtree_remove(tree, (struct jobkey){0.0, 0}));
    }
}

/* Not good numbers, but the same everywhere. */
static uint64_t lcg;

static uint64_t draw(uint64_t below)
{
    lcg = lcg * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (lcg >> 33) % below;
}

enum keys { KEYS_APPEND, KEYS_RANDOM, KEYS_FEW };

struct load {
    const char *name;
    unsigned operations, items; /* about */
    enum keys keys;
    int32_t procs;
    unsigned check_every;
};

struct naive {
    size_t len;
    struct jobitem item[20000];
};

static bool key_before(struct jobkey a, struct jobkey b)
{
    return a.score < b.score || (a.score == b.score && a.seq < b.seq);
}

/* The first item after key. */
static size_t naive_after(const struct naive *naive, struct jobkey key)
{
    size_t low = 0, high = naive->len;
    while (low < high) {
        const size_t mid = (low + high) / 2;
        if (key_before(key, naive->item[mid].key))
            high = mid;
        else
            low = mid + 1;
    }
    return low;
}

/* Sizes and requests over all magnitudes. */
static struct jobitem draw_item(const struct load *load, uint64_t seq)
{
    struct jobitem item = {.key = {0, seq}, .slot = (uint32_t)seq};
    if (load->keys == KEYS_RANDOM)
        item.key.score = ((double)draw(1000000) - 500000) / 3;
    else if (load->keys == KEYS_FEW)
        item.key.score = draw(2) ? 0.0 : -0.0 - (double)draw(3);
    const int32_t most = (int32_t)(1 + draw((uint64_t)load->procs));
    item.procs = (int32_t)(1 + draw((uint64_t)most));
    item.request = (simtime)draw(2048) << draw(42);
    if (draw(50) == 0)
        item.request = draw(2) ? NEVER : INT64_MAX;
    return item;
}

/* All, by the handful. */
static void compare_list(struct jobtree *tree, const struct naive *naive)
{
    struct jobitem got[20];
    size_t seen = 0;
    for (size_t len; (len = jobtree_some(tree, seen > 0 ? &naive->item[seen - 1].key : NULL,
                                         1 + draw(ARRAY_LEN(got)), got)) > 0;)
        for (size_t i = 0; i < len; i++, seen++) {
            assert_true(seen < naive->len);
            assert_item(&got[i], &naive->item[seen]);
        }
    assert_int_equal(seen, naive->len);
}

/* The first that fits, from `from` on. */
static size_t naive_fit(const struct naive *naive, size_t from, int64_t free, simtime window,
                        int64_t spare, wide area)
{
    for (; from < naive->len; from++) {
        const struct jobitem *item = &naive->item[from];
        if (item->procs <= free && (item->request <= window || item->procs <= spare) &&
            (wide)item->procs * item->request <= area)
            break;
    }
    return from;
}

/* A bound that some items meet by a hair, or that all or none do. */
static wide draw_area(const struct naive *naive)
{
    if (naive->len == 0 || draw(8) == 0)
        return draw(2) ? ((wide)INT64_MAX << draw(40)) - 1 : (wide)draw(3) - 1;
    const struct jobitem *item = &naive->item[draw(naive->len)];
    return (wide)item->procs * item->request + (wide)draw(3) - 1;
}

static void compare_fit(struct jobtree *tree, const struct naive *naive, const struct load *load)
{
    struct jobitem got;
    const int64_t free = (int64_t)draw(1 + draw(2 * (uint64_t)load->procs)) - 1;
    const int64_t spare = draw(2) ? 0 : (int64_t)draw((uint64_t)load->procs) - 1;
    const simtime window =
        draw(10) ? ((simtime)draw(2048) << draw(1 + draw(42))) - 1 : (draw(2) ? NEVER : -1);
    size_t want = 0;
    struct jobkey key = {0, 0};
    const bool bounded = naive->len > 0 && draw(2);
    if (bounded) {
        key = draw(3) ? naive->item[draw(naive->len)].key : (struct jobkey){0.5, draw(100)};
        want = naive_after(naive, key);
    }
    size_t within = want;
    want = naive_fit(naive, want, free, window, spare, WIDE_MAX);
    assert_int_equal(jobtree_next_fit(tree, bounded ? &key : NULL, free, window, spare, &got),
                     want < naive->len);
    if (want < naive->len)
        assert_item(&got, &naive->item[want]);
    const wide area = draw_area(naive);
    within = naive_fit(naive, within, free, window, spare, area);
    assert_int_equal(
        jobtree_next_within(tree, bounded ? &key : NULL, free, window, spare, area, &got),
        within < naive->len);
    if (within < naive->len)
        assert_item(&got, &naive->item[within]);
}

static void compare(struct jobtree *tree, const struct naive *naive, const struct load *load)
{
    struct jobitem got;
    assert_int_equal(jobtree_len(tree), naive->len);
    assert_int_equal(jobtree_first(tree, &got), naive->len > 0);
    if (naive->len > 0) {
        assert_item(&got, &naive->item[0]);
        struct jobkey key = naive->item[draw(naive->len)].key;
        if (draw(4) == 0)
            key.seq += draw(3) - 1;
        const size_t next = naive_after(naive, key);
        assert_int_equal(jobtree_next(tree, key, &got), next < naive->len);
        if (next < naive->len)
            assert_item(&got, &naive->item[next]);
    }
    for (int i = 0; i < 4; i++)
        compare_fit(tree, naive, load);
    if (draw(8) == 0)
        compare_list(tree, naive);
}

static void check_all(struct jobtree *tree, const struct naive *naive)
{
    compare_list(tree, naive);
    int32_t least = INT32_MAX;
    for (size_t i = 0; i < naive->len; i++)
        least = naive->item[i].procs < least ? naive->item[i].procs : least;
    assert_int_equal(jobtree_least_procs(tree), least);
    jobtree_check(tree);
}

static void run_load(const struct load *load)
{
    struct naive *naive = calloc(1, sizeof(*naive));
    AUTO(jobtree_free) struct jobtree *tree = jobtree_new();
    bool growing = true;
    for (unsigned i = 0; i < load->operations; i++) {
        growing = growing ? naive->len < load->items : naive->len < load->items / 20;
        const bool removing = draw(10) < (growing ? 2 : 8);
        if (removing && naive->len > 0) {
            const size_t at = draw(draw(2) ? naive->len : (naive->len + 9) / 10);
            assert_true(jobtree_remove(tree, naive->item[at].key));
            assert_false(jobtree_remove(tree, naive->item[at].key));
            memmove(naive->item + at, naive->item + at + 1,
                    (naive->len - at - 1) * sizeof(struct jobitem));
            naive->len--;
        } else {
            const struct jobitem item = draw_item(load, i);
            const size_t at = naive_after(naive, item.key);
            assert_true(naive->len < ARRAY_LEN(naive->item));
            memmove(naive->item + at + 1, naive->item + at,
                    (naive->len - at) * sizeof(struct jobitem));
            naive->item[at] = item;
            naive->len++;
            jobtree_insert(tree, &item);
        }
        if (draw(load->check_every) == 0)
            compare(tree, naive, load);
        if (draw(8 * (uint64_t)load->check_every) == 0)
            check_all(tree, naive);
    }
    while (naive->len > 0) {
        assert_true(jobtree_remove(tree, naive->item[--naive->len].key));
        if (naive->len % 64 == 0)
            check_all(tree, naive);
    }
    assert_int_equal(jobtree_len(tree), 0);
    free(naive);
}

static void test_random(void **state)
{
    (void)state;
    static const struct load loads[] = {
        {"a leaf", 100000, 40, KEYS_APPEND, 16, 1},
        {"a leaf, few scores", 100000, 60, KEYS_FEW, 3, 1},
        {"a few leaves", 200000, 800, KEYS_RANDOM, 128, 4},
        {"a queue", 200000, 2000, KEYS_APPEND, 1000, 8},
        {"three levels", 200000, 5000, KEYS_RANDOM, 100000, 40},
        {"many", 150000, 15000, KEYS_FEW, INT32_MAX - 1, 200},
    };
    for (size_t i = 0; i < ARRAY_LEN(loads); i++) {
        lcg = i + 1;
        run_load(&loads[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_next_fit),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
