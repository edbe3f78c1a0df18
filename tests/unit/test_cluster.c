/* Placements against tables worked by hand, limits, counts and long runs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/placement.h"
#include "util/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct placement_type *placement(const char *name)
{
    for (const struct kind *const *kind = placement_kinds.items; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return (const struct placement_type *)*kind;
    fail_msg("no placement %s", name);
    return NULL;
}

/* "0/3x2:8 1/0:1": on nodes 3 and 4 of group 0 8 each, on node 0 of group 1 one. */
static void write_extents(const struct allocation *allocation, char *ret, size_t size)
{
    size_t len = 0;
    ret[0] = 0;
    for (uint32_t i = 0; i < allocation->len; i++) {
        const struct extent *const e = &allocation_extents(allocation)[i];
        char count[16] = "";
        if (e->count > 1)
            snprintf(count, sizeof(count), "x%d", e->count);
        len += (size_t)snprintf(ret + len, size - len, "%s%zu/%d%s:%d", i > 0 ? " " : "",
                                cluster_node_group(e->first), cluster_node_index(e->first), count,
                                e->procs);
    }
}

struct row {
    const char *what, *placement;
    struct node_group groups[2];
    const char *free; /* available on each node, group by group, a digit each */
    struct ask ask;
    const char *want; /* NULL: does not fit */
};

static const struct row rows[] = {
    {"any: lowest first", "any", {{4, 4}}, "0213", {.procs = 4}, "0/1:2 0/2x2:1"},
    {"any: equal shares merge", "any", {{4, 4}}, "4444", {.procs = 9}, "0/0x2:4 0/2:1"},
    {"any: into the second group",
     "any",
     {{2, 4}, {2, 2}},
     "0122",
     {.procs = 4},
     "0/1:1 1/0:2 1/1:1"},
    {"any: all there is", "any", {{3, 4}}, "121", {.procs = 4}, "0/0:1 0/1:2 0/2:1"},
    {"any: one too many", "any", {{3, 4}}, "121", {.procs = 5}, NULL},
    {"any: nothing never fits", "any", {{3, 4}}, "444", {.procs = 0}, NULL},
    {"any: whole nodes, lowest idle", "any", {{4, 4}}, "4344", {.nodes = 2}, "0/0:4 0/2:4"},
    {"any: whole nodes of any size", "any", {{2, 4}, {2, 2}}, "3421", {.nodes = 2}, "0/1:4 1/0:2"},
    {"any: free is not idle", "any", {{4, 4}}, "4333", {.nodes = 2}, NULL},

    {"pack: the tightest node", "pack", {{4, 8}}, "8535", {.procs = 3}, "0/2:3"},
    {"pack: lowest among equals", "pack", {{4, 8}}, "8535", {.procs = 4}, "0/1:4"},
    {"pack: idle only if needed", "pack", {{4, 8}}, "8535", {.procs = 6}, "0/0:6"},
    {"pack: rest by best fit", "pack", {{5, 8}}, "28388", {.procs = 18}, "0/0:2 0/1:8 0/3:8"},
    {"pack: rest on an idle node", "pack", {{5, 8}}, "28388", {.procs = 20}, "0/1:8 0/3:8 0/4:4"},
    {"pack: no idle node, fullest first",
     "pack",
     {{4, 8}},
     "3646",
     {.procs = 13},
     "0/0:1 0/1:6 0/3:6"},
    {"pack: fullest, then best fit", "pack", {{4, 8}}, "2653", {.procs = 9}, "0/1:6 0/3:3"},
    {"pack: idle, then fullest", "pack", {{4, 8}}, "1867", {.procs = 16}, "0/0:1 0/1:8 0/3:7"},
    {"pack: everything", "pack", {{4, 8}}, "1867", {.procs = 22}, "0/0:1 0/1:8 0/2:6 0/3:7"},
    {"pack: best fit over groups", "pack", {{2, 8}, {2, 4}}, "8544", {.procs = 4}, "1/0:4"},
    {"pack: a big node of a later group", "pack", {{2, 4}, {2, 8}}, "4488", {.procs = 8}, "1/0:8"},
    {"pack: idle of two sizes", "pack", {{2, 4}, {2, 8}}, "4488", {.procs = 10}, "0/0:4 1/0:6"},
    {"pack: whole nodes", "pack", {{4, 8}}, "8788", {.nodes = 3}, "0/0:8 0/2x2:8"},

    {"spread: one each, emptiest first", "spread", {{4, 8}}, "5868", {.procs = 2}, "0/1:1 0/3:1"},
    {"spread: then the next emptiest", "spread", {{4, 8}}, "5868", {.procs = 3}, "0/1x3:1"},
    {"spread: evenly", "spread", {{4, 8}}, "5868", {.procs = 8}, "0/0x4:2"},
    {"spread: one more on the emptiest",
     "spread",
     {{4, 8}},
     "5868",
     {.procs = 9},
     "0/0:2 0/1:3 0/2x2:2"},
    {"spread: small nodes fill up",
     "spread",
     {{4, 8}},
     "1828",
     {.procs = 11},
     "0/0:1 0/1:4 0/2:2 0/3:4"},
    {"spread: everything", "spread", {{4, 8}}, "1028", {.procs = 11}, "0/0:1 0/2:2 0/3:8"},
    {"spread: over groups",
     "spread",
     {{2, 4}, {2, 8}},
     "4468",
     {.procs = 5},
     "0/0x2:1 1/0:1 1/1:2"},
    {"spread: whole nodes, lowest", "spread", {{4, 8}}, "5888", {.nodes = 2}, "0/1x2:8"},

    {"contiguous: best fit on one node", "contiguous", {{4, 8}}, "8535", {.procs = 4}, "0/1:4"},
    {"contiguous: first run", "contiguous", {{6, 8}}, "878888", {.procs = 17}, "0/2x2:8 0/4:1"},
    {"contiguous: the lowest, not the tightest",
     "contiguous",
     {{7, 4}},
     "4440440",
     {.procs = 8},
     "0/0x2:4"},
    {"contiguous: last node in part",
     "contiguous",
     {{4, 4}},
     "1444",
     {.procs = 9},
     "0/1x2:4 0/3:1"},
    {"contiguous: no run", "contiguous", {{5, 4}}, "44144", {.procs = 9}, NULL},
    {"contiguous: no node with room", "contiguous", {{3, 4}}, "111", {.procs = 2}, NULL},
    {"contiguous: not over two groups", "contiguous", {{2, 4}, {2, 4}}, "1441", {.procs = 8}, NULL},
    {"contiguous: run of the later group",
     "contiguous",
     {{2, 4}, {2, 4}},
     "4144",
     {.procs = 8},
     "1/0x2:4"},
    {"contiguous: one big node before a run",
     "contiguous",
     {{2, 4}, {1, 8}},
     "448",
     {.procs = 6},
     "1/0:6"},
    {"contiguous: whole nodes", "contiguous", {{5, 4}}, "43444", {.nodes = 3}, "0/2x3:4"},
    {"contiguous: whole nodes apart", "contiguous", {{5, 4}}, "43443", {.nodes = 3}, NULL},
};

static struct cluster *set_up(const struct row *row)
{
    const size_t len = row->groups[1].procs_per_node > 0 ? 2 : 1;
    struct cluster *const cluster = cluster_new(placement(row->placement), row->groups, len, true);
    const char *free = row->free;
    for (size_t g = 0; g < len; g++)
        for (int32_t i = 0; i < row->groups[g].nodes; i++)
            nodes_use(&cluster->groups[g], i, 1, row->groups[g].procs_per_node - (*free++ - '0'),
                      &cluster->now);
    assert_int_equal(*free, 0);
    cluster_check(cluster);
    return cluster;
}

static void test_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *const row = &rows[i];
        AUTO(cluster_free) struct cluster *cluster = set_up(row);
        const struct cluster_counts before = cluster->now;
        char text[256] = "does not fit";
        if (cluster_fits(cluster, &row->ask)) {
            struct allocation allocation = {0};
            cluster_take(cluster, &row->ask, &allocation);
            write_extents(&allocation, text, sizeof(text));
            cluster_check(cluster);
            cluster_give(cluster, &allocation);
            assert_null(allocation.extents);
            cluster_check(cluster);
        }
        const char *const want = row->want ? row->want : "does not fit";
        if (strcmp(text, want) != 0)
            fail_msg("%s: got %s, want %s", row->what, text, want);
        assert_memory_equal(&before, &cluster->now, sizeof(before));
    }
}

static const struct {
    const char *placement;
    struct node_group groups[2];
    struct ask ask;
    bool want;
} could_rows[] = {
    {"any", {{3, 4}, {1, 2}}, {.procs = 14}, true},
    {"any", {{3, 4}, {1, 2}}, {.procs = 15}, false},
    {"any", {{3, 4}, {1, 2}}, {.procs = 0}, false},
    {"any", {{3, 4}, {1, 2}}, {.procs = -3}, false},
    {"pack", {{3, 4}, {1, 2}}, {.nodes = 4}, true},
    {"spread", {{3, 4}, {1, 2}}, {.nodes = 5}, false},
    {"contiguous", {{3, 4}, {1, 2}}, {.procs = 12}, true},
    {"contiguous", {{3, 4}, {1, 2}}, {.procs = 13}, false},
    {"contiguous", {{3, 4}, {1, 16}}, {.procs = 13}, true},
    {"contiguous", {{3, 4}, {1, 16}}, {.nodes = 4}, false},
    {"any", {{INT32_MAX, INT32_MAX}, {1, 1}}, {.procs = INT32_MAX}, true},
};

static void test_could_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(could_rows); i++)
        if (cluster_could_fit(placement(could_rows[i].placement), could_rows[i].groups, 2,
                              &could_rows[i].ask) != could_rows[i].want)
            fail_msg("row %zu", i);
}

/* The counts-only cluster: drained processors leave when given back, held ones are not taken. */
static void test_counts(void **state)
{
    (void)state;
    const struct node_group groups[] = {{10, 8}};
    AUTO(cluster_free) struct cluster *cluster = cluster_new(placement("any"), groups, 1, false);
    struct allocation a, b;
    cluster_take(cluster, &(struct ask){.procs = 50}, &a);
    cluster_take(cluster, &(struct ask){.procs = 10}, &b);
    assert_null(a.extents);
    cluster_resize(cluster, 0, 5);
    cluster_check(cluster);
    assert_int_equal(cluster_capacity(cluster), 60);
    assert_false(cluster_fits(cluster, &(struct ask){.procs = 1}));
    cluster_give(cluster, &b);
    assert_int_equal(cluster_capacity(cluster), 50);
    cluster_down(cluster, 0, 2);
    assert_int_equal(cluster_down_procs(cluster), 0);
    cluster_give(cluster, &a);
    cluster_check(cluster);
    assert_int_equal(cluster_capacity(cluster), 40);
    assert_int_equal(cluster_down_procs(cluster), 16);
    assert_int_equal(cluster_free_procs(cluster), 24);
    const struct allocation held = {.procs = 20};
    cluster_hold(cluster, &held);
    assert_false(cluster_fits(cluster, &(struct ask){.procs = 5}));
    assert_true(cluster_fits(cluster, &(struct ask){.procs = 4}));
    assert_int_equal(cluster_free_procs(cluster), 24);
    cluster_up(cluster, 0, 2);
    cluster_unhold(cluster, &held);
    cluster_check(cluster);
    assert_true(cluster_fits(cluster, &(struct ask){.procs = 40}));
    AUTO(cluster_free) struct cluster *copy = cluster_copy(cluster);
    cluster_check(copy);
    assert_int_equal(cluster_capacity(copy), 40);
}

/* Runs longer than a word, at the edges of words and of the tree. */
static void test_long_runs(void **state)
{
    (void)state;
    const struct node_group groups[] = {{1000, 2}};
    AUTO(cluster_free)
    struct cluster *cluster = cluster_new(placement("contiguous"), groups, 1, false);
    static const int32_t busy[] = {0, 63, 128, 400, 700, 999};
    for (size_t i = 0; i < ARRAY_LEN(busy); i++)
        nodes_use(&cluster->groups[0], busy[i], 1, 1, &cluster->now);
    static const int32_t first_of[][2] = {{1, 1},     {62, 1},    {63, 64},   {64, 64},  {65, 129},
                                          {271, 129}, {272, 401}, {298, 401}, {299, 401}};
    for (size_t i = 0; i + 1 < ARRAY_LEN(first_of); i++) {
        struct allocation allocation;
        cluster_take(cluster, &(struct ask){.nodes = first_of[i][0]}, &allocation);
        cluster_check(cluster);
        assert_int_equal(allocation.len, 1);
        assert_int_equal(allocation.one.first, first_of[i][1]);
        cluster_give(cluster, &allocation);
    }
    assert_true(cluster_fits(cluster, &(struct ask){.nodes = 299}));
    assert_false(cluster_fits(cluster, &(struct ask){.nodes = 300}));
}

/* Nodes get another size under their jobs: where more is in use than there is, nothing is free
 * until less is, whatever becomes of the node meanwhile. */
static void test_shape(void **state)
{
    (void)state;
    static const struct ask two = {.procs = 2}, three = {.procs = 3}, one = {.procs = 1};
    const struct node_group groups[] = {{2, 4}};
    AUTO(cluster_free) struct cluster *cluster = cluster_new(placement("pack"), groups, 1, false);
    struct allocation a, b, c;
    cluster_take(cluster, &three, &a); /* node 0: 3 of 4 */
    cluster_take(cluster, &two, &b);   /* node 1: 2 */
    cluster_take(cluster, &one, &c);   /* node 0 again */
    assert_int_equal(b.one.first, 1);
    assert_int_equal(c.one.first, 0);
    cluster_shape(cluster, 0, 2);
    cluster_check(cluster);
    assert_true(cluster_is_over(cluster));
    assert_int_equal(cluster_free_procs(cluster), 0);
    assert_int_equal(cluster_capacity(cluster), 6);
    assert_int_equal(cluster_in_service(cluster), 4);
    assert_int_equal(cluster_returning(cluster, &a), 1);
    assert_int_equal(cluster_returning(cluster, &b), 2);
    assert_int_equal(cluster_returning(cluster, &c), 0);
    AUTO(cluster_free) struct cluster *copy = cluster_copy(cluster);
    cluster_give_copy(copy, &a);
    cluster_check(copy);
    assert_int_equal(cluster_free_procs(copy), 1);
    cluster_resize(cluster, 0, 1); /* the one that is not over goes first */
    cluster_check(cluster);
    assert_int_equal(cluster_returning(cluster, &b), 0);
    cluster_resize(cluster, 0, 2);
    cluster_down(cluster, 0, 2); /* what is over has nothing to be down yet */
    cluster_check(cluster);
    assert_int_equal(cluster_down_procs(cluster), 0);
    cluster_up(cluster, 0, 2);
    cluster_give(cluster, &c);
    cluster_check(cluster);
    assert_true(cluster_is_over(cluster));
    cluster_give(cluster, &a);
    cluster_check(cluster);
    assert_false(cluster_is_over(cluster));
    assert_int_equal(cluster_free_procs(cluster), 2);
    cluster_shape(cluster, 0, 9);
    cluster_check(cluster);
    assert_int_equal(cluster_free_procs(cluster), 16);
    cluster_assign(copy, cluster);
    cluster_check(copy);
    cluster_give(cluster, &b);
    cluster_check(cluster);
    assert_int_equal(cluster_capacity(cluster), 18);
}

/* One placement after the other: the index of each is there once it chooses. */
static void test_place(void **state)
{
    (void)state;
    static const char *const names[] = {"any", "contiguous", "spread", "pack", "any", "contiguous"};
    static const struct ask four = {.procs = 4}, one = {.procs = 1};
    const struct node_group groups[] = {{100, 2}};
    AUTO(cluster_free) struct cluster *cluster = cluster_new(placement("any"), groups, 1, true);
    AUTO(cluster_free) struct cluster *copy = cluster_copy(cluster);
    struct allocation a, b;
    cluster_take(cluster, &one, &a);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        cluster_place(cluster, placement(names[i]));
        cluster_check(cluster);
        assert_int_equal(cluster_free_procs(cluster), 199);
        cluster_assign(copy, cluster);
        cluster_check(copy);
        cluster_choose(copy, &four, &b);
        assert_int_equal(b.procs, 4);
        allocation_clear(&b);
        cluster_take(cluster, &four, &b);
        /* the other processor of node 0 and nodes 1, 2; else whole nodes */
        assert_int_equal(allocation_extents(&b)->first, strcmp(names[i], "any") == 0 ? 0 : 1);
        cluster_give(cluster, &b);
        cluster_check(cluster);
    }
    const struct ask all = {.nodes = 99};
    assert_true(cluster_fits(cluster, &all));
    cluster_give(cluster, &a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables), cmocka_unit_test(test_could_fit),
        cmocka_unit_test(test_counts), cmocka_unit_test(test_long_runs),
        cmocka_unit_test(test_shape),  cmocka_unit_test(test_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
