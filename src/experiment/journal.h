/* The journal of a sweep: DIR/journal holds one file for each process that recorded runs. A record
 * is a line that begins with a checksum of the rest, written at once:
 *
 *   CRC32 RUN STATE SECONDS PEAK_KIB HOST VALUE... [unstable]
 *
 * or, of a run that failed, with TEXT instead of values.
 *
 * Numbers are hexadecimal, so that they come back as they were. A line that is torn or does not
 * match its checksum counts as never written: its run is done again. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_JOURNAL_H
#define EXPERIMENT_JOURNAL_H

#include "experiment/outcome.h"
#include "util/error.h"

struct journal;

/* A new file in DIR/journal, which is there; it appears with the first record. Its name begins with
 * `name` and a dash (NULL: nothing), then tells this process. NULL with an error. */
struct journal *journal_new(const char *dir, const char *name, size_t measures, struct error *err);

/* Add a record and bring it to the kernel: it survives the end of this process, however it comes.
 * About once a second what there is is brought to the disk as well. -1 with an error. */
int journal_add(struct journal *journal, uint64_t run, const struct outcome *outcome,
                struct error *err);

/* Bring all to the disk. Frees in either case. Takes NULL. */
int journal_close(struct journal *journal, struct error *err);

/* Read the files of DIR/journal whose names begin with `name` and a dash (NULL: all), in the order
 * of their names, into `outcomes`. *ret_damaged: lines that do not match their checksum. -1 with an
 * error. */
int journal_read(const char *dir, const char *name, struct outcomes *outcomes, size_t *ret_damaged,
                 struct error *err);

/* The name of this machine. Returns buffer. */
const char *host_name(char *buffer, size_t size);

#endif
