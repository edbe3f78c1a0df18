/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/sweep_overlap.h"

#include "experiment/sweep_load.h"
#include "experiment/sweep_reach.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* What a factor writes to, by its paths. Variants write by names: none. */
struct writes {
    struct path *paths; /* owned */
    size_t len;
};

static void writes_init(struct writes *writes, const struct sweep_factor *factor,
                        const struct node *tree)
{
    *writes = (struct writes){mem_new(factor->n_paths, sizeof(*writes->paths)), factor->n_paths};
    for (size_t i = 0; i < factor->n_paths; i++) {
        if (factor->kind == FACTOR_LOAD)
            sweep_load_path(&factor->path[i], tree, &writes->paths[i]);
        else
            path_copy(&factor->path[i], &writes->paths[i]);
    }
}

static void writes_deinit(struct writes *writes)
{
    for (size_t i = 0; i < writes->len; i++)
        path_deinit(&writes->paths[i]);
    free(writes->paths);
}

static int tell(struct decode *ctx, const struct sweep_factor *factor, const struct path *path,
                const struct path *other, const char *whose, const char *name)
{
    char own[200], its[200];
    return decode_error(ctx, factor->at, "%s overlaps with %s%s%s: one would overwrite the other",
                        path_format(path, own, sizeof(own)), path_format(other, its, sizeof(its)),
                        whose, name);
}

/* The first pair of paths of which one is the other or lies inside it; of one factor, a pair of
 * two. */
static void check_pair(struct decode *ctx, const struct sweep_factor *later,
                       const struct writes *its, const struct sweep_factor *former,
                       const struct writes *before)
{
    for (size_t i = 0; i < its->len; i++)
        for (size_t k = 0; k < (its == before ? i : before->len); k++) {
            const struct path *a = &its->paths[i], *b = &before->paths[k];
            if (!path_begins(a, b) && !path_begins(b, a))
                continue;
            const bool named = former->name && its != before;
            tell(ctx, later, a, b, named ? " of " : "", named ? former->name : "");
            return;
        }
}

/* Where a variant makes another thing of what the factor writes to. */
static void check_variant(struct decode *ctx, const struct sweep_factor *factor,
                          const struct writes *writes, const struct node *base,
                          const struct node *changed, const char *variant)
{
    for (size_t i = 0; i < writes->len; i++) {
        const struct path *path = &writes->paths[i];
        const struct node *a = path_get(base, path), *b = path_get(changed, path);
        if (a == b || (a && b && node_equal(a, b)))
            continue;
        tell(ctx, factor, path, path, " of the variant ", variant);
        return;
    }
}

static void check_variants(struct decode *ctx, const struct sweep *sweep,
                           const struct writes *writes)
{
    struct node *base = document_resolve(&sweep->scenario, NULL, NULL, 0, ctx->errors);
    for (size_t v = 0; base && v < sweep->variants.len; v++) {
        const char *name = sweep->variants.items[v];
        if (!node_get(sweep->scenario.variants, name))
            continue;
        struct node *changed = document_resolve(&sweep->scenario, name, NULL, 0, ctx->errors);
        if (!changed)
            ctx->failures++;
        for (size_t i = 0; changed && i < sweep->n_factors; i++)
            check_variant(ctx, &sweep->factors[i], &writes[i], base, changed, name);
        node_free(changed);
    }
    node_free(base);
}

void sweep_overlap_check(struct decode *ctx, const struct sweep *sweep, const struct node *tree)
{
    const size_t n = sweep->n_factors;
    struct writes *writes = mem_new(n, sizeof(*writes));
    decode_enter(ctx, "factors");
    for (size_t i = 0; i < n; i++) {
        writes_init(&writes[i], &sweep->factors[i], tree);
        for (size_t k = 0; k <= i; k++)
            check_pair(ctx, &sweep->factors[i], &writes[i], &sweep->factors[k], &writes[k]);
    }
    check_variants(ctx, sweep, writes);
    if (ctx->failures == 0)
        sweep_reach_check(ctx, sweep);
    decode_leave(ctx);
    for (size_t i = 0; i < n; i++)
        writes_deinit(&writes[i]);
    free(writes);
}
