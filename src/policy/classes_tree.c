/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/classes_inner.h"

#include "util/mem.h"

/* For the tenant and all above it, whose rows are less. */
static struct branch *branches_upto(struct classes *classes, int32_t tenant)
{
    const size_t i = (size_t)(tenant + 1);
    if (i >= classes->branches.len) {
        const size_t len = 2 * i + 8;
        classes->branches.items =
            mem_resize(classes->branches.items, len, sizeof(*classes->branches.items));
        while (classes->branches.len < len)
            classes->branches.items[classes->branches.len++] =
                (struct branch){NO_CLASS, NO_TENANT, NO_TENANT, NO_TENANT, NO_TENANT};
    }
    return classes->branches.items + 1;
}

/* The tenant, which had none, has something below it from now on. */
static void sprout(const struct classes *classes, struct branch *branches, int32_t tenant)
{
    for (bool alone = true; alone && tenant >= 0; tenant = branches[tenant].parent) {
        struct branch *branch = &branches[tenant];
        if (branch->parent == NO_TENANT)
            branch->parent = classes->tenancy.world->tenants.items[tenant].parent;
        struct branch *up = &branches[branch->parent];
        alone = !branch_bears(up);
        branch->prev = NO_TENANT;
        branch->next = up->child;
        if (up->child != NO_TENANT)
            branches[up->child].prev = tenant;
        up->child = tenant;
    }
}

/* The tenant has nothing below it any more. */
static void wither(struct branch *branches, int32_t tenant)
{
    for (bool alone = true; alone && tenant >= 0; tenant = branches[tenant].parent) {
        const struct branch *branch = &branches[tenant];
        struct branch *up = &branches[branch->parent];
        if (branch->next != NO_TENANT)
            branches[branch->next].prev = branch->prev;
        if (branch->prev != NO_TENANT)
            branches[branch->prev].next = branch->next;
        else
            up->child = branch->next;
        alone = !branch_bears(up);
    }
}

void classes_join(struct classes *classes, uint32_t id)
{
    struct class *class = &classes->all.items[id];
    struct branch *branches = branches_upto(classes, class->tenant);
    const bool first = !branch_bears(&branches[class->tenant]);
    class->next = branches[class->tenant].first;
    branches[class->tenant].first = id;
    if (first && classes_by_shares(classes))
        sprout(classes, branches, class->tenant);
}

void classes_leave(struct classes *classes, uint32_t id)
{
    const struct class *class = &classes->all.items[id];
    struct branch *branches = classes->branches.items + 1;
    uint32_t *link = &branches[class->tenant].first;
    while (*link != id)
        link = &classes->all.items[*link].next;
    *link = class->next;
    if (!branch_bears(&branches[class->tenant]) && classes_by_shares(classes))
        wither(branches, class->tenant);
}

void classes_forget_factors(struct classes *classes, int32_t tenant)
{
    const struct branch *branch = classes_branch(classes, tenant);
    if (!branch)
        return;
    for (uint32_t id = branch->first; id != NO_CLASS; id = classes->all.items[id].next)
        classes->ranks.items[id].factor_known = false;
    for (int32_t child = branch->child; child != NO_TENANT;
         child = classes->branches.items[child + 1].next)
        classes_forget_factors(classes, child);
}
