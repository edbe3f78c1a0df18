/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/swf_ahead.h"

#include "util/mem.h"
#include "util/worker.h"

#include <stdlib.h>

enum { BATCH = 512 };

/* Some rows, and what comes after them. */
struct batch {
    struct work work;
    struct swf *swf;
    size_t len;
    int then; /* as swf_next: SWF_ROW if there is more to read */
    struct error err;
    struct swf_row rows[BATCH];
};

struct swf_ahead {
    struct worker *worker;
    struct batch *batch, *other; /* the one in use, and the one being read meanwhile */
    size_t at;                   /* the next row of `batch` */
    bool begun;
    struct batch batches[2];
};

static void fill(struct work *work)
{
    struct batch *batch = (struct batch *)work;
    batch->len = 0;
    do
        batch->then = swf_next(batch->swf, &batch->rows[batch->len], &batch->err);
    while (batch->then == SWF_ROW && ++batch->len < BATCH);
}

struct swf_ahead *swf_ahead_new(struct swf *swf)
{
    struct swf_ahead *ahead = mem_new(1, sizeof(*ahead));
    ahead->worker = worker_new();
    ahead->batch = &ahead->batches[0];
    ahead->other = &ahead->batches[1];
    for (size_t i = 0; i < ARRAY_LEN(ahead->batches); i++) {
        ahead->batches[i].work.run = fill;
        ahead->batches[i].swf = swf;
    }
    return ahead;
}

void swf_ahead_free(struct swf_ahead *ahead)
{
    if (!ahead)
        return;
    worker_free(ahead->worker);
    free(ahead);
}

/* A batch to take rows from, and the next one on its way if the log goes on. */
static void turn(struct swf_ahead *ahead)
{
    if (!ahead->begun) {
        fill(&ahead->batch->work);
        ahead->begun = true;
    } else {
        struct batch *done = ahead->batch;
        worker_wait(ahead->worker, &ahead->other->work);
        ahead->batch = ahead->other;
        ahead->other = done;
    }
    ahead->at = 0;
    if (ahead->batch->then == SWF_ROW || ahead->batch->then == SWF_GARBLED)
        worker_put(ahead->worker, &ahead->other->work);
}

int swf_ahead_next(struct swf_ahead *ahead, struct swf_row *ret_row, struct error *err)
{
    struct batch *batch = ahead->batch;
    if (UNLIKELY(ahead->at == batch->len)) {
        if (ahead->begun && batch->then != SWF_ROW) {
            const int then = batch->then;
            if (then != SWF_END && err)
                *err = batch->err;
            if (then == SWF_GARBLED)
                batch->then = SWF_ROW; /* told: what follows it may be a job */
            return then;
        }
        turn(ahead);
        return swf_ahead_next(ahead, ret_row, err);
    }
    *ret_row = batch->rows[ahead->at++];
    return SWF_ROW;
}
