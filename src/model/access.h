/* Which tenants may use which partitions. A partition that is kept names tenants by path: these and
 * all below them may use it; any other partition is everybody's. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MODEL_ACCESS_H
#define MODEL_ACCESS_H

#include "util/base.h"

#include <stddef.h>
#include <stdint.h>

struct access {
    size_t words;   /* of a tenant: a bit for each partition */
    uint64_t *bits; /* by tenant; owned, as all that follow */
    size_t len, cap;
    uint64_t *everybody; /* partitions that are not kept */
    struct access_rule {
        const char *path; /* borrowed */
        int32_t partition;
    } * rules;
    size_t n_rules;
};

/* Nothing is kept yet. Rules come first, then tenants. */
struct access *access_new(size_t partitions);
void access_free(struct access *access); /* takes NULL */

/* The partition is kept for the tenant of that path, among others. */
void access_keep(struct access *access, int32_t partition, const char *path);

/* A tenant appears: rows come in order, parents (-1: none) before those below. O(rules). */
void access_add(struct access *access, const char *path, int32_t parent);

/* O(1). NULL: everybody may use everything. */
static inline bool access_may(const struct access *access, int32_t tenant, int32_t partition)
{
    if (LIKELY(!access))
        return true;
    const uint64_t *const bits = access->bits + (size_t)tenant * access->words;
    return bits[partition / 64] >> (partition % 64) & 1;
}

/* May somebody below the path use it, though perhaps not all? O(rules). */
bool access_below(const struct access *access, const char *path, int32_t partition);

#endif
