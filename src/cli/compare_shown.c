/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/compare_shown.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_share(const char *metric)
{
    return strncmp(metric, "utilisation", 11) == 0 || strstr(metric, "missed") != NULL;
}

struct shown shown_unit_of(const char *unit, const char *metric, double typical)
{
    const double size = fabs(typical);
    if (strcmp(unit, "s") == 0) {
        if (size >= 4 * 86400.0)
            return (struct shown){86400, " d", 2};
        if (size >= 2 * 3600.0)
            return (struct shown){3600, " h", 2};
        return size >= 120 ? (struct shown){60, " min", 1} : (struct shown){1, " s", 2};
    }
    if (strcmp(unit, "1") == 0)
        return is_share(metric) ? (struct shown){0.01, " %", 1} : (struct shown){1, "", 2};
    return (struct shown){1, "", size >= 100 ? 0 : 2};
}

/* As many digits as the half-width `half` has two of; four of the value where there is none. */
struct shown shown_of(const char *unit, const char *metric, double typical, double half)
{
    struct shown shown = shown_unit_of(unit, metric, typical);
    int digits = interval_digits(half / shown.scale);
    if (digits < 0)
        digits = interval_digits(fabs(typical) / shown.scale / 100);
    if (digits >= 0)
        shown.digits = digits;
    return shown;
}

const char *shown_number(const struct shown *shown, double value, bool sign, char *buffer,
                         size_t size)
{
    if (isnan(value))
        return "-";
    if (isinf(value)) {
        snprintf(buffer, size, "%s\xe2\x88\x9e", value < 0 ? "-" : sign ? "+" : "");
        return buffer;
    }
    const double scaled = value / shown->scale;
    snprintf(buffer, size, sign ? "%+.*f" : "%.*f", shown->digits, scaled);
    if (strtod(buffer, NULL) == 0)
        snprintf(buffer, size, "%.*f", shown->digits, 0.0); /* no -0 */
    return buffer;
}

/* "2.31 ± 0.12 h" */
char *shown_with_half(const struct shown *shown, const struct interval *interval, bool sign)
{
    char a[64], b[64];
    const double half = interval_half(interval);
    shown_number(shown, interval->value, sign, a, sizeof(a));
    if (isnan(interval->value))
        return mem_text("-");
    if (!(half > 0))
        return mem_format("%s%s", a, shown->unit);
    return mem_format("%s ± %s%s", a, shown_number(shown, half, false, b, sizeof(b)), shown->unit);
}

/* "-1.40 to -1.18"; "" where there is none. */
char *shown_from_to(const struct shown *shown, const struct interval *interval)
{
    char a[64], b[64];
    if (!(interval->hi > interval->lo))
        return mem_text("");
    return mem_format("%s to %s", shown_number(shown, interval->lo, false, a, sizeof(a)),
                      shown_number(shown, interval->hi, false, b, sizeof(b)));
}

void add_owned(struct text_table *table, char *text, bool right)
{
    (right ? text_table_right : text_table_left)(table, text);
    free(text);
}

struct shown difference_shown(const struct measure *measure, const struct finding *finding)
{
    const struct shown of_base =
        shown_unit_of(measure->unit, measure->selector, finding->base.value);
    struct shown shown = shown_of(measure->unit, measure->selector, finding->base.value,
                                  interval_half(&finding->difference));
    if (!(interval_half(&finding->difference) > 0)) {
        const int digits = interval_digits(fabs(finding->difference.value) / of_base.scale / 100);
        shown.digits = digits >= 0 ? digits : of_base.digits;
    }
    /* a difference that is nothing beside the base is not worth a row of digits */
    const int fine = shown_of(measure->unit, measure->selector, finding->base.value,
                              interval_half(&finding->base))
                         .digits +
                     2;
    shown.digits = shown.digits < fine ? shown.digits : fine;
    if (strcmp(shown.unit, " %") == 0)
        shown.unit = " points";
    return shown;
}
