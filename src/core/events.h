/* The event queue: events leave in order of (time, rank, insertion), so that one seed gives one
 * trace. A 4-ary heap of small entries beside a table of handles; events can be cancelled. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_EVENTS_H
#define CORE_EVENTS_H

#include "util/base.h"
#include "util/simtime.h"

/* What happens at one instant happens in this order. A scheduler runs after all of them. The late
 * classes serve the schedulers that decide after each event, where submissions come first. */
enum event_class {
    EVENT_GAIN,       /* repairs and capacity gains */
    EVENT_END,        /* job ends */
    EVENT_LOSS,       /* node failures and capacity losses */
    EVENT_SUBMISSION, /* merged from the sources, never queued */
    EVENT_TIMER,      /* reservations and timers */
    EVENT_END_LATE    /* job ends where submissions come first */
};

typedef int32_t event_handle; /* >= 0 */
#define EVENT_NONE (-1)

struct event {
    simtime at;
    enum event_class class;
    uint64_t source; /* order inside a class: for jobs their place in the input */
    uint32_t kind;   /* the owner's */
    uint32_t object; /* the owner's: a job's slot, a partition's row */
};

struct events;

struct events *events_new(void);
void events_free(struct events *events); /* takes NULL */
AUTO_DEFINE(struct events *, events_free)

/* O(log n). */
event_handle events_add(struct events *events, const struct event *event);
void events_cancel(struct events *events, event_handle handle);

/* The time of the first event, SIMTIME_NEVER if there is none; and its class, if there is one.
 * O(1).
 */
simtime events_time(const struct events *events);
enum event_class events_class(const struct events *events);

/* Look at the first event; false if there is none. O(1). */
bool events_first(const struct events *events, struct event *ret);

/* Take the first event out; false if there is none. events_drop: one that was looked at, so that
 * there is one. O(log n). */
bool events_pop(struct events *events, struct event *ret);
void events_drop(struct events *events);

size_t events_len(const struct events *events);
void events_check(const struct events *events); /* REQUIREs heap order and handles */

#endif
