/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/classes_inner.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

static struct class_view view_of(const struct classes *classes, uint32_t id)
{
    const struct class *class = &classes->all.items[id];
    return (struct class_view){.tenancy = &classes->tenancy,
                               .tenant = class->tenant,
                               .priority = class->priority,
                               .aged = class->aged,
                               .weight = classes->place.weight,
                               .processors = classes->place.processors,
                               .memory = classes->place.memory,
                               .now = classes->now,
                               .tick = classes->tick};
}

static int compare_keys(const double *a, const double *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static double *key_of(const struct classes *classes, size_t id)
{
    return &classes->keys[id * classes->key_len];
}

static int compare_classes(const struct classes *classes, uint32_t a, uint32_t b)
{
    return compare_keys(key_of(classes, a), key_of(classes, b), classes->key_len);
}

/* Look at where a class stands. False: where it stood when last looked at. */
static bool take_key(struct classes *classes, uint32_t id)
{
    struct class *class = &classes->all.items[id];
    double *const key = key_of(classes, id), *const scratch = key_of(classes, classes->all.cap);
    const struct class_view view = view_of(classes, id);
    classes->order->key(classes->params, &view, scratch, classes->key_len);
    const bool known = class->keyed > 0 && compare_keys(key, scratch, classes->key_len) == 0;
    class->keyed = classes->period;
    memcpy(key, scratch, classes->key_len * sizeof(*key));
    return !known;
}

static double offset_of(const struct classes *classes, uint32_t id)
{
    if (classes->order->by == ORDER_BY_JOB)
        return 0;
    const struct class_view view = view_of(classes, id);
    return classes->order->offset(classes->params, &view);
}

/* The first stand, of those from `low` on, that does not go before the class. */
static size_t place_by_rank(const struct classes *classes, size_t low, uint32_t id)
{
    size_t high = classes->stands.len;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (compare_classes(classes, classes->stands.items[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Between neighbours that were numbered together; and when it is time to do so. */
#define GAP 0x1p20
#define GAP_LEAST 0x1p-23

/* A number for the class that stands at `place`, between those of its neighbours. */
static double offset_at(struct classes *classes, size_t place)
{
    const struct stand *at = &classes->stands.items[place];
    const bool first = place == 0, last = place + 1 == classes->stands.len;
    if (!last && compare_classes(classes, at[1].id, at->id) == 0)
        return at[1].offset;
    if (first)
        return last ? 0 : at[1].offset - GAP;
    if (last)
        return at[-1].offset + GAP;
    const double gap = at[1].offset - at[-1].offset;
    classes->crowded |= gap < GAP_LEAST;
    return at[-1].offset + gap / 2;
}

double classes_first_score(const struct class *class)
{
    struct jobitem item;
    REQUIRE(bunch_first(&class->jobs, &item));
    return item.key.score;
}

void classes_stand_up(struct classes *classes, uint32_t id)
{
    struct class *class = &classes->all.items[id];
    size_t place = classes->stands.len;
    if (classes_by_rank(classes)) {
        take_key(classes, id);
        place = place_by_rank(classes, 0, id);
    }
    MEM_GROW(&classes->stands);
    struct stand *at = &classes->stands.items[place];
    memmove(at + 1, at, (classes->stands.len - place) * sizeof(*at));
    *at =
        (struct stand){0, classes_first_score(class), class->jobs.shortest, class->jobs.least, id};
    classes->stands.len++;
    class->place = place;
    class->standing = true;
    at->offset = class->offset =
        classes_by_rank(classes) ? offset_at(classes, place) : offset_of(classes, id);
}

size_t classes_first_from(const struct classes *classes, double offset)
{
    size_t low = 0, high = classes->stands.len;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (classes->stands.items[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t classes_stand_of(const struct classes *classes, uint32_t id)
{
    const struct class *class = &classes->all.items[id];
    size_t i = class->place; /* unless by rank */
    if (classes_by_rank(classes))
        for (i = classes_first_from(classes, class->offset); classes->stands.items[i].id != id;)
            i++;
    return i;
}

void classes_stand_down(struct classes *classes, uint32_t id)
{
    const size_t i = classes_stand_of(classes, id);
    struct stand *at = &classes->stands.items[i];
    const size_t last = --classes->stands.len;
    if (classes_by_rank(classes)) {
        memmove(at, at + 1, (last - i) * sizeof(*at));
    } else {
        *at = classes->stands.items[last];
        classes->all.items[at->id].place = i;
    }
    classes->all.items[id].standing = false;
}

static int compare_stands(const void *a, const void *b, void *ctx)
{
    const struct stand *x = a, *y = b;
    const int order = compare_classes(ctx, x->id, y->id);
    return order != 0 ? order : x->id < y->id ? -1 : x->id > y->id;
}

/* Whole numbers as offsets again; ties share one. The order stays. */
static void number(struct classes *classes)
{
    double offset = 0;
    struct stand *stands = classes->stands.items;
    for (size_t i = 0; i < classes->stands.len; i++) {
        if (i > 0 && compare_classes(classes, stands[i - 1].id, stands[i].id) != 0)
            offset += GAP;
        struct class *class = &classes->all.items[stands[i].id];
        stands[i].offset = class->offset = offset;
    }
    classes->crowded = false;
}

/* So few are sooner sorted at the beginning of a period than one by one as searches come upon them.
 */
#define FEW_CLASSES 64

/* From one period to the next few change places. */
static void sort_few(struct classes *classes)
{
    struct stand *stands = classes->stands.items;
    for (size_t i = 1; i < classes->stands.len; i++) {
        const struct stand stand = stands[i];
        size_t k = i;
        for (; k > 0 && compare_stands(&stands[k - 1], &stand, classes) > 0; k--)
            stands[k] = stands[k - 1];
        stands[k] = stand;
    }
}

void classes_rank_all(struct classes *classes)
{
    struct stand *stands = classes->stands.items;
    const size_t len = classes->stands.len;
    for (size_t i = 0; i < len; i++)
        take_key(classes, stands[i].id);
    if (len <= FEW_CLASSES)
        sort_few(classes);
    else
        qsort_r(stands, len, sizeof(*stands), compare_stands, classes);
    number(classes);
}

static void keep_scale(struct classes *classes)
{
    const struct order_type *order = classes->order;
    const uint64_t scale =
        order->scale ? order->scale(classes->params, &classes->tenancy, classes->now) : 0;
    if (scale == classes->scale)
        return;
    classes->scale = scale;
    classes_rank_all(classes);
}

void classes_rank(struct classes *classes, simtime now, simtime tick)
{
    struct stand *stands = classes->stands.items;
    classes->now = now;
    classes->tick = tick;
    classes->period++;
    if (classes_by_rank(classes)) {
        keep_scale(classes);
        if (classes->stands.len <= FEW_CLASSES && !classes->order->live)
            classes_rank_all(classes);
        return;
    }
    for (size_t i = 0; i < classes->stands.len; i++) {
        struct class *class = &classes->all.items[stands[i].id];
        stands[i].offset = class->offset = offset_of(classes, stands[i].id);
    }
}

/* It stands behind those that it does not go before any more. */
static void move_back(struct classes *classes, size_t from, uint32_t id)
{
    struct stand *stands = classes->stands.items;
    const struct stand stand = stands[from];
    const size_t to = place_by_rank(classes, from + 1, id) - 1;
    memmove(&stands[from], &stands[from + 1], (to - from) * sizeof(*stands));
    stands[to] = stand;
    stands[to].offset = classes->all.items[id].offset = offset_at(classes, to);
}

bool classes_renew(struct classes *classes, size_t at)
{
    const struct stand *stand = &classes->stands.items[at];
    const uint32_t id = stand->id;
    if (!classes_by_rank(classes) || classes->all.items[id].keyed == classes->period ||
        classes->order->live || !take_key(classes, id))
        return false;
    const bool last = at + 1 == classes->stands.len;
    const bool tied = at > 0 && stand[-1].offset == stand->offset;
    if (!tied && (last || compare_classes(classes, id, stand[1].id) < 0))
        return false;
    move_back(classes, at, id);
    return true;
}

void classes_settle(struct classes *classes, simtime now)
{
    classes->now = now;
    keep_scale(classes);
    if (classes->crowded)
        number(classes);
}

/* Its classes lose, or get back, their places. */
static void restand(struct classes *classes, int32_t tenant, bool up)
{
    if ((size_t)(tenant + 1) >= classes->n_first)
        return;
    uint32_t id = classes->first[tenant + 1];
    for (; id != NO_CLASS; id = classes->all.items[id].next) {
        if (up && bunch_len(&classes->all.items[id].jobs) > 0)
            classes_stand_up(classes, id);
        else if (!up && classes->all.items[id].standing)
            classes_stand_down(classes, id);
    }
}

void classes_changed(struct classes *classes, int32_t tenant, simtime now)
{
    const struct tenant_info *tenants = classes->tenancy.world->tenants.items;
    if (!classes->order->live)
        return;
    classes_settle(classes, now);
    /* All down first: places are found among what stands in order. */
    for (int32_t above = tenant; above >= 0; above = tenants[above].parent)
        restand(classes, above, false);
    for (int32_t above = tenant; above >= 0; above = tenants[above].parent)
        restand(classes, above, true);
}
