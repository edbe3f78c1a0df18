/* Trees with faults, made such that the rest of them can be judged. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_MEND_H
#define SCENARIO_MEND_H

#include "scenario/scenario.h"

/* What stands for a value that nobody knows: a small one or a large one, the first name that there
 * is or the last. What is wrong whichever it is does not follow from it. */
enum mend_way { MEND_LOW, MEND_HIGH, MEND_WAYS };

/* From this round on numbers and dates of a map that is wrong as a whole are left out, then texts.
 */
enum { MEND_BARE = 2, MEND_EMPTY, MEND_ROUNDS };

/* A copy of a scenario's tree, templates and changes as they are written, without what is faulty:
 * keys are what they are nearest to, something else stands where something must, and all that has
 * a name keeps it. It may have faults of its own, which are mended in rounds. NULL: there may be
 * more than is seen, so that nothing is certain. */
struct node *mend_tree(const struct node *root, enum mend_way way, int round);

/* The program without what is told of it, to judge the rest: mend_tree as often as it takes. What
 * is wrong with that is added to errors, though it may follow from what stands for the rest. -1:
 * not enough is left. To be freed in either case, before the program. */
int program_mend(const struct program *program, const struct error_list *told, enum mend_way way,
                 struct program *ret, struct error_list *errors);

#endif
