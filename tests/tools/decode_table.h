/* A table with every kind of field, for tests of the decoder and of what reads tables. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TOOLS_DECODE_TABLE_H
#define TOOLS_DECODE_TABLE_H

#include "scenario/node.h"
#include "util/date.h"
#include "util/schema.h"

#include <math.h>

struct reserve_params {
    int64_t depth;
    int order;
};

static const char *const inner_orders[] = {"fcfs", "sjf", NULL};

static const struct field reserve_fields[] = {
    {.key = "depth",
     .kind = FIELD_INT,
     .offset = offsetof(struct reserve_params, depth),
     .help = "reservations",
     .def = "1",
     .max = HUGE_VAL,
     .flags = FIELD_UNLIMITED},
    {.key = "order",
     .kind = FIELD_CHOICE,
     .offset = offsetof(struct reserve_params, order),
     .help = "order of the candidates",
     .choices = inner_orders},
    {.kind = FIELD_END},
};

static const struct kind kind_fcfs = {.name = "fcfs", .summary = "in order of submission"};
static const struct kind kind_sjf = {.name = "sjf", .summary = "shortest first"};
static const struct kind kind_reserve = {.name = "reserve",
                                         .summary = "some reservations",
                                         .params = reserve_fields,
                                         .size = sizeof(struct reserve_params),
                                         .shorthand = "depth"};
static const struct kind *const table_order_items[] = {&kind_fcfs, &kind_sjf, &kind_reserve, NULL};
static const struct kind_list table_orders = {"order", "orders", table_order_items};

struct part {
    struct named named;
    int64_t nodes;
};

static const struct field part_fields[] = {
    {.key = "nodes",
     .kind = FIELD_INT,
     .offset = offsetof(struct part, nodes),
     .help = "number of nodes",
     .flags = FIELD_REQUIRED,
     .min = 1,
     .max = 1e9},
    {.kind = FIELD_END},
};

struct checkpoint {
    double every, cost;
};

static const struct field checkpoint_fields[] = {
    {.key = "every",
     .kind = FIELD_QUANTITY,
     .offset = offsetof(struct checkpoint, every),
     .help = "interval between checkpoints",
     .unit = UNIT_TIME,
     .flags = FIELD_REQUIRED},
    {.key = "cost",
     .kind = FIELD_QUANTITY,
     .offset = offsetof(struct checkpoint, cost),
     .help = "time that one takes",
     .unit = UNIT_TIME,
     .def = "3 min"},
    {.kind = FIELD_END},
};

struct lab {
    char *name;
    bool open;
    int64_t nodes;
    double pue;
    int mode;
    simtime wait;
    struct date_value start;
    char *log;
    struct texts between;
    struct numbers marks;
    struct kinded order;
    int64_t limit;
    struct dist *runtime, *size;
    struct checkpoint checkpoint;
    struct items parts, jobs;
    const struct node *rest;
};

static const char *const lab_modes[] = {"off", "fast", "slow", NULL};

#define LAB(name) .key = #name, .offset = offsetof(struct lab, name)
static const struct field lab_fields[] = {
    {LAB(name), .kind = FIELD_TEXT, .help = "what it is called", .flags = FIELD_REQUIRED},
    {LAB(open), .kind = FIELD_BOOL, .help = "open to others", .def = "true"},
    {LAB(nodes), .kind = FIELD_INT, .help = "nodes", .def = "4", .min = 1, .max = HUGE_VAL},
    {LAB(pue), .kind = FIELD_QUANTITY, .help = "power usage", .def = "1.3", .min = 1, .max = 2},
    {LAB(mode), .kind = FIELD_CHOICE, .help = "mode", .def = "fast", .choices = lab_modes},
    {LAB(wait), .kind = FIELD_DURATION, .help = "wait", .def = "2h", .max = HUGE_VAL},
    {LAB(start), .kind = FIELD_DATE, .help = "start"},
    {LAB(log), .kind = FIELD_PATH, .help = "log"},
    {LAB(between), .kind = FIELD_TEXTS, .help = "two centres"},
    {LAB(marks), .kind = FIELD_NUMBERS, .help = "instants", .unit = UNIT_TIME},
    {LAB(order), .kind = FIELD_KIND, .help = "order", .def = "fcfs", .kinds = &table_orders},
    {LAB(limit), .kind = FIELD_INT, .help = "limit", .flags = FIELD_UNLIMITED, .min = 1, .max = 10},
    {LAB(runtime), .kind = FIELD_DIST, .help = "run time", .def = "1h", .unit = UNIT_TIME,
     .max = HUGE_VAL},
    {LAB(size), .kind = FIELD_DIST, .help = "processors"},
    {LAB(checkpoint), .kind = FIELD_TABLE, .help = "checkpoints", .table = checkpoint_fields},
    {LAB(parts), .kind = FIELD_MAP, .help = "partitions", .table = part_fields,
     .size = sizeof(struct part)},
    {LAB(jobs), .kind = FIELD_LIST, .help = "jobs", .table = part_fields,
     .size = sizeof(struct part)},
    {LAB(rest), .kind = FIELD_NODE, .help = "anything"},
    {.kind = FIELD_END},
};
#undef LAB

#endif
