/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/settler.h"

#include "util/mem.h"
#include "util/worker.h"

#include <stdlib.h>

/* Batches go by trays: waking the thread for each would cost as much as it saves. */
enum { TRAY = 16 };

struct tray {
    struct work work; /* first */
    simtime tau;
    uint32_t len;
    struct {
        struct cell *cell;
        struct fare *fares; /* CELL_BATCH of them; owned */
    } batches[TRAY];
};

struct settler {
    struct worker *worker;
    struct tray trays[2];
    struct tray *tray; /* the one being filled */
};

static void work_off(struct work *work)
{
    struct tray *tray = (struct tray *)work;
    for (uint32_t i = 0; i < tray->len; i++)
        cell_work_off(tray->batches[i].cell, tray->batches[i].fares, CELL_BATCH, tray->tau);
    tray->len = 0;
}

struct settler *settler_new(simtime tau)
{
    struct settler *settler = mem_new(1, sizeof(*settler));
    settler->worker = worker_new();
    settler->tray = &settler->trays[0];
    for (size_t t = 0; t < ARRAY_LEN(settler->trays); t++)
        settler->trays[t] = (struct tray){.work.run = work_off, .tau = tau};
    return settler;
}

void settler_free(struct settler *settler)
{
    if (!settler)
        return;
    worker_free(settler->worker);
    for (size_t t = 0; t < ARRAY_LEN(settler->trays); t++)
        for (size_t i = 0; i < TRAY; i++)
            free(settler->trays[t].batches[i].fares);
    free(settler);
}

static void turn(struct settler *settler)
{
    struct tray *full = settler->tray;
    settler->tray = full == settler->trays ? full + 1 : full - 1;
    worker_wait(settler->worker, &settler->tray->work);
    worker_put(settler->worker, &full->work);
}

void settler_take(struct settler *settler, struct cell *cell)
{
    REQUIRE(cell->len == CELL_BATCH);
    struct tray *tray = settler->tray;
    struct fare **spare = &tray->batches[tray->len].fares;
    if (!*spare)
        *spare = mem_new(CELL_BATCH, sizeof(**spare));
    struct fare *fares = cell->fares;
    cell->fares = *spare;
    cell->len = 0;
    *spare = fares;
    tray->batches[tray->len++].cell = cell;
    if (tray->len == TRAY)
        turn(settler);
}

void settler_drain(struct settler *settler)
{
    worker_run(settler->worker, &settler->tray->work);
}
