/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/planning.h"

#include "cli/arguments.h"
#include "util/mem.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_VARY = 1,
    OPTION_TARGET,
    OPTION_IN,
    OPTION_EVERY,
    OPTION_COST,
    OPTION_MOST,
    OPTION_GRID,
    OPTION_CONFIDENCE,
    OPTION_UNFINISHED,
    OPTION_FORMAT,
    OPTION_BUY,
    OPTION_LEAD,
    OPTION_GROWTH,
    OPTION_LIMIT
};

static int read_share(const struct command *command, const char *name, const char *text,
                      double *ret)
{
    struct error err;
    if (quantity_parse(text, UNIT_NONE, ret, &err) == 0 && *ret > 0 && *ret <= 1)
        return 0;
    usage_error(command, "%s takes a share, such as 95%%, not \"%.40s\"", name, text);
    return -1;
}

/* "95%", "95% of replications", "95% of years", "95% of months". */
static int read_in(const struct command *command, const char *text, struct plan_options *options)
{
    const char *of = strstr(text, " of ");
    char *share = mem_text_n(text, of ? (size_t)(of - text) : strlen(text));
    int rc = read_share(command, "--in", share, &options->share);
    free(share);
    options->of_periods = false;
    if (rc < 0 || !of || strcmp(of, " of replications") == 0)
        return rc;
    options->of_periods = true;
    if (strcmp(of, " of years") == 0)
        options->every = EVERY_YEAR;
    else if (strcmp(of, " of months") == 0)
        options->every = EVERY_MONTH;
    else
        return usage_error(command,
                           "--in takes a share of replications, years or months, not \"%.40s\"",
                           text),
               -1;
    return 0;
}

static int read_every(const struct command *command, const char *text, struct plan_options *options)
{
    if (strcmp(text, "year") == 0 || strcmp(text, "month") == 0) {
        options->every = *text == 'y' ? EVERY_YEAR : EVERY_MONTH;
        return 0;
    }
    usage_error(command, "--every takes year or month, not \"%.40s\"", text);
    return -1;
}

static int add_vary(const struct command *command, const char *text, struct plan_options *options)
{
    if (options->n_varies == VARIES_MAX) {
        usage_error(command, "at most %d values are varied", VARIES_MAX);
        return -1;
    }
    options->varies[options->n_varies++] = text;
    return 0;
}

static int read_lead(const struct command *command, const char *text, struct plan_options *options)
{
    struct error err;
    if (date_interval_parse(text, &options->lead, &err) == 0)
        return 0;
    usage_error(command, "--lead: %s", err.text);
    return -1;
}

static int take_option(const struct command *command, int code, struct plan_options *options)
{
    switch (code) {
    case OPTION_VARY:
        return add_vary(command, optarg, options);
    case OPTION_TARGET:
        options->target = optarg;
        return 0;
    case OPTION_BUY:
        options->buy = optarg;
        return 0;
    case OPTION_LEAD:
        return read_lead(command, optarg, options);
    case OPTION_GROWTH:
        free(options->growth);
        options->growth = mem_text(optarg);
        return 0;
    case OPTION_COST:
        options->cost = optarg;
        return 0;
    case OPTION_IN:
        return read_in(command, optarg, options);
    case OPTION_EVERY:
        return read_every(command, optarg, options);
    case OPTION_CONFIDENCE:
        if (read_share(command, "--confidence", optarg, &options->confidence) < 0)
            return -1;
        if (options->confidence < 1)
            return 0;
        usage_error(command, "--confidence takes a share below 100%%, not \"%.40s\"", optarg);
        return -1;
    case OPTION_UNFINISHED:
        return read_share(command, "--unfinished", optarg, &options->unfinished);
    case OPTION_LIMIT:
        return read_duration(command, "--limit", optarg, &options->limit);
    case OPTION_MOST:
        return read_whole(command, "--most", optarg, 1, 100000, &options->most);
    case OPTION_GRID:
        return read_whole(command, "--grid", optarg, 2, 1000, &options->grid);
    case OPTION_FORMAT:
        return read_format(command, optarg, &options->format);
    case 'r':
        return read_whole(command, "-r", optarg, 1, 100000, &options->replications);
    case 'j':
        return read_workers(command, optarg, &options->workers);
    default:
        options->quiet = true; /* q */
        return 0;
    }
}

static int check_options(const struct command *command, int argc, struct plan_options *options)
{
    const char *wrong = NULL;
    if (optind + 1 != argc)
        wrong = optind == argc ? "a scenario file is needed" : "one scenario file at a time";
    else if (options->n_varies == 0 && !options->buy)
        wrong = "--vary PATH=LO..HI says what may be chosen";
    else if (options->n_varies > 0 && options->buy)
        wrong = "--buy plans purchases, --vary a value: one of the two";
    else if (options->cost && options->buy)
        wrong = "--cost is of pairs";
    else if (!options->target)
        wrong = "--target 'EXPRESSION' says what is wanted";
    else if (options->scenario.replication > 0)
        wrong = "-r says how many replications are done, from the first on";
    else if (options->growth && options->scenario.variant)
        wrong = "--growth names the variants; --variant is one alone";
    else if (options->growth && options->share == 0)
        wrong = "--growth needs --in: the share of all simulations that must meet the target";
    else if ((options->lead.months || options->lead.step) && !options->buy)
        wrong = "--lead is of purchases: --buy";
    if (wrong)
        usage_error(command, "%s", wrong);
    if (options->buy && options->every == EVERY_NONE)
        options->every = EVERY_YEAR;
    if (options->most == 0)
        options->most = 8 * options->replications;
    if (options->most < options->replications)
        options->most = options->replications;
    return wrong ? -1 : 0;
}

int plan_options_read(const struct command *command, int argc, char **argv,
                      struct plan_options *options)
{
    static const struct option longs[] = {
        SCENARIO_LONG_OPTIONS,
        {"vary", required_argument, NULL, OPTION_VARY},
        {"target", required_argument, NULL, OPTION_TARGET},
        {"in", required_argument, NULL, OPTION_IN},
        {"every", required_argument, NULL, OPTION_EVERY},
        {"cost", required_argument, NULL, OPTION_COST},
        {"most", required_argument, NULL, OPTION_MOST},
        {"grid", required_argument, NULL, OPTION_GRID},
        {"confidence", required_argument, NULL, OPTION_CONFIDENCE},
        {"unfinished", required_argument, NULL, OPTION_UNFINISHED},
        {"format", required_argument, NULL, OPTION_FORMAT},
        {"buy", required_argument, NULL, OPTION_BUY},
        {"lead", required_argument, NULL, OPTION_LEAD},
        {"growth", required_argument, NULL, OPTION_GROWTH},
        {"limit", required_argument, NULL, OPTION_LIMIT},
        {"quiet", no_argument, NULL, 'q'},
        {0},
    };
    opterr = 0;
    for (int code; (code = getopt_long(argc, argv, ":r:j:q", longs, NULL)) != -1;) {
        const int own = scenario_option(command, &options->scenario, code, optarg);
        if (own < 0)
            return -1;
        if (own > 0)
            continue;
        if (code == ':' || code == '?')
            return option_error(command, longs, code, argv[optind - 1]);
        if (take_option(command, code, options) < 0)
            return -1;
    }
    return check_options(command, argc, options);
}

void plan_options_deinit(struct plan_options *options)
{
    scenario_options_deinit(&options->scenario);
    free(options->growth);
}
