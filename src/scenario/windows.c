/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/windows.h"

#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How often a window that comes again may come in one run. */
#define WINDOWS_MAX 100000

static int compare_windows(const void *a, const void *b)
{
    const struct maintenance *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

static void add_window(struct items *windows, struct maintenance window)
{
    if (window.to <= 0)
        return;
    window.from = window.from > 0 ? window.from : 0;
    windows->items = mem_resize(windows->items, windows->len + 1, sizeof(struct maintenance));
    ((struct maintenance *)windows->items)[windows->len++] = window;
}

int expand_window(const struct program *program, const struct window *window, int64_t group_nodes,
                  struct items *ret, struct error *err)
{
    const simtime from = program_instant(program, &window->from);
    const simtime to =
        window->until.given ? program_instant(program, &window->until) : from + window->length;
    const int64_t nodes = window->nodes < group_nodes ? window->nodes : group_nodes;
    if (to <= from)
        return error_set(err, "it ends before it begins");
    struct maintenance one = {.from = from,
                              .to = to,
                              .known = INT64_MIN,
                              .gone = SIMTIME_NEVER,
                              .group = (size_t)window->group,
                              .nodes = (int32_t)nodes};
    const simtime length = program->epochs[0].scenario->time.length;
    if (!window->every) {
        add_window(ret, one);
        return 0;
    }
    struct date_interval interval;
    if (date_interval_parse(window->every, &interval, err) < 0)
        return error_prefix(err, "every: ");
    const int months = interval.months;
    if (length >= SIMTIME_NEVER)
        return error_set(err, "every: a time.length is needed to know where to stop");
    for (int i = 0; one.from < length; i++) {
        if (i == WINDOWS_MAX)
            return error_set(err, "every: more than %d windows in the run", WINDOWS_MAX);
        add_window(ret, one);
        one.from = months
                       ? date_add_months(program->start + from, program->offset, months * (i + 1)) -
                             program->start
                       : one.from + interval.step;
        one.to = one.from + (to - from);
    }
    return 0;
}

void join_windows(struct items *windows)
{
    struct maintenance *items = windows->items;
    size_t len = 0;
    for (size_t i = 0; i < windows->len; i++) {
        if (len > 0 && items[i].from <= items[len - 1].to) {
            if (items[i].to > items[len - 1].to)
                items[len - 1].to = items[i].to;
        } else {
            items[len++] = items[i];
        }
    }
    windows->len = len;
}

void sort_windows(struct items *windows)
{
    if (windows->len > 1)
        qsort(windows->items, windows->len, sizeof(struct maintenance), compare_windows);
}
