/* Targets: `wait.p95 <= 2h and utilisation >= 70%`. Comparisons of a selector with a quantity,
 * joined by `and` and `or` (and binds more tightly) and parentheses. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_TARGET_H
#define EXPERIMENT_TARGET_H

#include "analysis/selector.h"

/* In order: `and` is the least of two, `or` the greatest (Kleene's logic). */
enum answer { ANSWER_NO, ANSWER_OPEN, ANSWER_YES };

struct comparison {
    char *text;     /* as written, "wait.p95 <= 2h"; owned */
    char *selector; /* owned */
    const struct metric *metric;
    enum condition_op op; /* none is OP_EQUAL */
    double bound;         /* in the unit of the metric */
};

struct target_step; /* of the expression in postfix order */

/* Zeroed is empty. */
struct target {
    struct comparison *items; /* owned; in the order written */
    size_t len, cap;
    struct {
        struct target_step *items;
        size_t len, cap;
    } steps;
};

enum { TARGET_DEPTH_MAX = 32 }; /* of parentheses */

/* Parse the whole of `text`. -1 with err->text, whose err->at.column says where, in characters
 * from 1; *ret is empty then. */
int target_parse(const char *text, struct target *ret, struct error *err);
void target_deinit(struct target *target);

/* What a quantity of this metric is written in: UNIT_TIME for "s", UNIT_RATE for "1/s"; UNIT_NONE
 * for others. */
enum unit metric_unit(const struct metric *metric);

/* Does the value of a comparison hold? NaN does not. */
bool comparison_holds(const struct comparison *comparison, double value);

/* The whole, of a verdict for each comparison. O(comparisons). */
enum answer target_judge(const struct target *target, const enum answer *verdicts);

#endif
