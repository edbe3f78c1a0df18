/* Links, the broker, and where data lie: what a scenario says of them, checked and laid out. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_BROKERS_H
#define SCENARIO_BROKERS_H

#include "scenario/build.h"

/* Check the links and the broker; at the root of the tree. */
void check_links(struct decode *ctx, const struct scenario *scenario, const struct node *root);

/* Find where the data of a workload lie and check what it says of data and centres; inside it. */
void complete_freight(struct decode *ctx, const struct scenario *scenario, const char *home,
                      struct workload *workload);

/* Is the centre among those that it lists, or are none? */
bool freight_lists(const struct scenario *scenario, const struct freight *freight, int64_t centre);

/* May its jobs run in the centre? */
bool freight_may_run(const struct scenario *scenario, const struct freight *freight,
                     int64_t centre);

/* Do both send their jobs to the same place, with the same freight? */
bool workload_same_place(const struct workload *a, const struct workload *b);

/* The broker as a simulation wants it. All owned. */
struct broker_layout {
    struct sim_broker setup;
    struct link *links;
    struct sim_freights *freights; /* by workload */
    struct sim_freight *items;     /* of all */
    size_t n_items;
    bool *allowed; /* by item x centre */
};

/* After the workloads. NULL where jobs simply run at home, where their data are. */
struct broker_layout *broker_layout_new(const struct build *build, struct rng_seed seed);
void broker_layout_free(struct broker_layout *layout); /* takes NULL */

#endif
