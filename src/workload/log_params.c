/* The table of what a workload of the scenario may say of its log. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload/log_missing.h"
#include "workload/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HERE(member) offsetof(struct log_params, member)
#define IN_MISSING(member) (HERE(missing.member) - HERE(missing))
#define IN_WHERE(member) (HERE(where.member) - HERE(where))
#define IN_WINDOW(member) (HERE(window.member) - HERE(window))
#define IN_LOAD(member) (HERE(load.member) - HERE(load))
#define IN_REPLICATE(member) (HERE(replicate.member) - HERE(replicate))

static const char *const drop_names[] = {
    [LOG_DROP_NONE] = "none", [LOG_DROP_UNUSABLE] = "unusable", NULL};
static const char *const garbled_names[] = {
    [LOG_GARBLED_REFUSE] = "refuse", [LOG_GARBLED_DROP] = "drop", NULL};
static const char *const size_names[] = {[LOG_SIZE_REQUESTED] = "requested",
                                         [LOG_SIZE_ALLOCATED] = "allocated",
                                         [LOG_SIZE_MAX] = "max",
                                         NULL};
static const char *const memory_names[] = {
    [LOG_MEMORY_NONE] = "none", [LOG_MEMORY_REQUESTED] = "requested", NULL};
static const char *const shift_names[] = {
    [LOG_SHIFT_NONE] = "none", [LOG_SHIFT_TO_START] = "to-start", NULL};

static const char *const resample_names[] = {[LOG_RESAMPLE_NONE] = "none",
                                             [LOG_RESAMPLE_USERS] = "users",
                                             [LOG_RESAMPLE_PHASES] = "phases",
                                             NULL};
static const char *const cycle_names[] = {[LOG_BY_WEEK] = "week", [LOG_BY_DAY] = "day", NULL};

static const struct field missing_fields[] = {
    {.key = "request",
     .kind = FIELD_TEXT,
     .offset = IN_MISSING(request),
     .help = "for a job without a requested time: runtime (what it ran), drop (leave the job "
             "out), or a duration",
     .def = "runtime"},
    {.kind = FIELD_END},
};

#define WHERE(name, number)                                                                        \
    {                                                                                              \
        .key = #name, .kind = FIELD_TEXT, .offset = IN_WHERE(name),                                \
        .help = "jobs of the " #name " with this number (field " #number ")"                       \
    }

static const struct field where_fields[] = {
    WHERE(user, 12), WHERE(group, 13), WHERE(queue, 15), WHERE(partition, 16), {.kind = FIELD_END},
};

static const struct field window_fields[] = {
    {.key = "from_job",
     .kind = FIELD_INT,
     .offset = IN_WINDOW(from_job),
     .help = "first job, counted from 0 among the jobs not dropped, in order of submission",
     .def = "0",
     .min = 0,
     .max = 1e15},
    {.key = "jobs",
     .kind = FIELD_INT,
     .offset = IN_WINDOW(jobs),
     .help = "how many jobs from there; 0: all",
     .def = "0",
     .min = 0,
     .max = 1e15},
    {.key = "from",
     .kind = FIELD_DATE,
     .offset = IN_WINDOW(from),
     .help = "jobs submitted at or after this date of the log"},
    {.key = "until",
     .kind = FIELD_DATE,
     .offset = IN_WINDOW(until),
     .help = "jobs submitted before this date of the log"},
    {.kind = FIELD_END},
};

static const struct field load_fields[] = {
    {.key = "gaps",
     .kind = FIELD_QUANTITY,
     .offset = IN_LOAD(gaps),
     .help = "multiply the load by this factor by dividing the gaps between submissions",
     .min = 1e-3,
     .max = 1e3},
    {.key = "runtimes",
     .kind = FIELD_QUANTITY,
     .offset = IN_LOAD(runtimes),
     .help = "multiply the load by this factor by multiplying run times and requests",
     .min = 1e-3,
     .max = 1e3},
    {.key = "resample",
     .kind = FIELD_QUANTITY,
     .offset = IN_LOAD(resample),
     .help = "multiply the load by this factor by leaving out or repeating jobs at random; a copy "
             "comes within the hour after its job",
     .min = 1e-3,
     .max = 1e3},
    {.kind = FIELD_END},
};

static const struct field replicate_fields[] = {
    {.key = "shake",
     .kind = FIELD_DURATION,
     .offset = IN_REPLICATE(shake),
     .help = "each job is submitted earlier or later, by up to this time (after Tsafrir, Ouaknine "
             "and Feitelson, 2007)",
     .def = "0s",
     .min = 0,
     .max = 1e9},
    {.key = "resample",
     .kind = FIELD_CHOICE,
     .offset = IN_REPLICATE(resample),
     .help = "users: as many users as the log has, drawn with replacement, each with all its jobs, "
             "moved by a number of whole weeks; phases: each user once, moved so (after Zakay and "
             "Feitelson, 2014)",
     .def = "none",
     .choices = resample_names},
    {.key = "by",
     .kind = FIELD_CHOICE,
     .offset = IN_REPLICATE(by),
     .help = "what resampled users are moved by: whole weeks or days",
     .def = "week",
     .choices = cycle_names},
    {.kind = FIELD_END},
};

const struct field log_fields[] = {
    {.key = "log",
     .kind = FIELD_PATH,
     .offset = HERE(log),
     .help = "a log in the Standard Workload Format, plain or gzip",
     .flags = FIELD_REQUIRED},
    {.key = "drop",
     .kind = FIELD_CHOICE,
     .offset = HERE(drop),
     .help = "unusable: leave out jobs that did not run or asked for or were given more than the "
             "partition",
     .def = "none",
     .choices = drop_names},
    {.key = "garbled",
     .kind = FIELD_CHOICE,
     .offset = HERE(garbled),
     .help = "a row that is none of numbers: refuse it with its line, or drop: leave it out and "
             "count it",
     .def = "refuse",
     .choices = garbled_names},
    {.key = "missing",
     .kind = FIELD_TABLE,
     .offset = HERE(missing),
     .help = "what stands for values that the log does not have",
     .table = missing_fields,
     .size = sizeof(((struct log_params *)0)->missing)},
    {.key = "size",
     .kind = FIELD_CHOICE,
     .offset = HERE(size),
     .help = "processors of a job: those requested, those allocated (each the other where it is "
             "missing), or the larger",
     .def = "requested",
     .choices = size_names},
    {.key = "memory",
     .kind = FIELD_CHOICE,
     .offset = HERE(memory),
     .help = "memory of a job for each processor: what it requested (field 10, in units of 1024 "
             "bytes; none where it is missing), or none",
     .def = "none",
     .choices = memory_names},
    {.key = "shift",
     .kind = FIELD_CHOICE,
     .offset = HERE(shift),
     .help = "to-start: the beginning of the log falls on the start of the scenario; none: the log "
             "keeps its dates",
     .def = "none",
     .choices = shift_names},
    {.key = "where",
     .kind = FIELD_TABLE,
     .offset = HERE(where),
     .help = "only some jobs of the log, by their numbers; for a tenant of one queue, say",
     .table = where_fields,
     .size = sizeof(((struct log_params *)0)->where)},
    {.key = "window",
     .kind = FIELD_TABLE,
     .offset = HERE(window),
     .help = "a part of the log, of jobs (from_job, jobs) or of dates (from, until); submit times "
             "are unchanged",
     .table = window_fields,
     .size = sizeof(((struct log_params *)0)->window)},
    {.key = "load",
     .kind = FIELD_TABLE,
     .offset = HERE(load),
     .help = "change the load of the log, in one of three ways",
     .table = load_fields,
     .size = sizeof(((struct log_params *)0)->load)},
    {.key = "replicate",
     .kind = FIELD_TABLE,
     .offset = HERE(replicate),
     .help = "a log has no chance in it: what its replications are to differ in, in one of two "
             "ways",
     .table = replicate_fields,
     .size = sizeof(((struct log_params *)0)->replicate)},
    {.key = "request",
     .kind = FIELD_KIND,
     .offset = HERE(request),
     .kinds = &request_kinds,
     .help =
         "the wall time that jobs ask for: exact (what they run, at most the log's request) or a "
         "model; the log's own if not given"},
    {.kind = FIELD_END},
};

int log_missing_request(const struct log_params *params, enum log_missing *ret_rule,
                        simtime *ret_request, struct error *err)
{
    const char *const text = params->missing.request;
    *ret_request = 0;
    *ret_rule = LOG_MISSING_RUNTIME;
    if (!text || strcmp(text, "runtime") == 0)
        return 0;
    *ret_rule = LOG_MISSING_DROP;
    if (strcmp(text, "drop") == 0)
        return 0;
    double seconds;
    if (quantity_parse(text, UNIT_TIME, &seconds, err) < 0)
        return error_set(err,
                         "missing.request: \"%.100s\" is neither runtime nor drop nor a duration "
                         "such as 24h",
                         text);
    *ret_rule = LOG_MISSING_VALUE;
    *ret_request = simtime_from_seconds(seconds);
    if (*ret_request <= 0)
        return error_set(err, "missing.request: %.100s is no time to ask for; it must be positive",
                         text);
    return 0;
}

int log_where(const struct log_params *params, int64_t ret[5], struct error *err)
{
    const struct {
        const char *key, *text;
    } wanted[] = {[LOG_BY_USER] = {"user", params->where.user},
                  [LOG_BY_GROUP] = {"group", params->where.group},
                  [LOG_BY_QUEUE] = {"queue", params->where.queue},
                  [LOG_BY_PARTITION] = {"partition", params->where.partition}};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        const char *text = wanted[i].text;
        ret[i] = -1;
        if (!text)
            continue;
        const size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 18 || text[digits])
            return error_set(err, "where.%s: \"%.100s\" is no number of a %s, such as 3",
                             wanted[i].key, text, wanted[i].key);
        ret[i] = strtoll(text, NULL, 10);
    }
    return 0;
}

static const char *bound_text(const struct date_value *date, int32_t offset, char *buffer,
                              size_t size)
{
    if (date->relative) {
        char length[40];
        quantity_format(simtime_seconds(date->instant), UNIT_TIME, length, sizeof(length));
        snprintf(buffer, size, "%s after the start", length);
        return buffer;
    }
    const int32_t zone = date->zoned ? date->offset : offset;
    return date_format(date->instant - (date->zoned ? 0 : zone * SIMTIME_SECOND), zone, buffer,
                       size);
}

bool log_is_windowed(const struct log_params *params)
{
    return params->window.from_job > 0 || params->window.jobs > 0 || params->window.from.given ||
           params->window.until.given;
}

const char *log_window_text(const struct log_params *params, int32_t offset, char *buffer,
                            size_t size)
{
    const struct date_value *const from = &params->window.from, *const until =
                                                                    &params->window.until;
    const long long first = params->window.from_job, jobs = params->window.jobs;
    char begin[64], end[64];
    if (!from->given && !until->given && jobs > 0)
        snprintf(buffer, size, "jobs %lld to %lld", first, first + jobs - 1);
    else if (!from->given && !until->given)
        snprintf(buffer, size, "jobs from %lld on", first);
    else if (!until->given)
        snprintf(buffer, size, "from %s on", bound_text(from, offset, begin, sizeof(begin)));
    else if (!from->given)
        snprintf(buffer, size, "until %s", bound_text(until, offset, end, sizeof(end)));
    else
        snprintf(buffer, size, "from %s until %s", bound_text(from, offset, begin, sizeof(begin)),
                 bound_text(until, offset, end, sizeof(end)));
    return buffer;
}

static bool factor_ok(double factor)
{
    return factor == 0 || (factor >= 1e-3 && factor <= 1e3);
}

int log_params_check(const struct log_params *params, struct error *err)
{
    if (!params->log || !*params->log)
        return error_set(err, "log: the path of a log is missing");
    enum log_missing rule;
    simtime request;
    if (log_missing_request(params, &rule, &request, err) < 0)
        return -1;
    int64_t where[5];
    if (log_where(params, where, err) < 0)
        return -1;
    const struct date_value *const from = &params->window.from, *const until =
                                                                    &params->window.until;
    if (params->window.from_job < 0 || params->window.jobs < 0)
        return error_set(err, "window: from_job and jobs count from 0");
    if ((params->window.from_job > 0 || params->window.jobs > 0) && (from->given || until->given))
        return error_set(err,
                         "window: give jobs (from_job, jobs) or dates (from, until), not both");
    if (from->given && until->given && from->relative == until->relative &&
        from->zoned == until->zoned && from->instant >= until->instant)
        return error_set(err, "window: until must be after from");
    const double gaps = params->load.gaps, runtimes = params->load.runtimes;
    const double resample = params->load.resample;
    if ((gaps != 0) + (runtimes != 0) + (resample != 0) > 1)
        return error_set(err, "load: give one of gaps, runtimes and resample");
    if (!factor_ok(gaps) || !factor_ok(runtimes) || !factor_ok(resample))
        return error_set(err, "load: the factor must be within [0.001, 1000]");
    if (params->replicate.shake > 0 && params->replicate.resample != LOG_RESAMPLE_NONE)
        return error_set(err, "replicate: give one of shake and resample");
    if (params->replicate.by != LOG_BY_WEEK && params->replicate.resample == LOG_RESAMPLE_NONE)
        return error_set(err, "replicate: by needs resample: it says what users are moved by");
    return 0;
}
