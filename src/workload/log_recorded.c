/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/log_recorded.h"

#include "util/mem.h"

#include <stdlib.h>

#define EVENTS_MAX ((size_t)1 << 20)

/* A start or, with `procs` below zero, an end. */
struct event {
    simtime at;
    int64_t procs;
    uint64_t line;
};

struct log_recorded {
    int64_t machine, busy;
    simtime now;           /* latest submission so far: what was before is done */
    struct log_count over; /* the most busy, and where it was first too much */
    struct event *items;   /* a heap, earliest first */
    size_t len, cap;
};

static bool before(const struct event *a, const struct event *b)
{
    return a->at != b->at ? a->at < b->at : a->procs < b->procs;
}

static void push(struct log_recorded *recorded, struct event event)
{
    MEM_GROW(recorded);
    size_t i = recorded->len++;
    for (; i > 0 && before(&event, &recorded->items[(i - 1) / 2]); i = (i - 1) / 2)
        recorded->items[i] = recorded->items[(i - 1) / 2];
    recorded->items[i] = event;
}

static struct event pop(struct log_recorded *recorded)
{
    struct event *const items = recorded->items;
    const struct event first = items[0], last = items[--recorded->len];
    const size_t len = recorded->len;
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < len; i = child) {
        child += child + 1 < len && before(&items[child + 1], &items[child]);
        if (!before(&items[child], &last))
            break;
        items[i] = items[child];
    }
    items[i] = last;
    return first;
}

static void take(struct log_recorded *recorded, const struct event *event)
{
    struct log_count *const over = &recorded->over;
    recorded->busy += event->procs;
    if (recorded->busy <= recorded->machine || (uint64_t)recorded->busy <= over->count)
        return;
    if (over->count == 0)
        over->line = event->line;
    over->count = (uint64_t)recorded->busy;
}

struct log_recorded *log_recorded_new(int64_t machine)
{
    struct log_recorded *recorded = mem_new(1, sizeof(*recorded));
    recorded->machine = machine;
    recorded->now = INT64_MIN;
    return recorded;
}

void log_recorded_free(struct log_recorded *recorded)
{
    if (recorded)
        free(recorded->items);
    free(recorded);
}

void log_recorded_add(struct log_recorded *recorded, const struct swf_row *row)
{
    if (row->submit < 0 || row->wait < 0 || row->run <= 0 || row->procs <= 0)
        return;
    if (row->submit > recorded->now)
        recorded->now = row->submit;
    while (recorded->len > 0 && recorded->items[0].at < recorded->now) {
        const struct event event = pop(recorded);
        take(recorded, &event);
    }
    const simtime start = row->submit + row->wait, end = start + row->run;
    const int64_t procs = row->procs < INT32_MAX ? row->procs : INT32_MAX;
    if (end < recorded->now || recorded->len + 2 > EVENTS_MAX)
        return;
    push(recorded, (struct event){start, procs, row->line});
    push(recorded, (struct event){end, -procs, row->line});
}

struct log_count log_recorded_over(struct log_recorded *recorded)
{
    while (recorded->len > 0) {
        const struct event event = pop(recorded);
        take(recorded, &event);
    }
    return recorded->over;
}
