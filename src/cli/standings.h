/* Where tenants stand at the end of a run, in the words of Slurm's `sshare -l`, by the usage of
 * each scheduler whose order goes by levels of the fair tree. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_STANDINGS_H
#define CLI_STANDINGS_H

#include "scenario/build.h"
#include "trace/trace.h"

#include <stdio.h>

struct record_table;

/* A table for each scheduler, after an empty line, where there are few tenants; nothing where there
 * are none of these orders. After the run. */
void standings_write(const struct build *build, struct sim *sim, FILE *out);

/* The same for each partition, however many tenants: calls `put` with /sharing/CENTRE/PARTITION of
 * the trace. */
void standings_tables(const struct build *build, struct sim *sim,
                      void (*put)(struct trace *trace, const struct record_table *table),
                      struct trace *trace);

#endif
