/* jishi list: what a scenario or a sweep may name, with parameters. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/metric.h"
#include "cli/command.h"
#include "experiment/design.h"
#include "model/cluster.h"
#include "policy/broker.h"
#include "policy/sched.h"
#include "util/dist.h"
#include "workload/kinds.h"
#include "workload/request.h"
#include "workload/work.h"

#include <stdio.h>
#include <string.h>

static void print_field(const struct field *field)
{
    printf("      %-18s %s", field->key, field->help ? field->help : "");
    if (field->def)
        printf(" (%s)", field->def);
    putchar('\n');
}

static void print_kinds(const struct kind_list *list)
{
    for (size_t i = 0; list->items[i]; i++) {
        const struct kind *kind = list->items[i];
        printf("  %-20s %s\n", kind->name, kind->summary);
        for (const struct field *f = kind->params; f && f->kind != FIELD_END; f++)
            print_field(f);
    }
}

static void print_orders(void)
{
    print_kinds(&order_kinds);
}

static void print_backfills(void)
{
    print_kinds(&backfill_kinds);
}

static void print_placements(void)
{
    print_kinds(&placement_kinds);
}

static void print_brokers(void)
{
    print_kinds(&broker_kinds);
}

static void print_distributions(void)
{
    print_kinds(&dist_kinds);
    puts("  every one of them may be cut by `min` and `max`");
}

static void print_designs(void)
{
    print_kinds(&design_kinds);
}

static void print_requests(void)
{
    print_kinds(&request_kinds);
}

static void print_works(void)
{
    print_kinds(&work_kinds);
}

static void print_workloads(void)
{
    for (size_t i = 0; workload_kinds[i]; i++) {
        printf("  %-20s %s\n", workload_kinds[i]->key, workload_kinds[i]->summary);
        for (const struct field *f = workload_kinds[i]->fields; f->kind != FIELD_END; f++)
            if (strcmp(f->key, workload_kinds[i]->key) != 0)
                print_field(f);
    }
}

static void print_metrics(void)
{
    for (size_t i = 0; i < metrics_table_len; i++)
        printf("  %-24s %-8s %s\n", metrics_table[i].name, metrics_table[i].unit,
               metrics_table[i].definition);
}

static const struct {
    const char *name;
    void (*print)(void);
} lists[] = {
    {"orders", print_orders},
    {"backfills", print_backfills},
    {"placements", print_placements},
    {"brokers", print_brokers},
    {"distributions", print_distributions},
    {"requests", print_requests},
    {"workloads", print_workloads},
    {"works", print_works},
    {"metrics", print_metrics},
    {"designs", print_designs},
};

static int run(const struct command *command, int argc, char **argv)
{
    if (argc > 2)
        return usage_error(command, "one list at a time");
    bool found = false;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        if (argc == 2 && strcmp(argv[1], lists[i].name) != 0)
            continue;
        found = true;
        printf("%s:\n", lists[i].name);
        lists[i].print();
    }
    if (found)
        return EXIT_DONE;
    const char *names[ARRAY_LEN(lists)];
    char hint[200];
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        names[i] = lists[i].name;
    suggest_name(argv[1], names, ARRAY_LEN(names), hint, sizeof(hint));
    return usage_error(command, "unknown list \"%.40s\"%s", argv[1], hint);
}

const struct command command_list = {
    .name = "list",
    .summary = "what a scenario or a sweep may name, with parameters",
    .help = "usage: jishi list [orders|backfills|placements|brokers|distributions|requests|"
            "workloads|works|metrics|designs]\n\nPrints what a scenario or a sweep may name, with "
            "parameters and their "
            "defaults.\n",
    .run = run,
};
