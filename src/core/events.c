/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/events.h"

#include "util/mem.h"

#include <stdlib.h>

/* A job's place in the input takes the low 60 bits of the rank, the class the high 4. */
#define SOURCE_BITS 60

struct entry {
    simtime at;
    uint64_t rank;
    uint64_t order; /* of insertion */
    event_handle handle;
};

/* What the heap need not compare. */
struct body {
    uint32_t kind, object;
    int32_t place; /* in the heap; of a free handle: the next free one, or EVENT_NONE */
};

/* Before the heap, at [-1], may stand one event that comes before all others: what is added only to
 * happen next leaves the heap as it is. */
struct events {
    struct entry *heap; /* owned, with the place before it */
    struct body *bodies;
    size_t len, cap;
    size_t ahead;      /* 1: there is one before the heap; else 0 */
    simtime time;      /* of the first event; SIMTIME_NEVER: there is none */
    event_handle free; /* first free handle */
    uint64_t inserted;
};

#define AHEAD (-1)

struct events *events_new(void)
{
    struct events *events = mem_new(1, sizeof(*events));
    events->free = EVENT_NONE;
    events->time = SIMTIME_NEVER;
    return events;
}

void events_free(struct events *events)
{
    if (!events)
        return;
    if (events->heap)
        free(events->heap + AHEAD);
    free(events->bodies);
    free(events);
}

static inline bool before(const struct entry *a, const struct entry *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    if (a->rank != b->rank)
        return a->rank < b->rank;
    return a->order < b->order;
}

static inline const struct entry *first_of(const struct events *events)
{
    return events->heap - events->ahead;
}

static inline void find_time(struct events *events)
{
    events->time = events->len + events->ahead > 0 ? first_of(events)->at : SIMTIME_NEVER;
}

static inline void place(struct events *events, size_t i, struct entry entry)
{
    events->heap[i] = entry;
    events->bodies[entry.handle].place = (int32_t)i;
}

static void sift_up(struct events *events, size_t i, struct entry entry)
{
    while (i > 0) {
        const size_t parent = (i - 1) / 4;
        if (!before(&entry, &events->heap[parent]))
            break;
        place(events, i, events->heap[parent]);
        i = parent;
    }
    place(events, i, entry);
}

static void sift_down(struct events *events, size_t i, struct entry entry)
{
    for (;;) {
        const size_t first = 4 * i + 1;
        if (first >= events->len)
            break;
        const size_t end = first + 4 < events->len ? first + 4 : events->len;
        size_t least = first;
        for (size_t child = first + 1; child < end; child++)
            if (before(&events->heap[child], &events->heap[least]))
                least = child;
        if (!before(&events->heap[least], &entry))
            break;
        place(events, i, events->heap[least]);
        i = least;
    }
    place(events, i, entry);
}

static COLD void grow(struct events *events)
{
    const size_t old = events->cap;
    REQUIRE(old < INT32_MAX / 2);
    events->cap = old ? 2 * old : 16;
    struct entry *entries = events->heap ? events->heap + AHEAD : NULL;
    events->heap = (struct entry *)mem_resize(entries, events->cap + 1, sizeof(*entries)) - AHEAD;
    events->bodies = mem_resize(events->bodies, events->cap, sizeof(*events->bodies));
    for (size_t i = events->cap; i-- > old;) {
        events->bodies[i].place = events->free;
        events->free = (event_handle)i;
    }
}

/* An event that may come before all others. */
static NOINLINE void add_soon(struct events *events, struct entry entry)
{
    if (events->len + events->ahead > 0 && !before(&entry, first_of(events))) {
        sift_up(events, events->len++, entry);
        return;
    }
    if (events->ahead)
        sift_up(events, events->len++, events->heap[AHEAD]);
    events->ahead = 1;
    events->heap[AHEAD] = entry;
    events->bodies[entry.handle].place = AHEAD;
    events->time = entry.at;
}

event_handle events_add(struct events *events, const struct event *event)
{
    REQUIRE(event->source >> SOURCE_BITS == 0);
    if (events->free == EVENT_NONE)
        grow(events);
    const event_handle handle = events->free;
    struct body *body = &events->bodies[handle];
    events->free = body->place;
    body->kind = event->kind;
    body->object = event->object;
    const struct entry entry = {
        .at = event->at,
        .rank = (uint64_t)event->class << SOURCE_BITS | event->source,
        .order = events->inserted++,
        .handle = handle,
    };
    if (LIKELY(entry.at > events->time))
        sift_up(events, events->len++, entry);
    else
        add_soon(events, entry);
    return handle;
}

static inline void give(struct events *events, event_handle handle)
{
    events->bodies[handle].place = events->free;
    events->free = handle;
    find_time(events);
}

static void take_out(struct events *events, size_t i)
{
    const event_handle handle = events->heap[i].handle;
    const struct entry last = events->heap[--events->len];
    if (i < events->len) {
        if (i > 0 && before(&last, &events->heap[(i - 1) / 4]))
            sift_up(events, i, last);
        else
            sift_down(events, i, last);
    }
    give(events, handle);
}

static inline void take_ahead(struct events *events)
{
    events->ahead = 0;
    give(events, events->heap[AHEAD].handle);
}

void events_cancel(struct events *events, event_handle handle)
{
    REQUIRE(handle >= 0 && (size_t)handle < events->cap);
    const int32_t i = events->bodies[handle].place;
    REQUIRE(i >= -(int32_t)events->ahead && i < (int32_t)events->len &&
            events->heap[i].handle == handle);
    if (i == AHEAD)
        take_ahead(events);
    else
        take_out(events, (size_t)i);
}

simtime events_time(const struct events *events)
{
    return events->time;
}

enum event_class events_class(const struct events *events)
{
    return (enum event_class)(first_of(events)->rank >> SOURCE_BITS);
}

bool events_first(const struct events *events, struct event *ret)
{
    if (events->len + events->ahead == 0)
        return false;
    const struct entry *entry = first_of(events);
    const struct body *body = &events->bodies[entry->handle];
    *ret = (struct event){
        .at = entry->at,
        .class = (enum event_class)(entry->rank >> SOURCE_BITS),
        .source = entry->rank & ((UINT64_C(1) << SOURCE_BITS) - 1),
        .kind = body->kind,
        .object = body->object,
    };
    return true;
}

void events_drop(struct events *events)
{
    REQUIRE(events->len + events->ahead > 0);
    if (events->ahead)
        take_ahead(events);
    else
        take_out(events, 0);
}

bool events_pop(struct events *events, struct event *ret)
{
    if (!events_first(events, ret))
        return false;
    events_drop(events);
    return true;
}

size_t events_len(const struct events *events)
{
    return events->len + events->ahead;
}

void events_check(const struct events *events)
{
    for (size_t i = 0; i < events->len; i++) {
        const struct entry *entry = &events->heap[i];
        REQUIRE(i == 0 || !before(entry, &events->heap[(i - 1) / 4]));
        REQUIRE(events->bodies[entry->handle].place == (int32_t)i);
        REQUIRE(!events->ahead || before(&events->heap[AHEAD], entry));
    }
    REQUIRE(!events->ahead || events->bodies[events->heap[AHEAD].handle].place == AHEAD);
    REQUIRE(events->time == (events_len(events) ? first_of(events)->at : SIMTIME_NEVER));
}
