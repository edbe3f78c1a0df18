/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/windows.h"

#include "model/windows.h"
#include "scenario/complete.h"
#include "util/mem.h"

#include <string.h>

/* How often a window that comes again may come in one run. */
#define WINDOWS_MAX 100000

/* Does it come too often in [0, length)? */
static bool is_countless(const struct recurrence *one, simtime length)
{
    struct windows windows;
    windows_init(&windows, one, 1, WINDOWS_BEGIN, 0);
    size_t n = 0;
    for (; n <= WINDOWS_MAX && windows_next(&windows) < length; n++) {
        windows.len = 0;
        windows_extend(&windows, SIMTIME_NEVER, 1);
    }
    windows_deinit(&windows);
    return n > WINDOWS_MAX;
}

int add_window(const struct program *program, const struct window *window, int64_t group_nodes,
               struct items *ret, struct error *err)
{
    const simtime from = program_instant(program, &window->from);
    const simtime to =
        window->until.given ? program_instant(program, &window->until) : from + window->length;
    const int64_t nodes = window->nodes < group_nodes ? window->nodes : group_nodes;
    const simtime length = program->epochs[0].scenario->time.length;
    if (to <= from)
        return error_set(err, "it ends before it begins");
    struct recurrence one = {
        .first = {.from = from, .to = to, .group = (size_t)window->group, .nodes = (int32_t)nodes},
        .epoch = program->start,
        .offset = program->offset,
        .since = INT64_MIN,
        .until = SIMTIME_NEVER,
        .known = INT64_MIN,
        .gone = SIMTIME_NEVER,
    };
    if (window->every && date_interval_parse(window->every, &one.every, err) < 0)
        return error_prefix(err, "every: ");
    if (window->every && length >= SIMTIME_NEVER)
        return error_set(err, "every: a time.length is needed to know where to stop");
    if (window->every && is_countless(&one, length))
        return error_set(err, "every: more than %d windows in the run", WINDOWS_MAX);
    if (!window->every && to <= 0)
        return 0;
    ret->items = mem_resize(ret->items, ret->len + 1, sizeof(one));
    ((struct recurrence *)ret->items)[ret->len++] = one;
    return 0;
}

void window_error(const struct node *map, const char *place, const char *text,
                  struct error_list *errors)
{
    static const char every[] = "every: ";
    if (strncmp(text, every, strlen(every)) == 0)
        error_list_addf(errors, mark_of(map, "every"), "%s.%s", place, text);
    else
        error_list_addf(errors, map->at, "%s: %s", place, text);
}
