/* SHA-256 of files. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_DIGEST_H
#define EXPERIMENT_DIGEST_H

#include "util/error.h"

enum { DIGEST_SIZE = 65 };

/* In hexadecimal, ended by 0. -1 with an error that names the file. */
int file_digest(const char *path, char ret[DIGEST_SIZE], struct error *err);

#endif
