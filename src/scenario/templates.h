/* `templates` and `like`: tenants that are like a template, written out. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_TEMPLATES_H
#define SCENARIO_TEMPLATES_H

#include "scenario/node.h"

/* Replace each `like: NAME` of the tenants, of those below them and of their members by what the
 * template says, with what the tenant says on top, merged as includes are. Templates may be like
 * others. What is malformed in itself is left for decoding to tell. -1 with errors. */
int templates_expand(struct node *root, struct error_list *errors);

/* Write out those of the tenants, members and templates of a scenario below which a map was put at
 * a path: as a text without `like` they mean the same, and the others stay as they are. */
void templates_settle(struct node *root);

#endif
