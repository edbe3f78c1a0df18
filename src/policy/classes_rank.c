/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/classes_inner.h"

#include "model/bits.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct class_view view_of(const struct classes *classes, uint32_t id)
{
    return (struct class_view){.tenancy = &classes->tenancy,
                               .tenant = classes->all.items[id].tenant,
                               .processors = classes->place.processors,
                               .memory = classes->place.memory};
}

/* By rank: below 0 the first goes first, 0: they tie; and by tree the seam. */
struct verdict {
    int order;
    int32_t seam;
};

static struct verdict compare_classes(const struct classes *classes, uint32_t a, uint32_t b)
{
    const struct class *x = &classes->all.items[a], *y = &classes->all.items[b];
    const struct shares_path *paths = classes->paths.items;
    struct verdict ret = {0, SEAM_NONE};
    if (classes->order->by_tree)
        ret.order = shares_compare(classes->tenancy.shares, &paths[a], &paths[b], &ret.seam);
    else
        ret.order = (x->level > y->level) - (x->level < y->level);
    if (ret.order == 0)
        ret.order = (x->kind.priority > y->kind.priority) - (x->kind.priority < y->kind.priority);
    return ret;
}

/* By rank: the first stand from `low` to `high` that does not go before the other; of two that tie
 * the first job tells. What is found beside it was compared with the other: the one before and the
 * one after, where there are such. */
static size_t place_by_rank(const struct classes *classes, size_t low, size_t high,
                            const struct stand *stand, struct verdict ret_beside[2])
{
    const struct stand *stands = classes->stands.items;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const struct verdict verdict = compare_classes(classes, stands[middle].id, stand->id);
        const bool before =
            verdict.order != 0 ? verdict.order < 0 : stands[middle].head.seq < stand->head.seq;
        ret_beside[!before] = verdict;
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void set_seam(struct classes *classes, size_t at, int32_t seam)
{
    classes->loose += seam == SEAM_NONE;
    classes->loose -= classes->seams[at] == SEAM_NONE;
    classes->seams[at] = seam;
}

/* By rank: how the one before the stand compares with it; -1 where one is missing. Notes by what.
 */
static int look(struct classes *classes, size_t at)
{
    const struct stand *stands = classes->stands.items;
    if (at == 0 || at == classes->stands.len)
        return -1;
    const struct verdict verdict = compare_classes(classes, stands[at - 1].id, stands[at].id);
    if (classes->order->by_tree)
        set_seam(classes, at, verdict.seam);
    return verdict.order;
}

/* Between neighbours that were numbered together; and, beside the number itself, when it is time to
 * do so. */
#define GAP 0x1p20
#define GAP_LEAST 0x1p-24 /* of the numbers: a pass may halve it 28 times more */

/* By rank: a number for the stand between those of its neighbours, as they compare with it. */
static double offset_at(struct classes *classes, size_t at, const struct verdict beside[2])
{
    const struct stand *stands = classes->stands.items;
    const bool first = at == 0, last = at + 1 == classes->stands.len;
    const bool tied = !first && beside[0].order == 0, followed = !last && beside[1].order == 0;
    if (classes->order->by_tree && !first)
        set_seam(classes, at, beside[0].seam);
    if (classes->order->by_tree && !last)
        set_seam(classes, at + 1, beside[1].seam);
    const double low = first ? 0 : stands[at - 1].head.score;
    const double high = last ? 0 : stands[at + 1].head.score;
    if (tied || followed)
        return tied ? low : high;
    if (first || last)
        return first ? high - GAP : low + GAP;
    classes->crowded |= high - low < GAP_LEAST * fmax(fabs(low), fabs(high));
    return low + (high - low) / 2;
}

static struct jobkey head_of(const struct classes *classes, uint32_t id)
{
    const struct rank *rank = &classes->ranks.items[id];
    return (struct jobkey){rank->offset + rank->first.score, rank->first.seq};
}

size_t classes_first_from(const struct classes *classes, struct jobkey key)
{
    size_t low = 0, high = classes->stands.len;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (jobkey_upto(&key, &classes->stands.items[middle].head))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

size_t classes_stand_of(const struct classes *classes, uint32_t id)
{
    return classes_first_from(classes, head_of(classes, id));
}

static void find_first(struct classes *classes, uint32_t id)
{
    struct jobitem item;
    REQUIRE(bunch_first(&classes->all.items[id].jobs, &item));
    classes->ranks.items[id].first = item.key;
}

void classes_stand_up(struct classes *classes, uint32_t id)
{
    struct class *class = &classes->all.items[id];
    struct rank *rank = &classes->ranks.items[id];
    find_first(classes, id);
    struct stand stand = {rank->first, class->jobs.shortest, class->jobs.least, id};
    if (classes_by_rank(classes)) {
        if (classes->order->level) {
            const struct class_view view = view_of(classes, id);
            class->level = classes->order->level(&view);
        }
        struct verdict beside[2] = {{0}, {0}};
        const size_t at = place_by_rank(classes, 0, classes->stands.len, &stand, beside);
        classes_put_in(classes, at, &stand);
        rank->offset = offset_at(classes, at, beside);
        classes->stands.items[at].head = head_of(classes, id);
    } else {
        rank->offset = classes->order->by == ORDER_BY_JOB ? 0 : classes_offset_of(classes, id);
        stand.head = head_of(classes, id);
        classes_put_in(classes, classes_first_from(classes, stand.head), &stand);
    }
}

/* Of a stand that goes. */
static void drop_seam(struct classes *classes, size_t at)
{
    const int32_t *seams = classes->seams;
    if (at + 1 < classes->stands.len) {
        const int32_t seam =
            at == 0 ? SEAM_SAME
                    : shares_join_seams(classes->tenancy.shares, seams[at], seams[at + 1]);
        set_seam(classes, at + 1, seam);
    }
    set_seam(classes, at, SEAM_SAME);
}

void classes_stand_down(struct classes *classes, uint32_t id)
{
    const size_t at = classes_stand_of(classes, id);
    if (classes->order->by_tree)
        drop_seam(classes, at);
    classes_take_out(classes, at);
}

/* Stands that tie changed places: those at the ends have other neighbours now. */
static void doubt_seams(struct classes *classes, size_t first, size_t end)
{
    if (first > 0)
        set_seam(classes, first, SEAM_NONE);
    if (end < classes->stands.len)
        set_seam(classes, end, SEAM_NONE);
}

void classes_stand_anew(struct classes *classes, uint32_t id)
{
    const struct class *class = &classes->all.items[id];
    const size_t from = classes_stand_of(classes, id);
    struct stand *at = &classes->stands.items[from];
    find_first(classes, id);
    const struct stand stand = {head_of(classes, id), class->jobs.shortest, class->jobs.least, id};
    size_t to = from;
    if (!jobkey_equal(&at->head, &stand.head)) {
        to = classes_first_from(classes, stand.head);
        to -= to > from;
        struct stand *goal = &classes->stands.items[to];
        if (to < from) {
            memmove(goal + 1, goal, (from - to) * sizeof(*at));
            classes_move_marks(classes, to, from - to, 1);
        } else {
            memmove(at, at + 1, (to - from) * sizeof(*at));
            classes_move_marks(classes, from + 1, to - from, -1);
        }
        at = goal;
        if (classes->order->by_tree)
            doubt_seams(classes, to < from ? to : from, (to > from ? to : from) + 1);
    }
    *at = stand;
    classes_mark(classes, to);
}

/* --- by rank: what goes before what anew --- */

static void reverse(struct classes *classes, size_t from, size_t to)
{
    struct stand *stands = classes->stands.items;
    int32_t *seams = classes->seams;
    for (; from + 1 < to; from++) {
        const struct stand stand = stands[--to];
        const int32_t seam = seams[to];
        stands[to] = stands[from];
        seams[to] = seams[from];
        stands[from] = stand;
        seams[from] = seam;
    }
}

/* The stands from `low` up to `middle` change places with those up to `high`: inside either they
 * keep their seams. */
static void swap_ranges(struct classes *classes, size_t low, size_t middle, size_t high)
{
    reverse(classes, low, middle);
    reverse(classes, middle, high);
    reverse(classes, low, high);
    set_seam(classes, low, low == 0 ? SEAM_SAME : SEAM_NONE);
    set_seam(classes, low + (high - middle), SEAM_NONE);
    if (high < classes->stands.len)
        set_seam(classes, high, SEAM_NONE);
}

/* Stands from `from` up to `to`. */
struct range {
    size_t from, to;
};

static void stretch(struct range *range, size_t from, size_t to)
{
    range->from = from < range->from ? from : range->from;
    range->to = to > range->to ? to : range->to;
}

/* What is in order before `middle`, and from there up to `high`, becomes so together: stands that
 * stay beside each other, as those below one group, are moved at once. */
static void merge(struct classes *classes, size_t middle, size_t high, struct range *moved)
{
    struct stand *stands = classes->stands.items;
    struct verdict beside[2];
    for (size_t low = 0; middle < high;) {
        low = place_by_rank(classes, low, middle, &stands[middle], beside);
        if (low == middle)
            return;
        const size_t end = place_by_rank(classes, middle, high, &stands[low], beside);
        swap_ranges(classes, low, middle, end);
        stretch(moved, low, end);
        low += end - middle;
        middle = end;
    }
}

/* The next stand from `from` on that may not compare with the one before it as it did. */
static size_t next_open(const struct classes *classes, size_t from)
{
    const size_t len = classes->stands.len;
    if (classes->open.all)
        return from;
    while (from < len &&
           !bits_test(classes->open.bits, (uint32_t)(classes->seams[from] + SEAM_BIT)))
        from++;
    return from;
}

/* The first stand from `from` on that does not go behind the one before it; those that begin to
 * tie, or cease to, are as good as moved. */
static size_t run_end(struct classes *classes, size_t from, struct range *moved)
{
    const size_t len = classes->stands.len;
    struct stand *stands = classes->stands.items;
    while ((from = next_open(classes, from)) < len) {
        const int order = look(classes, from);
        if ((order == 0) != (stands[from - 1].head.score == stands[from].head.score))
            stretch(moved, from - 1, from + 1);
        if (order > 0 || (order == 0 && stands[from - 1].head.seq > stands[from].head.seq))
            break;
        from++;
    }
    return from;
}

/* Does the stand tie with the one before it? By tree, where children of a tenant told, they do
 * still. */
static bool ties(struct classes *classes, size_t at)
{
    const int32_t seam = classes->seams[at];
    if (classes->order->by_tree && !classes->open.all && seam != SEAM_SAME &&
        !bits_test(classes->open.bits, (uint32_t)(seam + SEAM_BIT)))
        return false;
    return look(classes, at) == 0;
}

/* Numbers for the stands of a range, between those of their neighbours; ties share one. */
static void number(struct classes *classes, struct range range)
{
    struct stand *stands = classes->stands.items;
    while (look(classes, range.from) == 0)
        range.from--;
    while (look(classes, range.to) == 0)
        range.to++;
    const bool first = range.from == 0, last = range.to == classes->stands.len;
    const double low = first ? 0 : stands[range.from - 1].head.score;
    const double high = last ? 0 : stands[range.to].head.score;
    double rank = 0;
    classes_line_doubt(classes);
    for (size_t i = range.from; i < range.to; i++) {
        rank += i == range.from || !ties(classes, i);
        stands[i].head.score = rank;
        classes_mark(classes, i);
    }
    const double gap = first || last ? GAP : (high - low) / (rank + 1);
    const double base = first && !last ? high - gap * (rank + 1) : low;
    classes->crowded |= gap < GAP_LEAST * fmax(fabs(low), fabs(high));
    for (size_t i = range.from; i < range.to; i++) {
        classes->ranks.items[stands[i].id].offset = base + gap * stands[i].head.score;
        stands[i].head = head_of(classes, stands[i].id);
    }
}

static void number_all(struct classes *classes)
{
    classes->open.all = true; /* of which seams are open, what is known may be old */
    number(classes, (struct range){0, classes->stands.len});
    classes->crowded = false;
}

static void rank_anew(struct classes *classes)
{
    struct range moved = {SIZE_MAX, 0};
    size_t i = classes->stands.len > 0 ? run_end(classes, 1, &moved) : 0;
    while (i < classes->stands.len) {
        const size_t end = run_end(classes, i + 1, &moved);
        merge(classes, i, end, &moved);
        i = end;
    }
    if (moved.to > 0)
        number(classes, moved);
}

/* The children of the tenant may compare otherwise. */
static void open_seam(struct classes *classes, int32_t tenant)
{
    const uint32_t bit = (uint32_t)(tenant + SEAM_BIT);
    if (bits_test(classes->open.bits, bit))
        return;
    classes->open.bits[bit / 64] |= UINT64_C(1) << bit % 64;
    MEM_GROW(&classes->open);
    classes->open.items[classes->open.len++] = tenant;
}

static void close_seams(struct classes *classes)
{
    while (classes->open.len > 0) {
        const int32_t tenant = classes->open.items[--classes->open.len];
        classes->open.bits[(tenant + SEAM_BIT) / 64] = 0;
    }
    const size_t words = (classes->branches.len + SEAM_BIT) / 64 + 1;
    if (words > classes->open.words) {
        classes->open.words = 2 * words;
        free(classes->open.bits);
        classes->open.bits = mem_new(classes->open.words, sizeof(*classes->open.bits));
    }
    classes->open.bits[0] |= UINT64_C(1) << (SEAM_NONE + SEAM_BIT);
}

/* Of brothers for which jobs wait, one passed another: only then stands may compare otherwise. */
static void open_seams(struct classes *classes, uint64_t since)
{
    const struct shares_stir *stirs;
    size_t len;
    bool moved = false;
    close_seams(classes);
    classes->open.all = !shares_stirs(classes->tenancy.shares, since, &stirs, &len);
    for (size_t i = 0; i < len && !classes->open.all; i++) {
        const int32_t row = stirs[i].row;
        if (stirs[i].how != STIR_MOVED && !moved)
            continue;
        const struct branch *branch = classes_branch(classes, row);
        if (stirs[i].how == STIR_MOVED)
            moved = branch;
        else if (branch)
            open_seam(classes, stirs[i].how == STIR_CHILDREN ? row : branch->parent);
    }
}

void classes_rank(struct classes *classes, simtime now, simtime tick)
{
    classes->now = now;
    classes->tick = tick;
    classes->heads.hold = false;
    if (classes->order->by != ORDER_BY_SUM)
        return;
    classes_sum_anew(classes);
}

static void stand_anew_stale(struct classes *classes)
{
    const uint32_t *stale = classes->stale.items;
    size_t len = 0;
    classes_line_doubt(classes);
    /* All down first: places are found among what stands in order. */
    for (size_t i = 0; i < classes->stale.len; i++) {
        struct class *class = &classes->all.items[stale[i]];
        if (class->stale) {
            classes_stand_down(classes, stale[i]);
            classes->stale.items[len++] = stale[i];
        }
        class->stale = false;
    }
    for (size_t i = 0; i < len; i++)
        classes_stand_up(classes, stale[i]);
    classes->stale.len = 0;
}

void classes_settle(struct classes *classes, simtime now)
{
    classes->now = now;
    classes->heads.hold = false;
    if (classes->stale.len > 0)
        stand_anew_stale(classes);
    if (classes->order->by_tree) {
        const uint64_t moves = shares_moves(classes->tenancy.shares, now);
        if (moves != classes->moves) {
            open_seams(classes, classes->moves);
            if (classes->open.all || classes->open.len > 0 || classes->loose > 0)
                rank_anew(classes);
        }
        classes->moves = moves;
    }
    if (classes->crowded)
        number_all(classes);
}

void classes_changed(struct classes *classes, int32_t tenant)
{
    const struct tenant_info *tenants = classes->tenancy.world->tenants.items;
    if (!classes->order->live)
        return;
    for (; tenant >= 0; tenant = tenants[tenant].parent) {
        const struct branch *branch = classes_branch(classes, tenant);
        uint32_t id = branch ? branch->first : NO_CLASS;
        for (; id != NO_CLASS; id = classes->all.items[id].next) {
            struct class *class = &classes->all.items[id];
            if (class->stale)
                continue;
            class->stale = true;
            MEM_GROW(&classes->stale);
            classes->stale.items[classes->stale.len++] = id;
        }
    }
}
