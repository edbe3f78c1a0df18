/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/network.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 amount; /* of data: 2^-40 microbit */

#define UNIT_BITS 40
#define AMOUNT_BYTE ((amount)8000000 << UNIT_BITS)
#define SLACK ((amount)1000 << UNIT_BITS) /* a thousandth of a bit */
#define RENEW ((amount)1 << 112)          /* counts of what was served begin anew here */

struct transfer {
    amount finish; /* what its flow has served when it is through */
    amount begin;  /* and had when it began */
    uint64_t seq;
    uint32_t owner;
};

/* All transfers between two centres: one rate. */
struct flow {
    int32_t *route; /* links; owned */
    size_t hops;
    simtime latency;
    amount served; /* to each transfer, since the flow was last without any */
    amount rate;   /* a microsecond, to each */
    bool fixed;    /* scratch of share_out */
    struct {
        struct transfer *items; /* a heap by (finish, seq); owned */
        size_t len, cap;
    } heap;
    /* The last answer of network_expect, which is mostly the next one too: dividing is dear. */
    struct {
        int64_t bytes;
        amount rate;
        simtime time;
        bool idle; /* it is that while no data move */
    } expected;
};

struct line {
    struct link link;
    amount carried;   /* modulo 2^128 */
    amount delivered; /* of it, by transfers that are over */
    int64_t transfers;
    amount next_share; /* of each, were there one more; 0: not asked yet */
    amount left;       /* scratch of share_out */
    int64_t unfixed;
};

/* How a centre is reached from the source of a row. */
struct hop {
    simtime latency; /* SIMTIME_NEVER: not at all */
    int32_t hops;
    int32_t link; /* the last one; -1: the source itself */
};

struct network {
    size_t n_centres, n_lines;
    struct line *lines;
    struct hop **rows;    /* by source; NULL: not asked yet */
    struct flow **flows;  /* by lower row x n_centres + higher row; NULL: none yet */
    struct flow **active; /* those with transfers */
    size_t n_active, active_cap;
    uint64_t begun;
    size_t transfers;
    simtime now;
    bool stale; /* rates have to be shared out anew */
    simtime next;
};

static amount line_rate(const struct line *line)
{
    return (amount)line->link.bandwidth << UNIT_BITS;
}

/* Of each of so many. Most transfers are alone, and dividing is dear. */
static amount line_share(const struct line *line, size_t transfers)
{
    return transfers == 1 ? line_rate(line) : line_rate(line) / (amount)transfers;
}

struct network *network_new(size_t n_centres, const struct link *links, size_t n_links)
{
    struct network *network = mem_new(1, sizeof(*network));
    network->n_centres = n_centres;
    network->n_lines = n_links;
    network->lines = mem_new(n_links, sizeof(*network->lines));
    for (size_t i = 0; i < n_links; i++) {
        REQUIRE(links[i].bandwidth > 0 && links[i].bandwidth <= NETWORK_BANDWIDTH_MOST);
        network->lines[i].link = links[i];
    }
    network->rows = mem_new(n_centres, sizeof(*network->rows));
    network->flows = mem_new(n_centres * n_centres, sizeof(*network->flows));
    network->next = SIMTIME_NEVER;
    return network;
}

void network_free(struct network *network)
{
    if (!network)
        return;
    for (size_t i = 0; i < network->n_centres * network->n_centres; i++)
        if (network->flows[i]) {
            free(network->flows[i]->route);
            free(network->flows[i]->heap.items);
            free(network->flows[i]);
        }
    for (size_t i = 0; i < network->n_centres; i++)
        free(network->rows[i]);
    free(network->rows);
    free(network->flows);
    free(network->active);
    free(network->lines);
    free(network);
}

/* --- routes --- */

/* From centre `at`, settled, on over its links, in order of the file. */
static void relax(const struct network *network, struct hop *row, int32_t at)
{
    for (size_t i = 0; i < network->n_lines; i++) {
        const struct link *link = &network->lines[i].link;
        if (link->ends[0] != at && link->ends[1] != at)
            continue;
        struct hop *to = &row[link->ends[0] == at ? link->ends[1] : link->ends[0]];
        const struct hop new = {row[at].latency + link->latency, row[at].hops + 1, (int32_t)i};
        if (new.latency < to->latency || (new.latency == to->latency &&new.hops < to->hops))
            *to = new;
    }
}

/* Dijkstra by (latency, links). */
static struct hop *find_routes(const struct network *network, int32_t source)
{
    const size_t n = network->n_centres;
    struct hop *row = mem_new(n, sizeof(*row));
    bool *settled = mem_new(n, sizeof(*settled));
    for (size_t i = 0; i < n; i++)
        row[i] = (struct hop){SIMTIME_NEVER, 0, -1};
    row[source].latency = 0;
    for (;;) {
        size_t best = n;
        for (size_t i = 0; i < n; i++)
            if (!settled[i] && row[i].latency < SIMTIME_NEVER &&
                (best == n || row[i].latency < row[best].latency ||
                 (row[i].latency == row[best].latency && row[i].hops < row[best].hops)))
                best = i;
        if (best == n)
            break;
        settled[best] = true;
        relax(network, row, (int32_t)best);
    }
    free(settled);
    return row;
}

static const struct hop *row_of(struct network *network, int32_t source)
{
    if (UNLIKELY(!network->rows[source]))
        network->rows[source] = find_routes(network, source);
    return network->rows[source];
}

bool network_reaches(struct network *network, int32_t from, int32_t to)
{
    return from == to ||
           row_of(network, from < to ? from : to)[from < to ? to : from].latency < SIMTIME_NEVER;
}

/* NULL: nobody asked yet. */
static inline struct flow *flow_known(const struct network *network, int32_t from, int32_t to)
{
    const int32_t low = from < to ? from : to, high = from < to ? to : from;
    return network->flows[(size_t)low * network->n_centres + (size_t)high];
}

static struct flow *flow_of(struct network *network, int32_t from, int32_t to)
{
    const int32_t low = from < to ? from : to, high = from < to ? to : from;
    struct flow **place = &network->flows[(size_t)low * network->n_centres + (size_t)high];
    if (LIKELY(*place != NULL))
        return *place;
    const struct hop *row = row_of(network, low);
    REQUIRE(row[high].latency < SIMTIME_NEVER);
    struct flow *flow = mem_new(1, sizeof(*flow));
    flow->hops = (size_t)row[high].hops;
    flow->latency = row[high].latency;
    flow->route = mem_new(flow->hops, sizeof(*flow->route));
    int32_t at = high;
    for (size_t i = flow->hops; i-- > 0;) {
        const struct link *link = &network->lines[row[at].link].link;
        flow->route[i] = row[at].link;
        at = link->ends[0] == at ? link->ends[1] : link->ends[0];
    }
    return *place = flow;
}

const int32_t *network_route(struct network *network, int32_t from, int32_t to, size_t *ret_len)
{
    const struct flow *flow = flow_of(network, from, to);
    *ret_len = flow->hops;
    return flow->route;
}

simtime network_latency(struct network *network, int32_t from, int32_t to)
{
    return from == to ? 0 : flow_of(network, from, to)->latency;
}

/* The first microsecond by which so much is through. */
static simtime time_for(amount size, amount rate)
{
    if (size <= SLACK)
        return 0;
    if (rate == 0)
        return SIMTIME_NEVER;
    const amount time = (size - SLACK + rate - 1) / rate;
    return time < (amount)SIMTIME_NEVER ? (simtime)time : SIMTIME_NEVER;
}

static simtime later(simtime a, simtime b)
{
    return a < SIMTIME_NEVER - b ? a + b : SIMTIME_NEVER;
}

static NOINLINE simtime expect_anew(struct network *network, int32_t from, int32_t to,
                                    int64_t bytes)
{
    struct flow *flow = flow_known(network, from, to);
    if (UNLIKELY(!flow)) {
        if (!network_reaches(network, from, to))
            return SIMTIME_NEVER;
        flow = flow_of(network, from, to);
    }
    const bool idle = network->transfers == 0;
    amount rate = 0;
    for (size_t i = 0; i < flow->hops; i++) {
        struct line *line = &network->lines[flow->route[i]];
        if (line->next_share == 0)
            line->next_share = line_share(line, (size_t)line->transfers + 1);
        if (i == 0 || line->next_share < rate)
            rate = line->next_share;
    }
    if (flow->expected.bytes == bytes && flow->expected.rate == rate) {
        flow->expected.idle |= idle;
    } else {
        flow->expected.idle = idle;
        flow->expected.bytes = bytes;
        flow->expected.rate = rate;
        flow->expected.time = later(time_for((amount)bytes * AMOUNT_BYTE, rate), flow->latency);
    }
    return flow->expected.time;
}

simtime network_expect(struct network *network, int32_t from, int32_t to, int64_t bytes)
{
    if (from == to || bytes == 0)
        return 0;
    const struct flow *flow = flow_known(network, from, to);
    if (flow && flow->expected.idle && network->transfers == 0 && flow->expected.bytes == bytes)
        return flow->expected.time;
    return expect_anew(network, from, to, bytes);
}

/* --- transfers under way --- */

static bool transfer_before(const struct transfer *a, const struct transfer *b)
{
    return a->finish != b->finish ? a->finish < b->finish : a->seq < b->seq;
}

static void heap_push(struct flow *flow, const struct transfer *transfer)
{
    MEM_GROW(&flow->heap);
    struct transfer *items = flow->heap.items;
    size_t i = flow->heap.len++;
    for (; i > 0 && transfer_before(transfer, &items[(i - 1) / 2]); i = (i - 1) / 2)
        items[i] = items[(i - 1) / 2];
    items[i] = *transfer;
}

static struct transfer heap_pop(struct flow *flow)
{
    struct transfer *items = flow->heap.items;
    const struct transfer first = items[0], last = items[--flow->heap.len];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < flow->heap.len; i = child) {
        if (child + 1 < flow->heap.len && transfer_before(&items[child + 1], &items[child]))
            child++;
        if (!transfer_before(&items[child], &last))
            break;
        items[i] = items[child];
    }
    items[i] = last;
    return first;
}

/* Whatever was served before counts no more: numbers stay small for ever. */
static void renew(struct flow *flow)
{
    for (size_t i = 0; i < flow->heap.len; i++) {
        flow->heap.items[i].finish -= flow->served;
        flow->heap.items[i].begin -= flow->served; /* modulo 2^128 */
    }
    flow->served = 0;
}

static void advance(struct network *network, simtime now)
{
    const simtime span = now - network->now;
    REQUIRE(span >= 0);
    network->now = now;
    for (size_t k = 0; k < network->n_active && span > 0; k++) {
        struct flow *flow = network->active[k];
        const amount served = flow->rate * (amount)span;
        flow->served += served;
        for (size_t i = 0; i < flow->hops; i++)
            network->lines[flow->route[i]].carried += served * (amount)flow->heap.len;
        if (UNLIKELY(flow->served > RENEW))
            renew(flow);
    }
}

/* The rate of the flows that cross this line, which is the tightest, is found. */
static void fix_flows(struct network *network, int32_t tightest, amount share)
{
    for (size_t k = 0; k < network->n_active; k++) {
        struct flow *flow = network->active[k];
        bool crosses = false;
        for (size_t i = 0; i < flow->hops && !flow->fixed; i++)
            crosses |= flow->route[i] == tightest;
        if (!crosses)
            continue;
        flow->fixed = true;
        flow->rate = share;
        for (size_t i = 0; i < flow->hops; i++) {
            struct line *line = &network->lines[flow->route[i]];
            line->left -= share * (amount)flow->heap.len;
            line->unfixed -= (int64_t)flow->heap.len;
        }
    }
}

/* Of the only flow there is: what its narrowest line gives. */
static amount rate_alone(const struct network *network, const struct flow *flow)
{
    amount rate = 0;
    for (size_t i = 0; i < flow->hops; i++) {
        const amount share = line_share(&network->lines[flow->route[i]], flow->heap.len);
        rate = i == 0 || share < rate ? share : rate;
    }
    return rate;
}

/* Max-min fair: the line that gives its transfers least is shared out first, then what is left. */
static void share_out(struct network *network)
{
    if (network->n_active == 1)
        network->active[0]->rate = rate_alone(network, network->active[0]);
    if (network->n_active <= 1)
        return;
    for (size_t i = 0; i < network->n_lines; i++) {
        network->lines[i].left = line_rate(&network->lines[i]);
        network->lines[i].unfixed = network->lines[i].transfers;
    }
    for (size_t k = 0; k < network->n_active; k++)
        network->active[k]->fixed = false;
    for (;;) {
        int32_t tightest = -1;
        amount share = 0;
        for (size_t i = 0; i < network->n_lines; i++) {
            const struct line *line = &network->lines[i];
            if (line->unfixed == 0)
                continue;
            const amount mine = line->left / (amount)line->unfixed;
            if (tightest >= 0 && mine >= share)
                continue;
            tightest = (int32_t)i;
            share = mine;
        }
        if (tightest < 0)
            break;
        fix_flows(network, tightest, share);
    }
}

static amount left_of(const struct flow *flow)
{
    const amount finish = flow->heap.items[0].finish;
    return finish > flow->served ? finish - flow->served : 0;
}

/* Until its first transfer is through. One that just began takes as long as was expected, mostly.
 */
static simtime time_left(const struct flow *flow)
{
    const amount left = left_of(flow);
    const simtime all = flow->expected.time;
    return flow->expected.bytes > 0 && flow->expected.rate == flow->rate && all < SIMTIME_NEVER &&
                   left == (amount)flow->expected.bytes * AMOUNT_BYTE
               ? all - flow->latency
               : time_for(left, flow->rate);
}

static void settle(struct network *network)
{
    if (!network->stale)
        return;
    network->stale = false;
    share_out(network);
    network->next = SIMTIME_NEVER;
    for (size_t k = 0; k < network->n_active; k++) {
        const struct flow *flow = network->active[k];
        const simtime at = later(network->now, time_left(flow));
        if (at < network->next)
            network->next = at;
    }
}

static void count(struct network *network, const struct flow *flow, int change)
{
    for (size_t i = 0; i < flow->hops; i++) {
        struct line *line = &network->lines[flow->route[i]];
        line->transfers += change;
        line->next_share = 0;
    }
    network->transfers += (size_t)change;
    network->stale = true;
}

void network_begin(struct network *network, int32_t from, int32_t to, int64_t bytes, uint32_t owner,
                   simtime now)
{
    struct flow *flow = flow_of(network, from, to);
    REQUIRE(bytes > 0 && bytes <= NETWORK_BYTES_MOST && from != to);
    settle(network);
    advance(network, now);
    if (flow->heap.len == 0) {
        flow->served = 0;
        if (network->n_active == network->active_cap) {
            network->active_cap = network->active_cap ? 2 * network->active_cap : 8;
            network->active =
                mem_resize(network->active, network->active_cap, sizeof(struct flow *));
        }
        network->active[network->n_active++] = flow;
    }
    heap_push(flow, &(struct transfer){.finish = flow->served + (amount)bytes * AMOUNT_BYTE,
                                       .begin = flow->served,
                                       .seq = network->begun++,
                                       .owner = owner});
    count(network, flow, 1);
}

simtime network_next(struct network *network)
{
    settle(network);
    return network->next;
}

static void end_transfer(struct network *network, size_t k)
{
    struct flow *flow = network->active[k];
    const struct transfer over = heap_pop(flow);
    const amount got = flow->served - over.begin;
    for (size_t i = 0; i < flow->hops; i++)
        network->lines[flow->route[i]].delivered += got;
    count(network, flow, -1);
    if (flow->heap.len == 0)
        network->active[k] = network->active[--network->n_active];
}

bool network_take(struct network *network, simtime now, uint32_t *ret_owner)
{
    if (network->transfers == 0)
        return false;
    if (now > network->now) {
        settle(network);
        advance(network, now);
    }
    size_t best = network->n_active;
    for (size_t k = 0; k < network->n_active; k++) {
        const struct flow *flow = network->active[k];
        if (left_of(flow) <= SLACK &&
            (best == network->n_active ||
             flow->heap.items[0].seq < network->active[best]->heap.items[0].seq))
            best = k;
    }
    if (best == network->n_active)
        return false;
    *ret_owner = network->active[best]->heap.items[0].owner;
    end_transfer(network, best);
    return true;
}

size_t network_transfers(const struct network *network)
{
    return network->transfers;
}

void network_check(struct network *network, simtime now)
{
    settle(network);
    advance(network, now);
    for (size_t i = 0; i < network->n_lines; i++) {
        const struct line *line = &network->lines[i];
        amount rate = 0, got = line->delivered;
        int64_t transfers = 0;
        for (size_t k = 0; k < network->n_active; k++) {
            const struct flow *flow = network->active[k];
            for (size_t h = 0; h < flow->hops; h++) {
                if (flow->route[h] != (int32_t)i)
                    continue;
                rate += flow->rate * (amount)flow->heap.len;
                transfers += (int64_t)flow->heap.len;
                for (size_t t = 0; t < flow->heap.len; t++)
                    got += flow->served - flow->heap.items[t].begin;
            }
        }
        REQUIRE(rate <= line_rate(line));
        REQUIRE(transfers == line->transfers);
        REQUIRE(got == line->carried);
    }
}
