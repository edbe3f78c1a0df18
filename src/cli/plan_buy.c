/* Plans of purchases: what is set in a trial, and what is printed. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/output.h"
#include "analysis/text_table.h"
#include "cli/plan_print.h"
#include "cli/planning.h"
#include "util/mem.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct buying {
    const struct planning *planning;
    struct purchases purchases;
};

/* --- trials --- */

static char *set_changes(const struct sizing_runner *runner, size_t variant, const size_t at[2],
                         size_t i)
{
    const struct buying *buying = runner->ctx;
    if (i > 0)
        return NULL;
    return purchases_changes(&buying->purchases, at, buying->planning->growth[variant].changes);
}

static void describe_trial(const struct sizing_runner *runner, const size_t at[2], char *buffer,
                           size_t size)
{
    const struct buying *buying = runner->ctx;
    const struct purchases *purchases = &buying->purchases;
    char text[64];
    const struct trial trial = {.at = {at[0], at[1]}};
    snprintf(buffer, size, "%s in %s",
             vary_text(purchases->setup->vary,
                       purchases_level(purchases, purchases->planned, &trial), text, sizeof(text)),
             purchases->setup->dates[purchases->planned].period);
}

/* Something for a period is there from its beginning; what is for the first, from the start. */
static struct purchase_date *make_dates(const struct planning *planning)
{
    const struct date_interval lead = planning->options->lead;
    struct purchase_date *dates = mem_new(planning->n_periods, sizeof(*dates));
    for (size_t i = 0; i < planning->n_periods; i++) {
        const simtime begin = planning->begins[i];
        const simtime delivery = begin > planning->start ? begin : planning->start;
        const simtime order = lead.months > 0
                                  ? date_add_months(delivery, planning->offset, -lead.months)
                                  : delivery - lead.step;
        dates[i] = (struct purchase_date){.period = planning->periods[i],
                                          .order = order,
                                          .delivery = delivery,
                                          .possible = order >= planning->start};
    }
    return dates;
}

/* --- text --- */

static size_t bought_before(const struct purchases *purchases, size_t date)
{
    return date > purchases->first ? purchases->levels[date - 1] : 0;
}

/* The trial that is planned for a date, or the one with the most that there is. */
static const struct trial *chosen(const struct purchases *purchases, size_t date)
{
    const struct sizing *search = &purchases->searches[date];
    return search->best ? search->best : search->items[search->len - 1];
}

/* What the greatest amount tried below it came to; NULL if nothing is below. */
static const struct trial *less(const struct purchases *purchases, size_t date)
{
    const struct sizing *search = &purchases->searches[date];
    const struct trial *found = NULL;
    for (size_t i = 0; i < search->len; i++)
        if (search->items[i]->at[0] < chosen(purchases, date)->at[0])
            found = search->items[i];
    return found;
}

static void add_met(const struct trial *trial, const struct rule *rule, struct text_table *table)
{
    static const char *const words[] = {
        [ANSWER_NO] = "no", [ANSWER_OPEN] = "open", [ANSWER_YES] = "yes"};
    char text[64];
    if (!trial)
        snprintf(text, sizeof(text), "-");
    else if (rule->share > 0)
        snprintf(text, sizeof(text), "%zu of %zu", trial->met, trial->of);
    else
        snprintf(text, sizeof(text), "%s", words[trial->verdict]);
    text_table_right(table, text);
}

static void add_date(const struct buying *buying, size_t date, struct text_table *table)
{
    const struct purchases *purchases = &buying->purchases;
    const struct purchase_setup *setup = purchases->setup;
    const struct rule *rule = &setup->sizing.rule;
    const size_t before = bought_before(purchases, date), level = purchases->levels[date];
    const struct trial *trial = chosen(purchases, date);
    char text[64];
    text_table_row(table);
    text_table_left(table, setup->dates[date].period);
    const bool any = level > before;
    text_table_left(
        table,
        any ? date_format_day(setup->dates[date].order, setup->offset, text, sizeof(text)) : "-");
    text_table_left(
        table, any ? date_format_day(setup->dates[date].delivery, setup->offset, text, sizeof(text))
                   : "-");
    text_table_right(table, vary_difference(setup->vary, before, level, text, sizeof(text)));
    text_table_right(table, vary_text(setup->vary, level, text, sizeof(text)));
    /* the findings of this period are the last */
    const struct finding *findings =
        &trial->findings[(date - purchases->first) * rule->target->len];
    for (size_t c = 0; c < rule->target->len; c++)
        text_table_right(table, trial->unstable
                                    ? "no long-run number"
                                    : plan_value_text(&rule->target->items[c], findings[c].mean,
                                                      text, sizeof(text)));
    add_met(trial, rule, table);
    add_met(less(purchases, date), rule, table);
}

static void print_head(const struct buying *buying, FILE *out)
{
    const struct planning *planning = buying->planning;
    const struct vary *vary = buying->purchases.setup->vary;
    const char *title = planning->program.epochs[0].scenario->title;
    char now[64], most[64];
    if (title)
        fprintf(out, "%s\n", title);
    plan_print_target(&buying->purchases.setup->sizing.rule, planning->options->target,
                      planning->growth_names ? "simulations" : "replications", out);
    fprintf(out, "Bought: %s, now %s, at most %s more\n", vary->path,
            vary_text(vary, 0, now, sizeof(now)),
            vary_difference(vary, 0, vary->len - 1, most, sizeof(most)) + 1);
    if (planning->options->lead.months > 0)
        fprintf(out, "Ordered %d months before it is there\n", planning->options->lead.months);
    else if (planning->options->lead.step > 0)
        fprintf(
            out, "Ordered %s before it is there\n",
            quantity_human_time(simtime_seconds(planning->options->lead.step), now, sizeof(now)));
    char *growth = planning_growth(planning);
    if (growth)
        fprintf(out, "Growth: %s\n", growth);
    free(growth);
    fputc('\n', out);
}

static void print_unmet(const struct buying *buying, FILE *out)
{
    const struct purchases *purchases = &buying->purchases;
    const struct rule *rule = &purchases->setup->sizing.rule;
    const size_t date = purchases->planned - 1;
    const struct trial *trial = chosen(purchases, date);
    char text[200];
    fprintf(out, "\nIn %s not even the most that can be bought meets the target:\n",
            purchases->setup->dates[date].period);
    if (trial->unstable)
        fprintf(
            out,
            "  unstable: in %zu of %zu simulations the queue grows, there is no long-run number\n",
            trial->grew, trial->replications - trial->lost);
    const size_t findings = trial->unstable ? 0 : (date - purchases->first + 1) * rule->target->len;
    for (size_t f = 0; f < findings; f++) {
        const struct comparison *comparison = &rule->target->items[f % rule->target->len];
        if (trial->findings[f].verdict == ANSWER_YES)
            continue;
        fprintf(out, "  %s in %s: %s", comparison->text,
                purchases->setup->dates[purchases->first + f / rule->target->len].period,
                plan_interval_text(comparison, &trial->findings[f], text, sizeof(text)));
        if (trial->findings[f].unfinished > rule->unfinished)
            fprintf(out, "; %s of the jobs were rejected or left pending and are no part of it",
                    plan_percent(trial->findings[f].unfinished, text, sizeof(text)));
        fputc('\n', out);
    }
    if (purchases->planned < purchases->setup->len)
        fputs("Later periods are not planned.\n", out);
}

static void print_text(const struct buying *buying, FILE *out)
{
    const struct purchases *purchases = &buying->purchases;
    const struct purchase_setup *setup = purchases->setup;
    const struct rule *rule = &setup->sizing.rule;
    struct text_table table = {0};
    print_head(buying, out);
    if (purchases->first == setup->len) {
        fputs("Nothing ordered from the start on is there before the end.\n", out);
        return;
    }
    if (purchases->first > 0)
        fprintf(out,
                "What is ordered at the start is there from %s on; the target is not asked of what "
                "is before.\n\n",
                setup->dates[purchases->first].period);
    static const char *const heads[] = {"period", "order", "there from"};
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        text_table_left(&table, heads[i]);
    text_table_right(&table, "bought");
    text_table_right(&table, "then");
    for (size_t c = 0; c < rule->target->len; c++)
        text_table_right(&table, rule->target->items[c].selector);
    text_table_right(&table, "meet it so far");
    text_table_right(&table, "with less");
    for (size_t date = purchases->first; date < purchases->planned; date++)
        add_date(buying, date, &table);
    text_table_write(&table, out);
    text_table_deinit(&table);
    if (!purchases->met)
        print_unmet(buying, out);
    const size_t last = purchases->planned - 1;
    char lo[64], hi[64], confidence[64];
    const struct trial *trial = chosen(purchases, last);
    if (purchases->met && rule->share > 0 && buying->planning->draws)
        fprintf(out,
                "\nMet in %zu of %zu simulations; the share itself is between %s and %s (%s).\n",
                trial->met, trial->of, plan_percent(trial->share_lo, lo, sizeof(lo)),
                plan_percent(trial->share_hi, hi, sizeof(hi)),
                plan_percent(rule->confidence, confidence, sizeof(confidence)));
    else if (purchases->met)
        fputs("\nMet in every period.\n", out);
    if (!buying->planning->draws)
        fputs("Note: the scenario draws nothing at random; one replication tells all.\n", out);
}

/* --- CSV and JSON --- */

static void csv_row(const struct purchases *purchases, size_t date, FILE *out)
{
    const struct purchase_setup *setup = purchases->setup;
    const struct trial *trial = chosen(purchases, date);
    char order[64], there[64], more[64], all[64];
    fprintf(out, "%s,%s,%s,%s,%s,%zu,%zu,%d\n", setup->dates[date].period,
            date_format(setup->dates[date].order, setup->offset, order, sizeof(order)),
            date_format(setup->dates[date].delivery, setup->offset, there, sizeof(there)),
            vary_difference(setup->vary, bought_before(purchases, date), purchases->levels[date],
                            more, sizeof(more)),
            vary_text(setup->vary, purchases->levels[date], all, sizeof(all)), trial->met,
            trial->of, trial->verdict == ANSWER_YES);
}

static json_t *json_date(const struct buying *buying, size_t date)
{
    const struct purchases *purchases = &buying->purchases;
    const struct purchase_setup *setup = purchases->setup;
    const struct rule *rule = &setup->sizing.rule;
    const struct trial *trial = chosen(purchases, date);
    const struct finding *findings =
        &trial->findings[(date - purchases->first) * rule->target->len];
    char order[64], there[64], more[64], all[64];
    json_t *means = json_object();
    for (size_t c = 0; c < rule->target->len; c++)
        json_object_set_new(means, rule->target->items[c].selector,
                            isfinite(findings[c].mean) ? json_real(findings[c].mean) : json_null());
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:o}", "period", setup->dates[date].period,
        "order", date_format(setup->dates[date].order, setup->offset, order, sizeof(order)),
        "there_from", date_format(setup->dates[date].delivery, setup->offset, there, sizeof(there)),
        "bought",
        vary_difference(setup->vary, bought_before(purchases, date), purchases->levels[date], more,
                        sizeof(more)),
        "then", vary_text(setup->vary, purchases->levels[date], all, sizeof(all)), "met",
        (json_int_t)trial->met, "of", (json_int_t)trial->of, "meets", trial->verdict == ANSWER_YES,
        "means", means);
}

static void print_json(const struct buying *buying, FILE *out)
{
    const struct purchases *purchases = &buying->purchases;
    json_t *dates = json_array();
    for (size_t date = purchases->first; date < purchases->planned; date++)
        json_array_append_new(dates, json_date(buying, date));
    char *target = text_as_utf8(buying->planning->options->target);
    char *path = text_as_utf8(purchases->setup->vary->path);
    json_t *root =
        json_pack("{s:s, s:s, s:b, s:o}", "target", target, "bought", path, "met",
                  purchases->met && purchases->first < purchases->setup->len, "purchases", dates);
    free(target);
    free(path);
    json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    fputc('\n', out);
    json_decref(root);
}

static void print(const struct buying *buying, enum result_format format, FILE *out)
{
    const struct purchases *purchases = &buying->purchases;
    switch (format) {
    case RESULT_TEXT:
        print_text(buying, out);
        break;
    case RESULT_CSV:
        fputs("period,order,there_from,bought,then,met,of,meets\n", out);
        for (size_t date = purchases->first; date < purchases->planned; date++)
            csv_row(purchases, date, out);
        break;
    case RESULT_JSON:
        print_json(buying, out);
        break;
    }
}

int plan_purchases(const struct planning *planning, const char *path)
{
    struct buying buying = {.planning = planning};
    struct sizing_runner runner = planning_runner(planning, path);
    struct purchase_date *dates = make_dates(planning);
    struct purchase_setup setup = {.vary = &planning->varies[0],
                                   .dates = dates,
                                   .len = planning->n_periods,
                                   .offset = planning->offset,
                                   .sizing = planning_setup(planning)};
    struct error err = {0};
    runner.set = set_changes;
    runner.describe = describe_trial;
    runner.ctx = &buying;
    setup.sizing.ctx = &runner;
    const int rc = purchases_make(&buying.purchases, &setup, &err);
    planning_wipe(planning);
    if (rc == 0)
        print(&buying, planning->options->format, stdout);
    const bool met = buying.purchases.met && buying.purchases.first < setup.len;
    purchases_deinit(&buying.purchases);
    free(dates);
    const int status = planning_status(&runner, met);
    return rc == 0 ? status : planning_failed(planning, &err);
}
