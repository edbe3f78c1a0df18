/* What was taken over from the slurm.conf of a scenario's schedulers, in lines for people. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SLURM_NOTES_H
#define CLI_SLURM_NOTES_H

#include "scenario/scenario.h"

/* A line a kind and scheduler, "wuhan: slurm.conf: taken over: ..."; to be freed with each item. */
struct texts slurm_notes(const struct scenario *scenario);

#endif
