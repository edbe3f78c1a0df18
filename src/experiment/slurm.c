/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/slurm.h"

#include "experiment/command.h"
#include "util/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A controller that is down lets its clients wait for a minute or for ever. */
#define PATIENCE 90.0

/* The first line of what a command said, without its name and "error: ". */
static const char *complaint(const struct command_result *result, char *buffer, size_t size)
{
    const char *says = result->says;
    const char *mark = strstr(says, "error: ");
    if (mark)
        says = mark + strlen("error: ");
    const size_t len = strcspn(says, "\n");
    snprintf(buffer, size, "%.*s", (int)(len < 300 ? len : 300), says);
    if (buffer[0] == '\0')
        snprintf(buffer, size, "it ended with exit status %d", result->status);
    return buffer;
}

static int refused(const char *command, const struct command_result *result, struct error *err)
{
    char says[320];
    return error_set(err, "%s: %s", command, complaint(result, says, sizeof(says)));
}

int slurm_submit(const struct slurm_array *array, char id[SLURM_ID_SIZE], struct error *err)
{
    char *range = array->at_once > 0
                      ? mem_format("--array=0-%zu%%%zu", array->tasks - 1, array->at_once)
                      : mem_format("--array=0-%zu", array->tasks - 1);
    char *name = mem_format("--job-name=%s", array->name);
    char *output = mem_format("--output=%s", array->output);
    const char **argv = mem_new(array->n_options + 16, sizeof(*argv));
    size_t n = 0;
    argv[n++] = "sbatch";
    argv[n++] = "--parsable";
    argv[n++] = "--requeue";
    argv[n++] = "--open-mode=append";
    argv[n++] = "--ntasks=1";
    argv[n++] = range;
    argv[n++] = name;
    argv[n++] = output;
    for (size_t i = 0; i < array->n_options; i++)
        argv[n++] = array->options[i];
    argv[n++] = array->script;
    struct command_result result;
    int rc = command_execute(argv, PATIENCE, &result, err);
    if (rc == 0 && result.status != 0) {
        rc = refused("sbatch", &result, err);
    } else if (rc == 0) {
        const size_t len = strspn(result.out, "0123456789");
        if (len == 0 || len >= SLURM_ID_SIZE)
            rc = error_set(err, "sbatch: no job number in what it printed: \"%.80s\"", result.out);
        else
            snprintf(id, SLURM_ID_SIZE, "%.*s", (int)len, result.out);
    }
    command_result_deinit(&result);
    free(argv);
    free(output);
    free(name);
    free(range);
    return rc;
}

static bool state_is(const char *state, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(state, *list) == 0)
            return true;
    return false;
}

/* "STATE|REASON" of one task. States that are no longer in the way count as ended. */
static void count_task(char *line, struct slurm_tasks *tasks)
{
    static const char *const waiting[] = {"PENDING",      "CONFIGURING",  "REQUEUED",
                                          "REQUEUE_HOLD", "SPECIAL_EXIT", NULL};
    static const char *const active[] = {"RUNNING",   "COMPLETING", "SUSPENDED", "STOPPED",
                                         "SIGNALING", "STAGE_OUT",  "RESIZING",  NULL};
    char *bar = strchr(line, '|');
    if (bar)
        *bar = '\0';
    if (state_is(line, waiting)) {
        tasks->pending++;
        if (bar && tasks->reason[0] == '\0' && strcmp(bar + 1, "None") != 0)
            snprintf(tasks->reason, sizeof(tasks->reason), "%.63s", bar + 1);
    } else if (state_is(line, active)) {
        tasks->running++;
    }
}

int slurm_ask(const char *id, struct slurm_tasks *ret, struct error *err)
{
    const char *const argv[] = {"squeue",       "--noheader", "--array", "--format=%T|%r",
                                "--states=all", "--jobs",     id,        NULL};
    struct command_result result;
    *ret = (struct slurm_tasks){0};
    if (command_execute(argv, PATIENCE, &result, err) < 0)
        return -1;
    int rc = 0;
    if (result.status != 0) {
        if (!strstr(result.says, "Invalid job id"))
            rc = refused("squeue", &result, err);
    } else {
        char *rest = result.out;
        for (char *line; (line = strtok_r(rest, "\n", &rest)) != NULL;)
            count_task(line, ret);
    }
    command_result_deinit(&result);
    return rc;
}

int slurm_cancel(const char *id, struct error *err)
{
    const char *const argv[] = {"scancel", id, NULL};
    struct command_result result;
    if (command_execute(argv, PATIENCE, &result, err) < 0)
        return -1;
    const int rc = result.status == 0 ? 0 : refused("scancel", &result, err);
    command_result_deinit(&result);
    return rc;
}

int slurm_most_tasks(size_t *ret, struct error *err)
{
    const char *const argv[] = {"scontrol", "show", "config", NULL};
    struct command_result result;
    if (command_execute(argv, PATIENCE, &result, err) < 0)
        return -1;
    int rc = result.status == 0 ? 0 : refused("scontrol", &result, err);
    const char *at = rc == 0 ? strstr(result.out, "MaxArraySize") : NULL;
    const char *equals = at ? strchr(at, '=') : NULL;
    if (rc == 0 && equals)
        *ret = (size_t)strtoull(equals + 1, NULL, 10);
    if (rc == 0 && (!equals || *ret == 0))
        rc = error_set(err, "scontrol: it does not tell MaxArraySize");
    command_result_deinit(&result);
    return rc;
}
