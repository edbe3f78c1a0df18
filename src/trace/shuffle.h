/* HDF5's shuffle filter: the bytes of n items of `size` bytes, all first bytes first, then all
 * second ones, and so on. n is a multiple of 8. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TRACE_SHUFFLE_H
#define TRACE_SHUFFLE_H

#include <stddef.h>

void shuffle_bytes(unsigned char *restrict to, const unsigned char *restrict from, size_t n,
                   size_t size);

#endif
