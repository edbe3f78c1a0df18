/* What the files of the decoder share. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_DECODE_INTERNAL_H
#define SCENARIO_DECODE_INTERNAL_H

#include "scenario/decode.h"

/* A key and its value, from one map or gathered from two: `{reserve: 1, order: sjf}` gives the
 * kind `reserve` the parameters of its own value and those beside it. */
struct decode_item {
    const char *key;
    struct mark at;
    const struct node *value;
    bool inside; /* below decode_items.inside */
    bool unsaid; /* the key is the kind's shorthand: the input does not have it */
};

struct decode_items {
    struct decode_item *items;
    size_t len, cap;
    struct mark at;
    const char *inside; /* name of the kind; NULL: none */
    const char *what;   /* for messages: what a missing key is missing from */
    bool faulty;        /* there may be more: none is missing */
};

/* A table and the object it fills. */
struct decode_target {
    const struct field *table;
    void *object;
};

/* Each item goes to the first target that knows its key. */
int decode_items(struct decode *ctx, const struct decode_items *items,
                 const struct decode_target *targets, size_t targets_len);

const struct field *field_find(const struct field *table, const char *key);

/* Tell what is wrong across the values of a map, in a text that begins with the key it is about, if
 * with any. Always -1. */
int decode_fault(struct decode *ctx, const struct node *map, const char *text);

/* Is it told already what is wrong with the value? Counts as a failure. */
bool decode_skips(struct decode *ctx, const struct node *node);

/* Fields that hold one scalar or a list of them. */
int decode_value(struct decode *ctx, const struct field *field, const struct node *node, void *at);
int decode_weights(struct decode *ctx, const struct field *field, const struct node *node,
                   struct weights *ret_weights);
int decode_quantity(struct decode *ctx, const struct field *field, const struct node *node,
                    double *ret_value);
int decode_bounds(struct decode *ctx, const struct field *field, const struct node *node,
                  double least, double greatest);

/* Is the scalar a whole number, and no percentage, which would say a part of what nobody knows? -1
 * with an error. */
int decode_whole(struct decode *ctx, const struct field *field, const struct node *node);

/* Where the table says UNIT_SAME, the unit of the distribution. */
enum unit decode_unit(const struct decode *ctx, const struct field *field);

int decode_kinded(struct decode *ctx, const struct kind_list *list, const struct node *node,
                  const struct decode_target *beside, struct kinded *ret_kinded);
int decode_dist(struct decode *ctx, const struct field *field, const struct node *node,
                struct dist **ret_dist);

#endif
