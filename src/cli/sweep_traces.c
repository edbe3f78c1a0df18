/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sweep_traces.h"

#include "cli/provenance.h"
#include "cli/result.h"
#include "trace/h5.h"
#include "util/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *trace_path(const struct sweep_traces *traces, uint64_t run)
{
    return mem_format("%s/traces/run-%06" PRIu64 ".h5", traces->dir, run);
}

static int begin(void *ctx, uint64_t run, struct simulation *simulation, struct error *err)
{
    struct sweep_traces *traces = ctx;
    const struct scenario_options options = {
        .has_seed = true,
        .seed = traces->sweep->run_seed,
        .replication = sweep_replication(traces->sweep, run),
    };
    char *path = trace_path(traces, run);
    traces->trace = open_trace(&simulation->build, &options, path, err);
    free(path);
    if (!traces->trace)
        return -1;
    simulation->observers[simulation->n_observers++] = trace_observer(traces->trace);
    return 0;
}

static void abandon(void *ctx)
{
    struct sweep_traces *traces = ctx;
    trace_abandon(traces->trace);
    traces->trace = NULL;
}

static int end(void *ctx, struct simulation *simulation, struct error *err)
{
    struct sweep_traces *traces = ctx;
    struct trace *trace = traces->trace;
    traces->trace = NULL;
    trace_results(trace, simulation);
    return trace_close(trace, true, err);
}

struct run_hooks sweep_trace_hooks(struct sweep_traces *traces)
{
    if (!traces->sweep->traces)
        return (struct run_hooks){0};
    return (struct run_hooks){begin, abandon, end, traces};
}

int sweep_traces_folder(const struct sweep_traces *traces, struct error *err)
{
    char *path = mem_format("%s/traces", traces->dir);
    int rc = 0;
    if (traces->sweep->traces && mkdir(path, 0777) < 0 && errno != EEXIST)
        rc = error_set(err, "%s: cannot be made: %s", path, strerror(errno));
    free(path);
    return rc;
}

bool sweep_traces_lacks(const struct sweep_traces *traces, uint64_t run)
{
    if (!traces->sweep->traces)
        return false;
    char *path = trace_path(traces, run);
    const bool lacks = !h5_is_whole(path);
    free(path);
    return lacks;
}

size_t sweep_traces_lacking(const struct sweep_traces *traces, const struct outcomes *outcomes)
{
    size_t n = 0;
    for (size_t run = 0; run < outcomes->runs; run++)
        n += outcomes->items[run].state == RUN_DONE && sweep_traces_lacks(traces, run);
    return n;
}
