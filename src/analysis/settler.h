/* Full batches of cells worked off by a thread of its own while the simulation goes on, each cell's
 * in order, so that sums and tallies come out bit for bit as without it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_SETTLER_H
#define ANALYSIS_SETTLER_H

#include "analysis/cell.h"

struct settler;

struct settler *settler_new(simtime tau);   /* as in cell_add */
void settler_free(struct settler *settler); /* takes NULL; drains */

/* Takes the full batch of a cell over and leaves it an empty one. The cell must stay where it is,
 * unsettled and unmerged, until the next settler_drain. Amortised O(1), waits where the thread is
 * behind. */
void settler_take(struct settler *settler, struct cell *cell);

/* All that was taken is worked off. */
void settler_drain(struct settler *settler);

#endif
