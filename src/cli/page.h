/* A page for people: whatever names the user gave are on it, no terminal is led astray. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include <stdio.h>

struct page {
    FILE *file; /* to be written to */
    char *text;
    size_t len;
};

/* Returns page->file. */
FILE *page_begin(struct page *page);

/* Write it out, line by line as `printable` has it, and free it. */
void page_end(struct page *page, FILE *out);

#endif
