/* Between arrival.c and the processes, arrival_NAME.c. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORKLOAD_ARRIVAL_TYPE_H
#define WORKLOAD_ARRIVAL_TYPE_H

#include "workload/arrival.h"

/* One epoch, or several where nothing changed, with what its process derived from the parameters.
 */
struct segment {
    const struct arrival_type *type;
    const struct arrival_params *params; /* borrowed */
    simtime from, until;                 /* arrivals in [from, until); empty if from >= until */
    /* poisson */
    bool flat;            /* no profile */
    simtime reference;    /* when the stated rate holds */
    double growth;        /* of the logarithm, 1/s */
    double weight[7][24]; /* of the hours of a week */
    double month[12];
    double day[7]; /* integral of weight and growth over a day, s */
    /* every */
    simtime step; /* 0: months */
    int months;
};

/* An instant at which the process fires, before jitter. */
struct firing {
    simtime time;
    uint64_t ordinal;
};

struct arrival {
    struct place place;       /* path is not kept */
    struct segment *segments; /* owned */
    size_t len, at;           /* at: the segment under way */
    struct rng_stream chance, gap, jitter;
    uint64_t count;     /* firings so far: the ordinal of the next */
    simtime now;        /* where the process stands */
    double rest;        /* of a microsecond, in s: now + rest is the exact place */
    double hazard;      /* poisson: of the exponential draw, not yet used up; 0: draw */
    simtime due;        /* renewal: a gap under way ends then; SIMTIME_NEVER: none */
    simtime anchor;     /* every: of occurrence 0 ... */
    int64_t occurrence; /* ... and the next one */
    int64_t day;        /* poisson: the local day whose month is known */
    double month_weight;
    struct {
        struct firing *items;
        size_t len, cap;
    } pending;           /* heap by (time, ordinal): jittered, not yet handed out */
    struct firing ahead; /* the next firing, not yet jittered */
    bool has_ahead;
};

struct arrival_type {
    const char *key;
    bool (*given)(const struct arrival_params *params);
    int (*check)(const struct arrival_params *params, struct error *err);
    double (*mean_rate)(const struct arrival_params *params); /* as stated */
    /* Expected arrivals in [begin, end), inside [from, until) unless there is a jitter; NULL: by
     * mean_rate. */
    double (*mean_count)(const struct arrival_params *params, const struct place *place,
                         simtime begin, simtime end);
    /* Derive what next needs; NULL: nothing. */
    int (*open)(struct segment *segment, const struct place *place, struct error *err);
    /* Are arrivals in both, of the same type and dates, drawn alike? NULL: an epoch between them
     * moves none of them anyway. */
    bool (*same)(const struct segment *a, const struct segment *b);
    /* Enter segment `at`, from `before` (NULL at the beginning). NULL: nothing to do. */
    void (*enter)(struct arrival *arrival, const struct segment *before);
    /* The next firing inside the segment, at or after `now`. false: no more in it. */
    bool (*next)(struct arrival *arrival, const struct segment *segment, simtime *ret_time);
};

/* Of the text of `every`, and of a profile. */
field_check arrival_check_every;
extern field_check *const arrival_profile_checks[];

extern const struct arrival_type arrival_poisson, arrival_renewal, arrival_every;

#endif
