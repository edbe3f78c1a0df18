/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/merge.h"

#include "util/mem.h"

#include <stdlib.h>

static bool before(const struct turn *a, const struct turn *b)
{
    return a->submit != b->submit ? a->submit < b->submit : a->workload < b->workload;
}

static struct turn turn_of(const struct merge *merge, uint32_t item)
{
    const struct job_spec *spec = &merge->items[item].spec;
    return (struct turn){spec->submit, spec->workload, item};
}

static void sift_down(struct merge *merge, size_t i)
{
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < merge->len; child++)
            if (before(&merge->turns[child], &merge->turns[least]))
                least = child;
        if (least == i)
            return;
        const struct turn swap = merge->turns[i];
        merge->turns[i] = merge->turns[least];
        merge->turns[least] = swap;
        i = least;
    }
}

int merge_init(struct merge *merge, struct source **sources, size_t len, struct error *err)
{
    *merge = (struct merge){.items = mem_new(len, sizeof(*merge->items)),
                            .turns = mem_new(len, sizeof(*merge->turns)),
                            .failed = -1};
    for (size_t i = 0; i < len; i++) {
        struct pending *pending = &merge->items[i];
        pending->source = sources[i];
        const int got = source_next(sources[i], &pending->spec, err);
        if (got < 0) {
            merge->failed = (int64_t)i;
            return got;
        }
        if (got == SOURCE_JOB)
            merge->turns[merge->len++] = turn_of(merge, (uint32_t)i);
    }
    for (size_t i = merge->len / 2; i-- > 0;)
        sift_down(merge, i);
    return 0;
}

void merge_deinit(struct merge *merge)
{
    free(merge->items);
    free(merge->turns);
    *merge = (struct merge){0};
}

int merge_advance(struct merge *merge, struct error *err)
{
    const uint32_t item = merge->turns[0].item;
    struct pending *first = &merge->items[item];
    const simtime last = first->spec.submit;
    const int got = source_next(first->source, &first->spec, err);
    if (got < 0) {
        merge->failed = item;
        return got;
    }
    if (got == SOURCE_END) {
        merge->turns[0] = merge->turns[--merge->len];
    } else {
        REQUIRE(first->spec.submit >= last);
        merge->turns[0] = turn_of(merge, item);
    }
    sift_down(merge, 0);
    return 0;
}
