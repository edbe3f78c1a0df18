/* Jobs that may run in several partitions of a centre, each counted once, and what they leave of
 * its partitions to others. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/broker_state.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

static inline bool share_before(uint64_t a, uint64_t b)
{
    const int in_a = __builtin_popcountll(a), in_b = __builtin_popcountll(b);
    return in_a != in_b ? in_a < in_b : a < b;
}

void shares_count(struct shares *shares, uint64_t in, int64_t procs, area asked, int sign)
{
    size_t i = 0;
    while (i < shares->len && share_before(shares->items[i].in, in))
        i++;
    if (i == shares->len || shares->items[i].in != in) {
        if (shares->len == shares->cap) {
            shares->cap = shares->cap ? 2 * shares->cap : 4;
            shares->items = mem_resize(shares->items, shares->cap, sizeof(*shares->items));
        }
        memmove(&shares->items[i + 1], &shares->items[i],
                (shares->len++ - i) * sizeof(*shares->items));
        shares->items[i] = (struct share){.in = in};
    }
    struct share *share = &shares->items[i];
    share->jobs += sign;
    share->procs += sign * procs;
    share->asked += sign * asked;
    if (share->jobs == 0)
        memmove(share, share + 1, (--shares->len - i) * sizeof(*share));
}

void shares_assign(struct shares *to, const struct shares *from)
{
    if (to->cap < from->len) {
        to->cap = from->len;
        to->items = mem_resize(to->items, to->cap, sizeof(*to->items));
    }
    to->len = from->len;
    if (from->len > 0)
        memcpy(to->items, from->items, from->len * sizeof(*from->items));
}

const struct shares *broker_shares(const struct broker *broker, int32_t centre)
{
    return broker->setup->refresh > 0 ? &broker->seen[centre] : &broker->shares[centre];
}

/* One takes what is free, first where most is: what finds nothing has the rest to wait for. */
static void take_rooms(const struct share *share, int64_t *rooms)
{
    for (int64_t left = share->procs; left > 0;) {
        int most = -1;
        for (uint64_t in = share->in; in; in &= in - 1) {
            const int k = __builtin_ctzll(in);
            if (most < 0 || rooms[k] > rooms[most])
                most = k;
        }
        if (rooms[most] <= 0)
            return;
        const int64_t taken = rooms[most] < left ? rooms[most] : left;
        rooms[most] -= taken;
        left -= taken;
    }
}

void broker_rooms(const struct broker *broker, int32_t centre, int64_t *rooms)
{
    const struct rows *rows = &broker->rows[centre];
    const struct shares *shares = broker_shares(broker, centre);
    for (size_t i = rows->from; i < rows->to; i++)
        rooms[i - rows->from] = broker->forecasts[i].free - broker->forecasts[i].queued;
    for (size_t i = 0; i < shares->len; i++)
        take_rooms(&shares->items[i], rooms);
}

/* Work is poured where least stands, until all its partitions that got some stand level. */
static void pour(const struct share *share, const struct forecast *forecasts, area *work)
{
    uint64_t in = share->in, before = 0;
    area level = 0;
    while (in != before) {
        area sum = share->asked;
        int64_t over = 0;
        before = in;
        for (uint64_t rest = in; rest; rest &= rest - 1) {
            const int k = __builtin_ctzll(rest);
            if (forecasts[k].in_service > 0) {
                sum += work[k];
                over += forecasts[k].in_service;
            }
        }
        if (over == 0)
            return;
        level = sum / over;
        for (uint64_t rest = in; rest; rest &= rest - 1) {
            const int k = __builtin_ctzll(rest);
            if (forecasts[k].in_service <= 0 || work[k] > level * forecasts[k].in_service)
                in &= ~(UINT64_C(1) << k);
        }
    }
    for (; in; in &= in - 1) {
        const int k = __builtin_ctzll(in);
        work[k] = level * forecasts[k].in_service;
    }
}

void broker_works(const struct broker *broker, int32_t centre, area *work)
{
    const struct rows *rows = &broker->rows[centre];
    const struct shares *shares = broker_shares(broker, centre);
    const struct forecast *forecasts = &broker->forecasts[rows->from];
    for (size_t i = 0; i < rows->to - rows->from; i++)
        work[i] = forecast_backlog(&forecasts[i]);
    for (size_t i = 0; i < shares->len; i++)
        pour(&shares->items[i], forecasts, work);
}
