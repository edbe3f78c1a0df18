/* A part of `jishi check`: what is asked of each partition, and what is there. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_EXPLAIN_LOAD_H
#define CLI_EXPLAIN_LOAD_H

#include "experiment/capacity.h"
#include "experiment/offer.h"

#include <stdio.h>

/* What the parts of an explanation go by. */
struct explain {
    const struct build *build;
    FILE *out;
    struct phases phases;
    struct offer_span span;      /* of the tables */
    struct offer *offers;        /* by workload */
    struct log_report **reports; /* by workload; NULL: reads no log */
    size_t *shown; /* by workload: the one in whose row it is shown: the first of members */
    bool listed;   /* all jobs are written out, in a run without length: their work is shown, in
                    * processor-hours, beside what is done in a day */
};

/* The date of an instant of the run; with its time, unless that is midnight. Returns buffer. */
const char *explain_day(const struct world *world, simtime t, char *buffer, size_t size);

/* Epochs of the program, [from, to), in which something is so. */
struct spell {
    size_t from, to;
};

enum { EXPLAIN_SPELL_MAX = 80 };

/* "" for all of the run, ", from 2025-02-01T00:00:00+08:00 on", ", before ..." or ", from ... to
 * ...". */
const char *explain_spell(const struct build *build, struct spell spell,
                          char buffer[EXPLAIN_SPELL_MAX]);

/* A table of each partition, and of jobs for any partition of a centre, with warnings. */
void explain_loads(const struct explain *explain);

#endif
