/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/slurm_conf.h"

#include "scenario/slurm_lines.h"
#include "scenario/slurm_names.h"
#include "util/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- values --- */

enum form {
    FORM_SECONDS,   /* -1: never */
    FORM_MINUTES,   /* whole */
    FORM_COUNT,     /* 0: no limit */
    FORM_WEIGHT,    /* not negative */
    FORM_TIME,      /* minutes, minutes:seconds, days-hours ... */
    FORM_HALF_LIFE, /* the same, 0: never */
    FORM_YES_NO
};

/* A setting of ours. Several of Slurm's for one of ours: the least counts. */
struct setting {
    const char *name, *key;
    enum form form;
};

static const struct setting plan_settings[] = {
    {"bf_interval", "interval", FORM_SECONDS},
    {"bf_window", "window", FORM_MINUTES},
    {"bf_resolution", "resolution", FORM_SECONDS},
    {"bf_max_job_test", "depth", FORM_COUNT},
    {"bf_max_job_part", "depth", FORM_COUNT},
    {"bf_max_job_user", "per_tenant", FORM_COUNT},
    {"bf_max_job_user_part", "per_tenant", FORM_COUNT},
    {"bf_max_job_assoc", "per_tenant", FORM_COUNT},
    {"bf_max_job_start", "starts", FORM_COUNT},
    {"bf_job_part_count_reserve", "reservations", FORM_COUNT},
    {"bf_min_age_reserve", "reserve_after", FORM_SECONDS},
    {"default_queue_depth", "queue_depth", FORM_COUNT},
    {"sched_interval", "full_interval", FORM_SECONDS},
    {NULL, NULL, 0},
};

static const struct setting order_settings[] = {
    {"PriorityWeightAge", "age", FORM_WEIGHT},
    {"PriorityWeightFairshare", "fair_share", FORM_WEIGHT},
    {"PriorityWeightJobSize", "size", FORM_WEIGHT},
    {"PriorityWeightQOS", "class", FORM_WEIGHT},
    {"PriorityWeightPartition", "partition", FORM_WEIGHT},
    {"PriorityMaxAge", "max_age", FORM_TIME},
    {"PriorityDecayHalfLife", "half_life", FORM_HALF_LIFE},
    {"PriorityCalcPeriod", "period", FORM_TIME},
    {"PriorityFavorSmall", "favour_small", FORM_YES_NO},
    {NULL, NULL, 0},
};

static const struct setting *find_setting(const struct setting *settings, const char *name)
{
    for (; settings->name; settings++)
        if (strcasecmp(settings->name, name) == 0)
            return settings;
    return NULL;
}

/* Digits only, with a sign where `negative` allows it. */
static bool parse_count(const char *text, bool negative, int64_t *ret)
{
    const bool minus = negative && *text == '-';
    int64_t value = 0;
    text += minus;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (!isdigit((unsigned char)*text) || value > INT64_MAX / 100)
            return false;
        value = 10 * value + (*text - '0');
    }
    *ret = minus ? -value : value;
    return true;
}

/* The forms of time of Slurm, in seconds: [days-]hours[:minutes[:seconds]], minutes[:seconds],
 * hours:minutes:seconds. */
static bool parse_time(const char *text, int64_t *ret)
{
    int64_t parts[4] = {0}, days = 0;
    size_t n = 0;
    bool dash = false;
    for (const char *at = text;; at++) {
        if (isdigit((unsigned char)*at)) {
            parts[n] = 10 * parts[n] + (*at - '0');
            if (parts[n] > 10000000)
                return false;
            continue;
        }
        if (at == text || !isdigit((unsigned char)at[-1]))
            return false;
        if (*at == '-' && !dash && n == 0) {
            dash = true;
            days = parts[0];
            parts[0] = 0;
        } else if (*at == ':' && n < 2) {
            n++;
        } else if (*at == '\0') {
            break;
        } else {
            return false;
        }
    }
    if (dash || n == 2)
        *ret = days * 86400 + parts[0] * 3600 + parts[1] * 60 + parts[2];
    else
        *ret = parts[0] * 60 + parts[1];
    return true;
}

/* What the value is in our language, to be freed; NULL: it is none. */
static char *translate(enum form form, const char *text)
{
    int64_t n;
    switch (form) {
    case FORM_SECONDS:
        if (!parse_count(text, true, &n) || n < -1)
            return NULL;
        return n < 0 ? mem_text("unlimited") : mem_format("%llds", (long long)n);
    case FORM_MINUTES:
        return parse_count(text, false, &n) ? mem_format("%lldmin", (long long)n) : NULL;
    case FORM_COUNT:
        if (!parse_count(text, false, &n))
            return NULL;
        return n == 0 ? mem_text("unlimited") : mem_format("%lld", (long long)n);
    case FORM_WEIGHT:
        return parse_count(text, false, &n) ? mem_format("%lld", (long long)n) : NULL;
    case FORM_TIME:
    case FORM_HALF_LIFE:
        if (strcasecmp(text, "INFINITE") == 0 || strcasecmp(text, "UNLIMITED") == 0)
            return mem_text("unlimited");
        if (!parse_time(text, &n))
            return NULL;
        return n == 0 && form == FORM_HALF_LIFE ? mem_text("unlimited")
                                                : mem_format("%llds", (long long)n);
    case FORM_YES_NO:
        if (strcasecmp(text, "yes") != 0 && strcasecmp(text, "no") != 0)
            return NULL;
        return mem_text(strcasecmp(text, "yes") == 0 ? "true" : "false");
    }
    return NULL;
}

static const char *form_text(enum form form)
{
    switch (form) {
    case FORM_SECONDS:
        return "a whole number of seconds, or -1";
    case FORM_MINUTES:
        return "a whole number of minutes";
    case FORM_COUNT:
    case FORM_WEIGHT:
        return "a whole number";
    case FORM_TIME:
    case FORM_HALF_LIFE:
        return "a time such as 30 (minutes), 1:30:00 or 7-0 (days-hours)";
    case FORM_YES_NO:
        return "YES or NO";
    }
    return "";
}

/* --- what was read --- */

enum note {
    NOTE_TAKEN,
    NOTE_MACHINES,
    NOTE_REPLACED,
    NOTE_MATTERS,
    NOTE_NO_EFFECT,
    NOTE_UNKNOWN,
    NOTE_KINDS
};

static const char *const note_texts[NOTE_KINDS] = {
    [NOTE_TAKEN] = "taken over",
    [NOTE_MACHINES] = "not read, since machines are those of the scenario",
    [NOTE_REPLACED] = "replaced by a later line",
    [NOTE_MATTERS] = "not modelled, though it may matter",
    [NOTE_NO_EFFECT] = "of no effect here",
    [NOTE_UNKNOWN] = "unknown",
};

/* Names, each told once. */
struct list {
    char **items;
    size_t len, cap;
};

enum { WHOLES = 4 };

struct reader {
    const struct slurm_pair *last[WHOLES]; /* by row of wholes: the one that counts; borrowed */
    struct list notes[NOTE_KINDS];
    struct node *order, *plan; /* maps of parameters */
    struct mark order_at, plan_at;
    bool multifactor, builtin;
    const char *placement, *overrun; /* NULL: not said */
    struct mark placement_at, overrun_at;
    struct error_list *errors;
};

static void note(struct reader *r, enum note kind, const char *name, const char *value)
{
    struct list *list = &r->notes[kind];
    char *text = value ? mem_format("%.80s=%.80s", name, value) : mem_format("%.80s", name);
    for (size_t i = 0; i < list->len; i++)
        if (strcmp(list->items[i], text) == 0) {
            free(text);
            return;
        }
    MEM_GROW(list);
    list->items[list->len++] = text;
}

static void wrong_value(struct reader *r, struct mark at, const char *name, const char *value,
                        const char *expected)
{
    error_list_addf(r->errors, at, "%s: \"%.60s\" is not %s", name, value, expected);
}

/* Does the text stand for less? "unlimited" is most. */
static bool is_less(const char *text, const char *than)
{
    int64_t a = INT64_MAX, b = INT64_MAX;
    parse_count(text, false, &a);
    parse_count(than, false, &b);
    return a < b;
}

static void take(struct reader *r, struct node *map, const struct setting *setting,
                 const char *value, struct mark at)
{
    char *text = translate(setting->form, value);
    const struct node *old = node_get(map, setting->key);
    if (!text)
        wrong_value(r, at, setting->name, value, form_text(setting->form));
    else if (!old || setting->form != FORM_COUNT || is_less(text, old->text))
        node_put(map, setting->key, at, node_new_scalar(text, at));
    note(r, NOTE_TAKEN, setting->name, NULL);
    free(text);
}

/* One item of a list with commas, cut at its =. */
typedef void item_fn(struct reader *r, const char *name, const char *value, struct mark at);

static void each_item(struct reader *r, const struct slurm_pair *pair, item_fn *fn)
{
    char *copy = mem_text(pair->value), *rest = copy;
    struct mark at = pair->at;
    for (char *item; (item = strsep(&rest, ",")) != NULL;) {
        struct mark value_at = at;
        at.column += (unsigned)strlen(item) + 1;
        char *value = strchr(item, '=');
        if (value) {
            value_at.column += (unsigned)(value - item) + 1;
            *value++ = '\0';
        }
        if (*item)
            fn(r, item, value, value_at);
    }
    free(copy);
}

static void take_parameter(struct reader *r, const char *name, const char *value, struct mark at)
{
    const struct setting *setting = find_setting(plan_settings, name);
    if (setting)
        take(r, r->plan, setting, value ? value : "", at);
    else if (slurm_is_one_of(name, slurm_parameters_that_matter))
        note(r, NOTE_MATTERS, name, value);
    else if (slurm_is_one_of(name, slurm_parameters_without_effect))
        note(r, NOTE_NO_EFFECT, name, value);
    else
        note(r, NOTE_UNKNOWN, name, value);
}

static void take_flag(struct reader *r, const char *name, const char *value, struct mark at)
{
    (void)value;
    (void)at;
    if (slurm_is_one_of(name, " ACCRUE_ALWAYS CALCULATE_RUNNING FAIR_TREE "))
        note(r, NOTE_NO_EFFECT, "PriorityFlags", name);
    else if (slurm_is_one_of(name, " DEPTH_OBLIVIOUS INCR_ONLY MAX_TRES NO_FAIR_TREE NO_NORMAL_ALL "
                                   "NO_NORMAL_ASSOC NO_NORMAL_PART NO_NORMAL_QOS NO_NORMAL_TRES "
                                   "SMALL_RELATIVE_TO_TIME "))
        note(r, NOTE_MATTERS, "PriorityFlags", name);
    else
        note(r, NOTE_UNKNOWN, "PriorityFlags", name);
}

static void take_select(struct reader *r, const char *name, const char *value, struct mark at)
{
    (void)value;
    const char *placement = strcasecmp(name, "CR_LLN") == 0          ? "spread"
                            : strcasecmp(name, "CR_Pack_Nodes") == 0 ? "pack"
                                                                     : NULL;
    if (placement) {
        r->placement = placement;
        r->placement_at = at;
        note(r, NOTE_TAKEN, name, NULL);
    } else if (slurm_is_one_of(name, " CR_CPU CR_Core CR_Socket CR_CORE_DEFAULT_DIST_BLOCK "
                                     "CR_ONE_TASK_PER_CORE ")) {
        note(r, NOTE_NO_EFFECT, "SelectTypeParameters", name);
    } else if (slurm_is_one_of(name, " CR_CPU_Memory CR_Core_Memory CR_Memory CR_Socket_Memory "
                                     "OTHER_CONS_RES OTHER_CONS_TRES ")) {
        note(r, NOTE_MATTERS, "SelectTypeParameters", name);
    } else {
        note(r, NOTE_UNKNOWN, "SelectTypeParameters", name);
    }
}

/* One of two words, with or without what stands before the slash. */
static bool choose(struct reader *r, const struct slurm_pair *pair, const char *yes, const char *no,
                   bool *ret)
{
    const char *slash = strchr(yes, '/') + 1, *other = strchr(no, '/') + 1;
    const char *value = pair->value;
    note(r, NOTE_TAKEN, pair->key, NULL);
    *ret = strcasecmp(value, yes) == 0 || strcasecmp(value, slash) == 0;
    if (*ret || strcasecmp(value, no) == 0 || strcasecmp(value, other) == 0)
        return true;
    error_list_addf(r->errors, pair->at, "%s: \"%.60s\" is neither %s nor %s", pair->key, value,
                    yes, no);
    return false;
}

static void take_overtime(struct reader *r, const struct slurm_pair *pair)
{
    int64_t minutes;
    r->overrun_at = pair->at;
    if (strcasecmp(pair->value, "UNLIMITED") == 0)
        r->overrun = "extend";
    else if (!parse_count(pair->value, false, &minutes))
        wrong_value(r, pair->at, "OverTimeLimit", pair->value,
                    "a whole number of minutes, or UNLIMITED");
    else if (minutes == 0)
        r->overrun = "kill";
    else
        note(r, NOTE_MATTERS, "OverTimeLimit", pair->value);
    if (r->overrun)
        note(r, NOTE_TAKEN, "OverTimeLimit", NULL);
}

/* Settings of which the one said last counts, as a whole, as in Slurm. */
static const struct {
    const char *key;
    item_fn *take; /* of each between commas; NULL: it is OverTimeLimit */
} wholes[WHOLES] = {
    {"SchedulerParameters", take_parameter},
    {"PriorityFlags", take_flag},
    {"SelectTypeParameters", take_select},
    {"OverTimeLimit", NULL},
};

/* Its row; WHOLES: it is none. */
static size_t find_whole(const char *key)
{
    size_t i = 0;
    while (i < WHOLES && strcasecmp(key, wholes[i].key) != 0)
        i++;
    return i;
}

static void take_whole(struct reader *r, const struct slurm_pair *pair, size_t whole)
{
    if (pair != r->last[whole])
        note(r, NOTE_REPLACED, pair->key, pair->value);
    else if (wholes[whole].take)
        each_item(r, pair, wholes[whole].take);
    else
        take_overtime(r, pair);
}

/* A value that says that there is none of it. */
static bool says_nothing(const char *value)
{
    const char *slash = strrchr(value, '/');
    return slurm_is_one_of(slash ? slash + 1 : value, " 0 none no off ");
}

static void take_pair(struct reader *r, const struct slurm_pair *pair)
{
    const char *key = pair->key;
    const struct setting *setting = find_setting(order_settings, key);
    const size_t whole = find_whole(key);
    if (setting) {
        take(r, r->order, setting, pair->value, pair->at);
    } else if (strcasecmp(key, "SchedulerType") == 0) {
        r->plan_at = pair->at;
        choose(r, pair, "sched/builtin", "sched/backfill", &r->builtin);
    } else if (strcasecmp(key, "PriorityType") == 0) {
        r->order_at = pair->at;
        choose(r, pair, "priority/multifactor", "priority/basic", &r->multifactor);
    } else if (whole < WHOLES) {
        take_whole(r, pair, whole);
    } else if (strcasecmp(key, "SelectType") == 0) {
        const bool shared =
            slurm_is_one_of(pair->value, " select/cons_tres select/cons_res cons_tres ");
        note(r, shared ? NOTE_NO_EFFECT : NOTE_MATTERS, "SelectType", pair->value);
    } else if (slurm_is_one_of(key, slurm_keys_that_matter)) {
        note(r, says_nothing(pair->value) ? NOTE_NO_EFFECT : NOTE_MATTERS, key, pair->value);
    } else if (slurm_is_one_of(key, slurm_keys_without_effect)) {
        note(r, NOTE_NO_EFFECT, key, NULL);
    } else {
        note(r, NOTE_UNKNOWN, key, pair->value);
    }
}

/* --- the whole --- */

/* Without any all jobs have one priority, and go by submission. */
static bool has_weight(const struct node *order)
{
    static const char weights[] = " age fair_share size class partition ";
    for (size_t i = 0; i < order->len; i++)
        if (slurm_is_one_of(order->items[i].key, weights) &&
            strtod(order->items[i].value->text, NULL) > 0)
            return true;
    return false;
}

static struct node *one_pair(const char *key, struct node *value, struct mark at)
{
    struct node *map = node_new(NODE_MAP, at);
    node_add(map, key, at, value);
    return map;
}

static struct node *assemble(struct reader *r, struct mark top)
{
    const struct mark order_at = r->order_at.file ? r->order_at : top;
    const struct mark plan_at = r->plan_at.file ? r->plan_at : top;
    struct node *map = node_new(NODE_MAP, top);
    if (r->multifactor && has_weight(r->order))
        node_add(map, "order", order_at, one_pair("multifactor", node_copy(r->order), order_at));
    else
        node_add(map, "order", order_at, node_new_scalar("fcfs", order_at));
    if (r->builtin)
        node_add(map, "backfill", plan_at, node_new_scalar("none", plan_at));
    else
        node_add(map, "backfill", plan_at, one_pair("slurm", node_copy(r->plan), plan_at));
    if (r->placement)
        node_add(map, "placement", r->placement_at, node_new_scalar(r->placement, r->placement_at));
    if (r->overrun)
        node_add(map, "overrun", r->overrun_at, node_new_scalar(r->overrun, r->overrun_at));
    return map;
}

/* What has a value of ours comes to nothing where its order or its plans are not used. */
static enum note note_of(const struct reader *r, const char *name)
{
    const struct setting *order = find_setting(order_settings, name);
    const bool weight = order && order->form == FORM_WEIGHT;
    if (order && (!r->multifactor || (!weight && !has_weight(r->order))))
        return NOTE_NO_EFFECT;
    if (r->builtin && find_setting(plan_settings, name))
        return strncasecmp(name, "bf_", 3) == 0 ? NOTE_NO_EFFECT : NOTE_MATTERS;
    return NOTE_TAKEN;
}

static void settle_notes(struct reader *r)
{
    struct list taken = r->notes[NOTE_TAKEN];
    r->notes[NOTE_TAKEN] = (struct list){0};
    for (size_t i = 0; i < taken.len; i++) {
        note(r, note_of(r, taken.items[i]), taken.items[i], NULL);
        free(taken.items[i]);
    }
    free(taken.items);
}

static char *note_line(enum note kind, const struct list *list)
{
    char *line = mem_format("%s: ", note_texts[kind]);
    for (size_t i = 0; i < list->len; i++) {
        char *longer = mem_format("%s%s%s", line, i ? ", " : "", list->items[i]);
        free(line);
        line = longer;
    }
    return line;
}

static void gather_notes(struct reader *r, struct texts *notes)
{
    notes->items = mem_new(NOTE_KINDS, sizeof(*notes->items));
    for (int kind = 0; kind < NOTE_KINDS; kind++) {
        struct list *list = &r->notes[kind];
        if (list->len > 0)
            notes->items[notes->len++] = note_line((enum note)kind, list);
        for (size_t i = 0; i < list->len; i++)
            free(list->items[i]);
        free(list->items);
    }
}

/* Does it stand on a line of machines, as the pair before it does or not? */
static bool is_of_machine(const struct slurm_pair *pair, bool before)
{
    return pair->first ? slurm_is_one_of(pair->key, slurm_machine_keys) : before;
}

static void find_last(struct reader *r, const struct slurm_pairs *pairs)
{
    bool machine = false;
    for (size_t i = 0; i < pairs->len; i++) {
        const size_t whole = find_whole(pairs->items[i].key);
        machine = is_of_machine(&pairs->items[i], machine);
        if (!machine && whole < WHOLES)
            r->last[whole] = &pairs->items[i];
    }
}

static void interpret(struct slurm_conf *conf, const char *file, struct error_list *errors)
{
    const struct slurm_pairs *pairs = &conf->pairs;
    const struct mark top = {file, 1, 1};
    struct reader r = {
        .order = node_new(NODE_MAP, top), .plan = node_new(NODE_MAP, top), .errors = errors};
    find_last(&r, pairs);
    bool machine = false;
    for (size_t i = 0; i < pairs->len; i++) {
        const struct slurm_pair *pair = &pairs->items[i];
        machine = is_of_machine(pair, machine);
        if (machine && pair->first)
            note(&r, NOTE_MACHINES, pair->key, NULL);
        if (!machine)
            take_pair(&r, pair);
    }
    conf->scheduler = assemble(&r, top);
    settle_notes(&r);
    gather_notes(&r, &conf->notes);
    node_free(r.order);
    node_free(r.plan);
}

int slurm_conf_read(struct slurm_conf *conf, const char *path, const char *place, struct mark at,
                    struct error_list *errors)
{
    const size_t before = errors->len;
    *conf = (struct slurm_conf){0};
    slurm_lines_read(path, place, at, &conf->pairs, errors);
    if (conf->pairs.len > 0 || errors->len == before)
        interpret(conf, error_list_file(errors, path), errors);
    for (size_t i = before; i < errors->len; i++)
        errors->items[i].named = at;
    return errors->len > before ? -1 : 0;
}

int slurm_conf_parse(struct slurm_conf *conf, const char *text, size_t len, const char *file,
                     struct error_list *errors)
{
    const size_t before = errors->len;
    *conf = (struct slurm_conf){0};
    slurm_lines_parse(text, len, file, &conf->pairs, errors);
    interpret(conf, file, errors);
    return errors->len > before ? -1 : 0;
}

void slurm_conf_deinit(struct slurm_conf *conf)
{
    for (size_t i = 0; i < conf->notes.len; i++)
        free(conf->notes.items[i]);
    free(conf->notes.items);
    slurm_pairs_deinit(&conf->pairs);
    node_free(conf->scheduler);
    *conf = (struct slurm_conf){0};
}
