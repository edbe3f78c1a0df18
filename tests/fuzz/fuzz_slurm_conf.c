/* Any bytes as a slurm.conf: an error, or a scheduler whose values this language can read and lines
 * of notes without gaps. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario.h"
#include "scenario/slurm_conf.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error_list errors = {0};
    struct slurm_conf conf;
    const int rc = slurm_conf_parse(&conf, (const char *)data, size, "fuzz.conf", &errors);
    REQUIRE((rc == 0) == (errors.len == 0));
    if (rc == 0) {
        struct scheduler scheduler = {0};
        struct decode ctx = {.errors = &errors};
        node_check(conf.scheduler);
        /* What is out of bounds is told at its place. */
        const int decoded = decode_table(conf.scheduler, scheduler_table, &scheduler, &ctx);
        REQUIRE((decoded == 0) == (errors.len == 0));
        for (size_t i = 0; i < conf.notes.len; i++)
            REQUIRE(strstr(conf.notes.items[i], ": "));
        schema_free(scheduler_table, &scheduler);
        decode_deinit(&ctx);
    }
    slurm_conf_deinit(&conf);
    error_list_deinit(&errors);
    return 0;
}
