/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/explain_time.h"

/* The window, where it is not all of the run. */
static void print_counted(const struct build *build, FILE *out)
{
    char text[64];
    const struct world *world = &build->world;
    const simtime first = world->measure_from - world->begins;
    const bool from = first > 0, until = world->measure_until < world->length;
    if (!from && !until)
        return;
    fputs("  counted  jobs submitted", out);
    if (from)
        fprintf(out, " after the first %s",
                quantity_human_time(simtime_seconds(first), text, sizeof(text)));
    if (from && build->program->dated)
        fprintf(
            out, " (from %s on)",
            date_format_day(world->start + world->measure_from, world->offset, text, sizeof(text)));
    if (until)
        fprintf(out, "%s before %s", from ? " and" : "",
                date_format_day(world->start + world->measure_until, world->offset, text,
                                sizeof(text)));
    fputc('\n', out);
}

void explain_time(const struct build *build, FILE *out)
{
    char text[64];
    const struct world *world = &build->world;
    fprintf(out, "  start    %s%s\n", date_format(world->start, world->offset, text, sizeof(text)),
            build->program->dated ? "" : " (no date was given)");
    if (world->begins > 0)
        fprintf(out,
                "  begins   %s: the windows of logs leave out what is before; nothing counts "
                "until then\n",
                date_format(world->start + world->begins, world->offset, text, sizeof(text)));
    if (world->length < SIMTIME_NEVER)
        fprintf(out, "  length   %s\n",
                quantity_human_time(simtime_seconds(world->length), text, sizeof(text)));
    else
        fputs("  length   to the last end\n", out);
    print_counted(build, out);
}
