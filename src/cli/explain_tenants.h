/* A part of `jishi check`: the tree of tenants, and their QOS. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_EXPLAIN_TENANTS_H
#define CLI_EXPLAIN_TENANTS_H

#include "experiment/offer.h"

#include <stdio.h>

/* "city/firms/1..30/w": members stand in one row. To be freed. */
char *workload_label(const struct build *build, size_t workload);

/* Who is below whom, with shares, quotas, guarantees, what they ask for, and how many are there at
 * first and in the end; what QOS there are. Nothing where there are none, and all tenants are equal
 * and there from the first day on. */
void explain_tenants(const struct build *build, const struct offer *offers, struct offer_span span,
                     FILE *out);

#endif
