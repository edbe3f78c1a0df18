/* All runs on this machine, in worker processes. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/engine.h"

const struct engine_type engine_local = {
    .name = "local",
    .summary = "on this machine, in worker processes",
    .run = engine_work,
};
