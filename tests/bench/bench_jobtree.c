/* The tree of waiting jobs as a short queue, as an overloaded one, and as one of many tenants. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/jobtree.h"

#include "bench.h"

#include <inttypes.h>
#include <stdlib.h>

static uint64_t seed = 1;
static int64_t sink;

/* Sizes 1..128, mostly powers of two. */
static struct jobitem draw_item(uint64_t seq, bool scored)
{
    int32_t procs = 1 << bench_draw(&seed, 8);
    if (bench_draw(&seed, 4) == 0)
        procs = 1 + (int32_t)bench_draw(&seed, 128);
    const simtime request = 1 + (simtime)bench_lognormal(&seed, 3600e6, 1.5);
    const double score = scored ? bench_uniform(&seed) : 0;
    return (struct jobitem){{score, seq}, (uint32_t)seq, procs, request};
}

static struct jobitem *draw_items(size_t count, bool scored)
{
    struct jobitem *items = malloc(count * sizeof(*items));
    for (size_t i = 0; i < count; i++)
        items[i] = draw_item(i, scored);
    return items;
}

/* First come, first served: in at the end, out near the front, `len` waiting. */
static void bench_fcfs(size_t len)
{
    const size_t jobs = 2000000;
    struct jobitem *items = draw_items(1 << 16, false);
    struct jobkey front[4];
    AUTO(jobtree_free) struct jobtree *tree = jobtree_new();
    size_t next = 0;
    for (; next < len + ARRAY_LEN(front); next++) {
        items[next].key.seq = next;
        jobtree_insert(tree, &items[next]);
        if (next < ARRAY_LEN(front))
            front[next] = items[next].key;
    }
    const double begin = bench_clock();
    for (size_t i = 0; i < jobs; i++, next++) {
        struct jobitem *item = &items[next & 0xffff];
        struct jobkey *out = &front[(i * 5 / 3) % ARRAY_LEN(front)];
        item->key.seq = next;
        jobtree_insert(tree, item);
        jobtree_remove(tree, *out);
        out->seq = i + ARRAY_LEN(front);
    }
    char what[80];
    snprintf(what, sizeof(what), "append, remove near the front, %zu waiting", jobtree_len(tree));
    bench_print(what, bench_clock() - begin, 2.0 * (double)jobs);
    free(items);
}

static void bench_short(size_t len)
{
    const size_t calls = 5000000;
    struct jobitem *items = draw_items(len, false);
    AUTO(jobtree_free) struct jobtree *tree = jobtree_new();
    for (size_t i = 0; i < len; i++) {
        items[i].procs += 3;
        jobtree_insert(tree, &items[i]);
    }
    const double begin = bench_clock();
    struct jobitem item;
    for (size_t i = 0; i < calls; i++)
        sink += jobtree_next_fit(tree, &items[0].key, 1 + (int64_t)(i & 3), 1000, 0, &item);
    char what[80];
    snprintf(what, sizeof(what), "next_fit, %zu waiting, nothing fits", len);
    bench_print(what, bench_clock() - begin, (double)calls);
    free(items);
}

/* Overload: the same length all the time; what starts is small and short, so the long remain. */
static void bench_overload(size_t len, bool scored)
{
    char what[80];
    const size_t rounds = 400000, events = 1 << 16;
    struct jobitem *items = draw_items(len + rounds, scored);
    int64_t *free_now = calloc(events, sizeof(*free_now));
    simtime *window = calloc(events, sizeof(*window));
    for (size_t i = 0; i < events; i++) {
        free_now[i] = 1 + (int64_t)bench_draw(&seed, 6);
        window[i] = (simtime)bench_lognormal(&seed, 600e6, 1.5);
    }
    AUTO(jobtree_free) struct jobtree *tree = jobtree_new();
    double begin = bench_clock();
    for (size_t i = 0; i < len; i++)
        jobtree_insert(tree, &items[i]);
    snprintf(what, sizeof(what), "%s order: insert up to %zu", scored ? "any" : "fcfs", len);
    bench_print(what, bench_clock() - begin, (double)len);
    /* The head starts at every fourth event; an arrival for each start. */
    size_t next = len, calls = 0, found = 0;
    begin = bench_clock();
    for (size_t i = 0; next + 1 < len + rounds; i++) {
        struct jobitem head, item;
        jobtree_first(tree, &head);
        calls++;
        if (jobtree_next_fit(tree, &head.key, free_now[i % events], window[i % events], 0, &item)) {
            jobtree_remove(tree, item.key);
            jobtree_insert(tree, &items[next++]);
            found++;
        }
        if (i % 4 == 0) {
            jobtree_remove(tree, head.key);
            jobtree_insert(tree, &items[next++]);
        }
    }
    snprintf(what, sizeof(what), "  a pass: first, next_fit, %.0f %% remove and insert",
             25 + 100 * (double)found / (double)calls);
    bench_print(what, bench_clock() - begin, (double)calls);
    /* Start what can start in windows of ten minutes on 6 processors; then nothing fits. */
    struct jobitem item;
    while (jobtree_next_fit(tree, NULL, 6, 600000000, 0, &item))
        jobtree_remove(tree, item.key);
    const struct jobkey low = {-1, 0};
    begin = bench_clock();
    for (size_t i = 0; i < 2 * rounds; i++)
        sink += jobtree_next_fit(tree, &low, 1 + (int64_t)(i % 6),
                                 600000000 - (simtime)(i & 1023) * 1000000 / 2, 0, &item);
    bench_print("  next_fit, nothing fits", bench_clock() - begin, 2.0 * (double)rounds);
    begin = bench_clock();
    for (size_t i = 0; i < 2 * rounds; i++)
        sink += jobtree_next_fit(tree, &items[(i * 7919) % len].key, 3, 602000000, 0, &item);
    bench_print("  next_fit after any job, hardly anything fits", bench_clock() - begin,
                2.0 * (double)rounds);
    free(items);
    free(free_now);
    free(window);
}

static void bench_tenants(size_t trees)
{
    const size_t rounds = 2000000;
    struct jobtree **tree = calloc(trees, sizeof(*tree));
    double begin = bench_clock();
    for (size_t i = 0; i < trees; i++)
        tree[i] = jobtree_new();
    bench_print("an empty tree of 10 000", bench_clock() - begin, (double)trees);
    begin = bench_clock();
    for (size_t i = 0; i < rounds; i++) {
        struct jobtree *one = tree[bench_draw(&seed, trees)];
        struct jobitem first;
        const struct jobitem item = {{0, i}, 0, 1, 1};
        if (jobtree_len(one) >= 3 && jobtree_first(one, &first))
            jobtree_remove(one, first.key);
        jobtree_insert(one, &item);
    }
    bench_print("insert and remove in one of 10 000 trees of 3", bench_clock() - begin,
                (double)rounds);
    for (size_t i = 0; i < trees; i++)
        jobtree_free(tree[i]);
    free(tree);
}

int main(void)
{
    bench_fcfs(1);
    bench_fcfs(10);
    bench_fcfs(50);
    bench_fcfs(500);
    bench_short(5);
    bench_short(50);
    bench_overload(12000, false);
    bench_overload(12000, true);
    bench_overload(100000, false);
    bench_tenants(10000);
    fprintf(stderr, "%" PRId64 "\n", sink);
    return 0;
}
