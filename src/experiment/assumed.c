/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/assumed.h"

#include "scenario/field_at.h"
#include "util/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

bool assumed_is_whole(const struct program *base, const char *text)
{
    struct path path = {0};
    struct field_place place;
    const bool whole = path_parse(text, &path, NULL) == 0 &&
                       scenario_field_at(base->resolved, base->epochs[0].tree, &path, &place) &&
                       field_is_whole(place.field);
    path_deinit(&path);
    return whole;
}

/* Of the first number under a node that has one: "%/year", " per h". NULL: none has. */
static const char *unit_written(const struct node *node)
{
    double number;
    if (node->kind == NODE_SCALAR) {
        const size_t len = quantity_number(node->text, &number);
        return len > 0 && node->text[len] ? node->text + len : NULL;
    }
    for (size_t i = 0; i < node->len; i++) {
        const char *unit = unit_written(node->items[i].value);
        if (unit)
            return unit;
    }
    return NULL;
}

char *assumed_text(const struct program *base, size_t item, double value)
{
    const struct scenario *scenario = base->epochs[0].scenario;
    const struct uncertain *one = (const struct uncertain *)scenario->uncertain.items + item;
    const char *unit = unit_written(scenario->uncertain_node->items[item].value);
    char text[64];
    double number;
    if (assumed_is_whole(base, one->path))
        return mem_format("%.0f", value);
    snprintf(text, sizeof(text), "1%s", unit ? unit : "");
    if (unit && quantity_parse(text, one->unit, &number, NULL) == 0)
        return mem_format("%.4g%s%s", value / number, isalpha((unsigned char)*unit) ? " " : "",
                          unit);
    quantity_format(value, one->unit, text, sizeof(text));
    const size_t len = quantity_number(text, &number);
    return mem_format("%.4g%s", number, text + len);
}

int program_again(const struct program *base, const char *variant, const char *const *sets,
                  size_t n_sets, struct program *ret, struct error_list *errors)
{
    const size_t before = errors->len;
    struct node *tree = document_apply(&base->document, variant, sets, n_sets, errors);
    const int rc = errors->len == before ? 0 : -1;
    return program_from_tree(ret, &base->document, tree, errors) | rc;
}

int program_stands(const struct program *program, const struct build_options *options,
                   struct error_list *errors)
{
    struct build build;
    const int rc = build_init(&build, program, options, errors);
    build_deinit(&build);
    return rc;
}
