/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/selector.h"

#include "util/mem.h"
#include "util/schema.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum value_kind {
    VALUE_NAME,
    VALUE_PERIOD,
    VALUE_LOCATION,
    VALUE_PRIORITY,
    VALUE_COUNT,
    VALUE_TIME
};

static const struct {
    const char *name;
    enum value_kind kind;
} keys[CONDITION_KEYS] = {
    [CONDITION_TENANT] = {"tenant", VALUE_NAME},
    [CONDITION_CENTRE] = {"centre", VALUE_NAME},
    [CONDITION_PARTITION] = {"partition", VALUE_NAME},
    [CONDITION_PROCESSOR] = {"processor", VALUE_NAME},
    [CONDITION_PERIOD] = {"period", VALUE_PERIOD},
    [CONDITION_LOCATION] = {"location", VALUE_LOCATION},
    [CONDITION_SECTOR] = {"sector", VALUE_NAME},
    [CONDITION_WORKLOAD] = {"workload", VALUE_NAME},
    [CONDITION_PRIORITY] = {"priority", VALUE_PRIORITY},
    [CONDITION_QOS] = {"qos", VALUE_NAME},
    [CONDITION_PROCESSORS] = {"processors", VALUE_COUNT},
    [CONDITION_RUNTIME] = {"runtime", VALUE_TIME},
    [CONDITION_REQUEST] = {"request", VALUE_TIME},
};

static const char *const key_list = "tenant, centre, partition, processor, period, location, "
                                    "sector, workload, priority, qos, processors, runtime, "
                                    "request";

static const struct {
    const char *sign;
    enum condition_op op;
} ops[] = {
    {"=", OP_EQUAL},    {"!=", OP_NOT}, {">=", OP_AT_LEAST},
    {"<=", OP_AT_MOST}, {">", OP_MORE}, {"<", OP_LESS},
};

#define OPS_TEXT "= != >= <= > <"

static void skip_space(const char **at)
{
    while (**at == ' ' || **at == '\t' || **at == '\n')
        ++*at;
}

/* Letters, digits and what names are made of; bytes of UTF-8 too. */
static bool plain(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || (c && strchr("_-./:+@", c));
}

static char *take_word(const char **at)
{
    const char *from = *at;
    while (plain(**at))
        ++*at;
    return mem_text_n(from, (size_t)(*at - from));
}

/* Up to the next comma or bracket: a quantity may hold blanks, "1.5 h". NULL: a quote is open. */
static char *take_value(const char **at)
{
    if (**at != '"') {
        const char *from = *at;
        while (**at && !strchr(",]", **at))
            ++*at;
        const char *to = *at;
        while (to > from && isspace((unsigned char)to[-1]))
            to--;
        return mem_text_n(from, (size_t)(to - from));
    }
    char *text = mem_new(strlen(*at) + 1, 1);
    size_t len = 0;
    for (++*at; **at && **at != '"'; ++*at) {
        if (**at == '\\' && (*at)[1])
            ++*at;
        text[len++] = **at;
    }
    if (**at == '"') {
        ++*at;
        return text;
    }
    free(text);
    return NULL;
}

static int set_period(struct condition *condition, struct error *err)
{
    const char *s = condition->text;
    const size_t len = strlen(s);
    bool good = len == 4 || (len == 7 && s[4] == '-');
    for (size_t i = 0; good && i < len; i++)
        good = i == 4 || isdigit((unsigned char)s[i]);
    const int month = good && len == 7 ? (s[5] - '0') * 10 + s[6] - '0' : 0;
    if (!good || month > 12 || (len == 7 && month == 0))
        return error_set(err, "period: \"%.40s\" is neither a year (2025) nor a month (2025-06)",
                         s);
    condition->number = strtol(s, NULL, 10) * 100 + month;
    return 0;
}

static const char *const locations[] = {"local", "remote", NULL};
static const char *const priorities[] = {
    [PRIORITY_HIGH] = "high", [PRIORITY_MEDIUM] = "medium", [PRIORITY_LOW] = "low", NULL};

/* `all`: the names, for people. */
static int set_choice(struct condition *condition, const char *const *names, const char *all,
                      struct error *err)
{
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(condition->text, names[i]) == 0) {
            condition->number = (int64_t)i;
            return 0;
        }
    }
    return error_set(err, "%s: \"%.40s\" is none of %s", keys[condition->key].name, condition->text,
                     all);
}

static int set_number(struct condition *condition, enum value_kind kind, struct error *err)
{
    double value;
    if (quantity_parse(condition->text, kind == VALUE_TIME ? UNIT_TIME : UNIT_NONE, &value, err))
        return error_prefix(err, "%s: ", keys[condition->key].name);
    if (kind == VALUE_TIME) {
        condition->number = simtime_from_seconds(value);
        return 0;
    }
    if (!(value >= 0 && value <= 1e15) || value != (double)(int64_t)value)
        return error_set(err, "%s: \"%.40s\" is not a whole number", keys[condition->key].name,
                         condition->text);
    condition->number = (int64_t)value;
    return 0;
}

static int set_value(struct condition *condition, struct error *err)
{
    const enum value_kind kind = keys[condition->key].kind;
    const char *name = keys[condition->key].name;
    if (!*condition->text)
        return error_set(err, "%s: a value is missing", name);
    if ((kind == VALUE_COUNT || kind == VALUE_TIME))
        return set_number(condition, kind, err);
    if (condition->op != OP_EQUAL && kind == VALUE_PERIOD)
        return error_set(err, "%s is compared with = only", name);
    if (condition->op != OP_EQUAL && condition->op != OP_NOT)
        return error_set(err, "%s is compared with = and != only", name);
    if (kind == VALUE_PERIOD)
        return set_period(condition, err);
    if (kind == VALUE_LOCATION)
        return set_choice(condition, locations, "local, remote", err);
    return kind == VALUE_PRIORITY ? set_choice(condition, priorities, "high, medium, low", err) : 0;
}

static int find_key(const char *name, enum condition_key *ret_key, struct error *err)
{
    const char *names[CONDITION_KEYS];
    for (int k = 0; k < CONDITION_KEYS; k++) {
        names[k] = keys[k].name;
        if (strcmp(name, keys[k].name) == 0) {
            *ret_key = (enum condition_key)k;
            return 0;
        }
    }
    const char *near = nearest_name(name, names, CONDITION_KEYS);
    return near
               ? error_set(err, "there is no condition \"%.40s\"; did you mean \"%s\"?", name, near)
               : error_set(err, "there is no condition \"%.40s\"; there are: %s", name, key_list);
}

static int find_metric(const char *name, const struct metric **ret_metric, struct error *err)
{
    *ret_metric = metric_find(name);
    if (*ret_metric)
        return 0;
    const char **names = mem_new(metrics_table_len, sizeof(*names));
    for (size_t i = 0; i < metrics_table_len; i++)
        names[i] = metrics_table[i].name;
    const char *near = nearest_name(name, names, metrics_table_len);
    free(names);
    return near ? error_set(err, "there is no metric \"%.40s\"; did you mean \"%s\"?", name, near)
                : error_set(err, "there is no metric \"%.40s\"; `jishi list metrics` shows them",
                            name);
}

static int take_op(const char **at, struct condition *condition, struct error *err)
{
    const size_t len = strspn(*at, "=!<>~");
    const char *name = keys[condition->key].name;
    for (size_t o = 0; o < ARRAY_LEN(ops); o++) {
        if (strlen(ops[o].sign) != len || strncmp(*at, ops[o].sign, len) != 0)
            continue;
        *at += len;
        condition->op = ops[o].op;
        return 0;
    }
    return len > 0 ? error_set(err, "%s: \"%.*s\" is none of " OPS_TEXT, name, (int)len, *at)
                   : error_set(err, "%s: one of " OPS_TEXT " is missing", name);
}

static int parse_condition(const char **at, struct condition *ret_condition, struct error *err)
{
    skip_space(at);
    char *name = take_word(at);
    const int found = find_key(name, &ret_condition->key, err);
    free(name);
    if (found)
        return -1;
    skip_space(at);
    if (take_op(at, ret_condition, err) < 0)
        return -1;
    skip_space(at);
    ret_condition->text = take_value(at);
    if (!ret_condition->text)
        return error_set(err, "%s: a closing \" is missing", keys[ret_condition->key].name);
    return set_value(ret_condition, err);
}

/* A second condition of what a name is could only contradict the first; numbers may have two
 * bounds, and a name may be none of several. */
static int check_new(const struct selector *selector, const struct condition *condition,
                     struct error *err)
{
    const enum value_kind kind = keys[condition->key].kind;
    const char *name = keys[condition->key].name;
    if (kind != VALUE_COUNT && kind != VALUE_TIME && condition->op == OP_EQUAL &&
        selector_condition(selector, condition->key))
        return error_set(err, "%s is given twice", name);
    const bool place = condition->key == CONDITION_CENTRE ||
                       condition->key == CONDITION_PARTITION ||
                       condition->key == CONDITION_PROCESSOR || condition->key == CONDITION_PERIOD;
    if (place || selector->metric->about == METRIC_JOBS)
        return 0;
    return error_set(err,
                     "%s is %s: %s cannot pick out a part of it (centre, partition, processor and "
                     "period can)",
                     selector->metric->name,
                     selector->metric->about == METRIC_TIME ? "of partitions" : "over all tenants",
                     name);
}

static int parse_conditions(const char **at, struct selector *draft, struct error *err)
{
    do {
        ++*at; /* the bracket or the comma */
        struct condition condition = {0};
        if (parse_condition(at, &condition, err) || check_new(draft, &condition, err)) {
            free(condition.text);
            return -1;
        }
        draft->conditions =
            mem_resize(draft->conditions, draft->len + 1, sizeof(*draft->conditions));
        draft->conditions[draft->len++] = condition;
        skip_space(at);
    } while (**at == ',');
    if (**at != ']')
        return **at ? error_set(err, "a , or ] is missing before \"%.20s\"", *at)
                    : error_set(err, "a ] is missing at the end");
    ++*at;
    return 0;
}

int selector_parse(const char *text, struct selector *ret_selector, struct error *err)
{
    const char *at = text;
    skip_space(&at);
    char *name = take_word(&at);
    struct selector draft = {0};
    int status = find_metric(name, &draft.metric, err);
    free(name);
    skip_space(&at);
    if (status == 0 && *at == '[')
        status = parse_conditions(&at, &draft, err);
    skip_space(&at);
    if (status == 0 && *at)
        status = error_set(err, "nothing may follow: \"%.20s\"", at);
    if (status) {
        selector_deinit(&draft);
        return error_prefix(err, "\"%.100s\": ", text);
    }
    draft.text = mem_text(text);
    *ret_selector = draft;
    return 0;
}

void selector_deinit(struct selector *selector)
{
    for (size_t i = 0; i < selector->len; i++)
        free(selector->conditions[i].text);
    free(selector->conditions);
    free(selector->text);
    *selector = (struct selector){0};
}

const struct condition *selector_condition(const struct selector *selector, enum condition_key key)
{
    for (size_t i = 0; i < selector->len; i++)
        if (selector->conditions[i].key == key && selector->conditions[i].op != OP_NOT)
            return &selector->conditions[i];
    return NULL;
}

bool selector_needs_jobs(const struct selector *selector)
{
    for (size_t i = 0; i < selector->len; i++)
        if (selector->conditions[i].key >= CONDITION_SCOPES)
            return true;
    return false;
}

/* Of a condition of = or !=: does it hold where the value is (`same`) the one it names? */
static bool is(bool same, const struct condition *condition)
{
    return same == (condition->op == OP_EQUAL);
}

static bool is_name(const char *name, const struct condition *condition)
{
    return is(name && strcmp(name, condition->text) == 0, condition);
}

static bool compare(int64_t value, const struct condition *condition)
{
    switch (condition->op) {
    case OP_AT_LEAST:
        return value >= condition->number;
    case OP_AT_MOST:
        return value <= condition->number;
    case OP_MORE:
        return value > condition->number;
    case OP_LESS:
        return value < condition->number;
    default:
        return is(value == condition->number, condition);
    }
}

bool selector_wants_job(const struct selector *selector, const struct world *world,
                        const struct job *job, int32_t procs)
{
    for (size_t i = 0; i < selector->len; i++) {
        const struct condition *condition = &selector->conditions[i];
        bool holds = true;
        if (condition->key == CONDITION_PROCESSORS)
            holds = compare(procs, condition);
        else if (condition->key == CONDITION_RUNTIME)
            holds = compare(job->spec.runtime, condition);
        else if (condition->key == CONDITION_REQUEST)
            holds = compare(job->spec.request, condition);
        else if (condition->key == CONDITION_PRIORITY)
            holds = compare(job->spec.priority, condition);
        else if (condition->key == CONDITION_WORKLOAD)
            holds = is_name(world->workloads[job->spec.workload].path, condition);
        else if (condition->key == CONDITION_QOS)
            holds = is_name(world->qos[job->spec.qos].name, condition);
        if (!holds)
            return false;
    }
    return true;
}

/* Is it the tenant that the condition names, or below it? */
static bool names_tenant(const struct condition *condition, const struct world *world,
                         int32_t tenant)
{
    while (tenant >= 0 && strcmp(world->tenants.items[tenant].path, condition->text) != 0)
        tenant = world->tenants.items[tenant].parent;
    return tenant >= 0;
}

bool selector_wants_tenant(const struct selector *selector, const struct world *world,
                           int32_t tenant)
{
    const struct tenant_info *info = &world->tenants.items[tenant];
    for (size_t i = 0; i < selector->len; i++) {
        const struct condition *condition = &selector->conditions[i];
        bool holds = true;
        if (condition->key == CONDITION_LOCATION)
            holds = compare(info->remote, condition);
        else if (condition->key == CONDITION_SECTOR)
            holds = is_name(info->sector, condition);
        else if (condition->key == CONDITION_TENANT && condition->op == OP_NOT)
            holds = !names_tenant(condition, world, tenant);
        if (!holds)
            return false;
    }
    return true;
}

bool selector_wants_partition(const struct selector *selector, const struct world *world,
                              size_t partition)
{
    const struct partition_info *info = &world->partitions[partition];
    for (size_t i = 0; i < selector->len; i++) {
        const struct condition *condition = &selector->conditions[i];
        bool holds = true;
        if (condition->key == CONDITION_CENTRE)
            holds = is_name(world->centres[info->centre].name, condition);
        else if (condition->key == CONDITION_PARTITION)
            holds = is_name(strchr(condition->text, '/') ? info->path : info->name, condition);
        else if (condition->key == CONDITION_PROCESSOR)
            holds = is_name(info->processor, condition);
        if (!holds)
            return false;
    }
    return true;
}

bool selector_wants_centre(const struct selector *selector, const struct world *world,
                           size_t centre)
{
    for (size_t i = 0; i < selector->len; i++) {
        const struct condition *condition = &selector->conditions[i];
        bool holds = true;
        if (condition->key == CONDITION_CENTRE)
            holds = is_name(world->centres[centre].name, condition);
        else if (condition->key == CONDITION_PARTITION || condition->key == CONDITION_PROCESSOR)
            holds = is(false, condition);
        if (!holds)
            return false;
    }
    return true;
}

/* The names a key may have, one by one, "" for none; NULL past the last. */
static const char *known_name(const struct world *world, const struct condition *condition,
                              size_t i)
{
    switch (condition->key) {
    case CONDITION_CENTRE:
        return i < world->n_centres ? world->centres[i].name : NULL;
    case CONDITION_PARTITION:
        if (i >= world->n_partitions)
            return NULL;
        return strchr(condition->text, '/') ? world->partitions[i].path : world->partitions[i].name;
    case CONDITION_PROCESSOR:
        return i < world->n_partitions ? world->partitions[i].processor : NULL;
    case CONDITION_SECTOR:
        if (i >= world->tenants.len)
            return NULL;
        return world->tenants.items[i].sector ? world->tenants.items[i].sector : "";
    case CONDITION_WORKLOAD:
        return i < world->n_workloads ? world->workloads[i].path : NULL;
    case CONDITION_QOS:
        return i < world->n_qos ? world->qos[i].name : NULL;
    default:
        return NULL;
    }
}

/* The names a key may have, each once: the array is the caller's. O(names x different ones). */
static const char **list_names(const struct world *world, const struct condition *condition,
                               size_t *ret_len)
{
    const char **names = NULL;
    size_t len = 0;
    for (size_t i = 0; known_name(world, condition, i); i++) {
        const char *name = known_name(world, condition, i);
        size_t k = 0;
        while (k < len && strcmp(names[k], name) != 0)
            k++;
        if (k < len || !*name)
            continue;
        names = mem_resize(names, len + 1, sizeof(*names));
        names[len++] = name;
    }
    *ret_len = len;
    return names;
}

static int no_such_name(const struct condition *condition, const struct world *world,
                        struct error *err)
{
    size_t len;
    const char **names = list_names(world, condition, &len);
    const char *what = keys[condition->key].name;
    const char *near = nearest_name(condition->text, names, len);
    if (near)
        error_set(err, "there is no %s \"%.80s\"; did you mean \"%.80s\"?", what, condition->text,
                  near);
    else if (len > 0)
        error_set(err, "there is no %s \"%.80s\"; the first of %zu is \"%.80s\"", what,
                  condition->text, len, names[0]);
    else
        error_set(err, "there is no %s \"%.80s\"; there are none", what, condition->text);
    free(names);
    return -1;
}

static int check_name(const struct selector *selector, const struct condition *condition,
                      const struct world *world, struct error *err)
{
    size_t same = 0;
    for (size_t i = 0; known_name(world, condition, i); i++)
        same += strcmp(known_name(world, condition, i), condition->text) == 0;
    if (same == 0)
        return no_such_name(condition, world, err);
    if (same > 1 && condition->key == CONDITION_PARTITION &&
        !selector_condition(selector, CONDITION_CENTRE))
        return error_set(err, "there are %zu partitions \"%.40s\": write centre/partition", same,
                         condition->text);
    return 0;
}

int selector_check(const struct selector *selector, const struct world *world, struct error *err)
{
    for (size_t i = 0; i < selector->len; i++) {
        const enum condition_key key = selector->conditions[i].key;
        if (key != CONDITION_CENTRE && key != CONDITION_PARTITION && key != CONDITION_PROCESSOR &&
            key != CONDITION_SECTOR && key != CONDITION_WORKLOAD && key != CONDITION_QOS)
            continue;
        if (check_name(selector, &selector->conditions[i], world, err))
            return error_prefix(err, "\"%.100s\": ", selector->text);
    }
    return 0;
}

static int no_such_tenant(const struct world *world, const struct selector *selector,
                          const char *wanted, struct error *err)
{
    const char **names = mem_new(world->tenants.len, sizeof(*names));
    for (size_t i = 0; i < world->tenants.len; i++)
        names[i] = world->tenants.items[i].path;
    const char *near = nearest_name(wanted, names, world->tenants.len);
    free(names);
    return near
               ? error_set(err, "\"%.100s\": there is no tenant \"%.80s\"; did you mean \"%.80s\"?",
                           selector->text, wanted, near)
               : error_set(err, "\"%.100s\": there is no tenant \"%.80s\"", selector->text, wanted);
}

int selector_check_tenants(const struct selector *selector, const struct world *world,
                           struct error *err)
{
    for (size_t i = 0; i < selector->len; i++) {
        const struct condition *condition = &selector->conditions[i];
        size_t t = 0;
        if (condition->key != CONDITION_TENANT)
            continue;
        while (t < world->tenants.len && strcmp(world->tenants.items[t].path, condition->text) != 0)
            t++;
        if (t == world->tenants.len)
            return no_such_tenant(world, selector, condition->text, err);
    }
    return 0;
}
