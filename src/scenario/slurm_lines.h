/* A slurm.conf as pairs KEY=VALUE with their places: comments, quotes, lines continued by a
 * backslash and `Include FILE`, as slurm.conf(5) has them. What the pairs mean is slurm_conf.h's.
 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_SLURM_LINES_H
#define SCENARIO_SLURM_LINES_H

#include "util/error.h"

struct slurm_pair {
    char *key, *value; /* as written, without quotes; owned */
    struct mark at;    /* of the value */
    struct mark key_at;
    bool first; /* of its line */
};

struct slurm_pairs {
    struct slurm_pair *items;
    size_t len, cap;
    struct {
        const char **items; /* names as in marks; the array is owned */
        size_t len, cap;
    } files; /* that were read, in this order */
};

enum { SLURM_BYTES_MAX = 4 << 20, SLURM_INCLUDES_MAX = 100 };

/* Read a file, named at `at`, of which errors say `place`, and what it includes. -1 with errors,
 * each broken line one; names of files in marks live as long as the list of errors. The pairs are
 * to be freed in either case. O(bytes). */
int slurm_lines_read(const char *path, const char *place, struct mark at, struct slurm_pairs *pairs,
                     struct error_list *errors);

/* The same of a text, whose includes are errors. `file` must outlive the pairs and the errors. */
int slurm_lines_parse(const char *text, size_t len, const char *file, struct slurm_pairs *pairs,
                      struct error_list *errors);

void slurm_pairs_deinit(struct slurm_pairs *pairs);

#endif
