/* The centres in turn, in the order of the file, those that the job cannot use left out. One turn
 * for all jobs. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/broker.h"

struct turn {
    int32_t next; /* centre */
};

static size_t choose(const void *params, void *state, const struct broker_view *view)
{
    (void)params;
    struct turn *turn = state;
    size_t best = 0;
    /* The first at or after the turn, else the first of all. */
    for (size_t i = 1; i < view->len; i++) {
        const int32_t a = view->choices[i].centre, b = view->choices[best].centre;
        const bool ahead = a >= turn->next, best_ahead = b >= turn->next;
        if (ahead != best_ahead ? ahead : a < b)
            best = i;
    }
    turn->next = view->choices[best].centre + 1;
    return best;
}

const struct broker_type broker_round_robin = {
    .kind = {.name = "round-robin", .summary = "the centres in turn, in the order of the file"},
    .state_size = sizeof(struct turn),
    .choose = choose,
};
