/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/start.h"

#include "workload/log.h"

/* What a log tells of the start. */
struct origin {
    int rank; /* 2: a date; 1: one of a log that moves to the start; 0: none */
    simtime at;
    int32_t offset;
};

static bool comes_before(const struct origin *a, const struct origin *b)
{
    if (a->rank != b->rank)
        return a->rank > b->rank;
    return a->at != b->at ? a->at < b->at : a->offset < b->offset;
}

static int read_origin(const struct log_params *params, struct origin *ret, struct error *err)
{
    if (log_start(params->log, &ret->at, &ret->offset, err) < 0) {
        if (err->at.line == 0) {
            error_prefix(err, "log: %s: ", params->log);
            err->at = (struct mark){0};
        }
        return -1;
    }
    ret->rank = ret->at == 0 ? 0 : params->shift == LOG_SHIFT_TO_START ? 1 : 2;
    return 0;
}

/* The first of those of a tenant and *first, which it becomes. */
static int first_of_tenant(const struct tenant_row *rows, int32_t row, struct origin *first,
                           struct error_list *errors)
{
    const struct items *list = &rows[row].tenant->workloads;
    const struct workload *workloads = list->items;
    int rc = 0;
    for (size_t k = 0; k < list->len; k++) {
        const struct log_params *params = workloads[k].params;
        struct origin origin;
        struct error err;
        if (!params || workloads[k].kind != &workload_log || !params->log)
            continue;
        if (read_origin(params, &origin, &err) < 0) {
            place_workload_error(rows, row, &workloads[k], &err);
            error_list_add(errors, &err);
            rc = -1;
        } else if (comes_before(&origin, first)) {
            *first = origin;
        }
    }
    return rc;
}

int start_find(const struct scenario *scenario, const struct node *tree, struct start *ret,
               struct error_list *errors)
{
    const struct date_value *stated = &scenario->time.start;
    *ret = (struct start){stated->instant, stated->offset, true};
    if (stated->given && stated->relative) {
        error_list_addf(errors, node_get(node_get(tree, "time"), "start")->at,
                        "time.start: a date is needed, such as 2021-05-01");
        return -1;
    }
    if (stated->given)
        return 0;
    struct origin first = {.rank = -1};
    int rc = 0;
    for (size_t i = 0; i < scenario->rows.len; i++)
        rc |= first_of_tenant(scenario->rows.items, (int32_t)i, &first, errors);
    *ret = (struct start){first.at, first.offset, first.rank > 0};
    return rc;
}
