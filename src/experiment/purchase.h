/* Purchases: how much must come at which date so that a target is met in every period. From the
 * first period that can still be bought for, in order of time: the least amount with which, and
 * with what was bought before, the target is met in all those periods so far. So nothing is bought
 * before it is needed; a purchase that would have helped a later period too is not made early for
 * that. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_PURCHASE_H
#define EXPERIMENT_PURCHASE_H

#include "experiment/sizing.h"
#include "experiment/vary.h"

/* Something bought for a period is there from its beginning, having been ordered a lead time
 * before. Instants as of world.start. */
struct purchase_date {
    const char *period; /* borrowed */
    simtime order, delivery;
    bool possible; /* the order is not before the start */
};

struct purchase_setup {
    /* The amount: a range that begins with nothing, added to what the scenario has. Borrowed. */
    const struct vary *vary;
    const struct purchase_date *dates; /* borrowed; in order */
    size_t len;
    int32_t offset; /* of the calendar */
    /* How each search is done; its periods and the length of its range are set by this. `run` makes
     * a trial's changes by purchases_changes. */
    struct sizing_setup sizing;
};

/* Zeroed is empty. */
struct purchases {
    const struct purchase_setup *setup; /* borrowed */
    size_t first;                       /* date that is possible */
    size_t planned;                     /* dates done; those up to first are */
    size_t *levels;                     /* owned; by date: the value of the range then */
    struct sizing_setup *steps;         /* owned; by date: how it was searched */
    struct sizing *searches;            /* owned; by date; empty up to first */
    const char **periods;               /* owned; by date */
    bool met;                           /* else the search of the last date planned found nothing */
};

/* -1 as sizing_make. In any case to be deinitialised. */
int purchases_make(struct purchases *purchases, const struct purchase_setup *setup,
                   struct error *err);
void purchases_deinit(struct purchases *purchases);

/* While it is made: "changes=..." as --set takes it, what `changes` holds (NULL: nothing) and
 * the purchases decided so far with that of the trial. To be freed. */
char *purchases_changes(const struct purchases *purchases, const size_t at[2],
                        const struct node *changes);

/* The level of the date in a trial of its search. */
size_t purchases_level(const struct purchases *purchases, size_t date, const struct trial *trial);

#endif
