/* Values of what a scenario is not sure of, put into it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_ASSUMED_H
#define EXPERIMENT_ASSUMED_H

#include "scenario/build.h"

/* Whole numbers alone stand at the path: what is drawn for it is rounded. */
bool assumed_is_whole(const struct program *base, const char *path);

/* A value of assumption `item` as --set takes it: a handful of digits, as nobody means more, in the
 * unit that the assumption is written in, so that values can be held against each other. To be
 * freed. */
char *assumed_text(const struct program *base, size_t item, double value);

/* The scenario of `base` again, with a variant (NULL: none) and with settings. As program_load, but
 * no file is read again: `base` must outlive it. */
int program_again(const struct program *base, const char *variant, const char *const *sets,
                  size_t n_sets, struct program *ret, struct error_list *errors);

/* Can it be run? What `run` judges before the first event, but for logs, which it does not open.
 * -1 with errors. */
int program_stands(const struct program *program, const struct build_options *options,
                   struct error_list *errors);

#endif
