/* What commands say of the broker: before a run what it is and over which links, after it what went
 * where. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_ROUTES_H
#define CLI_ROUTES_H

#include "scenario/build.h"
#include "trace/trace.h"

#include <stdio.h>

/* For `jishi check`. Nothing where all jobs run at home. */
void explain_broker(const struct build *build, FILE *out);

/* The columns that a broker adds to /jobs; to be asked only where there is one. */
struct column_group broker_columns(const struct build *build);

/* Which centres the broker sent jobs to, from each home, after an empty line; nothing if all stayed
 * and no data moved. After the run. */
void sent_write(const struct build *build, const struct sim *sim, FILE *out);

#endif
