/* Jobs written out: what is foretold of them. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/mem.h"
#include "workload/kinds.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The field of a job, by its key: the struct is the kind's own. */
static void *at(char *job, const char *key)
{
    const struct field *field = workload_jobs.fields[0].table;
    while (strcmp(field->key, key) != 0)
        field++;
    return job + field->offset;
}

struct row {
    simtime submit;
    int64_t processors, nodes, count;
    simtime runtime, request;
    struct kinded work;
};

static struct workload_outlook outlook_of(const struct row *rows, size_t len,
                                          const struct workload_context *context)
{
    const size_t size = workload_jobs.fields[0].size;
    char *const jobs = mem_new(len, size);
    for (size_t i = 0; i < len; i++) {
        char *const job = jobs + i * size;
        *(struct date_value *)at(job, "submit") =
            (struct date_value){.given = true, .relative = true, .instant = rows[i].submit};
        *(int64_t *)at(job, "processors") = rows[i].processors;
        *(int64_t *)at(job, "nodes") = rows[i].nodes;
        *(int64_t *)at(job, "count") = rows[i].count;
        *(simtime *)at(job, "runtime") = rows[i].runtime;
        *(simtime *)at(job, "request") = rows[i].request;
        *(struct kinded *)at(job, "work") = rows[i].work;
    }
    const struct items list = {.items = jobs, .len = len};
    struct workload_outlook outlook;
    assert_int_equal(workload_jobs.outlook(&list, context, &outlook, NULL), 0);
    free(jobs);
    return outlook;
}

#define H(hours) ((hours)*SIMTIME_HOUR)

static void outlooks(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {H(1), 0, 2, 100, H(10), SIMTIME_NEVER, {0}}, /* whole nodes */
        {H(5), 3, 0, 10, H(100), H(20), {0}},         /* cut by the request */
        {H(3), 3, 0, 1, H(7), H(20), {0}},            /* not cut */
        {H(50), 401, 0, 11, H(1), H(1), {0}},         /* too large */
        {H(60), 0, 101, 8, H(1), H(1), {0}},          /* too large */
        {H(200), 9, 0, 1000, H(1), H(1), {0}},        /* after the end */
    };
    struct workload_context context = {
        .limit = H(200), .procs_per_node = 4, .fits_procs = 400, .fits_nodes = 100, .kills = true};
    struct workload_outlook got = outlook_of(rows, ARRAY_LEN(rows), &context);
    assert_true(got.jobs == 111 && got.first == 3600 && got.span == 4 * 3600.0);
    assert_true(fabs(got.processor_seconds / 3600 - (100 * 2 * 4 * 10 + 10 * 3 * 20 + 21)) < 1e-6);
    assert_true(fabs(got.too_large - 19 / 130.0) < 1e-12 && got.largest == 404);
    context.kills = false;
    got = outlook_of(rows, ARRAY_LEN(rows), &context);
    assert_true(fabs(got.processor_seconds / 3600 - (8000 + 10 * 3 * 100 + 21)) < 1e-6);
    context.fits_procs = context.fits_nodes = 0;
    context.limit = SIMTIME_NEVER;
    got = outlook_of(rows, ARRAY_LEN(rows), &context);
    assert_true(got.jobs == 1130 && got.too_large == 0 && got.span == 199 * 3600.0);
    got = outlook_of(rows + 5, 1, &(struct workload_context){.limit = H(10)});
    assert_true(got.jobs == 0 && got.processor_seconds == 0 && got.largest == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(outlooks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
