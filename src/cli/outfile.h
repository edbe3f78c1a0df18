/* May a file be written there? Asked before the work is done. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_OUTFILE_H
#define CLI_OUTFILE_H

/* Is its folder there? No folder is made where somebody named one: a mistyped path is told. -1
 * after telling so. */
int outfile_folder(const char *path);

/* What is there already is replaced only if it is HDF5: a scenario or a log is left alone. -1 after
 * telling so. */
int outfile_replaces(const char *path);

#endif
