/* Usage and fair trees: against sshare of a real Slurm and trees by hand, against a plain walk of
 * the tree, and decayed usage against an integral. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/shares.h"
#include "util/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR SIMTIME_HOUR
#define SECOND SIMTIME_SECOND

static int32_t add_tenant(struct world *world, int32_t parent, double share)
{
    MEM_GROW(&world->tenants);
    world->tenants.items[world->tenants.len] =
        (struct tenant_info){.path = "", .parent = parent, .share = share};
    return (int32_t)world->tenants.len++;
}

/* It uses so many processor-seconds in the second from `from` on. */
static void use(struct shares *shares, int32_t tenant, int64_t procs, simtime from)
{
    shares_use(shares, tenant, (struct shares_use){.procs = procs}, from);
    shares_use(shares, tenant, (struct shares_use){.procs = -procs}, from + SECOND);
}

/* < 0: a goes first; 0: a tie. */
static int compare(struct shares *shares, int32_t a, int32_t b, simtime at)
{
    double x[100], y[100];
    const size_t len = shares_key_len(shares);
    assert_true(len <= ARRAY_LEN(x));
    shares_key(shares, a, at, x, len);
    shares_key(shares, b, at, y, len);
    int order = 0;
    for (size_t i = 0; i < len && order == 0; i++)
        order = (x[i] > y[i]) - (x[i] < y[i]);
    int32_t seam;
    struct shares_path paths[2];
    shares_moves(shares, at);
    shares_path(shares, a, &paths[0]);
    shares_path(shares, b, &paths[1]);
    assert_int_equal(shares_compare(shares, &paths[0], &paths[1], &seam), order);
    assert_int_equal(seam == SEAM_SAME, a == b);
    assert_true(seam < -1 || order != 0);
    return order;
}

/* --- columns of sshare --- */

struct row {
    int32_t tenant;
    bool user;
    int64_t usage;
    char level[32], factor[32];
};

struct table {
    struct world world;
    struct row rows[200];
    size_t len;
    bool decayed; /* usage is known to a unit only */
};

static void read_row(struct table *table, char *line, int32_t *path)
{
    char *columns[8];
    size_t n = 0;
    int depth = (int)strspn(line, " ");
    for (char *at = line; at && n < ARRAY_LEN(columns);)
        columns[n++] = strsep(&at, "|");
    assert_int_equal(n, 8);
    if (depth == 0)
        return; /* the root */
    struct row *row = &table->rows[table->len++];
    const double share = columns[2][0] ? atof(columns[2]) : 1;
    row->tenant = path[depth] = add_tenant(&table->world, path[depth - 1], share);
    row->user = columns[1][0];
    row->usage = atoll(columns[4]);
    snprintf(row->level, sizeof(row->level), "%s", columns[6]);
    snprintf(row->factor, sizeof(row->factor), "%s", columns[7]);
}

static void read_table(struct table *table, const char *name)
{
    char path[1000], line[500];
    int32_t above[20] = {-1};
    snprintf(path, sizeof(path), "%s/%s.txt", getenv("FAIRTREE"), name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = 0;
        table->decayed |= strcmp(line, "# decayed: yes") == 0;
        if (line[0] && line[0] != '#' && strncmp(line, "Account|", 8) != 0)
            read_row(table, line, above);
    }
    fclose(file);
}

/* What an account used beyond its users was cut off from theirs. */
static void use_table(const struct table *table, struct shares *shares)
{
    for (size_t i = 0; i < table->len; i++) {
        const struct row *row = &table->rows[i];
        int64_t left = row->usage;
        for (size_t k = i + 1; k < table->len; k++)
            if (table->world.tenants.items[table->rows[k].tenant].parent == row->tenant)
                left -= table->rows[k].usage;
        assert_true(left >= 0);
        use(shares, row->tenant, left, 0);
    }
}

static void check_near(double got, const char *want, double slack)
{
    const double value = strcmp(want, "inf") == 0 ? HUGE_VAL : atof(want);
    if (got != value && !(fabs(got - value) <= 0.6e-6 + slack * value))
        fail_msg("%.9g instead of %s", got, want);
}

static void run_table(const char *name)
{
    struct table table = {0};
    read_table(&table, name);
    const struct shares_config config = {.half_life = 0, .period = HOUR};
    AUTO(shares_free) struct shares *shares = shares_new(&table.world, &config);
    use_table(&table, shares);
    shares_tick(shares, HOUR);
    size_t users = 0;
    bool lasts;
    for (size_t i = 0; i < table.len; i++) {
        const struct row *row = &table.rows[i];
        const double slack = table.decayed ? 2.5 / (double)(row->usage > 1 ? row->usage : 1) : 0;
        check_near(shares_level(shares, row->tenant, HOUR), row->level, slack);
        if (row->user)
            check_near(shares_factor(shares, row->tenant, HOUR, &lasts), row->factor, 0);
        users += row->user;
        for (size_t k = 0; k < table.len && row->user; k++)
            if (table.rows[k].user && atof(row->factor) > atof(table.rows[k].factor))
                assert_true(compare(shares, row->tenant, table.rows[k].tenant, HOUR) < 0);
    }
    assert_true(users > 0);
    shares_close(shares, 2 * HOUR - 1);
    for (size_t i = 0; i < table.len; i++) {
        const struct row *row = &table.rows[i];
        const struct shares_standing is = shares_standing(shares, row->tenant, 2 * HOUR - 1);
        assert_true(is.level == shares_level(shares, row->tenant, 2 * HOUR - 1));
        assert_true(row->user ? is.rank == 1 + llround((1 - atof(row->factor)) * (double)users)
                              : is.rank == 0 && isnan(is.factor));
        if (row->user)
            check_near(is.factor, row->factor, 0);
    }
    free(table.world.tenants.items);
}

static void test_tables(void **state)
{
    (void)state;
    /* Not hand-4 and real-5, where Slurm does not rank the children of tied accounts together, as
     * its documentation says and as is done here; nor hand-5 and real-5, with shares of 0. */
    static const char *const names[] = {
        "hand-1-plain",        "hand-2-user-beside-account",
        "hand-3-merged",       "hand-6-three-levels",
        "real-1-no-usage",     "real-2-few-units",
        "real-3-other-shares", "real-4-decayed",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        run_table(names[i]);
}

/* --- random trees --- */

static uint64_t lcg;

static int64_t draw(int64_t below)
{
    lcg = lcg * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((lcg >> 33) % (uint64_t)below);
}

/* A walk of the tree as its documentation tells it. */
struct walk {
    const struct world *world;
    struct shares *shares;
    simtime at;
    int64_t leaves, next, last;
    double factors[200];
};

static bool has_children(const struct world *world, int32_t tenant)
{
    for (size_t i = 0; i < world->tenants.len; i++)
        if (world->tenants.items[i].parent == tenant)
            return true;
    return false;
}

static void walk_group(struct walk *walk, const int32_t *rows, size_t len, bool tied);

/* Children of the rows that tie. */
static void walk_tied(struct walk *walk, const int32_t *rows, size_t len, bool tied)
{
    int32_t children[200];
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        for (size_t k = 0; k < walk->world->tenants.len; k++)
            if (walk->world->tenants.items[k].parent == rows[i])
                children[n++] = (int32_t)k;
    if (n > 0)
        walk_group(walk, children, n, tied);
}

static void walk_group(struct walk *walk, const int32_t *rows, size_t len, bool tied)
{
    double above = HUGE_VAL;
    for (bool first = true;; first = false) {
        double level = -1;
        for (size_t i = 0; i < len; i++) {
            const double own = shares_level(walk->shares, rows[i], walk->at);
            if ((first || own < above) && own > level)
                level = own;
        }
        if (level < 0)
            return;
        int32_t groups[200];
        size_t n = 0;
        bool behind = first && tied; /* the rank of whom came before */
        for (size_t i = 0; i < len; i++) {
            if (shares_level(walk->shares, rows[i], walk->at) != level)
                continue;
            if (has_children(walk->world, rows[i])) {
                groups[n++] = rows[i];
                continue;
            }
            if (!behind)
                walk->last = walk->next;
            behind = true;
            walk->factors[rows[i]] = (double)walk->last / (double)walk->leaves;
            walk->next--;
        }
        walk_tied(walk, groups, n, behind);
        above = level;
    }
}

static int depth_of(const struct world *world, int32_t row)
{
    int depth = 0;
    while ((row = world->tenants.items[row].parent) >= 0)
        depth++;
    return depth;
}

/* Which of two leaves has the ancestor of the higher level, where they first part: > 0 the first, 0
 * these tie. */
static int levels_apart(const struct world *world, struct shares *shares, int32_t a, int32_t b,
                        simtime at)
{
    const struct tenant_info *tenants = world->tenants.items;
    while (depth_of(world, a) > depth_of(world, b))
        a = tenants[a].parent;
    while (depth_of(world, b) > depth_of(world, a))
        b = tenants[b].parent;
    while (a != b && tenants[a].parent != tenants[b].parent) {
        a = tenants[a].parent;
        b = tenants[b].parent;
    }
    const double x = shares_level(shares, a, at), y = shares_level(shares, b, at);
    /* Levels are quotients: equal ones may differ in the last place. */
    return fabs(x - y) < 1e-9 * x ? 0 : x > y ? 1 : x < y ? -1 : 0;
}

static void check_tree(const struct world *world, struct shares *shares, simtime at)
{
    struct walk walk = {.world = world, .shares = shares, .at = at};
    int32_t top[200];
    size_t n = 0;
    for (size_t i = 0; i < world->tenants.len; i++) {
        walk.leaves += !has_children(world, (int32_t)i);
        if (world->tenants.items[i].parent < 0)
            top[n++] = (int32_t)i;
    }
    walk.next = walk.last = walk.leaves;
    walk_group(&walk, top, n, false);
    for (size_t i = 0; i < world->tenants.len; i++) {
        if (has_children(world, (int32_t)i))
            continue;
        bool lasts;
        assert_true(shares_factor(shares, (int32_t)i, at, &lasts) == walk.factors[i]);
        for (size_t k = 0; k < world->tenants.len; k++) {
            if (has_children(world, (int32_t)k))
                continue;
            const int order = compare(shares, (int32_t)i, (int32_t)k, at);
            assert_int_equal(order, -compare(shares, (int32_t)k, (int32_t)i, at));
            const int apart = levels_apart(world, shares, (int32_t)i, (int32_t)k, at);
            if (apart != 0)
                assert_true(apart > 0 ? order < 0 : order > 0);
        }
    }
}

/* Trees grow while there is usage; numbers are small, so that many tie; shares change. */
static void test_trees(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct world world = {0};
        lcg = seed;
        const struct shares_config config = {.half_life = draw(2) ? HOUR : 0, .period = HOUR};
        AUTO(shares_free) struct shares *shares = shares_new(&world, &config);
        for (int round = 1; round < 6; round++) {
            const simtime now = round * HOUR;
            for (int64_t i = draw(12) + (round == 1); i > 0; i--)
                add_tenant(&world, (int32_t)draw((int64_t)world.tenants.len + 1) - 1,
                           (double)(1 + draw(3)));
            for (int64_t i = draw(20); i > 0; i--) {
                const int32_t tenant = (int32_t)draw((int64_t)world.tenants.len);
                if (!has_children(&world, tenant))
                    use(shares, tenant, 1 + draw(3), now);
            }
            const int32_t tenant = (int32_t)draw((int64_t)world.tenants.len);
            world.tenants.items[tenant].share = (double)(1 + draw(3));
            shares_set(shares, tenant, now);
            shares_tick(shares, now + HOUR / 2);
            shares_tick(shares, now + HOUR);
            check_tree(&world, shares, now + HOUR);
        }
        free(world.tenants.items);
    }
}

/* From one period to the next jobs begin, run on and end, and brothers overtake each other and tie,
 * whether factors were asked for meanwhile or not. */
static void test_periods(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct world world = {0};
        lcg = seed;
        const struct shares_config config = {.half_life = 0, .period = HOUR};
        AUTO(shares_free) struct shares *shares = shares_new(&world, &config);
        int64_t running[30] = {0};
        while (world.tenants.len < ARRAY_LEN(running))
            add_tenant(&world, (int32_t)draw((int64_t)world.tenants.len + 1) - 1,
                       (double)(1 + draw(3)));
        for (simtime now = 0; now < 40 * HOUR; now += HOUR) {
            for (int64_t i = draw(6); i > 0; i--) {
                const int32_t tenant = (int32_t)draw((int64_t)world.tenants.len);
                const int64_t more = running[tenant] > 0 ? -running[tenant] : 1 + draw(3);
                if (has_children(&world, tenant))
                    continue;
                running[tenant] += more;
                shares_use(shares, tenant, (struct shares_use){.procs = more},
                           now + (9 - i) * SECOND);
            }
            shares_tick(shares, now + HOUR);
            if (draw(2))
                check_tree(&world, shares, now + HOUR);
        }
        free(world.tenants.items);
    }
}

/* The jobs that a group has of its own stand among its children, with a share of 1. */
static void test_own_jobs(void **state)
{
    (void)state;
    struct world world = {0};
    const struct shares_config config = {.half_life = 0, .period = HOUR};
    AUTO(shares_free) struct shares *shares = shares_new(&world, &config);
    const int32_t group = add_tenant(&world, -1, 1), child = add_tenant(&world, group, 2);
    use(shares, group, 10, 0);
    use(shares, child, 15, 0);
    shares_tick(shares, HOUR);
    assert_true(compare(shares, child, group, HOUR) < 0); /* 2 / 15 > 1 / 10 */
    assert_true(shares_usage(shares, group, HOUR) == 25);
    assert_true(shares_level(shares, group, HOUR) == 1);
    assert_true(shares_level(shares, child, HOUR) == 1 / (15. / 25));
    use(shares, child, 6, HOUR);
    assert_true(compare(shares, child, group, HOUR) < 0); /* still as of its beginning */
    shares_tick(shares, 2 * HOUR);
    assert_true(compare(shares, child, group, 2 * HOUR) > 0); /* 2 / 21 < 1 / 10 */
    free(world.tenants.items);
}

/* --- decay --- */

struct piece {
    int64_t procs;
    simtime from, to;
};

/* The integral of procs x 2^-((now - t) / half), piece by piece. */
static double integral(const struct piece *pieces, size_t len, simtime now, simtime half_life)
{
    double sum = 0;
    const double half = simtime_seconds(half_life);
    for (size_t i = 0; i < len; i++) {
        const double from = simtime_seconds(now - pieces[i].from);
        const double to = simtime_seconds(now - pieces[i].to);
        sum += (double)pieces[i].procs * half / M_LN2 * (exp2(-to / half) - exp2(-from / half));
    }
    return sum;
}

/* Hundreds of half-lives go by, with work and without. */
static void test_decay(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world world = {0};
        struct piece pieces[300];
        lcg = seed;
        const struct shares_config config = {.half_life = HOUR * (1 + draw(3)), .period = HOUR};
        AUTO(shares_free) struct shares *shares = shares_new(&world, &config);
        const int32_t tenant = add_tenant(&world, add_tenant(&world, -1, 1), 1);
        simtime now = 0;
        for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
            const int64_t procs = 1 + draw(1000);
            now += draw(10) ? draw(2 * HOUR) : draw(100 * HOUR);
            pieces[i] = (struct piece){procs, now, now + 1 + draw(5 * HOUR)};
            shares_use(shares, tenant, (struct shares_use){.procs = procs}, now);
            now += draw(pieces[i].to - now);
            const struct piece so_far = {procs, pieces[i].from, now};
            const double want = integral(pieces, i, now, config.half_life) +
                                integral(&so_far, 1, now, config.half_life);
            assert_true(fabs(shares_usage(shares, tenant, now) - want) <= 1e-9 * want + 1e-6);
            now = pieces[i].to;
            shares_use(shares, tenant, (struct shares_use){.procs = -procs}, now);
            assert_true(shares_usage(shares, 0, now) == shares_usage(shares, tenant, now));
        }
        free(world.tenants.items);
    }
}

/* One worked in the beginning, one runs for ever, one never did anything: after thousands of
 * half-lives, looked at rarely, the first used as good as nothing, the second what it always has.
 */
static void test_ages(void **state)
{
    (void)state;
    struct world world = {0};
    const struct shares_config config = {.half_life = SECOND, .period = 50 * SECOND};
    AUTO(shares_free) struct shares *shares = shares_new(&world, &config);
    for (int i = 0; i < 3; i++)
        add_tenant(&world, -1, 1);
    use(shares, 0, 1000000, 0);
    shares_use(shares, 1, (struct shares_use){.procs = 1}, SECOND);
    simtime now = 300 * SECOND;
    shares_tick(shares, now);
    for (; now < 100000 * SECOND; now += 7777 * SECOND) {
        shares_tick(shares, now);
        assert_true(compare(shares, 0, 1, now) < 0);
        assert_true(compare(shares, 2, 0, now) <= 0);
        assert_true(compare(shares, 2, 1, now) < 0);
        assert_true(fabs(shares_usage(shares, 1, now) - 1 / M_LN2) < 1e-9);
    }
    shares_use(shares, 1, (struct shares_use){.procs = -1}, now);
    assert_true(fabs(shares_usage(shares, 1, now) - 1 / M_LN2) < 1e-9);
    assert_true(fabs(shares_usage(shares, 1, now + SECOND) - 0.5 / M_LN2) < 1e-9);
    free(world.tenants.items);
}

/* Sums are scaled when 400 half-lives are over: what was seen in the period stays in order. */
static void test_rebase(void **state)
{
    (void)state;
    struct world world = {0};
    const struct shares_config config = {.half_life = SECOND, .period = 1000 * SECOND};
    AUTO(shares_free) struct shares *shares = shares_new(&world, &config);
    for (int i = 0; i < 20; i++)
        add_tenant(&world, -1, 1 + i % 3);
    shares_tick(shares, 0);
    for (int i = 0; i < 20; i++)
        use(shares, i, 1 + i * 7 % 20, 390 * SECOND);
    double levels[20], usage[20];
    for (int i = 0; i < 20; i++) {
        levels[i] = shares_level(shares, i, 391 * SECOND);
        usage[i] = shares_usage(shares, i, 391 * SECOND);
    }
    use(shares, 5, 1, 410 * SECOND);
    for (int i = 0; i < 20; i++) {
        assert_true(shares_level(shares, i, 411 * SECOND) == levels[i]);
        const double want = usage[i] * 0x1p-20 + (i == 5 ? 0.5 / M_LN2 : 0);
        assert_true(fabs(shares_usage(shares, i, 411 * SECOND) - want) <= 1e-9 * want);
    }
    free(world.tenants.items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),  cmocka_unit_test(test_trees),
        cmocka_unit_test(test_periods), cmocka_unit_test(test_own_jobs),
        cmocka_unit_test(test_decay),   cmocka_unit_test(test_ages),
        cmocka_unit_test(test_rebase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
