/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/slurm_conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The scheduler as YAML, then the notes, a line each; to be freed. */
static char *read_text(const char *text)
{
    struct error_list errors = {0};
    struct slurm_conf conf;
    assert_int_equal(slurm_conf_parse(&conf, text, strlen(text), "a.conf", &errors), 0);
    char *got = node_emit(conf.scheduler);
    for (size_t i = 0; i < conf.notes.len; i++) {
        const size_t len = strlen(got);
        got = realloc(got, len + strlen(conf.notes.items[i]) + 2);
        strcpy(got + len, conf.notes.items[i]);
        strcat(got, "\n");
    }
    slurm_conf_deinit(&conf);
    error_list_deinit(&errors);
    return got;
}

static const struct {
    const char *what, *text, *want;
} rows[] = {
    {"an empty file: Slurm's defaults", "",
     "order: fcfs\n"
     "backfill: {slurm: {}}\n"},
    {"keys in any case, blanks around =, comments",
     "  schedulertype = sched/builtin # strict\n\n# PriorityType=x\nCLUSTERNAME=a\r\n",
     "order: fcfs\n"
     "backfill: none\n"
     "taken over: schedulertype\n"
     "of no effect here: CLUSTERNAME\n"},
    {"a line continued, -1 and 0",
     "SchedulerParameters=bf_interval=-1,\\\nbf_max_job_start=0,sched_interval=120\n",
     "order: fcfs\n"
     "backfill: {slurm: {interval: unlimited, starts: unlimited, full_interval: 120s}}\n"
     "taken over: bf_interval, bf_max_job_start, sched_interval\n"},
    {"of several the least, of one said twice the last",
     "SchedulerParameters=bf_max_job_user=9,bf_max_job_assoc=4,bf_max_job_user_part="
     "0,bf_window=60,BF_WINDOW=120\n",
     "order: fcfs\n"
     "backfill: {slurm: {per_tenant: 4, window: 120min}}\n"
     "taken over: bf_max_job_user, bf_max_job_assoc, bf_max_job_user_part, bf_window\n"},
    {"of a list on two lines the last as a whole, but for what a machine says",
     "SchedulerParameters=bf_max_job_user=9,bf_window=60\nSelectTypeParameters=CR_LLN\n"
     "schedulerparameters=bf_resolution=120\nSelectTypeParameters=CR_Core\n"
     "NodeName=n SchedulerParameters=bf_window=1\n",
     "order: fcfs\n"
     "backfill: {slurm: {resolution: 120s}}\n"
     "taken over: bf_resolution\n"
     "not read, since machines are those of the scenario: NodeName\n"
     "replaced by a later line: SchedulerParameters=bf_max_job_user=9,bf_window=60, "
     "SelectTypeParameters=CR_LLN\n"
     "of no effect here: SelectTypeParameters=CR_Core\n"},
    {"of a limit said twice the last", "OverTimeLimit=UNLIMITED\nOverTimeLimit=5\n",
     "order: fcfs\n"
     "backfill: {slurm: {}}\n"
     "replaced by a later line: OverTimeLimit=UNLIMITED\n"
     "not modelled, though it may matter: OverTimeLimit=5\n"},
    {"multifactor",
     "PriorityType=priority/"
     "multifactor\nPriorityWeightAge=5\nPriorityWeightFairshare=7\nPriorityMaxAge=1-"
     "12\nPriorityDecayHalfLife=0\nPriorityCalcPeriod=90\nPriorityFavorSmall=yes\n",
     "order:\n"
     "  multifactor:\n"
     "    age: 5\n"
     "    fair_share: 7\n"
     "    max_age: 129600s\n"
     "    half_life: unlimited\n"
     "    period: 5400s\n"
     "    favour_small: true\n"
     "backfill: {slurm: {}}\n"
     "taken over: PriorityType, PriorityWeightAge, PriorityWeightFairshare, PriorityMaxAge, "
     "PriorityDecayHalfLife, PriorityCalcPeriod, PriorityFavorSmall\n"},
    {"forms of time",
     "PriorityType=multifactor\nPriorityMaxAge=1:30:05\nPriorityDecayHalfLife=2-3:04:"
     "05\nPriorityCalcPeriod=10:30 PriorityWeightQOS=2\n",
     "order:\n"
     "  multifactor: {max_age: 5405s, half_life: 183845s, period: 630s, class: 2}\n"
     "backfill: {slurm: {}}\n"
     "taken over: PriorityType, PriorityMaxAge, PriorityDecayHalfLife, PriorityCalcPeriod, "
     "PriorityWeightQOS\n"},
    {"without weights jobs go by submission",
     "PriorityType=priority/multifactor\nPriorityWeightAge=0 PriorityFavorSmall=yes\n",
     "order: fcfs\n"
     "backfill: {slurm: {}}\n"
     "taken over: PriorityType, PriorityWeightAge\n"
     "of no effect here: PriorityFavorSmall\n"},
    {"weights and times of an order that is not chosen",
     "PriorityWeightAge=5 PriorityCalcPeriod=0\nMailProg=/bin/true\n",
     "order: fcfs\n"
     "backfill: {slurm: {}}\n"
     "of no effect here: MailProg, PriorityWeightAge, PriorityCalcPeriod\n"},
    {"an order chosen after its weights, and plans that are not made",
     "PriorityWeightAge=5\nPriorityType=priority/multifactor\n"
     "SchedulerParameters=bf_window=60,default_queue_depth=7\nSchedulerType=sched/builtin\n",
     "order: {multifactor: {age: 5}}\n"
     "backfill: none\n"
     "taken over: PriorityWeightAge, PriorityType, SchedulerType\n"
     "not modelled, though it may matter: default_queue_depth\n"
     "of no effect here: bf_window\n"},
    {"placement, overrun and kinds of notes",
     "SelectTypeParameters=CR_LLN,CR_Core_Memory OverTimeLimit=UNLIMITED\nNodeName=n[1-4] CPUs=4 "
     "State=UNKNOWN\nPreemptType=preempt/none PreemptMode=REQUEUE\nMailProg=\"/bin/true # -x\" "
     "Nonsense=1\nPriorityFlags=MAX_TRES\n",
     "order: fcfs\n"
     "backfill: {slurm: {}}\n"
     "placement: spread\n"
     "overrun: extend\n"
     "taken over: CR_LLN, OverTimeLimit\n"
     "not read, since machines are those of the scenario: NodeName\n"
     "not modelled, though it may matter: SelectTypeParameters=CR_Core_Memory, "
     "PreemptMode=REQUEUE, PriorityFlags=MAX_TRES\n"
     "of no effect here: PreemptType=preempt/none, MailProg\n"
     "unknown: Nonsense=1\n"},
    {"a # that is none", "JobCompLoc=/a\\#b Odd=x\\#y\n",
     "order: fcfs\n"
     "backfill: {slurm: {}}\n"
     "of no effect here: JobCompLoc\n"
     "unknown: Odd=x#y\n"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *got = read_text(rows[i].text);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s: got\n%s", rows[i].what, got);
        free(got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
