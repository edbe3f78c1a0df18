/* Links shared by transfers, by hand, and conservation on random transfers. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/network.h"

#include "util/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define GBIT INT64_C(1000000000)
#define GB INT64_C(1000000000)
#define SECOND SIMTIME_SECOND

static uint32_t take_at(struct network *network, simtime at)
{
    uint32_t owner = 0;
    assert_int_equal(network_next(network), at);
    network_check(network, at);
    assert_true(network_take(network, at, &owner));
    return owner;
}

/* 10 Gbit/s: 1.25 GB/s. */
static void test_one_link(void **state)
{
    (void)state;
    const struct link link = {{0, 1}, 10 * GBIT, 15000};
    AUTO(network_free) struct network *network = network_new(2, &link, 1);
    uint32_t owner;
    assert_int_equal(network_expect(network, 0, 1, 5 * GB), 4 * SECOND + 15000);
    /* 5 GB alone for 2 s have 2.5 GB to go; shared with 5 GB from then on, they take 4 s more; the
     * other has 2.5 GB left then, alone: 2 s. */
    network_begin(network, 0, 1, 5 * GB, 7, 0);
    network_begin(network, 1, 0, 5 * GB, 8, 2 * SECOND);
    assert_int_equal(network_expect(network, 0, 1, 5 * GB), 12 * SECOND + 15000);
    assert_int_equal(take_at(network, 6 * SECOND), 7);
    assert_false(network_take(network, 6 * SECOND, &owner));
    assert_int_equal(take_at(network, 8 * SECOND), 8);
    assert_int_equal(network_next(network), SIMTIME_NEVER);
    assert_int_equal(network_transfers(network), 0);
    assert_int_equal(network_latency(network, 1, 0), 15000);
    assert_int_equal(network_latency(network, 1, 1), 0);
}

/* Thirds are not whole: three times 1 GB over 8 Gbit/s are through after 3 s sharp, and 1 byte
 * over it within the first microsecond. */
static void test_rounding(void **state)
{
    (void)state;
    const struct link link = {{0, 1}, 8 * GBIT, 0};
    AUTO(network_free) struct network *network = network_new(2, &link, 1);
    uint32_t owner;
    for (uint32_t i = 0; i < 3; i++)
        network_begin(network, 0, 1, GB, i, 0);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(take_at(network, 3 * SECOND), i);
    network_begin(network, 0, 1, 1, 9, 5 * SECOND);
    assert_false(network_take(network, 5 * SECOND, &owner));
    assert_int_equal(take_at(network, 5 * SECOND + 1), 9);
}

/* 0 -1- 1 -2- 2 with a slower direct link 0 - 2 of more latency. */
static const struct link triangle[] = {
    {{0, 2}, GBIT, 50000},
    {{0, 1}, 8 * GBIT, 10000},
    {{2, 1}, 4 * GBIT, 20000},
};

static void test_routes(void **state)
{
    (void)state;
    AUTO(network_free) struct network *network = network_new(4, triangle, 3);
    size_t len;
    const int32_t *route = network_route(network, 2, 0, &len);
    assert_int_equal(len, 2);
    assert_int_equal(route[0], 1);
    assert_int_equal(route[1], 2);
    assert_int_equal(network_latency(network, 0, 2), 30000);
    assert_true(network_reaches(network, 3, 3));
    assert_false(network_reaches(network, 0, 3));
    assert_int_equal(network_expect(network, 3, 1, 1), SIMTIME_NEVER);
    assert_int_equal(network_expect(network, 3, 1, 0), 0);
}

/* Max-min: of 8 Gbit/s, the one that goes on over 4 Gbit/s with another has 2 (its half there), the
 * one on the first link alone has the other 6. */
static void test_max_min(void **state)
{
    (void)state;
    AUTO(network_free) struct network *network = network_new(4, triangle, 3);
    network_begin(network, 0, 2, GB, 0, 0);     /* 2 Gbit/s: 4 s */
    network_begin(network, 1, 2, 2 * GB, 1, 0); /* 2, then 4 Gbit/s from 4 s on: 4 + 2 s */
    network_begin(network, 0, 1, 6 * GB, 2, 0); /* 6, then 8 Gbit/s from 4 s on: 4 + 3 s */
    assert_int_equal(take_at(network, 4 * SECOND), 0);
    assert_int_equal(take_at(network, 6 * SECOND), 1);
    assert_int_equal(take_at(network, 7 * SECOND), 2);
}

/* Whatever begins when: bits add up after every event, and all that began comes through. */
static void test_random(void **state)
{
    (void)state;
    uint64_t draw = 1;
    AUTO(network_free) struct network *network = network_new(4, triangle, 3);
    simtime now = 0;
    size_t begun = 0, ended = 0;
    for (int i = 0; i < 20000; i++) {
        draw = draw * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const uint64_t bits = draw >> 16;
        const simtime next = now + (simtime)(bits % 900000);
        uint32_t owner;
        while (network_next(network) <= next) {
            now = network_next(network);
            network_check(network, now);
            while (network_take(network, now, &owner))
                ended++;
        }
        now = next;
        const int32_t from = (int32_t)(bits >> 20) % 3,
                      to = (from + 1 + (int32_t)(bits >> 30) % 2) % 3;
        network_begin(network, from, to, 1 + (int64_t)(bits >> 8) % (GB / 8), 0, now);
        begun++;
        network_check(network, now);
    }
    for (uint32_t owner; network_next(network) < SIMTIME_NEVER;) {
        now = network_next(network);
        while (network_take(network, now, &owner))
            ended++;
    }
    assert_int_equal(begun, ended);
    network_check(network, now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_link), cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_routes),   cmocka_unit_test(test_max_min),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
