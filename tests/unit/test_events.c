/* The event queue against a list that is searched. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 200 };

struct listed {
    struct event event;
    event_handle handle;
};

/* In the order of insertion. */
struct list {
    struct listed items[MOST];
    size_t len;
};

static uint64_t draw(uint64_t below)
{
    static uint64_t state = 88172645463325252;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static bool comes_before(const struct event *a, const struct event *b)
{
    if (a->at != b->at)
        return a->at < b->at;
    return a->class != b->class ? a->class < b->class : a->source < b->source;
}

static size_t first_of(const struct list *list)
{
    size_t first = 0;
    for (size_t i = 1; i < list->len; i++)
        if (comes_before(&list->items[i].event, &list->items[first].event))
            first = i;
    return first;
}

static void strike(struct list *list, size_t i)
{
    list->len--;
    memmove(&list->items[i], &list->items[i + 1], (list->len - i) * sizeof(list->items[0]));
}

static void compare_first(const struct events *events, const struct list *list)
{
    struct event got;
    assert_int_equal(events_len(events), list->len);
    assert_int_equal(events_first(events, &got), list->len > 0);
    if (list->len == 0) {
        assert_int_equal(events_time(events), SIMTIME_NEVER);
        return;
    }
    const struct event *want = &list->items[first_of(list)].event;
    assert_int_equal(got.at, want->at);
    assert_int_equal(got.class, want->class);
    assert_int_equal(got.source, want->source);
    assert_int_equal(got.kind, want->kind);
    assert_int_equal(got.object, want->object);
    assert_int_equal(events_time(events), want->at);
    assert_int_equal(events_class(events), want->class);
}

/* `soon`: how many of ten events happen next, mostly. */
static void run(uint64_t soon)
{
    AUTO(events_free) struct events *events = events_new();
    static struct list list;
    struct event got;
    simtime now = 0;
    list.len = 0;
    for (uint32_t i = 0; i < 20000; i++) {
        const uint64_t what = draw(10);
        if (list.len == 0 || (what < 6 && list.len < MOST)) {
            const struct event event = {.at = now + (simtime)draw(draw(10) < soon ? 4 : 1000),
                                        .class = (enum event_class)draw(EVENT_END_LATE + 1),
                                        .source = draw(3),
                                        .kind = (uint32_t)draw(5),
                                        .object = i};
            list.items[list.len].event = event;
            list.items[list.len++].handle = events_add(events, &event);
        } else if (what < 8) {
            const size_t k = draw(3) == 0 ? first_of(&list) : draw(list.len);
            events_cancel(events, list.items[k].handle);
            strike(&list, k);
        } else {
            assert_true(events_pop(events, &got));
            now = got.at;
            assert_int_equal(got.object, list.items[first_of(&list)].event.object);
            strike(&list, first_of(&list));
        }
        events_check(events);
        compare_first(events, &list);
    }
    while (list.len > 0) {
        events_drop(events);
        strike(&list, first_of(&list));
        compare_first(events, &list);
    }
    assert_false(events_pop(events, &got));
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t soon = 0; soon <= 10; soon += 5)
        run(soon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
