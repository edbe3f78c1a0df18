/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/schema.h"

#include "util/dist.h"

#include <stdlib.h>
#include <string.h>

void kinded_free(struct kinded *kinded)
{
    if (kinded->params) {
        if (kinded->kind && kinded->kind->params)
            schema_free(kinded->kind->params, kinded->params);
        free(kinded->params);
    }
    *kinded = (struct kinded){0};
}

static void free_items(const struct field *field, struct items *items)
{
    for (size_t i = 0; i < items->len; i++) {
        char *item = (char *)items->items + i * field->size;
        if (field->kind == FIELD_MAP)
            free(((struct named *)(void *)item)->name);
        if (field->table)
            schema_free(field->table, item);
    }
    free(items->items);
    *items = (struct items){0};
}

static void free_texts(struct texts *texts)
{
    for (size_t i = 0; i < texts->len; i++)
        free(texts->items[i]);
    free(texts->items);
    *texts = (struct texts){0};
}

static void free_field(const struct field *field, void *at)
{
    switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_PATH:
        free(*(char **)at);
        *(char **)at = NULL;
        break;
    case FIELD_TEXTS:
        free_texts(at);
        break;
    case FIELD_NUMBERS:
        free(((struct numbers *)at)->values);
        *(struct numbers *)at = (struct numbers){0};
        break;
    case FIELD_WEIGHTS:
        free(((struct weights *)at)->values);
        free(((struct weights *)at)->weights);
        *(struct weights *)at = (struct weights){0};
        break;
    case FIELD_DIST:
        dist_free(*(struct dist **)at);
        *(struct dist **)at = NULL;
        break;
    case FIELD_KIND:
        kinded_free(at);
        break;
    case FIELD_TABLE:
        schema_free(field->table, at);
        break;
    case FIELD_LIST:
    case FIELD_MAP:
        free_items(field, at);
        break;
    case FIELD_NODE:
        *(void **)at = NULL;
        break;
    case FIELD_END:
    case FIELD_BOOL:
    case FIELD_INT:
    case FIELD_QUANTITY:
    case FIELD_DURATION:
    case FIELD_DATE:
    case FIELD_CHOICE:
        break;
    }
}

void schema_free(const struct field *table, void *object)
{
    for (const struct field *field = table; field && field->kind != FIELD_END; field++)
        free_field(field, (char *)object + field->offset);
}

const struct kind *kind_find(const struct kind_list *list, const char *name)
{
    for (const struct kind *const *kind = list->items; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return *kind;
    return NULL;
}
