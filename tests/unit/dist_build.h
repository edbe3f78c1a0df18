/* Distributions for tests out of short texts: "mean=3 sd=4", "range=1:2", "values=8*0.7:16*0.3".
 * Numbers are in SI units. Fills the parameters through the field tables, as decoding does. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TEST_DIST_BUILD_H
#define TEST_DIST_BUILD_H

#include "util/dist.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static inline void dist_build_list(const char *text, struct numbers *values,
                                   struct numbers *weights)
{
    while (*text) {
        char *end;
        values->values = mem_resize(values->values, values->len + 1, sizeof(double));
        values->values[values->len++] = strtod(text, &end);
        if (weights && *end == '*') {
            weights->values = mem_resize(weights->values, weights->len + 1, sizeof(double));
            weights->values[weights->len++] = strtod(end + 1, &end);
        }
        REQUIRE(*end == ':' || *end == '\0');
        text = *end ? end + 1 : end;
    }
}

static inline void dist_build_field(const struct field *field, void *object, const char *text)
{
    struct numbers values = {0}, weights = {0};
    switch ((int)field->kind) {
    case FIELD_QUANTITY:
        *(double *)object = strtod(text, NULL);
        break;
    case FIELD_INT:
        *(int64_t *)object = strtoll(text, NULL, 10);
        break;
    case FIELD_PATH:
        *(char **)object = mem_text(text);
        break;
    case FIELD_NUMBERS:
        dist_build_list(text, object, NULL);
        break;
    case FIELD_WEIGHTS:
        dist_build_list(text, &values, &weights);
        REQUIRE(values.len == weights.len);
        *(struct weights *)object = (struct weights){values.values, weights.values, values.len};
        break;
    default:
        REQUIRE(!"a kind of field no distribution has");
    }
}

static inline void *dist_build_params(const struct kind *kind, const char *text)
{
    void *params = mem_new(1, kind->size);
    char *copy = mem_text(text), *rest;
    for (char *item = strtok_r(copy, " ", &rest); item; item = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(item, '=');
        REQUIRE(value);
        *value++ = '\0';
        const struct field *field = kind->params;
        while (field->key && strcmp(field->key, item) != 0)
            field++;
        REQUIRE(field->key);
        dist_build_field(field, (char *)params + field->offset, value);
    }
    free(copy);
    return params;
}

static inline struct dist *dist_build(const char *name, const char *text, double min, double max,
                                      struct error *err)
{
    for (const struct kind *const *kind = dist_kinds.items; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return dist_new((const struct dist_type *)*kind, dist_build_params(*kind, text), min,
                            max, UNIT_NONE, err);
    REQUIRE(!"no such distribution");
    return NULL;
}

#endif
