/* Lines of a text file, plain or gzip, in constant memory: however far a file unpacks, no more than
 * one window of it is held. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_LINES_H
#define WORKLOAD_LINES_H

#include "util/error.h"

/* A longer line is an error: no log has one, and it would have to be held whole. */
#define LINES_MAX_LENGTH 65536

/* Bytes that may be read from text[len] on. */
#define LINES_BEYOND 9

struct lines;

/* A line without its end ("\n" or "\r\n"). text[len] is '\r' or '\n', so that a scan for the end of
 * a number needs no other bound. The text is valid until the next call and may be written to. */
struct line {
    char *text;
    size_t len;
    uint64_t number; /* from 1 */
};

/* NULL: cannot be read, is empty, or is plainly no text (another compression, binary data). `path`
 * is borrowed and must outlive *err too, whose mark names it. */
struct lines *lines_open(const char *path, struct error *err);
void lines_free(struct lines *lines);
AUTO_DEFINE(struct lines *, lines_free)

/* 1: a line; 0: the end; -1: cannot be read, damaged or cut gzip data, a line too long. After 0 or
 * -1 do not call again. */
int lines_next(struct lines *lines, struct line *ret_line, struct error *err);

#endif
