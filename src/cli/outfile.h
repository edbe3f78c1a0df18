/* May a file be written there? Asked before the work is done. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_OUTFILE_H
#define CLI_OUTFILE_H

/* Is its folder there? No folder is made where somebody named one: a mistyped path is told. -1
 * after telling so. */
int outfile_folder(const char *path);

/* May a trace be written there? What is there already is replaced only if it is the trace of a run:
 * a scenario, a log, the table of a sweep or what other programs made is left alone, as is a
 * folder. -1 after telling so. */
int outfile_replaces_trace(const char *path);

/* The same of the tables of a comparison, which replace such tables alone. */
int outfile_replaces_comparison(const char *path);

#endif
