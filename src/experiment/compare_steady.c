/* Whether one long-run number makes sense: nothing dated, and less asked for than there is. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/compare.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

/* Keys of the language that make one time of a run unlike another, and what stands under them:
 * names that people give may be the same words. */
static const char *find_dated(const struct node *node)
{
    static const struct {
        const char *key;
        enum node_kind kind;
    } rows[] = {{"growth", NODE_SCALAR},    {"join", NODE_SCALAR},      {"join", NODE_MAP},
                {"leave", NODE_SCALAR},     {"log", NODE_SCALAR},       {"jobs", NODE_LIST},
                {"maintenance", NODE_LIST}, {"reservations", NODE_LIST}};
    /* these may name other things elsewhere */
    static const char *const arrivals[] = {"arrival", "lublin"}, *const dates[] = {"from", "until"};
    for (size_t i = 0; i < node->len; i++) {
        const struct node_entry *entry = &node->items[i];
        for (size_t k = 0; entry->key && k < ARRAY_LEN(rows); k++)
            if (strcmp(entry->key, rows[k].key) == 0 && entry->value->kind == rows[k].kind)
                return rows[k].key;
        for (size_t k = 0; entry->key && k < ARRAY_LEN(arrivals); k++)
            for (size_t d = 0; d < ARRAY_LEN(dates); d++)
                if (strcmp(entry->key, arrivals[k]) == 0 && node_get(entry->value, dates[d]) &&
                    node_get(entry->value, dates[d])->kind == NODE_SCALAR)
                    return dates[d];
        const char *below = find_dated(entry->value);
        if (below)
            return below;
    }
    return NULL;
}

char *compare_dated(const struct program *program)
{
    static const char *const parts[] = {"changes", "centres", "tenants", "templates"};
    const struct node *root = program->resolved;
    if (program->epochs[0].scenario->time.length == SIMTIME_NEVER)
        return mem_text("it has no length");
    if (program->changes)
        return mem_text("it has `changes`");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const struct node *part = node_get(root, parts[i]);
        const char *key = part ? find_dated(part) : NULL;
        if (key)
            return mem_format("it has `%s` under `%s`", key, parts[i]);
    }
    return NULL;
}
