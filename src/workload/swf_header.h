/* The header of a log, line by line; for swf.c alone. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_SWF_HEADER_H
#define WORKLOAD_SWF_HEADER_H

#include "workload/swf.h"

static inline bool swf_is_space(char c)
{
    if (LIKELY(c > ' '))
        return false;
    return c == ' ' || c == '\t' || c == '\r';
}

/* "; Key: value"; other comments are no concern of ours. A value that comes again counts. */
void swf_header_line(struct swf_header *header, const char *text, size_t len);

#endif
