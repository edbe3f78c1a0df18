/* Qualities of service: whose jobs have which, and what their jobs may have together. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_QOS_H
#define SCENARIO_QOS_H

#include "scenario/build.h"

/* Check what they say across fields. Before tenants are completed. */
void complete_qos(struct decode *ctx, struct scenario *scenario, const struct node *root);

/* What the map does not say and the one above (NULL: there is none) does. A second time changes
 * nothing. */
void service_inherit(struct service *own, const struct service *above, const struct node *node);

/* Does the QOS that the map names exist? */
void service_check(struct decode *ctx, const struct scenario *scenario,
                   const struct service *service, const struct node *node);

/* The class of its jobs: as said where their QOS is, or nearer; else the QOS's; else as said
 * further up. */
int service_priority(const struct scenario *scenario, const struct service *service);

/* Row of the world: 0: none. */
int32_t service_row(const struct scenario *scenario, const struct service *service);

/* The rows of the world as they are at the start; what they become at dates. */
void lay_out_qos(struct build *build);
void find_qos_changes(struct build *build);

#endif
