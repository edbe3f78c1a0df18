/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/outcome.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

const char *const run_state_names[] = {"done", "error", "crashed", "late", "missing", NULL};

void outcomes_init(struct outcomes *outcomes, size_t runs, size_t measures)
{
    *outcomes = (struct outcomes){.runs = runs, .measures = measures};
    outcomes->items = mem_new(runs, sizeof(*outcomes->items));
    outcomes->values = mem_new(runs * measures, sizeof(*outcomes->values));
    for (size_t i = 0; i < runs; i++)
        outcomes->items[i] = (struct outcome){.state = RUN_MISSING, .host = ""};
    outcomes->counts[RUN_MISSING] = runs;
}

void outcomes_deinit(struct outcomes *outcomes)
{
    for (size_t i = 0; i < outcomes->runs; i++)
        free(outcomes->items[i].text);
    for (size_t i = 0; i < outcomes->hosts.len; i++)
        free(outcomes->hosts.items[i]);
    free(outcomes->hosts.items);
    free(outcomes->items);
    free(outcomes->values);
    *outcomes = (struct outcomes){0};
}

/* There are few. */
static const char *keep_host(struct outcomes *outcomes, const char *name)
{
    for (size_t i = 0; i < outcomes->hosts.len; i++)
        if (strcmp(outcomes->hosts.items[i], name) == 0)
            return outcomes->hosts.items[i];
    MEM_GROW(&outcomes->hosts);
    return outcomes->hosts.items[outcomes->hosts.len++] = mem_text(name);
}

void outcomes_put(struct outcomes *outcomes, uint64_t run, const struct outcome *outcome)
{
    REQUIRE(run < outcomes->runs);
    struct outcome *to = &outcomes->items[run];
    if (to->state == RUN_DONE)
        return;
    outcomes->counts[to->state]--;
    outcomes->counts[outcome->state]++;
    free(to->text);
    *to = *outcome;
    to->text = mem_text(outcome->text);
    to->host = keep_host(outcomes, outcome->host);
    to->values = outcomes->values + run * outcomes->measures;
    if (outcome->state == RUN_DONE)
        memcpy(outcomes->values + run * outcomes->measures, outcome->values,
               outcomes->measures * sizeof(double));
}

void outcomes_forget(struct outcomes *outcomes, uint64_t run)
{
    REQUIRE(run < outcomes->runs);
    struct outcome *one = &outcomes->items[run];
    outcomes->counts[one->state]--;
    outcomes->counts[RUN_MISSING]++;
    free(one->text);
    *one = (struct outcome){.state = RUN_MISSING, .host = ""};
}

uint64_t *outcomes_missing(const struct outcomes *outcomes, size_t *ret_len)
{
    uint64_t *runs = mem_new(outcomes->counts[RUN_MISSING], sizeof(*runs));
    *ret_len = 0;
    for (size_t run = 0; run < outcomes->runs; run++)
        if (outcomes->items[run].state == RUN_MISSING)
            runs[(*ret_len)++] = run;
    return runs;
}
