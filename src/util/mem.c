/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, PAGE_HUGE = 2 << 20 };

static void *check(void *memory, size_t bytes)
{
    if (!memory) {
        /* not exit: libraries tidy up there, and this may be called from within one of them */
        fprintf(stderr, "jishi: out of memory (%zu bytes asked)\n", bytes);
        _exit(1);
    }
    return memory;
}

void *mem_new(size_t count, size_t size)
{
    if (count == 0 || size == 0)
        count = size = 1;
    return check(calloc(count, size), count * size);
}

void *mem_resize(void *old, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        check(NULL, SIZE_MAX);
    const size_t bytes = count * size;
    return check(realloc(old, bytes > 0 ? bytes : 1), bytes);
}

void *mem_aligned(size_t alignment, size_t size)
{
    const size_t rounded = (size + alignment - 1) / alignment * alignment;
    return check(aligned_alloc(alignment, rounded ? rounded : alignment), size);
}

void *mem_pages(size_t size, bool huge)
{
    void *pages = mem_aligned(huge ? PAGE_HUGE : PAGE, size);
#if defined(MADV_HUGEPAGE)
    if (huge)
        (void)madvise(pages, size / PAGE_HUGE * PAGE_HUGE, MADV_HUGEPAGE); /* as well without */
#endif
    return pages;
}

char *mem_text(const char *text)
{
    return text ? mem_text_n(text, strlen(text)) : NULL;
}

char *mem_text_n(const char *text, size_t len)
{
    char *copy = mem_new(len + 1, 1);
    memcpy(copy, text, len);
    return copy;
}

char *mem_format(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = NULL;
    const int n = vasprintf(&text, fmt, args);
    va_end(args);
    return check(n < 0 ? NULL : text, 0);
}
