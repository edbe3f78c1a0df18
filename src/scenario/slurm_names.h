/* What the keys of a slurm.conf that are not taken over are about: words with a blank before and
 * after each. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_SLURM_NAMES_H
#define SCENARIO_SLURM_NAMES_H

#include "util/base.h"

/* A schedule may depend on it; it is of daemons, files, logs, accounts and security. */
extern const char slurm_keys_that_matter[], slurm_keys_without_effect[];
/* The same of SchedulerParameters; the latter are of the time that decisions take, and of the life
 * of jobs. */
extern const char slurm_parameters_that_matter[], slurm_parameters_without_effect[];
/* First keys of lines of machines. */
extern const char slurm_machine_keys[];

/* Is the name one of these words, whatever the case? O(length of the words). */
bool slurm_is_one_of(const char *name, const char *words);

#endif
