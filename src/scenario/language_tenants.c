/* The tables of the scenario language: tenants, what they may have, and their members. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/scenario.h"

#include <float.h>

#define IN(type, member) offsetof(struct type, member)
#define SIZE_OF(type, member) sizeof(((struct type *)0)->member)

static const char *const member_keys[] = {"none", "user", "group", "queue", "partition", NULL};
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

static const struct field member_fields[] = {
    {.key = "by",
     .kind = FIELD_CHOICE,
     .offset = offsetof(struct tenant, members.by) - offsetof(struct tenant, members),
     .choices = member_keys,
     .def = "none",
     .help = "each user, group, queue or partition of its logs is a tenant below this one"},
    {.kind = FIELD_END},
};

/* --- tenants --- */

const struct field tenant_fields[] = {
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
    {.key = "sector",
     .kind = FIELD_TEXT,
     .offset = IN(tenant, sector),
     .help = "its trade, in any words; that of the tenant above if not given"},
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
