/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/question.h"

#include <math.h>
#include <string.h>

static int fault(const struct node *node, const char *key, struct error *err)
{
    err->at = node_get(node, key)->at;
    return error_prefix(err, "question.%s: ", key);
}

static int read_matters(const char *text, const char *unit, double *ret, struct error *err)
{
    const bool time = strcmp(unit, "s") == 0;
    if (quantity_parse(text, time ? UNIT_TIME : UNIT_NONE, ret, err) < 0)
        return -1;
    return *ret > 0 ? 0 : error_set(err, "a difference above zero is needed");
}

static int read_question(const struct build *build, struct question *ret, struct error *err)
{
    const struct scenario *scenario = build->program->epochs[0].scenario;
    const struct node *node = node_get(build->program->epochs[0].tree, "question");
    struct selector selector;
    *ret = (struct question){
        .metric = scenario->question.metric,
        .lower_is_better = scenario->question.better == BETTER_LOWER,
        .matters = (double)NAN,
    };
    if (!ret->metric)
        return 0;
    if (selector_parse(ret->metric, &selector, err) < 0)
        return fault(node, "metric", err);
    const int rc = selector_check(&selector, &build->world, err);
    ret->unit = selector.metric->unit;
    selector_deinit(&selector);
    if (rc < 0)
        return fault(node, "metric", err);
    if (scenario->question.matters &&
        read_matters(scenario->question.matters, ret->unit, &ret->matters, err) < 0)
        return fault(node, "matters", err);
    return 0;
}

int question_read(const struct build *build, struct question *ret, struct error_list *errors)
{
    struct error err;
    const int rc = read_question(build, ret, &err);
    if (rc < 0)
        error_list_add(errors, &err);
    return rc;
}

int question_check(const struct build *build, struct error_list *errors)
{
    struct question question;
    return question_read(build, &question, errors);
}
