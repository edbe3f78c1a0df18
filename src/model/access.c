/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/access.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

struct access *access_new(size_t partitions)
{
    struct access *const access = mem_new(1, sizeof(*access));
    access->words = (partitions + 63) / 64;
    access->everybody = mem_new(access->words, sizeof(*access->everybody));
    memset(access->everybody, 0xff, access->words * sizeof(*access->everybody));
    return access;
}

void access_free(struct access *access)
{
    if (!access)
        return;
    free(access->bits);
    free(access->everybody);
    free(access->rules);
    free(access);
}

void access_keep(struct access *access, int32_t partition, const char *path)
{
    access->rules = mem_resize(access->rules, access->n_rules + 1, sizeof(*access->rules));
    access->rules[access->n_rules++] = (struct access_rule){path, partition};
    access->everybody[partition / 64] &= ~(UINT64_C(1) << (partition % 64));
}

void access_add(struct access *access, const char *path, int32_t parent)
{
    REQUIRE(parent < (int64_t)access->len);
    if (access->len == access->cap) {
        access->cap = 2 * access->cap + 64;
        access->bits = mem_resize(access->bits, access->cap * access->words, sizeof(*access->bits));
    }
    uint64_t *const bits = access->bits + access->len++ * access->words;
    const uint64_t *const from =
        parent >= 0 ? access->bits + (size_t)parent * access->words : access->everybody;
    memcpy(bits, from, access->words * sizeof(*bits));
    for (size_t i = 0; i < access->n_rules; i++)
        if (strcmp(access->rules[i].path, path) == 0)
            bits[access->rules[i].partition / 64] |= UINT64_C(1)
                                                     << (access->rules[i].partition % 64);
}

bool access_below(const struct access *access, const char *path, int32_t partition)
{
    const size_t len = strlen(path);
    for (size_t i = 0; i < access->n_rules; i++)
        if (access->rules[i].partition == partition &&
            strncmp(access->rules[i].path, path, len) == 0 && access->rules[i].path[len] == '/')
            return true;
    return false;
}
