/* jishi check: read scenarios and explain them, without a run. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/scenario_options.h"
#include "util/mem.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_RESOLVED = 1 };

static void print_time(const struct build *build)
{
    char text[64], length[64];
    const struct world *world = &build->world;
    printf("  start      %s%s\n", date_format(world->start, world->offset, text, sizeof(text)),
           build->program->dated ? "" : " (no date was given)");
    if (world->length < SIMTIME_NEVER)
        printf("  length     %s\n",
               quantity_human_time(simtime_seconds(world->length), length, sizeof(length)));
    else
        puts("  length     to the last end");
    if (world->measure_from > 0)
        printf("  counted    jobs submitted after the first %s\n",
               quantity_human_time(simtime_seconds(world->measure_from), length, sizeof(length)));
}

/* PFLOPS of the precision the kind of processor is known for. */
static void print_flops(const struct partition_info *info, int64_t procs)
{
    if (info->flops > 0)
        printf(" = %.6g PFLOPS %s", info->flops * (double)procs / 1e15, info->precision);
}

static int64_t procs_of(const struct build *build, size_t row, simtime until)
{
    const struct partition_setup *setup = &build->partitions[row].setup;
    int64_t procs = 0;
    for (size_t g = 0; g < setup->n_groups; g++) {
        int64_t nodes = setup->groups[g].nodes;
        for (size_t i = 0; i < build->n_changes; i++) {
            const struct sim_change *c = &build->changes[i];
            if (c->partition == (int32_t)row && c->group == g && !c->config && c->at <= until)
                nodes = c->nodes;
        }
        procs += nodes * setup->groups[g].procs_per_node;
    }
    return procs;
}

static void print_capacity(const struct build *build)
{
    puts("capacity");
    for (size_t row = 0; row < build->world.n_partitions; row++) {
        const struct partition_info *info = &build->world.partitions[row];
        const int64_t procs = procs_of(build, row, 0);
        printf("  %-24s %lld processors", info->path, (long long)procs);
        if (*info->processor)
            printf(" (%s)", info->processor);
        print_flops(info, procs);
        putchar('\n');
        for (size_t i = 0; i < build->n_changes; i++) {
            const struct sim_change *c = &build->changes[i];
            char date[64];
            if (c->partition != (int32_t)row || c->config)
                continue;
            const int64_t later = procs_of(build, row, c->at);
            date_format(build->world.start + c->at, build->world.offset, date, sizeof(date));
            printf("    from %s  %lld processors", date, (long long)later);
            print_flops(info, later);
            putchar('\n');
        }
    }
}

/* By kind of processor (or by partition where none is named): what is offered, of what is there. */
static int print_load(const struct build *build, struct error_list *errors)
{
    const struct world *world = &build->world;
    double *load = mem_new(world->n_centres, sizeof(*load));
    puts("offered load at the start, in processors busy on average were there room");
    for (size_t i = 0; i < world->n_workloads; i++) {
        const struct build_workload *bw = &build->workloads[i];
        struct workload_outlook outlook;
        struct error err = {0};
        if (bw->workload->kind->outlook(bw->workload->params, &bw->context, &outlook, &err) < 0) {
            err.at = err.at.file ? err.at : bw->workload->named.at;
            error_list_add(errors, &err);
            continue;
        }
        if (!outlook.endless && outlook.span > 0)
            outlook.load = outlook.processor_seconds / outlook.span;
        printf("  %-24s ", world->workloads[i].path);
        if (outlook.jobs > 0)
            printf("%.0f jobs, %.6g processor-hours", outlook.jobs,
                   outlook.processor_seconds / 3600);
        else
            printf("%.6g jobs an hour", outlook.rate * 3600);
        if (outlook.load > 0)
            printf(", %.6g processors", outlook.load);
        putchar('\n');
        load[bw->context.base.centre] += outlook.load;
    }
    for (size_t c = 0; c < world->n_centres; c++) {
        int64_t procs = 0;
        for (size_t row = 0; row < world->n_partitions; row++)
            if (world->partitions[row].centre == (int32_t)c)
                procs += procs_of(build, row, 0);
        printf("  %-24s %.4g of %lld processors", world->centres[c].name, load[c],
               (long long)procs);
        if (procs > 0)
            printf(" = %.4g %%", 100 * load[c] / (double)procs);
        putchar('\n');
    }
    free(load);
    return errors->len ? -1 : 0;
}

static int explain(const struct program *program, const char *path,
                   const struct scenario_options *options)
{
    struct error_list errors = {0};
    struct build build;
    const struct build_options how = {.seed = run_seed(program, options),
                                      .replication = options->replication};
    int rc = build_init(&build, program, &how, &errors);
    if (rc == 0) {
        const char *title = program->epochs[0].scenario->title;
        printf("%s: %s\n", path, title ? title : "");
        print_time(&build);
        print_capacity(&build);
        rc = print_load(&build, &errors);
    }
    if (rc == 0)
        rc = build_open(&build, &errors);
    print_errors(&errors);
    error_list_deinit(&errors);
    build_deinit(&build);
    return rc;
}

static int check_file(const char *path, const struct scenario_options *options, bool resolved)
{
    struct program program;
    int rc = load_program(&program, path, options);
    if (rc == 0 && resolved) {
        char *text = node_emit(program.resolved);
        fputs(text, stdout);
        free(text);
    } else if (rc == 0) {
        rc = explain(&program, path, options);
    }
    program_free(&program);
    return rc;
}

static int run(const struct command *command, int argc, char **argv)
{
    static const struct option longs[] = {
        SCENARIO_LONG_OPTIONS, {"resolved", no_argument, NULL, OPTION_RESOLVED}, {0}};
    struct scenario_options options = {.replication = 1};
    bool resolved = false;
    int status = EXIT_DONE;
    opterr = 0;
    for (int code;
         status == EXIT_DONE && (code = getopt_long(argc, argv, ":", longs, NULL)) != -1;) {
        const int own = scenario_option(command, &options, code, optarg);
        if (own < 0)
            status = EXIT_USAGE;
        else if (code == OPTION_RESOLVED)
            resolved = true;
        else if (own == 0)
            status = usage_error(command, code == ':' ? "%s needs a value" : "unknown option %s",
                                 argv[optind - 1]);
    }
    if (status == EXIT_DONE && optind == argc)
        status = usage_error(command, "a scenario file is needed");
    if (status == EXIT_DONE && resolved && optind + 1 != argc)
        status = usage_error(command, "--resolved takes one scenario file");
    for (int i = optind; i < argc && status != EXIT_USAGE; i++)
        if (check_file(argv[i], &options, resolved) < 0)
            status = EXIT_FAULT;
    scenario_options_deinit(&options);
    return status;
}

const struct command command_check = {
    .name = "check",
    .summary = "read scenarios and explain them, without a run",
    .help = "usage: jishi check SCENARIO... [OPTION]...\n\n"
            "Reads scenarios, tells every error, and states capacity and offered load.\n\n"
            "      --resolved        print the scenario whole: includes, variant and settings in\n"
            "                        it; it runs to the same results\n"
            "      --variant NAME    with the changes of a variant of the scenario\n"
            "      --set PATH=VALUE  change a value, as often as wanted, after the variant\n",
    .run = run,
};
