/* What a scenario asks for outside the time of the run: nothing comes of it. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_OUTSIDE_NOTES_H
#define CLI_OUTSIDE_NOTES_H

#include "experiment/offer.h"

/* A line for each workload whose jobs, or some of them, would come after the end, and for each
 * metric of a period that does not count. `offers`, `shown`: by workload, and the row it is shown
 * with. To be freed with each item. */
struct texts outside_notes(const struct build *build, const struct offer *offers,
                           const size_t *shown);

#endif
