/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/windows.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* So many that meet, one after the other, go on for ever. */
#define MEETING_MOST 1000

struct windows_next {
    int64_t n;                 /* what comes after it, by number */
    struct maintenance window; /* from SIMTIME_NEVER: there is none */
};

static bool comes_again(const struct recurrence *one)
{
    return one->every.months > 0 || one->every.step > 0;
}

static struct maintenance nth(const struct recurrence *one, int64_t n)
{
    struct maintenance window = one->first;
    const simtime length = window.to - window.from;
    if (one->every.months > 0)
        window.from =
            date_add_months(one->epoch + window.from, one->offset, (int)(one->every.months * n)) -
            one->epoch;
    else
        window.from += n * one->every.step;
    window.to = window.from + length;
    return window;
}

static bool is_any(const struct recurrence *one, int64_t n)
{
    return (n == 0 || comes_again(one)) && nth(one, n).from < one->until;
}

/* Those that meet it become part of it. */
static void join(const struct recurrence *one, struct windows_next *next)
{
    struct maintenance *window = &next->window;
    for (int met = 0; is_any(one, next->n) && nth(one, next->n).from <= window->to; met++) {
        window->to = met < MEETING_MOST ? nth(one, next->n).to : SIMTIME_NEVER;
        if (met == MEETING_MOST)
            return;
        next->n++;
    }
}

/* The one after it. */
static void advance(const struct recurrence *one, struct windows_next *next)
{
    const bool last = next->window.to >= SIMTIME_NEVER;
    do {
        if (last || !is_any(one, next->n)) {
            next->window.from = SIMTIME_NEVER;
            return;
        }
        next->window = nth(one, next->n++);
    } while (next->window.from < one->since);
    if (one->first.moves)
        join(one, next);
    if (next->window.from < 0)
        next->window.from = 0;
}

/* The number of one that ended by `begin`, or the first. */
static int64_t number_before(const struct recurrence *one, simtime begin)
{
    const simtime most =
        one->every.months > 0 ? 31 * SIMTIME_DAY * one->every.months : one->every.step;
    const int64_t n =
        comes_again(one) && begin > one->first.to ? (begin - one->first.to) / most : 0;
    return n > 1 ? n - 1 : 0;
}

void windows_init(struct windows *windows, const struct recurrence *all, size_t n, simtime planned,
                  simtime begin)
{
    *windows = (struct windows){.all = all, .n = n, .next = mem_new(n, sizeof(*windows->next))};
    for (size_t i = 0; i < n; i++) {
        const struct recurrence *one = &all[i];
        struct windows_next *next = &windows->next[i];
        next->window.from = SIMTIME_NEVER;
        if (planned < one->known || planned >= one->gone)
            continue;
        next->n = number_before(one, begin);
        do
            advance(one, next);
        while (next->window.from < SIMTIME_NEVER && next->window.to <= begin);
        windows->endless |=
            comes_again(one) && one->until >= SIMTIME_NEVER && next->window.to < SIMTIME_NEVER;
    }
}

void windows_deinit(struct windows *windows)
{
    free(windows->next);
    free(windows->items);
    *windows = (struct windows){0};
}

static bool comes_before(const struct maintenance *x, const struct maintenance *y)
{
    return x->from != y->from ? x->from < y->from : x->to < y->to;
}

/* The recurrence whose turn it is; n: none. */
static size_t first(const struct windows *windows)
{
    size_t found = windows->n;
    for (size_t i = 0; i < windows->n; i++) {
        const struct maintenance *window = &windows->next[i].window;
        if (window->from < SIMTIME_NEVER &&
            (found == windows->n || comes_before(window, &windows->next[found].window)))
            found = i;
    }
    return found;
}

simtime windows_next(const struct windows *windows)
{
    const size_t i = first(windows);
    return i < windows->n ? windows->next[i].window.from : SIMTIME_NEVER;
}

void windows_extend(struct windows *windows, simtime until, size_t most)
{
    for (size_t i = first(windows);
         i < windows->n && windows->next[i].window.from < until && windows->len < most;
         i = first(windows)) {
        MEM_GROW(windows);
        windows->items[windows->len++] = windows->next[i].window;
        advance(&windows->all[i], &windows->next[i]);
    }
}

void windows_drop(struct windows *windows, simtime now)
{
    size_t n = 0;
    while (n < windows->len && windows->items[n].to < now)
        n++;
    if (2 * n <= windows->len)
        return;
    memmove(windows->items, windows->items + n, (windows->len - n) * sizeof(*windows->items));
    windows->len -= n;
    windows->dropped += n;
}

simtime windows_settled(const struct windows *windows)
{
    simtime settled = INT64_MIN;
    for (size_t i = 0; i < windows->n; i++) {
        const struct maintenance *window = &windows->next[i].window;
        if (comes_again(&windows->all[i]) && windows->all[i].until >= SIMTIME_NEVER &&
            window->from < SIMTIME_NEVER && window->to < SIMTIME_NEVER && window->from > settled)
            settled = window->from;
    }
    return settled;
}

/* --- steps --- */

struct edge {
    simtime at;
    size_t group;
    int32_t nodes; /* more out of service; negative: back */
};

static int compare_edges(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

void windows_steps(const struct windows *windows, const struct node_group *groups,
                   struct windows_step *ret)
{
    int64_t asked[PARTITION_GROUPS_MAX] = {0};
    const size_t n = 2 * windows->len;
    struct edge *edges = mem_new(n, sizeof(*edges));
    for (size_t i = 0; i < windows->len; i++) {
        const struct maintenance *w = &windows->items[i];
        edges[2 * i] = (struct edge){w->from, w->group, w->nodes};
        edges[2 * i + 1] = (struct edge){w->to, w->group, -w->nodes};
    }
    if (n > 0)
        qsort(edges, n, sizeof(*edges), compare_edges);
    for (size_t i = 0; i < n; i++) {
        const struct node_group *group = &groups[edges[i].group];
        int64_t *taken = &asked[edges[i].group];
        const int64_t before = *taken < group->nodes ? *taken : group->nodes;
        *taken += edges[i].nodes;
        const int64_t after = *taken < group->nodes ? *taken : group->nodes;
        ret[i] = (struct windows_step){edges[i].at, (before - after) * group->procs_per_node};
    }
    free(edges);
}
