/* Orders: what each puts first, from its scores, and in a queue of jobs with a history. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/queue.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define H(hours) ((hours)*3600.0)

static const struct order_type *order_of(const char *name)
{
    const struct kind *kind = kind_find(&order_kinds, name);
    assert_non_null(kind);
    return (const struct order_type *)(const void *)kind;
}

static void las_queues(void **state)
{
    (void)state;
    double thresholds[] = {H(1), H(20)};
    const struct numbers params = {thresholds, 2};
    static const struct {
        double attained;
        int queue;
    } rows[] = {{0, 0}, {H(0.999), 0}, {H(1), 1}, {H(19.999), 1}, {H(20), 2}, {H(1e6), 2}};
    const struct order_type *las = order_of("las");
    assert_false(las->ages);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct score_input in = {.attained = rows[i].attained};
        assert_true(las->score(&params, &in) == rows[i].queue);
    }
}

/* Jobs by seq in the order in which the queue gives them out. */
static void expect_order(const char *name, const void *params, const struct job *jobs, size_t len,
                         const uint64_t *want)
{
    struct queue queue;
    const struct queue_setup setup = {.order = order_of(name), .params = params, .processors = 8};
    queue_init(&queue, &setup);
    for (size_t i = 0; i < len; i++)
        queue_add(&queue, &jobs[i], 1, SIMTIME_HOUR);
    queue_settle(&queue, SIMTIME_HOUR);
    struct jobitem item;
    size_t n = 0;
    for (bool more = queue_first(&queue, &item); more; more = queue_next(&queue, item.key, &item))
        assert_int_equal(item.key.seq, want[n++]);
    assert_int_equal(n, len);
    for (size_t i = 0; i < len; i++)
        queue_remove(&queue, &jobs[i], 1);
    assert_int_equal(queue_len(&queue), 0);
    queue_deinit(&queue);
}

static void in_queues(void **state)
{
    (void)state;
    const struct job jobs[] = {
        {.seq = 0, .slot = 0, .attained = H(5)},
        {.seq = 1, .slot = 1, .attained = 0, .spec.deadline = 9 * SIMTIME_HOUR},
        {.seq = 2, .slot = 2, .attained = H(30), .spec.deadline = 1},
        {.seq = 3, .slot = 3, .attained = H(0.5), .spec.deadline = 9 * SIMTIME_HOUR - 1},
        {.seq = 4, .slot = 4, .attained = H(2)},
    };
    double thresholds[] = {H(1), H(20)};
    const struct numbers las = {thresholds, 2};
    expect_order("las", &las, jobs, ARRAY_LEN(jobs), (const uint64_t[]){1, 3, 0, 4, 2});
    expect_order("edf", NULL, jobs, ARRAY_LEN(jobs), (const uint64_t[]){2, 3, 1, 0, 4});
    expect_order("fcfs", NULL, jobs, ARRAY_LEN(jobs), (const uint64_t[]){0, 1, 2, 3, 4});
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(las_queues), cmocka_unit_test(in_queues)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
