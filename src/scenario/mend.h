/* Trees with faults, made such that the rest of them can be judged. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_MEND_H
#define SCENARIO_MEND_H

#include "scenario/scenario.h"

/* What stands for a value that nobody knows: a small one or a large one, the first name that there
 * is or the last. What is wrong whichever it is does not follow from it. */
enum mend_way { MEND_LOW, MEND_HIGH, MEND_WAYS };

/* From these rounds on of a map that is wrong as a whole what a template says is left out, then
 * numbers and dates, then texts. */
enum { MEND_WHOLE = 1, MEND_BARE, MEND_EMPTY, MEND_ROUNDS };

/* A copy of a scenario's tree, templates and changes as they are written, without what is faulty:
 * keys are what they are nearest to, something else stands where something must, and all that has
 * a name keeps it. It may have faults of its own, which are mended in rounds. */
struct node *mend_tree(const struct node *root, enum mend_way way, int round);

/* Do all its changes tell what they set? Else they may be of any value, and of what is mended only
 * what it says itself is to be judged, not what comes of it. */
bool mend_is_certain(const struct node *root);

/* The program without what is told of it, to judge the rest: mend_tree as often as it takes. What
 * is wrong with that is added to errors, though it may follow from what stands for the rest. -1:
 * not enough is left, or certain. To be freed in either case, before the program. */
int program_mend(const struct program *program, const struct error_list *told, enum mend_way way,
                 struct program *ret, struct error_list *errors);

#endif
