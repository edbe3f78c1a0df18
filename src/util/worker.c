/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/worker.h"

#include "util/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct worker {
    pthread_mutex_t mutex; /* guards all below but `started` */
    pthread_cond_t more, done;
    struct work *first, *last;
    bool running, stop; /* running: a piece was taken off the list and is not done yet */
    bool started;
    pthread_t thread;
};

struct worker *worker_new(void)
{
    struct worker *worker = mem_new(1, sizeof(*worker));
    pthread_mutex_init(&worker->mutex, NULL);
    pthread_cond_init(&worker->more, NULL);
    pthread_cond_init(&worker->done, NULL);
    return worker;
}

static void *serve(void *ctx)
{
    struct worker *worker = ctx;
    pthread_mutex_lock(&worker->mutex);
    for (;;) {
        while (!worker->first && !worker->stop)
            pthread_cond_wait(&worker->more, &worker->mutex);
        struct work *work = worker->first;
        if (!work)
            break;
        worker->first = work->next;
        worker->running = true;
        pthread_mutex_unlock(&worker->mutex);
        work->run(work);
        pthread_mutex_lock(&worker->mutex);
        worker->running = false;
        work->pending = false;
        pthread_cond_broadcast(&worker->done);
    }
    pthread_mutex_unlock(&worker->mutex);
    return NULL;
}

/* Signals are for the thread that runs the simulation. */
static bool start(struct worker *worker)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    worker->started = pthread_create(&worker->thread, NULL, serve, worker) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return worker->started;
}

void worker_put(struct worker *worker, struct work *work)
{
    if (!worker->started && !start(worker)) {
        work->run(work);
        return;
    }
    pthread_mutex_lock(&worker->mutex);
    work->next = NULL;
    work->pending = true;
    if (worker->first)
        worker->last->next = work;
    else
        worker->first = work;
    worker->last = work;
    pthread_cond_signal(&worker->more);
    pthread_mutex_unlock(&worker->mutex);
}

void worker_wait(struct worker *worker, struct work *work)
{
    if (!worker->started)
        return;
    pthread_mutex_lock(&worker->mutex);
    while (work->pending)
        pthread_cond_wait(&worker->done, &worker->mutex);
    pthread_mutex_unlock(&worker->mutex);
}

void worker_drain(struct worker *worker)
{
    if (!worker->started)
        return;
    pthread_mutex_lock(&worker->mutex);
    while (worker->first || worker->running)
        pthread_cond_wait(&worker->done, &worker->mutex);
    pthread_mutex_unlock(&worker->mutex);
}

void worker_run(struct worker *worker, struct work *work)
{
    worker_drain(worker);
    work->run(work);
}

void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    if (worker->started) {
        pthread_mutex_lock(&worker->mutex);
        worker->stop = true;
        pthread_cond_signal(&worker->more);
        pthread_mutex_unlock(&worker->mutex);
        pthread_join(worker->thread, NULL);
    }
    pthread_cond_destroy(&worker->done);
    pthread_cond_destroy(&worker->more);
    pthread_mutex_destroy(&worker->mutex);
    free(worker);
}
