/* Metric rows for programs: CSV (RFC 4180) and JSON. Numbers are the shortest that read back to the
 * same double; a row without a value has an empty field, or null. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_OUTPUT_H
#define ANALYSIS_OUTPUT_H

#include "analysis/metrics.h"

#include <stdio.h>

/* The shortest of %.15g, %.16g, %.17g that reads back to `value`. Returns buffer; 32 bytes do. */
const char *real_format(double value, char *buffer, size_t size);

/* A header line, then name,scope,period,value,unit. Write errors stay on the stream: ferror. */
void metrics_write_csv(const struct metric_row *rows, size_t len, FILE *out);

/* {"metrics": [{"name": ..., "scope": ..., "period": ..., "value": ..., "unit": ...}, ...]}. Bytes
 * of names that are no UTF-8 come out as U+FFFD. */
void metrics_write_json(const struct metric_row *rows, size_t len, FILE *out);

/* A copy of `text` as valid UTF-8; the caller frees it. O(n). */
char *text_as_utf8(const char *text);

/* Bytes of the UTF-8 character at `text` (not ""), 0 if it is not one; its code point. */
size_t utf8_next(const char *text, uint32_t *ret_code);

/* A field of CSV, in quotes where it needs them (RFC 4180). */
void csv_text(const char *text, FILE *out);

#endif
