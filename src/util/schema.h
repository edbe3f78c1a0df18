/* Tables that describe the scenario language: each map of the language is a table of fields, each
 * choice of a thing with parameters (an order, a distribution, a kind of arrival) is a list of
 * kinds. Decoding, checking, defaults, help, `jishi list`, the resolved print and the JSON Schema
 * all come from these tables; nothing else knows the keys. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef UTIL_SCHEMA_H
#define UTIL_SCHEMA_H

#include "util/error.h"
#include "util/quantity.h"
#include "util/simtime.h"

struct field;
struct dist;

/* What a map key is decoded into, at `offset` of the target struct. Owned memory is freed by
 * schema_free with the same table. */
enum field_kind {
    FIELD_END,      /* closes a table */
    FIELD_BOOL,     /* bool */
    FIELD_INT,      /* int64_t; 4.5 is an error */
    FIELD_QUANTITY, /* double in SI units; `unit` says which (UNIT_NONE: a plain number) */
    FIELD_DURATION, /* simtime; "2h" */
    FIELD_DATE,     /* struct date_value: a date, or a duration since the start */
    FIELD_TEXT,     /* char *, owned */
    FIELD_PATH,     /* char *, owned, made relative to the file that names it */
    FIELD_CHOICE,   /* int: index into `choices`, a NULL-ended list of names */
    FIELD_NUMBERS,  /* struct numbers: a list of quantities of `unit` */
    FIELD_WEIGHTS,  /* struct weights: a map value: weight */
    FIELD_DIST,     /* struct dist *, owned; NULL when absent. `unit`: its dimension */
    FIELD_KIND,     /* struct kinded: a name, or a one-key map `name: parameters`; from `kinds` */
    FIELD_TABLE,    /* a struct in place, described by `table` */
    FIELD_LIST,     /* struct items of structs of `size` bytes described by `table` */
    FIELD_MAP,      /* the same from a map of names; the struct begins with struct named */
    FIELD_TEXTS,    /* struct texts: a list of texts; one text is a list of one */
    FIELD_NODE      /* struct node *: left undecoded for its owner, borrowed from the document.
                     * A `table` only tells how includes merge and what `jishi schema` shows; so do
                     * `forms`:      a map by name, each a list of values, a distribution, or one of
                     * these      maps. */
};

struct numbers {
    double *values;
    size_t len;
};

struct texts {
    char **items;
    size_t len;
};

struct weights {
    double *values, *weights;
    size_t len;
};

/* A thing with parameters. The descriptor of an order, a placement, a distribution ... has this as
 * its first member. */
struct kind {
    const char *name, *summary;
    const struct field *params; /* NULL: none */
    size_t size;                /* of the struct that params fills; 0: none */
    const char *shorthand;      /* the parameter that a bare value stands for:
                                 * `poisson: 9/h` = `poisson: {rate: 9/h}`; may be NULL */
    /* Across parameters, after decoding; NULL: nothing to check. */
    int (*check)(const void *params, struct error *err);
};

struct kind_list {
    const char *what, *whats;        /* "order", "orders": for messages and `jishi list` */
    const struct kind *const *items; /* NULL-ended */
    /* The kind for whose shorthand a value is taken that names no kind of the list; NULL: such a
     * value is an error. `request: 2h` = `request: {time: 2h}`. */
    const struct kind *otherwise;
};

/* kind NULL: absent. params: owned, decoded (defaults filled in), NULL if the kind has none. */
struct kinded {
    const struct kind *kind;
    void *params;
};

struct items {
    void *items;
    size_t len;
};

/* The first member of an item of a FIELD_MAP. */
struct named {
    char *name; /* owned */
    struct mark at;
};

enum {
    FIELD_REQUIRED = 1,
    /* The word "unlimited" is accepted: INT64_MAX, INFINITY or SIMTIME_NEVER, beyond any max. */
    FIELD_UNLIMITED = 2,
    /* Of a distribution: a number of things. What is drawn is rounded (dist_draw_count), a constant
     * is a whole number. */
    FIELD_COUNT = 4,
    /* Of texts: none is there twice. For `jishi schema`; its owner checks. */
    FIELD_UNIQUE = 8,
    /* Of a distribution: zero itself is no value either, where there is a `zero`. */
    FIELD_ABOVE_ZERO = 16
};

/* As a max: whatever fits, up to 2^63 - 1, which a double cannot tell from 2^63. */
#define INT64_BOUND 0x1p63

/* What does not fit together in values that are read one by one: -1 with an error. */
typedef int field_check(const void *item, struct error *err);

struct field {
    const char *key;
    enum field_kind kind;
    size_t offset;
    const char *help; /* one line: what it is, in the language of the field */
    const char *def;  /* default as YAML text; NULL: zero, empty or absent */
    double min, max;  /* bounds of numbers in SI units; both 0: none; -HUGE_VAL, HUGE_VAL:
                       * none on that side; min DBL_MIN: above zero */
    unsigned flags;
    enum unit unit;
    const char *const *choices;
    const struct kind_list *kinds;
    const struct field *table;
    size_t size;
    const struct field *const *forms; /* NULL-ended */
    const char *zero;                 /* of a distribution: the least that it may be told to draw,
                                       * as in "0s"; NULL: anything */
    const char *part;                 /* of a whole number: what to write for a part of all;
                                       * NULL: nothing says that */
    const char *schema;               /* of FIELD_NODE: what JSON Schema says of it, as its owner
                                       * reads it; NULL: nothing */
    /* Of a text, and across the values of a table, or of each item of a map or list, once they are
     * read: each tells a fault of its own. NULL-ended, NULL: none. */
    field_check *const *checks;
    /* Of what holds for a whole run, so that no change at a date is one of it: what would be right
     * instead; NULL: it may change. */
    const char *lasts;
};

/* Does it take whole numbers alone, so that whoever varies it has nothing between them to try? */
static inline bool field_is_whole(const struct field *field)
{
    return field->kind == FIELD_INT || (field->flags & FIELD_COUNT);
}

/* Free what decoding with this table allocated inside *object (not object itself); zeroes the
 * pointers to it, so that a second call does nothing. */
void schema_free(const struct field *table, void *object);
void kinded_free(struct kinded *kinded);

/* NULL if there is none of that name. */
const struct kind *kind_find(const struct kind_list *list, const char *name);

/* The known name nearest to `text` by edit distance, for "did you mean"; NULL if none is near. */
const char *nearest_name(const char *text, const char *const *names, size_t len);

/* What to say after "unknown thing": ", did you mean easy?", or "; expected one of fcfs, sjf" (as
 * many as fit), or nothing where there is no name. Returns buffer. */
const char *suggest_name(const char *text, const char *const *names, size_t len, char *buffer,
                         size_t size);

#endif
