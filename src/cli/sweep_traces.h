/* The traces of the runs of a sweep, where it wants them: DIR/traces/run-000017.h5. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SWEEP_TRACES_H
#define CLI_SWEEP_TRACES_H

#include "experiment/engine.h"
#include "trace/trace.h"

struct sweep_traces {
    const struct sweep *sweep;
    const char *dir;
    struct trace *trace; /* of the run under way; NULL: none */
};

/* None where the sweep wants no traces. `traces` is borrowed. */
struct run_hooks sweep_trace_hooks(struct sweep_traces *traces);

/* Make the folder, if traces are wanted. -1 with an error. */
int sweep_traces_folder(const struct sweep_traces *traces, struct error *err);

/* Does the sweep want traces, and is that of the run not there, or not whole? Opens the file. */
bool sweep_traces_lacks(const struct sweep_traces *traces, uint64_t run);

/* Runs that are done, but whose trace is lacking. */
size_t sweep_traces_lacking(const struct sweep_traces *traces, const struct outcomes *outcomes);

#endif
