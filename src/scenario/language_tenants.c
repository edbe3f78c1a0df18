/* The tables of the scenario language: tenants, what they may have, and their members. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario.h"

#include <float.h>

#define IN(type, member) offsetof(struct type, member)
#define SIZE_OF(type, member) sizeof(((struct type *)0)->member)

const char *const member_keys[] = {"none", "user", "group", "queue", "partition", NULL};
static const char *const locations[] = {"local", "remote", NULL};

/* --- quotas and guarantees --- */

static const struct field processor_hours_fields[] = {
    {.key = "limit",
     .kind = FIELD_QUANTITY,
     .offset = offsetof(struct quota_plan, processor_hours.limit) -
               offsetof(struct quota_plan, processor_hours),
     .flags = FIELD_REQUIRED,
     .min = 0,
     .max = 1e15,
     .help = "processor-hours used in a period"},
    {.key = "per",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct quota_plan, processor_hours.per) -
               offsetof(struct quota_plan, processor_hours),
     .def = "run",
     .help = "the period: month, year, 3 months (of the calendar), 7d, or run"},
    {.kind = FIELD_END},
};

#define QUOTA_COUNT(name, text)                                                                    \
    {                                                                                              \
        .key = #name, .kind = FIELD_INT, .offset = IN(quota_plan, name), .def = "unlimited",       \
        .flags = FIELD_UNLIMITED, .min = 0, .max = 1e15, .help = text                              \
    }

static const struct field quota_fields[] = {
    QUOTA_COUNT(processors, "processors that its running jobs hold at once"),
    QUOTA_COUNT(jobs, "jobs that run at once"),
    QUOTA_COUNT(queued, "jobs that wait; those beyond are rejected"),
    {.key = "processor_hours",
     .kind = FIELD_TABLE,
     .offset = IN(quota_plan, processor_hours),
     .table = processor_hours_fields,
     .size = SIZE_OF(quota_plan, processor_hours),
     .help = "processor-hours that it uses in a period"},
    {.kind = FIELD_END},
};

static const struct field guarantee_fields[] = {
    {.key = "processors",
     .kind = FIELD_INT,
     .offset = IN(guarantee_plan, processors),
     .min = 0,
     .max = 2147483647,
     .help = "processors that it is sure to get when it asks"},
    {.key = "share",
     .kind = FIELD_QUANTITY,
     .offset = IN(guarantee_plan, share),
     .min = 0,
     .max = 1,
     .help = "instead: part of the processors of its home, rounded down"},
    {.key = "borrow",
     .kind = FIELD_INT,
     .offset = IN(guarantee_plan, borrow),
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .min = 0,
     .max = 1e15,
     .help = "processors beyond it, while its brothers leave theirs idle"},
    {.key = "lend",
     .kind = FIELD_INT,
     .offset = IN(guarantee_plan, lend),
     .def = "unlimited",
     .flags = FIELD_UNLIMITED,
     .min = 0,
     .max = 1e15,
     .help = "processors of it that its brothers may use while they are idle"},
    {.kind = FIELD_END},
};

/* --- members --- */

#define IN_MEMBERS(member)                                                                         \
    (offsetof(struct tenant, members.member) - offsetof(struct tenant, members))
#define IN_JOIN(member)                                                                            \
    (offsetof(struct tenant, members.join.member) - offsetof(struct tenant, members.join))

static const struct field join_fields[] = {
    {.key = "from",
     .kind = FIELD_DATE,
     .offset = IN_JOIN(from),
     .flags = FIELD_REQUIRED,
     .help = "when the first joins, or all that are there at first"},
    {.key = "over",
     .kind = FIELD_DURATION,
     .offset = IN_JOIN(over),
     .min = 1e-6,
     .max = 1e11,
     .help = "they join one by one, evenly, in this time"},
    {.key = "growth",
     .kind = FIELD_QUANTITY,
     .unit = UNIT_RATE,
     .offset = IN_JOIN(growth),
     .min = DBL_MIN,
     .max = 1e3,
     .help = "instead: the count grows by that, such as 35% per year, up to max"},
    {.key = "max",
     .kind = FIELD_INT,
     .offset = IN_JOIN(max),
     .min = 1,
     .max = TENANTS_MAX,
     .help = "with growth: how many there are in the end"},
    {.kind = FIELD_END},
};

static const struct field member_fields[] = {
    {.key = "by",
     .kind = FIELD_CHOICE,
     .offset = IN_MEMBERS(by),
     .choices = member_keys,
     .def = "none",
     .help = "each user, group, queue or partition of its logs is a tenant below this one"},
    {.key = "count",
     .kind = FIELD_INT,
     .offset = IN_MEMBERS(count),
     .min = 1,
     .max = TENANTS_MAX,
     .help = "so many tenants, named 1, 2, 3 ..."},
    {.key = "like",
     .kind = FIELD_TEXT,
     .offset = IN_MEMBERS(like),
     .help = "the template that each is like"},
    {.key = "each",
     .kind = FIELD_NODE,
     .offset = IN_MEMBERS(each_node),
     .table = tenant_fields,
     .help = "what each is, on top of the template or without one; with by: its share and quota"},
    {.key = "vary",
     .kind = FIELD_NODE,
     .offset = IN_MEMBERS(vary_node),
     .help = "values that each draws for itself: a map PATH: distribution, paths as in `each`"},
    {.key = "scale",
     .kind = FIELD_NODE,
     .offset = IN_MEMBERS(scale_node),
     .help = "numbers of `each` that each multiplies by a factor of its own: a map PATH: "
             "distribution"},
    {.key = "join",
     .kind = FIELD_TABLE,
     .offset = IN_MEMBERS(join),
     .table = join_fields,
     .size = SIZE_OF(tenant, members.join),
     .help = "when they join, where they do not all begin at once"},
    {.kind = FIELD_END},
};

/* --- tenants --- */

const struct field tenant_fields[] = {
    {.key = "like",
     .kind = FIELD_TEXT,
     .offset = IN(tenant, like),
     .help = "the template that it is like; what it says itself goes before"},
    {.key = "home",
     .kind = FIELD_TEXT,
     .offset = IN(tenant, home),
     .help = "the centre its jobs go to; that of the tenant above if not given"},
    {.key = "priority",
     .kind = FIELD_CHOICE,
     .offset = IN(tenant, priority),
     .choices = priority_names,
     .def = "medium",
     .help = "class of its jobs; that of the tenant above if not given"},
    {.key = "share",
     .kind = FIELD_QUANTITY,
     .offset = IN(tenant, share),
     .def = "1",
     .min = DBL_MIN,
     .max = 1e9,
     .help = "of what the tenant above has, relative to its brothers"},
    {.key = "quota",
     .kind = FIELD_TABLE,
     .offset = IN(tenant, quota),
     .table = quota_fields,
     .size = SIZE_OF(tenant, quota),
     .help = "what it may have at most, with all tenants below it"},
    {.key = "guarantee",
     .kind = FIELD_TABLE,
     .offset = IN(tenant, guarantee),
     .table = guarantee_fields,
     .size = SIZE_OF(tenant, guarantee),
     .help = "what it is sure to get of what it shares with its brothers"},
    {.key = "location",
     .kind = FIELD_CHOICE,
     .offset = IN(tenant, location),
     .choices = locations,
     .def = "local",
     .help = "where it is; as the tenant above if not given"},
    {.key = "data_may_leave",
     .kind = FIELD_BOOL,
     .offset = IN(tenant, data_may_leave),
     .def = "true",
     .help = "false: jobs run where their data lie, whatever the broker; as the tenant above if "
             "not given"},
    {.key = "sector",
     .kind = FIELD_TEXT,
     .offset = IN(tenant, sector),
     .help = "its trade, in any words; that of the tenant above if not given"},
    {.key = "join",
     .kind = FIELD_DATE,
     .offset = IN(tenant, join),
     .help = "jobs are submitted from here on: a date, or a time since the start"},
    {.key = "leave",
     .kind = FIELD_DATE,
     .offset = IN(tenant, leave),
     .help = "jobs are submitted before here"},
    {.key = "members",
     .kind = FIELD_TABLE,
     .offset = IN(tenant, members),
     .table = member_fields,
     .size = SIZE_OF(tenant, members),
     .help = "many tenants below this one"},
    {.key = "tenants",
     .kind = FIELD_MAP,
     .offset = IN(tenant, tenants),
     .table = tenant_fields,
     .size = sizeof(struct tenant),
     .help = "tenants below this one, by name"},
    {.key = "workloads",
     .kind = FIELD_NODE,
     .offset = IN(tenant, workloads_node),
     .table = workload_fields,
     .help = "sources of jobs, by name"},
    {.kind = FIELD_END},
};
