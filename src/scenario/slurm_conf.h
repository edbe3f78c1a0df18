/* What a slurm.conf says of scheduling, in the language of a scenario: `scheduler: {slurm: FILE}`.
 * Machines are not taken from it. All that is read and not modelled is told. docs/slurm.md. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_SLURM_CONF_H
#define SCENARIO_SLURM_CONF_H

#include "scenario/node.h"
#include "scenario/slurm_lines.h"
#include "util/schema.h"

struct slurm_conf {
    struct node *scheduler; /* a map as a scenario's `scheduler`, with places in the file; owned */
    struct texts notes;     /* what was taken over and what was not, a line a kind; owned */
    struct slurm_pairs pairs; /* as they were read, and from which files; owned */
};

/* Read a file, named at `at`, of which errors say `place`, and what it includes. -1 with errors;
 * deinitialise in either case. Names of files in marks live as long as the list of errors.
 * O(bytes). */
int slurm_conf_read(struct slurm_conf *conf, const char *path, const char *place, struct mark at,
                    struct error_list *errors);

/* The same of a text without includes; `file` outlives all. */
int slurm_conf_parse(struct slurm_conf *conf, const char *text, size_t len, const char *file,
                     struct error_list *errors);

void slurm_conf_deinit(struct slurm_conf *conf);

#endif
