/* How the factors of a sweep are put into its scenario, and in which order. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_SWEEP_PUT_H
#define EXPERIMENT_SWEEP_PUT_H

#include "experiment/sweep.h"

/* A path of a factor. */
struct sweep_put {
    size_t factor, path;
};

/* The scenario before any factor: the variant (NULL or "base": none), then
 * `set`. To be freed; NULL with errors. */
struct node *sweep_tree(const struct sweep *sweep, const char *variant, struct error_list *errors);

/* The paths at which factors put values, loads left out, in the order in which they are put: a
 * template before what is like it, or a value inside that would be written out without what the
 * template is yet to say; else as in the file. To be freed. */
struct sweep_put *sweep_puts(const struct sweep *sweep, const struct node *tree, size_t *ret_len);

/* What a drawn factor puts at its path. */
struct node *sweep_drawn_value(const struct sweep_factor *factor, double value);

/* Put a value, which is taken. -1 with err: there is no such place. */
int sweep_put_value(struct node *tree, const struct path *path, struct mark at, struct node *value,
                    struct error *err);

#endif
