/* What a plan may choose: `PATH=LO..HI`, `PATH=LO..HI by STEP`, as a row of equally spaced values
 * from LO up. With signs, `PATH=+0..+50`, they are added to the value that the scenario has; below
 * `changes`, where a value such as +49 is itself relative, they stand as they are. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_VARY_H
#define EXPERIMENT_VARY_H

#include "scenario/scenario.h"

/* Zeroed is empty. */
struct vary {
    char *path; /* as written; owned */
    enum unit unit;
    char *suffix;    /* that LO is written with: values are too. "h", " GB"; owned */
    double scale;    /* SI units of one of it */
    double base;     /* of a relative range: what is added to, in SI units */
    double lo, step; /* in SI units */
    size_t len;      /* values: base + lo + i step, i < len */
    bool added;      /* the range had signs: `base` is what the scenario has */
    bool relative;   /* values are written with a sign */
};

/* Values of a range, at most. */
#define VARY_LEN_MAX 1000000

/* Which field of the scenario is meant, and does it take numbers? A step not given is 1 of whole
 * numbers, else a round number near a thousandth of the range. -1 with err->text. */
int vary_parse(const char *text, const struct program *program, struct vary *ret,
               struct error *err);
void vary_deinit(struct vary *vary);

double vary_value(const struct vary *vary, size_t i);

/* "12", "0.5 CNY/h", "+4": as a scenario says it, to 12 digits. Returns buffer; 64 bytes do. */
const char *vary_text(const struct vary *vary, size_t i, char *buffer, size_t size);

/* The difference of two values, with its sign, as a scenario says it. Returns buffer. */
const char *vary_difference(const struct vary *vary, size_t from, size_t to, char *buffer,
                            size_t size);

/* PATH=VALUE, as --set takes it. To be freed. */
char *vary_set(const struct vary *vary, size_t i);

#endif
