/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/sweep_names.h"

#include "scenario/field_at.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* `variant` is of the variants of the scenario, where there are any. */
static const char *const own_columns[] = {"run",         "point", "seed",
                                          "replication", "state", "variant"};

/* Of `changes[0].set["centres.c.nodes"]` the path that is set goes on the path. To be
 * deinitialised. */
static void spell_out(const struct path *path, struct path *ret)
{
    struct path inner;
    path_copy(path, ret);
    if (!path_of_change(path, &inner))
        return;
    path_pop(ret);
    path_append(ret, &inner);
    path_deinit(&inner);
}

/* The last `keys` steps of the path. */
static char *tail(const struct path *path, size_t keys)
{
    char text[400];
    const size_t from = path->len > keys ? path->len - keys : 0;
    const struct path end = {path->items + from, path->len - from, 0};
    return mem_text(path_format(&end, text, sizeof(text)));
}

static bool is_own(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(own_columns); i++)
        if (strcmp(own_columns[i], name) == 0)
            return true;
    return false;
}

static bool is_measure(const struct sweep *sweep, const char *name)
{
    for (size_t i = 0; i < sweep->n_measures; i++)
        if (strcmp(sweep->measures[i].selector, name) == 0)
            return true;
    return false;
}

/* Is there such a column, of what has a name before the factor has? */
static bool is_taken(const struct sweep *sweep, size_t factor, const char *name)
{
    if (sweep->factors[factor].kind == FACTOR_VARIANTS)
        return false;
    if (is_own(name) || is_measure(sweep, name))
        return true;
    for (size_t i = 0; i < sweep->n_factors; i++)
        if (i != factor && sweep->factors[i].name && strcmp(sweep->factors[i].name, name) == 0)
            return true;
    return false;
}

/* Does the tail of another path of that length read the same? */
static bool is_shared(const struct path *paths, size_t n, size_t own, size_t keys, const char *name)
{
    bool shared = false;
    for (size_t i = 0; i < n && !shared; i++) {
        if (i == own || paths[i].len == 0)
            continue;
        char *other = tail(&paths[i], keys);
        shared = strcmp(other, name) == 0;
        free(other);
    }
    return shared;
}

static void name_all(struct sweep *sweep, const struct path *paths)
{
    const size_t n = sweep->n_factors;
    for (size_t i = 0; i < n; i++)
        for (size_t keys = 1; !sweep->factors[i].name; keys++) {
            char *name = tail(&paths[i], keys);
            if (keys >= paths[i].len ||
                (!is_taken(sweep, i, name) && !is_shared(paths, n, i, keys, name)))
                sweep->factors[i].name = name;
            else
                free(name);
        }
}

void sweep_names_make(struct decode *ctx, struct sweep *sweep)
{
    const size_t n = sweep->n_factors;
    struct path *paths = mem_new(n, sizeof(*paths));
    for (size_t i = 0; i < n; i++)
        if (sweep->factors[i].n_paths == 1)
            spell_out(sweep->factors[i].path, &paths[i]);
    name_all(sweep, paths);
    for (size_t i = 0; i < n; i++) {
        const struct sweep_factor *factor = &sweep->factors[i];
        if (is_taken(sweep, i, factor->name))
            decode_error(ctx, factor->at, "factors: \"%.80s\" is a column of %s; %s", factor->name,
                         is_measure(sweep, factor->name) ? "a measure"
                         : is_own(factor->name)          ? "every table"
                                                         : "another factor",
                         factor->n_paths == 1 && strcmp(factor->text, factor->name) == 0
                             ? "in a tie it can have another name: NAME: {tie: {PATH: [values]}}"
                             : "another name is needed");
        path_deinit(&paths[i]);
    }
    free(paths);
}
