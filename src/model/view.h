/* The nodes of a cluster as a job sees them that asks memory: with as many processors each as the
 * memory lets it use. Placements need to know nothing of memory: they choose in the view. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_VIEW_H
#define MODEL_VIEW_H

#include "model/cluster.h"

struct view *view_new(const struct placement_type *placement, size_t groups);
void view_free(struct view *view); /* takes NULL */

/* The view, kept until anything changes in the cluster: borrowed, valid until the next call or
 * change. Made in O(nodes). */
const struct cluster *view_of(const struct cluster *cluster, const struct ask *ask);

/* Does it fit? O(nodes), without a view where the placement takes whatever fits by count, and then
 * O(1) for as much memory as was asked of late, while nothing changes. */
bool view_fits(const struct cluster *cluster, const struct ask *ask);

#endif
