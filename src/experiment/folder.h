/* The folder of a sweep:
 *
 *   sweep.yaml      the sweep, with the scenario in it and files named absolutely: may be run again
 *   inputs.sha256   hashes of the files that the scenario reads, as sha256sum writes them
 *   journal/        see journal.h
 *   sweep.h5, timing.csv, traces/   results
 *   lock            held by the process that runs the sweep */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_FOLDER_H
#define EXPERIMENT_FOLDER_H

#include "experiment/sweep.h"

/* A sweep as its folder holds it. Zeroed is empty. */
struct sweep_record {
    struct node *tree;
    struct {
        char **items; /* absolute paths; owned */
        size_t len, cap;
    } inputs;
    char *text;   /* of sweep.yaml */
    char *hashes; /* of inputs.sha256 */
};

/* Check the sweep (sweep_check) and make the record of it. -1 with errors. To be deinitialised in
 * either case. */
int sweep_record_make(struct sweep_record *record, const struct sweep *sweep,
                      struct error_list *errors);
void sweep_record_deinit(struct sweep_record *record);

struct folder {
    char *dir;
    int lock;
};

/* Begin a sweep in `dir`, which is made if it is missing, or go on with the one that is there,
 * which must be the same but for its limit. -1 with an error that says what is in the way; close in
 * either case. */
int folder_begin(struct folder *folder, const char *dir, const struct sweep_record *record,
                 bool resume, struct error *err);
void folder_close(struct folder *folder);

/* Is a process of this machine running it? */
bool folder_is_busy(const char *dir);

/* "DIR/sweep.yaml", to be freed; NULL with an error: there is no sweep. */
char *folder_sweep(const char *dir, struct error *err);

/* Put a text into a file, whole or not at all, on the disk when it returns. */
int file_put(const char *path, const char *text, struct error *err);

#endif
