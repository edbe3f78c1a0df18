/* Costs: arithmetic over the values of ranges, `2.4 * a.nodes + 1.1 * b.nodes`. A value is named by
 * its path or by the end of it that no other shares; numbers are as 50k or 30%. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_COST_H
#define EXPERIMENT_COST_H

#include "experiment/vary.h"

struct cost;

/* NULL with err->text, whose err->at.column says where, in bytes from 1. `varies` is borrowed. */
struct cost *cost_parse(const char *text, const struct vary *varies, size_t n_varies,
                        struct error *err);
/* The cost of a pair where none is said: each value by the greatest of its range, added up. NULL
 * with err->text if a range does not lie above 0. */
struct cost *cost_relative(const struct vary *varies, size_t n_varies, struct error *err);
void cost_free(struct cost *cost); /* takes NULL */

/* Values in SI units. */
double cost_at(const struct cost *cost, const size_t *at);

/* Does it rise with each value, at the others' least and greatest? -1 with err->text. */
int cost_check(const struct cost *cost, struct error *err);

#endif
