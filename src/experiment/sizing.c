/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/sizing.h"

#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- trials --- */

const struct trial *sizing_find(const struct sizing *sizing, size_t first, size_t second)
{
    for (size_t i = 0; i < sizing->len; i++)
        if (sizing->items[i]->at[0] == first && sizing->items[i]->at[1] == second)
            return sizing->items[i];
    return NULL;
}

static struct trial *trial_at(struct sizing *sizing, size_t first, size_t second)
{
    struct trial *trial = (struct trial *)sizing_find(sizing, first, second);
    if (trial)
        return trial;
    trial = mem_new(1, sizeof(*trial));
    trial->at[0] = first;
    trial->at[1] = second;
    MEM_GROW(sizing);
    return sizing->items[sizing->len++] = trial;
}

/* Run and judge trials; those that are open get more replications while there are. */
static int try_all(struct sizing *sizing, struct trial **trials, size_t n, struct error *err)
{
    const struct sizing_setup *setup = sizing->setup;
    struct trial **open = mem_new(n, sizeof(struct trial *));
    size_t replications = setup->replications, left = 0;
    int rc = 0;
    for (size_t i = 0; i < n; i++)
        if (!trials[i]->findings)
            open[left++] = trials[i];
    while (left > 0) {
        rc = setup->run(setup->ctx, &sizing->readings, open, left, replications, err);
        if (rc < 0)
            break;
        size_t still = 0;
        for (size_t i = 0; i < left; i++) {
            trial_judge(open[i], &setup->rule, &sizing->readings);
            if (open[i]->verdict == ANSWER_OPEN && replications < setup->most)
                open[still++] = open[i];
        }
        left = still;
        replications = 2 * replications < setup->most ? 2 * replications : setup->most;
    }
    free(open);
    return rc;
}

/* Values of a range tried first: i of `grid`, both ends among them. */
static size_t grid_value(size_t len, size_t grid, size_t i)
{
    return grid >= len ? i : (i * (len - 1) + (grid - 1) / 2) / (grid - 1);
}

static size_t grid_len(size_t len, size_t grid)
{
    return grid < len ? grid : len;
}

/* --- one range --- */

/* A row: values of the first range while the second stands. */
struct row {
    struct sizing *sizing;
    size_t second, end; /* values below end count */
};

/* The least value above a's, up to b's, whose trial meets the target; *ret NULL if there is none.
 * a does not meet it. */
static int search(const struct row *row, struct trial *a, struct trial *b, struct trial **ret,
                  struct error *err)
{
    struct sizing *sizing = row->sizing;
    const bool meets = b->verdict == ANSWER_YES;
    *ret = meets ? b : NULL;
    if (b->at[0] - a->at[0] < 2 || (!meets && !trial_may_between(a, b, &sizing->setup->rule)))
        return 0;
    struct trial *mid = trial_at(sizing, a->at[0] + (b->at[0] - a->at[0]) / 2, row->second);
    if (try_all(sizing, &mid, 1, err) < 0)
        return -1;
    if (mid->verdict == ANSWER_YES)
        return search(row, a, mid, ret, err);
    *ret = NULL;
    if (trial_may_between(a, mid, &sizing->setup->rule) && search(row, a, mid, ret, err) < 0)
        return -1;
    return *ret ? 0 : search(row, mid, b, ret, err);
}

static struct trial **grid_of_row(const struct row *row, size_t *ret_len)
{
    const size_t n = grid_len(row->end, row->sizing->setup->grid);
    struct trial **trials = mem_new(n, sizeof(struct trial *));
    for (size_t i = 0; i < n; i++)
        trials[i] = trial_at(row->sizing, grid_value(row->end, n, i), row->second);
    *ret_len = n;
    return trials;
}

/* The least value of the row that meets the target, *ret NULL if none does. */
static int search_row(const struct row *row, struct trial **ret, struct error *err)
{
    size_t n;
    struct trial **trials = grid_of_row(row, &n);
    int rc = try_all(row->sizing, trials, n, err);
    *ret = rc == 0 && trials[0]->verdict == ANSWER_YES ? trials[0] : NULL;
    for (size_t i = 1; i < n && rc == 0 && !*ret; i++)
        rc = search(row, trials[i - 1], trials[i], ret, err);
    free(trials);
    return rc;
}

/* --- two ranges --- */

/* First values of a row that cost less than the best so far: fewer than this many need a look. */
static size_t affordable(const struct sizing *sizing, size_t second)
{
    const struct sizing_setup *setup = sizing->setup;
    if (!sizing->best)
        return setup->len[0];
    const double bound = setup->cost(setup->ctx, sizing->best->at);
    size_t lo = 0, hi = setup->len[0];
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (setup->cost(setup->ctx, (size_t[2]){mid, second}) < bound)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int look_at_row(struct sizing *sizing, size_t second, struct error *err)
{
    const struct row row = {sizing, second, affordable(sizing, second)};
    struct trial *found = NULL;
    if (row.end == 0 || search_row(&row, &found, err) < 0)
        return row.end == 0 ? 0 : -1;
    if (found)
        sizing->best = found;
    return 0;
}

/* Rows of a coarse grid, then those between the best row and the rows beside it, halving. */
static int search_pairs(struct sizing *sizing, struct error *err)
{
    const size_t len = sizing->setup->len[1], n = grid_len(len, sizing->setup->grid);
    for (size_t i = 0; i < n; i++)
        if (look_at_row(sizing, grid_value(len, n, i), err) < 0)
            return -1;
    if (!sizing->best)
        return 0;
    for (size_t step = (len - 1 + n - 2) / (n - 1); step > 1;) {
        step = (step + 1) / 2;
        const size_t at = sizing->best->at[1];
        if (at >= step && look_at_row(sizing, at - step, err) < 0)
            return -1;
        if (at + step < len && look_at_row(sizing, at + step, err) < 0)
            return -1;
    }
    return 0;
}

/* --- the whole --- */

static int by_values(const void *a, const void *b)
{
    const struct trial *const *x = a, *const *y = b;
    for (int k = 1; k >= 0; k--)
        if ((*x)->at[k] != (*y)->at[k])
            return (*x)->at[k] < (*y)->at[k] ? -1 : 1;
    return 0;
}

int sizing_make(struct sizing *sizing, const struct sizing_setup *setup, struct error *err)
{
    *sizing = (struct sizing){.setup = setup};
    err->text[0] = 0;
    readings_init(&sizing->readings, &setup->rule);
    int rc;
    if (setup->len[1] > 0) {
        rc = search_pairs(sizing, err);
    } else {
        const struct row row = {sizing, 0, setup->len[0]};
        struct trial *found;
        rc = search_row(&row, &found, err);
        sizing->best = found;
    }
    if (sizing->len > 0)
        qsort(sizing->items, sizing->len, sizeof(*sizing->items), by_values);
    return rc;
}

void sizing_deinit(struct sizing *sizing)
{
    for (size_t i = 0; i < sizing->len; i++) {
        trial_deinit(sizing->items[i]);
        free(sizing->items[i]);
    }
    free(sizing->items);
    readings_deinit(&sizing->readings);
    *sizing = (struct sizing){0};
}

/* --- reversals --- */

size_t sizing_reversals(const struct sizing *sizing, struct reversal *ret)
{
    const struct rule *rule = &sizing->setup->rule;
    size_t found = 0;
    for (size_t f = 0; f < sizing->readings.n_places && sizing->len > 1; f++) {
        const struct trial *first = sizing->items[0], *last = sizing->items[sizing->len - 1];
        const double way = last->findings[f].mean - first->findings[f].mean;
        struct reversal worst = {.finding = f};
        for (size_t i = 1; i < sizing->len; i++) {
            const struct trial *a = sizing->items[i - 1], *b = sizing->items[i];
            double change;
            if (trial_change(a, b, f, rule, &sizing->readings, &change) && change * way < 0 &&
                fabs(change) > fabs(worst.change))
                worst = (struct reversal){f, a, b, change};
        }
        if (worst.from)
            ret[found++] = worst;
    }
    return found;
}
