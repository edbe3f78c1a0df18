/* The links between centres and the data that move over them.
 *
 * All transfers between the same two centres take the same route, the one of least latency, and at
 * any instant have the same rate. Rates are max-min fair: a link is shared equally by the transfers
 * on it; what one cannot use because another link of its route is narrower goes to the others. A
 * link carries both directions together.
 *
 * Rates are whole units of 2^-40 microbit per microsecond, rounded down, so that a link never
 * carries more than its bandwidth; a transfer has left the links at the first microsecond at which
 * its bits are through to a thousandth of a bit. No floating point: the same on every machine. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_NETWORK_H
#define MODEL_NETWORK_H

#include "util/base.h"
#include "util/simtime.h"

struct link {
    int32_t ends[2];   /* rows of world.centres, not the same */
    int64_t bandwidth; /* bit/s; above 0, at most NETWORK_BANDWIDTH_MOST */
    simtime latency;
};

#define NETWORK_BANDWIDTH_MOST (INT64_C(1) << 50) /* 1.1 Pbit/s */
#define NETWORK_BYTES_MOST (INT64_C(1) << 59)     /* of a transfer: 0.6 EB */

struct network;

/* The links are copied; their order breaks ties between routes. */
struct network *network_new(size_t n_centres, const struct link *links, size_t n_links);
void network_free(struct network *network); /* takes NULL */
AUTO_DEFINE(struct network *, network_free)

/* Is there a way? From a centre to itself always. The first time a centre is asked about costs
 * O(centres^2 + links), then O(1). */
bool network_reaches(struct network *network, int32_t from, int32_t to);

/* The links of the route, by their place in the list, from the lower of the two rows on. Borrowed.
 * There must be a way; no links from a centre to itself. */
const int32_t *network_route(struct network *network, int32_t from, int32_t to, size_t *ret_len);

/* From the last bit sent to its arrival. There must be a way. */
simtime network_latency(struct network *network, int32_t from, int32_t to);

/* How long a transfer would take, latency included, with an equal share of the narrowest link of
 * its route beside those that are on the links now. SIMTIME_NEVER: there is no way. O(links of it).
 */
simtime network_expect(struct network *network, int32_t from, int32_t to, int64_t bytes);

/* Begin to move `bytes` > 0 between different centres; there must be a way. `owner` is handed back
 * by network_take. O(pairs of centres with transfers + log transfers). */
void network_begin(struct network *network, int32_t from, int32_t to, int64_t bytes, uint32_t owner,
                   simtime now);

/* When the next transfer leaves the links, should no other begin; SIMTIME_NEVER: there is none.
 * O(1), after a change O(pairs with transfers x links). */
simtime network_next(struct network *network);

/* Take a transfer that has left the links by now, to be called until there is none. */
bool network_take(struct network *network, simtime now, uint32_t *ret_owner);

size_t network_transfers(const struct network *network); /* under way */

/* REQUIREs that no link carries more than its bandwidth, and that what links carried is what the
 * transfers on them got. O(transfers). */
void network_check(struct network *network, simtime now);

#endif
