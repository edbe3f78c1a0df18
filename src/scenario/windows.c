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

/* "3 months", "1 year": calendar months; else a duration. */
static int read_interval(const char *text, int *ret_months, simtime *ret_step, struct error *err)
{
    char unit[16] = "";
    double number;
    *ret_months = 0;
    if (sscanf(text, "%lf %15s", &number, unit) == 2 &&
        (strncmp(unit, "month", 5) == 0 || strncmp(unit, "year", 4) == 0)) {
        *ret_months = (int)number * (unit[0] == 'y' ? 12 : 1);
        if (*ret_months > 0 && number == (int)number && number < 1200)
            return 0;
        return error_set(err, "every: \"%.40s\": a whole number of months or years is needed",
                         text);
    }
    double seconds;
    if (quantity_parse(text, UNIT_TIME, &seconds, err) < 0)
        return error_prefix(err, "every: ");
    *ret_step = simtime_from_seconds(seconds);
    return *ret_step >= SIMTIME_SECOND ? 0 : error_set(err, "every: at least a second is needed");
}

static void add_window(struct items *windows, struct maintenance window)
{
    if (window.to <= 0)
        return;
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
    struct maintenance one = {from, to, (size_t)window->group, (int32_t)nodes};
    const simtime length = program->epochs[0].scenario->time.length;
    if (!window->every) {
        add_window(ret, one);
        return 0;
    }
    int months;
    simtime step = 0;
    if (read_interval(window->every, &months, &step, err) < 0)
        return -1;
    if (length >= SIMTIME_NEVER)
        return error_set(err, "every: a time.length is needed to know where to stop");
    for (int i = 0; one.from < length; i++) {
        if (i == WINDOWS_MAX)
            return error_set(err, "every: more than %d windows in the run", WINDOWS_MAX);
        add_window(ret, one);
        one.from = months
                       ? date_add_months(program->start + from, program->offset, months * (i + 1)) -
                             program->start
                       : one.from + step;
        one.to = one.from + (to - from);
    }
    return 0;
}

void sort_windows(struct items *windows)
{
    if (windows->len > 1)
        qsort(windows->items, windows->len, sizeof(struct maintenance), compare_windows);
}
