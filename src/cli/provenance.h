/* The trace of a run with what it takes to run it again: the scenario as given and as resolved, the
 * settings, and the SHA-256 of all that was read. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_PROVENANCE_H
#define CLI_PROVENANCE_H

#include "cli/scenario_options.h"
#include "trace/trace.h"

/* NULL with an error: a log cannot be read, or the trace not be written. */
struct trace *open_trace(const struct build *build, const struct scenario_options *options,
                         const char *path, struct error *err);

#endif
