/* Files that a user names: a pipe can be read once only, and may have nobody at its other end. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef UTIL_FILE_H
#define UTIL_FILE_H

#include "util/error.h"

#include <stdio.h>

/* As fopen(path, "rb"), to be read once; NULL with err->text. A pipe that nobody has open for
 * writing within five seconds is an error instead of a wait without end. */
FILE *file_open(const char *path, struct error *err);

/* For what is read more than once. -1 with err->text where it exists and is a pipe, a device or a
 * socket; whatever else may be wrong is told when it is opened. */
int file_need_regular(const char *path, struct error *err);

#endif
