/* The file behind a trace: written under a temporary name in the same folder, renamed when whole.
 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TRACE_SINK_H
#define TRACE_SINK_H

#include "util/error.h"

struct sink {
    char *path, *temp; /* owned */
    int fd;            /* holds a lock for as long as the file is written */
    int error;         /* errno of the first failed read, write or truncation; 0: none */
};

/* What sink_open would refuse of the path itself, before there is anything to write: no name, a
 * folder, no ordinary file, a link to nothing. Nothing is made. */
int sink_check(const char *path, struct error *err);

/* Create PATH.tmp (PATH.1.tmp ... while a living process writes that; what a killed one left is
 * overwritten). The last folder of the path is made if it is missing, no folder above it. Fails if
 * PATH exists and is no ordinary file. */
int sink_open(struct sink *sink, const char *path, struct error *err);

/* Rename to the final name, replacing what was there, at once or not at all. No fsync: what a power
 * cut takes, a run makes again. On failure nothing is left behind. Deinit in either case. */
int sink_commit(struct sink *sink, struct error *err);

/* Remove the temporary file. */
void sink_abandon(struct sink *sink);

/* What strerror says, for any thread. Returns buffer or a constant. */
const char *sink_reason(int error, char *buffer, size_t size);

#endif
