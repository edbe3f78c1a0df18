/* When a run begins and ends, and what of it is counted. For build.c. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_BUILD_TIMES_H
#define SCENARIO_BUILD_TIMES_H

#include "scenario/build.h"

/* Fill in the times of the world. Errors: a window of what is counted that is empty, or does not
 * lie within the run. */
void set_times(struct build *build, struct error_list *errors);

#endif
