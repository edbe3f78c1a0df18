/* Allocation that cannot fail: out of memory prints one line and exits with status 1. Memory is
 * given back with free(). Sizes are checked for overflow. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef UTIL_MEM_H
#define UTIL_MEM_H

#include "util/base.h"

void *mem_new(size_t count, size_t size); /* zeroed */
/* realloc; the new part is not zeroed */
NOINLINE void *mem_resize(void *old, size_t count, size_t size);
void *mem_aligned(size_t alignment, size_t size); /* not zeroed */
/* Whole pages, not zeroed, untouched until they are used; `huge`: large ones where the system gives
 * them, for what is read all over. For free(). */
void *mem_pages(size_t size, bool huge);
char *mem_text(const char *text);               /* a copy; NULL stays NULL */
char *mem_text_n(const char *text, size_t len); /* a copy of len bytes, ended by 0 */
char *mem_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Grow a vector {items, len, cap} so that one more item fits. */
#define MEM_GROW(vector)                                                                           \
    do {                                                                                           \
        if ((vector)->len == (vector)->cap) {                                                      \
            (vector)->cap = (vector)->cap ? 2 * (vector)->cap : 8;                                 \
            (vector)->items =                                                                      \
                mem_resize((vector)->items, (vector)->cap, sizeof(*(vector)->items));              \
        }                                                                                          \
    } while (0)

#endif
