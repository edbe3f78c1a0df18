/* What a scenario says that nothing comes of, as the rest of it stands. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_IDLE_NOTES_H
#define CLI_IDLE_NOTES_H

#include "scenario/build.h"

/* A line for each workload whose jobs, without a broker, run where its `centres` do not say, one
 * for all tenants that join not before the end, and one for those that leave not after the start.
 * To be freed with each item. */
struct texts idle_notes(const struct build *build);

#endif
