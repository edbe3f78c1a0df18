/* A scenario as plain data: what the files, the variant and the settings say, decoded by the tables
 * of this language and checked across fields. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include "policy/sched.h"
#include "scenario/decode.h"
#include "scenario/resolve.h"
#include "util/date.h"
#include "util/dist.h"
#include "workload/kinds.h"

struct processor {
    struct named named;
    double flops[PRECISIONS]; /* operations per second of one processor; 0: not said */
};

struct scheduler {
    struct kinded order, backfill, placement, decide;
    bool commit_head;
    int overrun, preemption, reclaim;
    int64_t max_queued, max_processors; /* INT64_MAX: no limit */
    char *slurm;              /* a slurm.conf, which says what the scenario does not; NULL: none */
    struct texts slurm_notes; /* what of it was taken over; owned */
    char *slurm_whole;        /* YAML of the scheduler that came of it; NULL: none; owned */
};

enum { OVERRUN_KILL, OVERRUN_EXTEND };
enum { RECLAIM_NONE, RECLAIM_NEWEST };

/* Parameters of `decide: {every: 6min}`. */
struct decide_every {
    simtime every;
};
extern const struct kind_list decide_kinds;

struct group {
    int64_t nodes, processors_per_node;
    double memory_per_node; /* bytes; 0: not said */
};

struct window {
    struct date_value from, until;
    simtime length; /* instead of until */
    char *every;    /* "3 months": again at this interval; NULL: once */
    int64_t nodes;  /* INT64_MAX: all */
    int64_t group;
};

/* Part of a partition, for some tenants alone, in windows known ahead. */
struct reservation {
    struct window window; /* its nodes, however they are told */
    char *name;           /* NULL: its number */
    char *tenant;
    struct texts tenants;    /* instead of tenant */
    int64_t processors;      /* instead of nodes; 0: not said */
    const struct node *node; /* borrowed from the tree */
};

/* Most of a partition: a job waits in all of them at once. */
enum { RESERVATIONS_MAX = PARTITIONS_ANY_MAX - 1 };

struct partition_plan {
    struct named named;
    char *processor;                    /* NULL: not said */
    int64_t nodes, processors_per_node; /* 0: groups say */
    double weight;
    double memory_per_node;
    struct items groups;         /* struct group; filled from nodes where only these are given */
    struct items maintenance;    /* struct window */
    struct texts tenants;        /* paths of those it is kept for; none: everybody's */
    struct items reservations;   /* struct reservation */
    struct node *scheduler_node; /* NULL: its centre's holds */
    struct scheduler scheduler;
};

struct centre {
    struct named named;
    struct items partitions; /* struct partition_plan */
    struct node *scheduler_node;
    struct scheduler scheduler;
};

/* How jobs are served, as one level says it or the nearest above that does. */
struct service {
    int priority; /* enum job_priority */
    char *qos;    /* NULL, "none": none */
    bool said;    /* the priority was said where the QOS was, or nearer: it goes before the QOS's */
};

/* Jobs of a workload whatever its kind. */
struct workload {
    struct named named;
    struct node *node;
    const struct workload_kind *kind;
    void *params;    /* of the kind; owned */
    char *partition; /* NULL: the only one; "any" */
    struct service
        service; /* the tenant's unless said; once it is complete, the priority its jobs have */
    struct dist *deadline; /* s after the submission; NULL: none */
    struct freight {
        struct dist *data;    /* bytes a job; NULL: none */
        char *data_at;        /* centre; NULL: the tenant's home */
        bool data_may_leave;  /* the tenant's unless said */
        struct texts centres; /* where its jobs may run; none: anywhere */
        int64_t home, place;  /* rows of centres: the tenant's home and where the data lie */
    } freight;
};

/* As struct tenant_quota of model/observe.h. */
struct quota_plan {
    int64_t processors, jobs, queued; /* INT64_MAX: no limit */
    struct {
        double limit; /* hours; INFINITY: no limit */
        char *per;    /* an interval of date_interval_parse; "run" */
    } processor_hours;
    int64_t max_processors; /* of one job; INT64_MAX: no limit */
    simtime max_request;    /* the same; SIMTIME_NEVER: no limit */
};

/* A quality of service. */
struct qos_plan {
    struct named named;
    int priority;                  /* enum job_priority; -1: not said, once it is complete */
    struct quota_plan quota, each; /* of all its jobs; of each tenant that submits them */
};

/* All of them. */
#define QOS_MAX 1000

/* As struct tenant_guarantee. */
struct guarantee_plan {
    int64_t processors; /* -1: none; of a share, once it is complete */
    double share;
    int64_t borrow, lend; /* INT64_MAX: no limit, all */
};

/* A value that each member draws for itself. */
struct variation {
    struct path path;          /* in what each is */
    char *purpose;             /* of the draw: the path as written */
    const struct field *field; /* at the path */
    enum unit unit;
    bool scales; /* the draw multiplies what is there */
    struct dist *dist;
    struct mark at;
};

struct tenant {
    struct named named;
    char *like; /* NULL: written out */
    char *home;
    bool home_told; /* why there is none is told */
    struct service service;
    double share;
    struct quota_plan quota;
    struct guarantee_plan guarantee;
    int location; /* enum location */
    char *sector; /* NULL: not said */
    bool data_may_leave;
    struct {
        int by;        /* enum log_key; LOG_BY_NONE: one tenant */
        int64_t count; /* 0: none */
        char *like;
        struct node *each_node, *vary_node, *scale_node;
        struct {
            struct date_value from;
            simtime over;
            double growth; /* 1/s, as that of arrivals; 0: none */
            int64_t max;
        } join;
    } members;
    struct date_value join, leave;
    struct tenant *each; /* of members; NULL: none */
    struct variation *variations;
    size_t n_variations;
    struct items tenants; /* struct tenant: below this one */
    struct node *workloads_node;
    struct items workloads; /* struct workload, from the node */
};

enum location { LOCATION_LOCAL, LOCATION_REMOTE };

/* A tenant of the tree. Members share one struct tenant. */
struct tenant_row {
    const struct tenant *tenant; /* borrowed from the scenario */
    int32_t parent;              /* row; -1: none */
    int32_t member;              /* its number, which is its name; 0: it has a name */
};

/* All tenants together. */
#define TENANTS_MAX 500000

/* An entry of `links`. */
struct link_plan {
    struct texts between; /* two centres */
    double bandwidth;     /* bytes per second */
    simtime latency;
};

struct broker_plan {
    struct kinded policy; /* kind NULL: no broker */
    simtime refresh, delay;
    int sees; /* enum broker_sees */
    bool knows_own;
    int64_t depth;
};

/* An entry of `changes`. */
struct change {
    struct date_value at;
    struct node *set;
};

/* A value that the scenario states but is not sure of: data for those who try others. */
struct uncertain {
    char *path; /* as written */
    enum unit unit;
    struct dist *dist;
    int confidence; /* enum confidence */
    char *source;   /* NULL: not said */
    struct mark at;
};

enum confidence { CONFIDENCE_NONE, CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };
enum analysis { ANALYSIS_TRANSIENT, ANALYSIS_STEADY };
extern const char *const confidence_names[], *const analysis_names[], *const better_names[];

/* One state of the world: at the start, or after a dated change. */
struct scenario {
    int64_t version;
    char *title;
    int64_t seed;
    struct {
        struct date_value start;
        simtime length, warmup; /* length SIMTIME_NEVER: to the last end */
    } time;
    struct {
        struct date_value from, until;
        int by, after;
        int periods; /* none, year, month: as enum periods of analysis/ */
        simtime tau;
    } measure;
    struct {
        simtime step;
    } series;
    struct texts metrics;
    struct items processors, centres, tenants; /* structs of those names */
    struct items templates;                    /* struct tenant */
    struct items qos;                          /* struct qos_plan */
    struct {
        struct tenant_row *items;
        size_t len, cap;
    } rows; /* all tenants: parents before those below, in the order of the file */
    struct node *changes, *uncertain_node;
    struct items uncertain; /* struct uncertain, from the node */
    int analysis;           /* enum analysis */
    struct {
        char *metric; /* NULL: no question */
        int better;   /* BETTER_LOWER ... */
        char *matters;
    } question;
    struct items links; /* struct link_plan */
    struct broker_plan broker;
    struct path_notes paths; /* file names in it */
};

enum { MEASURE_STOP, MEASURE_DRAIN };
enum { BETTER_LOWER, BETTER_HIGHER };

/* For fields that last the run (struct field): what would be right. */
#define LASTS "write it in the scenario itself, or in a variant"
#define LASTS_PROCESSORS "other processors are a partition or a group whose nodes come at a date"
#define LASTS_MEMORY "nodes with other memory are a group or a partition that comes at a date"

extern const struct field scenario_fields[], processor_fields[], centre_fields[];
extern const struct field *const scheduler_table, *const change_table, *const workloads_table;
extern const struct field tenant_fields[], workload_fields[], uncertain_fields[], qos_fields[];
extern const char *const priority_names[];
extern const struct field workload_common_fields[]; /* what any workload may say */
extern const struct field link_fields[], broker_fields[];

/* A scenario and how it changes. epochs[0] holds from the start. */
struct program {
    struct document document;
    bool shared;           /* the document is another's */
    struct node *resolved; /* with variant and settings, before the changes at the start */
    struct node *changes;  /* as written; NULL: none */
    struct epoch {
        simtime at; /* since the start */
        struct node *tree;
        struct scenario *scenario;
    } * epochs;
    size_t n_epochs;
    simtime start;  /* microseconds since 1970-01-01T00:00Z */
    int32_t offset; /* of its zone, seconds east of UTC */
    bool dated;     /* the scenario states its start */
    bool sound;     /* its state at the start is known and right, and so are all its epochs */
};

/* Is it the scenario's main file or an included one? NULL: neither. O(files). */
bool program_has_file(const struct program *program, const char *file);

/* Read a scenario file whole. All that is wrong is added to errors; -1 if anything is: a program
 * that is sound all the same can be laid out, without later changes that are wrong. To be freed in
 * either case, after the errors have been printed. */
int program_load(struct program *program, const char *path, const char *variant,
                 const char *const *sets, size_t n_sets, const char *builtin_dir,
                 struct error_list *errors);
void program_free(struct program *program);

/* As program_load from a document that is read already, which must outlive the program, and a tree
 * that was resolved from it and is taken. Any number of programs may share a document. */
int program_from_tree(struct program *program, const struct document *document, struct node *tree,
                      struct error_list *errors);

/* The scenario whole: includes, variant and settings in it. File names are told from the folder of
 * the main file, so that the text does not depend on where things lie; or absolute, so that the
 * text can be put anywhere. To be freed. */
enum resolved_paths { PATHS_BESIDE, PATHS_ABSOLUTE };
struct node *program_resolved(const struct program *program, enum resolved_paths how);

/* The same as YAML, at its end, in comments, what slurm.conf files came to. To be freed. */
char *program_resolved_text(const struct program *program, enum resolved_paths how);

/* Make absolute, in any tree, the file names that the program read from it: those at the same
 * places. */
void program_name_files(const struct program *program, struct node *tree);

/* Since the start of the run, of a date that may be relative. */
simtime program_instant(const struct program *program, const struct date_value *date);

/* The one that holds for the partition. */
static inline const struct scheduler *partition_scheduler(const struct centre *centre,
                                                          const struct partition_plan *plan)
{
    return plan->scheduler_node ? &plan->scheduler : &centre->scheduler;
}

/* Partitions and reservations, each of which has a queue. */
static inline size_t centre_queues(const struct centre *centre)
{
    const struct partition_plan *plans = centre->partitions.items;
    size_t queues = centre->partitions.len;
    for (size_t i = 0; i < centre->partitions.len; i++)
        queues += plans[i].reservations.len;
    return queues;
}

/* Decode a whole tree and check it across fields. There may be failures, of which each is told in
 * errors or was before; the tree becomes faulty there, and some of the scenario is missing. To be
 * freed. */
struct scenario *scenario_read(struct node *tree, const char *file, struct error_list *errors,
                               size_t *ret_failures);
/* The same whole: NULL with errors. */
struct scenario *scenario_decode(struct node *tree, const char *file, struct error_list *errors);
void scenario_free(struct scenario *scenario); /* takes NULL */

/* tenants.a.tenants.b as steps; of a member the tenant that has members. */
void push_tenant(struct path *path, const struct tenant_row *rows, int32_t row);

/* Complete an error about a workload of the tenant `row`: its place in the scenario, unless it has
 * a better one in a log. A text that begins with a key of it ("request: ...") is about that. */
void place_workload_error(const struct tenant_row *rows, int32_t row,
                          const struct workload *workload, struct error *err);

extern const char *const member_keys[]; /* by enum log_key: "user" */

/* How many members there are in the end. */
static inline int64_t members_total(const struct tenant *tenant)
{
    return tenant->members.join.growth > 0 ? tenant->members.join.max : tenant->members.count;
}

/* Is its name a whole number, as those of members are? */
bool member_key(const struct tenant *tenant, int64_t *ret_key);

/* Processors of all partitions of a centre. */
int64_t centre_processors(const struct centre *centre);

/* By name; -1 if there is none. */
int64_t scenario_centre(const struct scenario *scenario, const char *name);
int64_t centre_partition(const struct centre *centre, const char *name);

#endif
