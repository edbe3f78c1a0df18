/* Partitions kept for tenants and advance reservations, as a run needs them. A reservation is a
 * partition of its own, c/p+r, which has nodes in its windows only, and these are not in c/p then.
 * For build.c. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_RESERVATIONS_H
#define SCENARIO_RESERVATIONS_H

#include "scenario/build.h"

/* Reservation i of the plan as row `row` of the world; partition `of`, which it is part of, is laid
 * out and gets the windows in which the nodes are away. */
void lay_out_reservation(struct build *build, size_t row, size_t of,
                         const struct partition_plan *plan, size_t i, struct error_list *errors);

/* Are the nodes there that reservations and maintenance take together? Changes are known. */
void check_lent(struct build *build, struct error_list *errors);

/* Who may use what, if anything is kept for anybody. All tenants of the scenario are rows. -1 with
 * errors if a tenant is unknown. */
int open_access(struct build *build, struct error_list *errors);

/* May the jobs of a workload run anywhere? */
void check_access(struct build *build, size_t workload, struct error_list *errors);

#endif
