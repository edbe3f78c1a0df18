/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/merge.h"

#include "util/mem.h"

#include <stdlib.h>

static bool before(const struct pending *a, const struct pending *b)
{
    if (a->spec.submit != b->spec.submit)
        return a->spec.submit < b->spec.submit;
    return a->spec.workload < b->spec.workload;
}

static void sift_down(struct merge *merge, size_t i)
{
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < merge->len; child++)
            if (before(&merge->items[child], &merge->items[least]))
                least = child;
        if (least == i)
            return;
        const struct pending swap = merge->items[i];
        merge->items[i] = merge->items[least];
        merge->items[least] = swap;
        i = least;
    }
}

int merge_init(struct merge *merge, struct source **sources, size_t len, struct error *err)
{
    *merge = (struct merge){.items = mem_new(len, sizeof(*merge->items))};
    for (size_t i = 0; i < len; i++) {
        struct pending *pending = &merge->items[merge->len];
        pending->source = sources[i];
        const int got = source_next(sources[i], &pending->spec, err);
        if (got < 0)
            return got;
        merge->len += got == SOURCE_JOB;
    }
    for (size_t i = merge->len / 2; i-- > 0;)
        sift_down(merge, i);
    return 0;
}

void merge_deinit(struct merge *merge)
{
    free(merge->items);
    *merge = (struct merge){0};
}

int merge_advance(struct merge *merge, struct error *err)
{
    struct pending *first = &merge->items[0];
    const simtime last = first->spec.submit;
    const int got = source_next(first->source, &first->spec, err);
    if (got < 0)
        return got;
    if (got == SOURCE_END)
        merge->items[0] = merge->items[--merge->len];
    else
        REQUIRE(first->spec.submit >= last);
    sift_down(merge, 0);
    return 0;
}
