/* Runs as tasks of a job array of Slurm. A round hands all runs that are missing out in parts; what
 * a round loses, with a node or at a time limit, goes into the next. Between rounds and after them
 * everything there is to know is in the folder of the sweep: no process of ours has to stay. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/slurm.h"
#include "experiment/engine.h"
#include "experiment/folder.h"
#include "experiment/journal.h"
#include "experiment/parts.h"
#include "util/mem.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    ROUNDS_MOST = 4,
    PROBES = 3 /* runs that are timed here where nothing is known of how long they take */
};

/* Seconds between two questions to the controller, which others need too. */
static const double ASK_FIRST = 0.5, ASK_LATER = 15, ASK_GROWS = 1.5;

/* A controller that does not answer for so long is given up; the sweep can be resumed. */
static const double PATIENCE = 3600;

/* Files of other nodes may show up late on a network file system. */
static const double LATE_FILES = 3;

/* Of the array, where the site does not tell: Slurm's own default. */
enum { TASKS_MOST = 1000 };

struct slurm_run {
    const struct engine_setup *setup;
    uint64_t *missing; /* of todo; owned */
    size_t n_missing;
    struct round round;
    char id[SLURM_ID_SIZE];
};

static bool is_interrupted(const struct slurm_run *run)
{
    return run->setup->interrupted && *run->setup->interrupted;
}

static void tell(const struct slurm_run *run, char *sentence)
{
    if (run->setup->tell)
        run->setup->tell(run->setup->ctx, sentence);
    free(sentence);
}

/* A signal ends it early. */
static void pause_for(double seconds)
{
    struct timespec time = {.tv_sec = (time_t)seconds};
    time.tv_nsec = (long)((seconds - floor(seconds)) * 1e9);
    nanosleep(&time, NULL);
}

static void find_missing(struct slurm_run *run)
{
    const struct engine_setup *setup = run->setup;
    run->n_missing = 0;
    for (size_t i = 0; i < setup->n_todo; i++)
        if (setup->outcomes->items[setup->todo[i]].state == RUN_MISSING)
            run->missing[run->n_missing++] = setup->todo[i];
}

/* ---- how long a run takes ---- */

/* Runs that are timed are runs: their results count. The first, the last and one between. */
static int probe(struct slurm_run *run, struct error *err)
{
    uint64_t some[PROBES];
    struct engine_setup here = *run->setup;
    here.n_todo = run->n_missing < PROBES ? run->n_missing : PROBES;
    here.todo = some;
    here.progress = NULL;
    for (size_t i = 0; i < here.n_todo; i++)
        some[i] = run->missing[here.n_todo > 1 ? i * (run->n_missing - 1) / (here.n_todo - 1) : 0];
    return engine_work(&here, err);
}

/* Mean of those known; 0: none. */
static double seconds_a_run(const struct outcomes *outcomes)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < outcomes->runs; i++)
        if (outcomes->items[i].state != RUN_MISSING) {
            sum += outcomes->items[i].seconds;
            n++;
        }
    return n > 0 ? sum / (double)n : 0;
}

/* Runs a part: for about the time asked for, and no more parts than may be. */
static size_t part_size(const struct slurm_run *run)
{
    const struct engine_parts *parts = &run->setup->parts;
    const double seconds = seconds_a_run(run->setup->outcomes);
    const double n = (double)run->n_missing;
    const double by_time = seconds > 0 ? floor(parts->seconds / seconds) : 1;
    size_t site = TASKS_MOST;
    struct error ignored;
    slurm_most_tasks(&site, &ignored);
    const double least = ceil(n / (double)(site < parts->most ? site : parts->most));
    return (size_t)fmin(n, fmax(fmax(by_time, 1), least));
}

/* ---- a round ---- */

/* For the shell, in single quotes. */
static void put_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fputc(*text, out);
    }
    fputc('\'', out);
}

static int put_script(const struct slurm_run *run, const char *path, struct error *err)
{
    char *program = realpath("/proc/self/exe", NULL), *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    REQUIRE(out);
    fputs("#!/bin/sh\n# Part $SLURM_ARRAY_TASK_ID of a round of a sweep.\nexec ", out);
    put_quoted(out, program ? program : "jishi");
    fputs(" sweep --jobs \"${SLURM_CPUS_PER_TASK:-1}\" --quiet --part ", out);
    put_quoted(out, run->round.dir);
    fputs("/\"$SLURM_ARRAY_TASK_ID\"\n", out);
    fclose(out);
    const int rc = file_put(path, text, err);
    free(text);
    free(program);
    return rc;
}

static int submit(struct slurm_run *run, struct error *err)
{
    char *script = mem_format("%s/job.sh", run->round.dir);
    char *output = mem_format("%s/%%a.out", run->round.dir);
    char *id = mem_format("%s/id", run->round.dir);
    const struct slurm_array array = {
        .script = script,
        .name = "jishi-sweep",
        .output = output,
        .tasks = run->round.parts,
        .options = run->setup->parts.options,
        .n_options = run->setup->parts.n_options,
    };
    int rc = put_script(run, script, err);
    if (rc == 0)
        rc = slurm_submit(&array, run->id, err);
    if (rc == 0)
        rc = file_put(id, run->id, err);
    free(id);
    free(output);
    free(script);
    return rc;
}

static int begin_round(struct slurm_run *run, struct error *err)
{
    const size_t size = part_size(run);
    char *dir = realpath(run->setup->dir, NULL);
    round_deinit(&run->round);
    int rc = dir ? round_make(&run->round, dir, run->missing, run->n_missing, size, err)
                 : error_set(err, "%s: %s", run->setup->dir, strerror(errno));
    free(dir);
    if (rc == 0)
        rc = submit(run, err);
    if (rc == 0)
        tell(run, mem_format("job array %s: %zu run%s in %zu part%s of up to %zu", run->id,
                             run->n_missing, run->n_missing == 1 ? "" : "s", run->round.parts,
                             run->round.parts == 1 ? "" : "s", size));
    return rc;
}

static int read_round(struct slurm_run *run, struct error *err)
{
    size_t damaged;
    return journal_read(run->setup->dir, run->round.name, run->setup->outcomes, &damaged, err);
}

/* Until the array has no tasks left. ENGINE_ENDED, ENGINE_INTERRUPTED or ENGINE_FAILED. */
static int wait_for_array(struct slurm_run *run, struct error *err)
{
    double pause = ASK_FIRST, unanswered = 0;
    struct error why = {0};
    for (;;) {
        struct slurm_tasks tasks;
        const bool answered = slurm_ask(run->id, &tasks, &why) == 0;
        if (read_round(run, err) < 0)
            return ENGINE_FAILED;
        if (run->setup->progress)
            run->setup->progress(run->setup->ctx, false);
        if (answered && tasks.pending + tasks.running == 0)
            return ENGINE_ENDED;
        unanswered = answered ? 0 : unanswered + pause;
        if (unanswered > PATIENCE) {
            *err = why;
            return ENGINE_FAILED;
        }
        pause_for(pause);
        if (is_interrupted(run))
            return ENGINE_INTERRUPTED;
        pause = fmin(pause * ASK_GROWS, ASK_LATER);
    }
}

/* Wait for the round and see what it left. */
static int finish_round(struct slurm_run *run, struct error *err)
{
    const size_t before = run->n_missing;
    const int got = wait_for_array(run, err);
    if (run->setup->progress)
        run->setup->progress(run->setup->ctx, true);
    if (got == ENGINE_INTERRUPTED)
        tell(run, mem_format("job array %s goes on: --resume waits for it, `scancel %s` ends it",
                             run->id, run->id));
    find_missing(run);
    if (got != ENGINE_ENDED || run->n_missing == 0)
        return got;
    pause_for(LATE_FILES);
    if (read_round(run, err) < 0)
        return ENGINE_FAILED;
    find_missing(run);
    if (run->n_missing == before)
        return error_set(err, "job array %s did none of its runs; see %s/*.out", run->id,
                         run->round.dir);
    if (run->n_missing > 0)
        tell(run, mem_format("job array %s lost %zu run%s", run->id, run->n_missing,
                             run->n_missing == 1 ? "" : "s"));
    return ENGINE_ENDED;
}

/* An array of before that still has tasks is waited for: 1 if there was one. */
static int find_array(struct slurm_run *run, struct error *err)
{
    struct slurm_tasks tasks;
    char *dir = realpath(run->setup->dir, NULL);
    int rc = dir ? round_last(&run->round, dir, err)
                 : error_set(err, "%s: %s", run->setup->dir, strerror(errno));
    free(dir);
    if (rc < 0 || !run->round.dir)
        return rc;
    char *id = round_text(&run->round, "id");
    if (id && strlen(id) < sizeof(run->id)) {
        strcpy(run->id, id);
        rc = slurm_ask(id, &tasks, err);
        if (rc == 0)
            rc = tasks.pending + tasks.running > 0;
    }
    free(id);
    return rc;
}

static int run_rounds(struct slurm_run *run, bool open, struct error *err)
{
    int got = ENGINE_ENDED;
    for (int rounds = 0; got == ENGINE_ENDED && (open || run->n_missing > 0); rounds++) {
        if (rounds == ROUNDS_MOST)
            break;
        if (!open && begin_round(run, err) < 0)
            return ENGINE_FAILED;
        if (run->setup->parts.leave)
            return ENGINE_LEFT;
        got = finish_round(run, err);
        open = false;
    }
    return got;
}

static int run(const struct engine_setup *setup, struct error *err)
{
    struct slurm_run run = {.setup = setup};
    run.missing = mem_new(setup->n_todo, sizeof(*run.missing));
    find_missing(&run);
    const int open = find_array(&run, err);
    int got = open < 0 ? ENGINE_FAILED : ENGINE_ENDED;
    if (open > 0)
        tell(&run, mem_format("job array %s of before is not done yet", run.id));
    if (open == 0 && run.n_missing > 0 && seconds_a_run(setup->outcomes) == 0) {
        got = probe(&run, err);
        find_missing(&run);
    }
    if (got == ENGINE_ENDED)
        got = run_rounds(&run, open > 0, err);
    round_deinit(&run.round);
    free(run.missing);
    return got;
}

const struct engine_type engine_slurm = {
    .name = "slurm",
    .summary = "as a job array of Slurm, through sbatch; the folder must be one that all nodes see",
    .run = run,
};
