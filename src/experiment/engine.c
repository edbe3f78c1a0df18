/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/engine.h"

#include <string.h>

#define ENGINE(name) extern const struct engine_type engine_##name;
#include "engine_list.h"
#undef ENGINE

const struct engine_type *const engines[] = {
#define ENGINE(name) &engine_##name,
#include "engine_list.h"
#undef ENGINE
    NULL,
};

const struct engine_type *engine_find(const char *name)
{
    for (size_t i = 0; engines[i]; i++)
        if (strcmp(engines[i]->name, name) == 0)
            return engines[i];
    return NULL;
}
