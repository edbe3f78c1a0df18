/* A scenario and its variants on common random numbers: what is measured, the runs, and what they
 * show. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EXPERIMENT_COMPARE_H
#define EXPERIMENT_COMPARE_H

#include "experiment/question.h"
#include "stats/pairs.h"
#include "stats/series.h"

#include <signal.h>

#define COMPARE_CONFIDENCE 0.95
#define COMPARE_USED "utilisation"
#define COMPARE_FILLED 0.9         /* of the offered load is to be seen in use: a caution below */
#define COMPARE_SPREAD 0.5         /* of replications, beside their mean: a caution from there on */
#define COMPARE_COUNTS_DIFFER 0.01 /* share of jobs: no verdict from there on */
enum {
    COMPARE_REPLICATIONS = 10,
    COMPARE_MOST = 1000,
    COMPARE_PILOTS = 5,
    COMPARE_TRIALS = 3,
    COMPARE_POINTS = 40
};

struct compare_setup {
    const char *path, *builtin_dir;
    const char *const *sets;
    size_t n_sets;
    const char *const *variants; /* NULL: all that the scenario has */
    size_t n_variants;
    bool has_seed;
    uint64_t seed;
    uint64_t replications; /* at least 1; with `until` the least number */
    const char *until;     /* selector whose interval is to be narrow; NULL: none */
    double relative;       /* its half-width over the mean, from 0 to 1 */
    uint64_t most;         /* replications */
    bool uncertain;        /* sample the assumptions, too */
    uint64_t points;       /* of that sample */
    unsigned workers;      /* processes */
    double limit;          /* wall time of a run, s; 0: none */
    void (*tick)(void *ctx, size_t done, size_t out_of); /* may be NULL */
    void *ctx;
    const volatile sig_atomic_t *interrupted;
};

enum measure_kind {
    MEASURE_ASKED,  /* the question */
    MEASURE_OWN,    /* the scenario's metrics, or asked for by `until` */
    MEASURE_USUAL,  /* waits, slowdown, use */
    MEASURE_PERIOD, /* the question in one year or month */
    MEASURE_COUNT   /* jobs that are counted, or not; and else what is looked at, but not shown */
};

enum { COMPARE_COUNTS = 4 }; /* of jobs: submitted, pending, rejected, abandoned */

enum better { BETTER_IS_LOWER, BETTER_IS_HIGHER, BETTER_IS_NEITHER };

struct measure {
    char *selector; /* owned */
    enum measure_kind kind;
    const char *unit;
    enum better better;
    double matters;  /* in that unit; NaN: not said */
    char period[32]; /* MEASURE_PERIOD */
    bool of_jobs;
    bool total;                    /* of all of them, counted or not: no matter how many are */
    size_t counts[COMPARE_COUNTS]; /* of jobs: the measures that count the very same */
};

/* The scenario (the first) or a variant. */
struct arm {
    char *name; /* owned; "base" */
    struct program program;
    bool *valid;        /* by measure: it has what the selector names; owned */
    char *unstable;     /* in words; NULL: it is not; owned */
    size_t late;        /* replications given up, as they took longer than the limit */
    bool unpiloted;     /* none of its pilot runs came to its end */
    size_t pilots_late; /* of them, by the limit */
    bool unsettled;     /* no end of a warm-up was found in its pilot runs */
    double offered;     /* load over what is installed; NaN: not known */
};

/* Numbers of one tenant: the metric, then the four counts. */
enum { TENANT_NUMBERS = 1 + COMPARE_COUNTS };

struct compare_tenants {
    char **names; /* in the order of the first run that has them; owned */
    size_t len, cap;
    const struct metric *metric;
};

/* One run. A run that failed or was not made has neither. */
struct compare_one {
    double *values;  /* by measure; NaN: none; owned */
    double *tenants; /* TENANT_NUMBERS of each; owned */
    size_t n_tenants;
    bool grew; /* steady: its queue, or what is offered has none */
};

struct compare {
    const struct compare_setup *setup;
    struct question question;
    struct {
        struct arm *items; /* owned */
        size_t len;
    } arms;
    struct {
        struct measure *items;
        size_t len, cap;
    } measures;
    bool steady, analysis_said;
    char *why_transient; /* what is dated or grows; NULL: said, or steady; owned */
    bool warmup_given;
    char *warmup_set;          /* PATH=VALUE that all arms were loaded with; NULL: none; owned */
    double warmup;             /* s */
    double run_lag1;           /* steady: of 20 batches of a pilot, mean of all; NaN: not known */
    bool correlated;           /* and beyond chance */
    struct batch_means within; /* steady: the mean wait of a pilot of the base, s */
    struct spaced_quantile within_p95; /* and the 95th percentile of its waits, s */
    size_t replications;               /* done */
    bool identical;                    /* all of them, as nothing is random */
    size_t lost;              /* runs that crashed, were killed or too slow; each is warned of */
    bool reached;             /* what `until` asks for */
    bool stopped;             /* Ctrl-C: what there is */
    struct compare_one *runs; /* by replication, then arm; owned */
    struct compare_tenants tenants;
    struct texts warnings;               /* owned */
    char *fault_file;                    /* that the error of a run is about; owned */
    struct compare_uncertain *uncertain; /* owned; NULL: not asked for */
};

enum { COMPARE_DONE, COMPARE_STOPPED, COMPARE_FAILED = -1 };

/* Load, run and keep all values. COMPARE_FAILED with errors. To be deinitialised in any case, after
 * the errors were printed. */
int compare_run(struct compare *compare, const struct compare_setup *setup,
                struct error_list *errors);
void compare_deinit(struct compare *compare);

/* --- reading it --- */

double compare_value(const struct compare *compare, size_t replication, size_t arm, size_t measure);

/* All values of a measure into ret[replications]. */
void compare_values(const struct compare *compare, size_t arm, size_t measure, double *ret);
void compare_tenant_values(const struct compare *compare, size_t arm, size_t tenant, size_t number,
                           double *ret);

/* A measure, or a tenant's, of a variant against the base. */
struct finding {
    struct interval base, mean, difference; /* of COMPARE_CONFIDENCE each */
    struct interval median;                 /* of the variant's replications */
    struct judged judged;
    double p, adjusted; /* that it has no verdict; corrected by Holm over its family */
    enum verdict verdict;
    bool counts_differ;               /* so there is no verdict */
    double uncounted, uncounted_base; /* shares of the jobs submitted */
    size_t needed; /* open: replications in all until a verdict is likely; 0: not known */
    double gain;   /* of pairing: how many times narrower */
};

/* The variants 1 .. arms.len - 1 of a measure into ret[arms.len - 1], one family. */
void compare_judge(const struct compare *compare, size_t measure, struct finding *ret);

/* The share of the jobs of a measure of jobs that are not counted in an arm, and its parts; 0 of
 * other measures. */
double compare_uncounted(const struct compare *compare, size_t arm, size_t measure,
                         double parts[COMPARE_COUNTS]);

/* All tenants under all variants, one family: ret[(arm - 1) * tenants.len + tenant]. */
void compare_judge_tenants(const struct compare *compare, struct finding *ret);

/* All load that is offered without end over all that is installed; NaN where some of it ends, or is
 * not known. */
double compare_offered(const struct build *build);

/* Is less in use in the runs of a steady arm than is offered, beyond chance and by a good deal? */
bool compare_unfilled(const struct compare *compare, size_t arm, double *ret_used);

/* What of a scenario is dated or grows, so that no long-run number is meant; NULL: nothing. To be
 * freed. */
char *compare_dated(const struct program *program);

/* The question and the other measures of the base. -1 with errors. */
int compare_measures(struct compare *compare, const struct build *build, struct error_list *errors);

/* Is it a wait of all jobs, or what comes of it, so that it has no bound once a queue has none? */
bool measure_grows(const struct measure *measure);

/* Does a variant say another value at a path than the base? */
bool compare_sets(const struct compare *compare, size_t arm, const char *path);

/* Takes the text: another thing to mind. */
void compare_warn(struct compare *compare, char *text);

#endif
