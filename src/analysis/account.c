/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/account.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(state, what)                                                                         \
    {                                                                                              \
        what, RECORD_INT64, offsetof(struct account, jobs) + (state) * sizeof(int64_t), "jobs",    \
            "jobs " what                                                                           \
    }

/* clang-format off */
static const struct record_column core_columns[] = {
    {"name", RECORD_TEXT, offsetof(struct account, name), "", "path"},
    {"submitted", RECORD_INT64, offsetof(struct account, submitted), "jobs", "jobs submitted"},
    COUNT(JOB_COMPLETED, "completed"),
    COUNT(JOB_KILLED, "killed"),
    COUNT(JOB_FAILED, "failed"),
    COUNT(JOB_ABANDONED, "abandoned"),
    COUNT(JOB_REJECTED, "rejected"),
    COUNT(JOB_PENDING, "pending"),
    COUNT(JOB_RUNNING, "running"),
    {"processor_seconds", RECORD_REAL, offsetof(struct account, processor_seconds),
     "processor-s", "processor-time received until the end of the run"},
    {"wait", RECORD_REAL, offsetof(struct account, wait), "s",
     "sum of the waits of jobs that ran and ended, or were pending or running when the run ended"},
};
/* clang-format on */

#define CAUSE(cause, name, what)                                                                   \
    [cause] = {"wait_" name, RECORD_REAL,                                                          \
               offsetof(struct account, causes) + (cause) * sizeof(double), "s",                   \
               "the part of wait in which: " what},
static const struct record_column cause_columns[WAIT_CAUSES] = {WAIT_CAUSE_LIST(CAUSE)};

size_t account_columns(const struct world *world, struct record_column *ret)
{
    _Static_assert(ARRAY_LEN(core_columns) + WAIT_CAUSES == ACCOUNT_COLUMNS_MAX, "");
    size_t len = ARRAY_LEN(core_columns);
    memcpy(ret, core_columns, sizeof(core_columns));
    for (int c = 0; c < WAIT_CAUSES; c++)
        if (world->causes >> c & 1)
            ret[len++] = cause_columns[c];
    return len;
}

struct totals {
    int64_t jobs[JOB_STATES];
    wide received, wait, causes[WAIT_CAUSES];
};

static void totals_add(struct totals *totals, const struct collect *collect,
                       const struct cell *cell)
{
    for (int s = 0; s < JOB_STATES; s++)
        totals->jobs[s] += cell->jobs[s];
    totals->received += cell_received(cell, collect->end);
    totals->wait += cell->wait + cell->open_wait;
    for (int c = 0; c < WAIT_CAUSES; c++)
        totals->causes[c] +=
            (cell->causes ? cell->causes[c] : 0) + (cell->open ? cell->open[c] : 0);
}

static void totals_merge(struct totals *into, const struct totals *from)
{
    for (int s = 0; s < JOB_STATES; s++)
        into->jobs[s] += from->jobs[s];
    into->received += from->received;
    into->wait += from->wait;
    for (int c = 0; c < WAIT_CAUSES; c++)
        into->causes[c] += from->causes[c];
}

static struct account to_account(const char *name, const struct totals *totals)
{
    struct account account = {.name = name,
                              .processor_seconds = (double)totals->received / 1e6,
                              .wait = (double)totals->wait / 1e6};
    for (int s = 0; s < JOB_STATES; s++) {
        account.jobs[s] = totals->jobs[s];
        account.submitted += totals->jobs[s];
    }
    for (int c = 0; c < WAIT_CAUSES; c++)
        account.causes[c] = (double)totals->causes[c] / 1e6;
    return account;
}

void tenant_order(const struct world *world, int32_t **ret_order, uint32_t **ret_members)
{
    const size_t n = world->tenants.len;
    const struct tenant_info *tenants = world->tenants.items;
    int32_t *order = mem_new(n, sizeof(*order));
    uint32_t *members = mem_new(n, sizeof(*members));
    int32_t *first = mem_new(n + 1, sizeof(*first)); /* of the members; [n]: of the roots */
    int32_t *next = mem_new(n, sizeof(*next));
    for (size_t i = 0; i <= n; i++)
        first[i] = -1;
    for (size_t i = n; i-- > 0;) { /* backwards, so that each list comes out ascending */
        const size_t above = tenants[i].parent >= 0 ? (size_t)tenants[i].parent : n;
        next[i] = first[above];
        first[above] = (int32_t)i;
    }
    size_t len = 0;
    for (int32_t at = first[n]; at >= 0;) {
        order[len++] = at;
        if (first[at] >= 0) {
            at = first[at];
            continue;
        }
        while (at >= 0 && next[at] < 0)
            at = tenants[at].parent;
        at = at >= 0 ? next[at] : -1;
    }
    REQUIRE(len == n);
    /* Sizes from the end: a tenant's are complete when it is met. first: places by row from here.
     */
    for (size_t i = 0; i < n; i++)
        first[order[i]] = (int32_t)i;
    for (size_t i = n; i-- > 0;) {
        members[i]++;
        if (tenants[order[i]].parent >= 0)
            members[first[tenants[order[i]].parent]] += members[i];
    }
    free(first);
    free(next);
    *ret_order = order;
    *ret_members = members;
}

struct account *tenant_accounts(const struct collect *collect)
{
    const struct world *world = collect->world;
    const size_t n = world->tenants.len;
    struct totals *totals = mem_new(n, sizeof(*totals));
    for (size_t i = 0; i < collect->leaves.len; i++)
        totals_add(&totals[collect->leaves.items[i]->tenant], collect,
                   &collect->leaves.items[i]->cell);
    int32_t *order;
    uint32_t *members;
    tenant_order(world, &order, &members);
    struct account *accounts = mem_new(n, sizeof(*accounts));
    for (size_t i = n; i-- > 0;) {
        const int32_t row = order[i], parent = world->tenants.items[row].parent;
        if (parent >= 0)
            totals_merge(&totals[parent], &totals[row]);
        accounts[row] = to_account(world->tenants.items[row].path, &totals[row]);
    }
    free(totals);
    free(order);
    free(members);
    return accounts;
}

struct account *centre_accounts(const struct collect *collect)
{
    const struct world *world = collect->world;
    struct totals *totals = mem_new(world->n_centres, sizeof(*totals));
    for (size_t i = 0; i < collect->leaves.len; i++) {
        const size_t place = (size_t)collect->leaves.items[i]->place;
        const size_t centre = place < world->n_partitions ? (size_t)world->partitions[place].centre
                                                          : place - world->n_partitions;
        totals_add(&totals[centre], collect, &collect->leaves.items[i]->cell);
    }
    struct account *accounts = mem_new(world->n_centres, sizeof(*accounts));
    for (size_t c = 0; c < world->n_centres; c++)
        accounts[c] = to_account(world->centres[c].name, &totals[c]);
    free(totals);
    return accounts;
}
