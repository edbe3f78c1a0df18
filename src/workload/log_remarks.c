/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/log_remarks.h"

/* Field 11. */
enum { STATUS_FAILED = 0, STATUS_COMPLETED = 1, STATUS_CANCELLED = 5 };

int64_t log_key_of(enum log_key by, const struct swf_row *row)
{
    switch (by) {
    case LOG_BY_USER:
        return row->user;
    case LOG_BY_GROUP:
        return row->group;
    case LOG_BY_QUEUE:
        return row->queue;
    case LOG_BY_PARTITION:
        return row->partition;
    case LOG_BY_NONE:
        break;
    }
    return 0;
}

static enum log_kind status_of(const struct swf_row *row)
{
    if (row->status == STATUS_FAILED)
        return LOG_FAILED;
    if (row->status == STATUS_CANCELLED)
        return LOG_CANCELLED;
    return row->status > STATUS_COMPLETED && row->status < STATUS_CANCELLED ? LOG_PARTIAL
                                                                            : LOG_USED;
}

uint32_t log_remark(struct log_remarks *remarks, const struct swf_row *row, int64_t size,
                    bool other)
{
    const struct log_context *const context = remarks->context;
    const int64_t limit = context->partition_procs, stated = remarks->stated;
    uint32_t marks = 0;
    if (row->request <= 0)
        marks |= log_mark(LOG_REQUEST_FILLED);
    else if (row->run > row->request)
        marks |= log_mark(context->extends ? LOG_RUN_ON : LOG_RUN_OVER_REQUEST);
    if (other)
        marks |= log_mark(LOG_SIZE_OTHER);
    if (stated > 0 && row->procs > stated)
        marks |= log_mark(LOG_GIVEN_OVER_MAX);
    if (limit > 0 && size > limit)
        marks |= log_mark(LOG_OVER_PARTITION);
    if (row->run == 0)
        marks |= log_mark(LOG_RAN_NOT);
    if (row->cpu > row->run)
        marks |= log_mark(LOG_CPU_OVER_RUN);
    if (context->by != LOG_BY_NONE && log_key_of(context->by, row) < 0)
        marks |= log_mark(LOG_KEY_UNKNOWN);
    if (row->status != STATUS_COMPLETED && status_of(row) != LOG_USED)
        marks |= log_mark(status_of(row));
    if (row->preceding > 0)
        marks |= log_mark(LOG_FOLLOWS);
    if (remarks->any_job && row->submit < remarks->last_job)
        marks |= log_mark(LOG_OUT_OF_ORDER);
    if (remarks->any_job && row->job <= remarks->last_number)
        marks |= log_mark(LOG_NUMBER);
    else
        remarks->last_number = row->job;
    remarks->any_job = true;
    remarks->last_job = row->submit;
    if (row->flags & SWF_EXTRA_COLUMNS)
        marks |= log_mark(LOG_EXTRA_COLUMNS);
    if (row->flags & SWF_FEW_COLUMNS)
        marks |= log_mark(LOG_FEW_COLUMNS);
    if (row->flags & SWF_FRACTION)
        marks |= log_mark(LOG_FRACTION);
    return marks;
}
