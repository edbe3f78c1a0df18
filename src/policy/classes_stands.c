/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/classes_inner.h"

#include "model/lanes.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* Those that come are mostly before the middle, as tenants that used little, and so are those that
 * go: what lies in front of them is moved instead of what lies behind. */

void classes_move_marks(const struct classes *classes, size_t from, size_t len, ptrdiff_t by)
{
    int16_t *least = classes->least + from;
    memmove(least + by, least, len * sizeof(*least));
    for (int scope = 0; scope < classes->n_scopes; scope++) {
        int16_t *held = classes->held[scope] + from;
        memmove(held + by, held, len * sizeof(*held));
    }
}

/* `len` of them from `from` on, by one. */
static void move(const struct classes *classes, size_t from, size_t len, ptrdiff_t by)
{
    struct stand *stands = classes->stands.items + from;
    int32_t *seams = classes->seams + from;
    memmove(stands + by, stands, len * sizeof(*stands));
    classes_move_marks(classes, from, len, by);
    if (classes->order->by_tree)
        memmove(seams + by, seams, len * sizeof(*seams));
}

/* The first is one further back, or further in front. */
static void begin(struct classes *classes, ptrdiff_t by)
{
    classes->stands.items += by;
    classes->least += by;
    for (int scope = 0; scope < classes->n_scopes; scope++)
        classes->held[scope] += by;
    classes->seams += by;
    classes->stands.front += (size_t)by;
}

static void free_items(void *items, size_t front, size_t size)
{
    if (items)
        free((char *)items - front * size);
}

/* To where as many are free in front as behind: in the middle of `cap`. LANES more may be read. */
static void *centred(const struct classes *classes, void *items, size_t size, size_t cap)
{
    const size_t len = classes->stands.len;
    char *moved = (char *)mem_resize(NULL, cap + LANES, size) + (cap - len) / 2 * size;
    if (len > 0)
        memcpy(moved, items, len * size);
    free_items(items, classes->stands.front, size);
    return moved;
}

static void make_room(struct classes *classes)
{
    const size_t len = classes->stands.len, cap = 2 * len + 16;
    struct stand *stands = classes->stands.items;
    classes->stands.items = centred(classes, stands, sizeof(*stands), cap);
    classes->least = centred(classes, classes->least, sizeof(*classes->least), cap);
    for (int scope = 0; scope < classes->n_scopes; scope++)
        classes->held[scope] = centred(classes, classes->held[scope], sizeof(**classes->held), cap);
    classes->seams = centred(classes, classes->seams, sizeof(*classes->seams), cap);
    classes->stands.cap = cap;
    classes->stands.front = (cap - len) / 2;
}

void classes_put_in(struct classes *classes, size_t at, const struct stand *stand)
{
    const size_t behind = classes->stands.len - at;
    const bool in_front = at < behind;
    if (in_front ? classes->stands.front == 0
                 : classes->stands.front + classes->stands.len == classes->stands.cap)
        make_room(classes);
    if (in_front) {
        begin(classes, -1);
        move(classes, 1, at, -1);
    } else {
        move(classes, at, behind, 1);
    }
    classes->stands.len++;
    classes->stands.items[at] = *stand;
    classes_mark(classes, at);
    classes->seams[at] = SEAM_SAME;
}

void classes_take_out(struct classes *classes, size_t at)
{
    const size_t behind = --classes->stands.len - at;
    if (at < behind) {
        move(classes, 0, at, 1);
        begin(classes, 1);
    } else {
        move(classes, at + 1, behind, -1);
    }
}

void classes_free_stands(struct classes *classes)
{
    const size_t front = classes->stands.front;
    free_items(classes->stands.items, front, sizeof(*classes->stands.items));
    free_items(classes->least, front, sizeof(*classes->least));
    for (int scope = 0; scope < classes->n_scopes; scope++)
        free_items(classes->held[scope], front, sizeof(**classes->held));
    free_items(classes->seams, front, sizeof(*classes->seams));
}
