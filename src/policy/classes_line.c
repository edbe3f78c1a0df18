/* All jobs of the classes in one line: it costs a move of those behind when one comes or goes, and
 * makes it cheap to go through them, or through many, time and again. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/classes_inner.h"

#include "model/lanes.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Longer queues are gone through class by class; one is made when there are so few. */
enum { LINE_MOST = 1024, LINE_FEW = LINE_MOST / 2 };

struct place {
    struct jobitem item; /* with its total */
    double own;          /* its score without the offset of its class */
    uint32_t id;
};

struct line {
    size_t len, next; /* behind the place that was found last, which is asked for mostly */
    struct place places[LINE_MOST];
    int16_t procs[LINE_MOST + LANES]; /* of each, at most INT16_MAX; so many may be read behind */
};

/* The first place that comes after the key. O(log n). */
static size_t place_after(const struct line *line, const struct jobkey *key)
{
    size_t low = 0, high = line->len;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (jobkey_upto(&line->places[middle].item.key, key))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static inline size_t next_after(const struct line *line, const struct jobkey *key)
{
    const size_t next = line->next;
    if (next > 0 && next <= line->len && jobkey_equal(&line->places[next - 1].item.key, key))
        return next;
    return place_after(line, key);
}

/* Of items, and of places, which begin with one. */
static int compare_items(const void *a, const void *b)
{
    const struct jobitem *x = a, *y = b;
    return jobkey_upto(&x->key, &y->key) ? -1 : 1;
}

static struct place place_of(const struct classes *classes, uint32_t id, const struct jobitem *item)
{
    struct place place = {.item = *item, .own = item->key.score, .id = id};
    place.item.key.score += classes->ranks.items[id].offset;
    return place;
}

static void note_procs(struct line *line)
{
    for (size_t i = 0; i < line->len; i++)
        line->procs[i] = least_upto(line->places[i].item.procs);
}

static void gather(struct classes *classes)
{
    struct line *line = classes->line.made;
    struct jobitem *items = mem_new(classes->len, sizeof(*items));
    line->len = 0;
    for (size_t i = 0; i < classes->stands.len; i++) {
        const uint32_t id = classes->stands.items[i].id;
        const size_t n = classes_jobs_of(classes, id, items);
        for (size_t k = 0; k < n; k++)
            line->places[line->len++] = place_of(classes, id, &items[k]);
    }
    free(items);
    qsort(line->places, line->len, sizeof(*line->places), compare_items);
    note_procs(line);
}

/* It goes before others that stand before it. */
static void advance(const struct place *places, struct place *from)
{
    const struct place place = *from;
    for (; from > places && jobkey_upto(&place.item.key, &from[-1].item.key); from--)
        *from = from[-1];
    *from = place;
}

/* With the offsets of now: from one period to the next few pass each other. */
static void add_up(const struct classes *classes)
{
    struct line *line = classes->line.made;
    struct place *const places = line->places, *const end = places + line->len;
    const struct rank *const ranks = classes->ranks.items;
    double last = -HUGE_VAL;
    bool moved = false;
    for (struct place *place = places; place < end; place++) {
        const double score = place->own + ranks[place->id].offset;
        place->item.key.score = score;
        if (LIKELY(score > last)) {
            last = score;
        } else if (!jobkey_upto(&place[-1].item.key, &place->item.key)) {
            advance(places, place);
            moved = true;
        }
    }
    if (moved)
        note_procs(line);
}

void classes_line_up(struct classes *classes)
{
    if (classes->line.state == LINE_READY || classes->tenancy.gates)
        return;
    if (classes->line.state == LINE_STALE) {
        add_up(classes);
    } else {
        if (classes->len > LINE_FEW)
            return;
        if (!classes->line.made)
            classes->line.made = mem_new(1, sizeof(*classes->line.made));
        gather(classes);
    }
    classes->line.state = LINE_READY;
}

bool classes_in_line(const struct classes *classes)
{
    return classes->line.state == LINE_READY;
}

void classes_line_add(struct classes *classes, uint32_t id, const struct jobitem *item)
{
    struct line *line = classes->line.made;
    if (line->len == LINE_MOST) {
        classes->line.state = LINE_NONE;
        return;
    }
    const bool ready = classes->line.state == LINE_READY;
    const struct place place = place_of(classes, id, item);
    const size_t at = ready ? place_after(line, &place.item.key) : line->len;
    const size_t behind = line->len++ - at;
    memmove(&line->places[at + 1], &line->places[at], behind * sizeof(place));
    memmove(&line->procs[at + 1], &line->procs[at], behind * sizeof(line->procs[0]));
    line->places[at] = place;
    line->procs[at] = least_upto(place.item.procs);
}

void classes_line_remove(struct classes *classes, uint32_t id, struct jobkey key)
{
    struct line *line = classes->line.made;
    size_t at = 0;
    key.score += classes->ranks.items[id].offset;
    if (classes->line.state == LINE_READY)
        at = place_after(line, &key) - 1;
    else
        while (at < line->len && line->places[at].item.key.seq != key.seq)
            at++;
    REQUIRE(at < line->len && line->places[at].item.key.seq == key.seq);
    const size_t behind = --line->len - at;
    memmove(&line->places[at], &line->places[at + 1], behind * sizeof(line->places[0]));
    memmove(&line->procs[at], &line->procs[at + 1], behind * sizeof(line->procs[0]));
}

size_t classes_line_some(const struct classes *classes, const struct jobkey *after, size_t most,
                         struct jobitem *ret)
{
    struct line *line = classes->line.made;
    const struct place *place = &line->places[after ? next_after(line, after) : 0];
    const size_t left = (size_t)(&line->places[line->len] - place);
    const size_t len = most < left ? most : left;
    for (size_t i = 0; i < len; i++) {
        ret[i] = place[i].item;
        ret[i].key.score += classes->base;
    }
    return len;
}

bool classes_line_next_fit(const struct classes *classes, const struct jobkey *after, int64_t free,
                           simtime window, int64_t spare, struct jobitem *ret)
{
    struct line *line = classes->line.made;
    const int16_t most = least_upto(free);
    for (size_t from = after ? next_after(line, after) : 0; from < line->len; from += LANES) {
        uint32_t bits = least_bits(line->procs, from, line->len, most);
        for (; bits != 0; bits &= bits - 1) {
            const size_t at = from + (size_t)__builtin_ctz(bits);
            const struct jobitem *item = &line->places[at].item;
            if (item->procs <= free && (item->request <= window || item->procs <= spare)) {
                *ret = *item;
                line->next = at + 1;
                return true;
            }
        }
    }
    return false;
}

void classes_line_check(const struct classes *classes)
{
    const struct line *line = classes->line.made;
    if (classes->line.state == LINE_NONE)
        return;
    REQUIRE(line->len == classes->len);
    for (size_t i = 0; i < line->len; i++)
        REQUIRE(line->procs[i] == least_upto(line->places[i].item.procs));
    if (classes->line.state == LINE_STALE)
        return;
    struct jobitem *items = mem_new(classes->len, sizeof(*items));
    classes_list(classes, items);
    qsort(items, line->len, sizeof(*items), compare_items);
    for (size_t i = 0; i < line->len; i++) {
        const struct jobitem *item = &line->places[i].item;
        items[i].key.score -= classes->base;
        REQUIRE(jobkey_equal(&item->key, &items[i].key) && item->slot == items[i].slot);
        REQUIRE(item->procs == items[i].procs && item->request == items[i].request);
    }
    free(items);
}
