/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/classes.h"

#include "policy/bunch.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

#define NO_CLASS UINT32_MAX

struct class
{
    struct bunch jobs;
    int32_t tenant; /* or, where the order goes by job, the gate: -1 none */
    int32_t priority;
    int32_t gate;
    bool aged, counts_time;
    bool standing; /* it has an entry in `stands`: */
    size_t place;  /* where, unless the order is by rank; else found by */
    double offset;
    uint64_t keyed; /* period as of whose beginning the key is */
    double *key;    /* by rank: where it stands; owned */
    uint32_t next;  /* of the same tenant */
};

/* A class that is not empty, by offset where the order is by rank: what a search looks at. */
struct stand {
    double offset;
    double first;  /* total score of its first job */
    int32_t least; /* processors */
    uint32_t id;
};

/* A job that will be aged, in order of submission. */
struct ageing {
    uint32_t slot, generation;
    int32_t procs;
    simtime at;
};

struct classes {
    const struct order_type *order;
    const void *params;
    struct tenancy tenancy;
    struct classes_place place;
    simtime now;  /* as of which standings are looked at */
    simtime tick; /* when the period began */
    size_t key_len;
    uint64_t period; /* of ranks; counted */
    uint64_t scale;  /* as order->scale said */
    struct {
        struct class *items;
        size_t len, cap;
    } all;
    struct {
        struct stand *items;
        size_t len, cap;
    } stands;
    uint32_t *first; /* by tenant + 1: its first class */
    size_t n_first;
    size_t len;   /* jobs */
    bool crowded; /* offsets between neighbours are running out */
    struct {
        struct ageing *items;
        size_t first, len, cap;
    } ageing;
};

bool classes_needed(const struct order_type *order, const struct tenancy *tenancy)
{
    return order->by != ORDER_BY_JOB || (tenancy->gates && !order->ages);
}

struct classes *classes_new(const struct order_type *order, const void *params,
                            const struct tenancy *tenancy, const struct classes_place *place)
{
    struct classes *classes = mem_new(1, sizeof(*classes));
    classes->order = order;
    classes->params = params;
    classes->tenancy = *tenancy;
    classes->place = *place;
    if (order->key_len)
        classes->key_len = order->key_len(params, tenancy);
    return classes;
}

void classes_free(struct classes *classes)
{
    if (!classes)
        return;
    for (size_t i = 0; i < classes->all.len; i++) {
        bunch_deinit(&classes->all.items[i].jobs);
        free(classes->all.items[i].key);
    }
    free(classes->all.items);
    free(classes->stands.items);
    free(classes->ageing.items);
    free(classes->first);
    free(classes);
}

size_t classes_len(const struct classes *classes)
{
    return classes->len;
}

/* --- which class a job is in --- */

static uint32_t *first_of(struct classes *classes, int32_t tenant)
{
    const size_t i = (size_t)(tenant + 1);
    if (i >= classes->n_first) {
        const size_t len = 2 * i + 8;
        classes->first = mem_resize(classes->first, len, sizeof(*classes->first));
        while (classes->n_first < len)
            classes->first[classes->n_first++] = NO_CLASS;
    }
    return &classes->first[i];
}

static uint32_t find(const struct classes *classes, int32_t tenant, int32_t priority, bool aged)
{
    const size_t i = (size_t)(tenant + 1);
    uint32_t id = i < classes->n_first ? classes->first[i] : NO_CLASS;
    while (id != NO_CLASS &&
           (classes->all.items[id].priority != priority || classes->all.items[id].aged != aged))
        id = classes->all.items[id].next;
    return id;
}

static int32_t gate_of(const struct classes *classes, int32_t tenant)
{
    return classes->tenancy.gates ? gates_of(classes->tenancy.gates, tenant) : -1;
}

/* What tells classes apart. */
static int32_t owner_of(const struct classes *classes, const struct job *job)
{
    return classes->order->by == ORDER_BY_JOB ? gate_of(classes, job->spec.tenant)
                                              : job->spec.tenant;
}

static int32_t priority_of(const struct classes *classes, const struct job *job)
{
    return classes->order->by == ORDER_BY_JOB ? 0 : job->spec.priority;
}

static uint32_t class_of(struct classes *classes, const struct job *job, bool aged)
{
    const int32_t tenant = owner_of(classes, job), priority = priority_of(classes, job);
    const uint32_t known = find(classes, tenant, priority, aged);
    if (known != NO_CLASS)
        return known;
    uint32_t *first = first_of(classes, tenant);
    MEM_GROW(&classes->all);
    const uint32_t id = (uint32_t)classes->all.len++;
    struct class *class = &classes->all.items[id];
    *class = (struct class){.jobs = {.least = INT32_MAX},
                            .tenant = tenant,
                            .priority = priority,
                            .gate = gate_of(classes, job->spec.tenant),
                            .aged = aged,
                            .next = *first};
    class->counts_time = class->gate >= 0 && gates_counts_time(classes->tenancy.gates, class->gate);
    *first = id;
    return id;
}

/* --- ranks --- */

static struct class_view view_of(const struct classes *classes, uint32_t id)
{
    const struct class *class = &classes->all.items[id];
    return (struct class_view){.tenancy = &classes->tenancy,
                               .tenant = class->tenant,
                               .priority = class->priority,
                               .aged = class->aged,
                               .weight = classes->place.weight,
                               .processors = classes->place.processors,
                               .memory = classes->place.memory,
                               .now = classes->now,
                               .tick = classes->tick};
}

static int compare_keys(const double *a, const double *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static int compare_classes(const struct classes *classes, uint32_t a, uint32_t b)
{
    return compare_keys(classes->all.items[a].key, classes->all.items[b].key, classes->key_len);
}

/* Look at where a class stands. */
static void take_key(struct classes *classes, uint32_t id)
{
    struct class *class = &classes->all.items[id];
    if (!class->key)
        class->key = mem_new(classes->key_len, sizeof(*class->key));
    const struct class_view view = view_of(classes, id);
    classes->order->key(classes->params, &view, class->key, classes->key_len);
    class->keyed = classes->period;
}

static double offset_of(const struct classes *classes, uint32_t id)
{
    if (classes->order->by == ORDER_BY_JOB)
        return 0;
    const struct class_view view = view_of(classes, id);
    return classes->order->offset(classes->params, &view);
}

/* The first stand that does not go before the class. */
static size_t place_by_rank(const struct classes *classes, uint32_t id)
{
    size_t low = 0, high = classes->stands.len;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (compare_classes(classes, classes->stands.items[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#define GAP_LEAST 1e-7

/* A number for a class that is to stand at `place`, between those of its neighbours. */
static double offset_between(struct classes *classes, size_t place, uint32_t id)
{
    const struct stand *stands = classes->stands.items;
    const size_t len = classes->stands.len;
    if (place < len && compare_classes(classes, stands[place].id, id) == 0)
        return stands[place].offset;
    if (len == 0)
        return 0;
    if (place == len)
        return stands[len - 1].offset + 1;
    if (place == 0)
        return stands[0].offset - 1;
    const double gap = stands[place].offset - stands[place - 1].offset;
    classes->crowded |= gap < GAP_LEAST;
    return stands[place - 1].offset + gap / 2;
}

static double first_total(const struct class *class)
{
    struct jobitem item;
    REQUIRE(bunch_first(&class->jobs, &item));
    return item.key.score + class->offset;
}

static bool by_rank(const struct classes *classes)
{
    return classes->order->by == ORDER_BY_RANK;
}

static void stand_up(struct classes *classes, uint32_t id)
{
    struct class *class = &classes->all.items[id];
    size_t place = classes->stands.len;
    if (by_rank(classes)) {
        take_key(classes, id);
        place = place_by_rank(classes, id);
        class->offset = offset_between(classes, place, id);
    } else {
        class->offset = offset_of(classes, id);
        class->place = place;
    }
    MEM_GROW(&classes->stands);
    struct stand *at = &classes->stands.items[place];
    memmove(at + 1, at, (classes->stands.len - place) * sizeof(*at));
    *at = (struct stand){class->offset, first_total(class), class->jobs.least, id};
    classes->stands.len++;
    class->standing = true;
}

/* The first stand whose offset is not below. */
static size_t first_from(const struct classes *classes, double offset)
{
    size_t low = 0, high = classes->stands.len;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (classes->stands.items[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t stand_of(const struct classes *classes, uint32_t id)
{
    const struct class *class = &classes->all.items[id];
    size_t i = class->place; /* unless by rank */
    if (by_rank(classes))
        for (i = first_from(classes, class->offset); classes->stands.items[i].id != id;)
            i++;
    return i;
}

static void stand_down(struct classes *classes, uint32_t id)
{
    const size_t i = stand_of(classes, id);
    struct stand *at = &classes->stands.items[i];
    const size_t last = --classes->stands.len;
    if (by_rank(classes)) {
        memmove(at, at + 1, (last - i) * sizeof(*at));
    } else {
        *at = classes->stands.items[last];
        classes->all.items[at->id].place = i;
    }
    classes->all.items[id].standing = false;
}

static int compare_stands(const void *a, const void *b, void *ctx)
{
    const struct stand *x = a, *y = b;
    const int order = compare_classes(ctx, x->id, y->id);
    return order != 0 ? order : x->id < y->id ? -1 : x->id > y->id;
}

/* Whole numbers as offsets again; ties share one. The order stays. */
static void number(struct classes *classes)
{
    double offset = 0;
    struct stand *stands = classes->stands.items;
    for (size_t i = 0; i < classes->stands.len; i++) {
        if (i > 0 && compare_classes(classes, stands[i - 1].id, stands[i].id) != 0)
            offset++;
        struct class *class = &classes->all.items[stands[i].id];
        stands[i].offset = class->offset = offset;
        stands[i].first = first_total(class);
    }
    classes->crowded = false;
}

/* So few are sooner sorted at the beginning of a period than one by one as searches come upon them.
 */
#define FEW_CLASSES 64

/* From one period to the next few change places. */
static void sort_few(struct classes *classes)
{
    struct stand *stands = classes->stands.items;
    for (size_t i = 1; i < classes->stands.len; i++) {
        const struct stand stand = stands[i];
        size_t k = i;
        for (; k > 0 && compare_stands(&stands[k - 1], &stand, classes) > 0; k--)
            stands[k] = stands[k - 1];
        stands[k] = stand;
    }
}

/* All ranks are taken anew, as where keys do not compare with former ones. */
static void rank_all(struct classes *classes)
{
    struct stand *stands = classes->stands.items;
    const size_t len = classes->stands.len;
    for (size_t i = 0; i < len; i++)
        take_key(classes, stands[i].id);
    if (len <= FEW_CLASSES)
        sort_few(classes);
    else
        qsort_r(stands, len, sizeof(*stands), compare_stands, classes);
    number(classes);
}

static void keep_scale(struct classes *classes)
{
    const struct order_type *order = classes->order;
    const uint64_t scale =
        order->scale ? order->scale(classes->params, &classes->tenancy, classes->now) : 0;
    if (scale == classes->scale)
        return;
    classes->scale = scale;
    rank_all(classes);
}

void classes_rank(struct classes *classes, simtime now, simtime tick)
{
    struct stand *stands = classes->stands.items;
    classes->now = now;
    classes->tick = tick;
    classes->period++;
    if (by_rank(classes)) {
        keep_scale(classes);
        if (classes->stands.len <= FEW_CLASSES && !classes->order->live)
            rank_all(classes);
        return;
    }
    for (size_t i = 0; i < classes->stands.len; i++) {
        struct class *class = &classes->all.items[stands[i].id];
        stands[i].offset = class->offset = offset_of(classes, stands[i].id);
        stands[i].first = first_total(class);
    }
}

/* Bring a class up to this period. It goes no further to the front, for keys never fall. True if it
 * may have moved. */
static bool renew(struct classes *classes, uint32_t id)
{
    const struct class *class = &classes->all.items[id];
    if (!by_rank(classes) || !class->standing || class->keyed == classes->period ||
        classes->order->live)
        return false;
    const size_t at = stand_of(classes, id);
    const struct stand *stand = &classes->stands.items[at];
    const bool last = at + 1 == classes->stands.len;
    const bool tied = (at > 0 && stand[-1].offset == stand->offset) ||
                      (!last && stand[1].offset == stand->offset);
    take_key(classes, id);
    if (!tied && (last || compare_classes(classes, id, stand[1].id) < 0))
        return false;
    stand_down(classes, id);
    stand_up(classes, id);
    return true;
}

void classes_settle(struct classes *classes, simtime now)
{
    classes->now = now;
    keep_scale(classes);
    if (classes->crowded)
        number(classes);
}

/* Its classes lose, or get back, their places. */
static void restand(struct classes *classes, int32_t tenant, bool up)
{
    if ((size_t)(tenant + 1) >= classes->n_first)
        return;
    uint32_t id = classes->first[tenant + 1];
    for (; id != NO_CLASS; id = classes->all.items[id].next) {
        if (up && bunch_len(&classes->all.items[id].jobs) > 0)
            stand_up(classes, id);
        else if (!up && classes->all.items[id].standing)
            stand_down(classes, id);
    }
}

void classes_changed(struct classes *classes, int32_t tenant, simtime now)
{
    const struct tenant_info *tenants = classes->tenancy.world->tenants.items;
    if (!classes->order->live)
        return;
    classes_settle(classes, now);
    /* All down first: places are found among what stands in order. */
    for (int32_t above = tenant; above >= 0; above = tenants[above].parent)
        restand(classes, above, false);
    for (int32_t above = tenant; above >= 0; above = tenants[above].parent)
        restand(classes, above, true);
}

/* --- jobs --- */

/* What a search looks at has changed. */
static void refresh(struct classes *classes, uint32_t id)
{
    const struct class *class = &classes->all.items[id];
    struct stand *stand = &classes->stands.items[stand_of(classes, id)];
    stand->least = class->jobs.least;
    stand->first = first_total(class);
}

static void insert(struct classes *classes, uint32_t id, const struct jobitem *item)
{
    struct class *class = &classes->all.items[id];
    bunch_insert(&class->jobs, item);
    classes->len++;
    if (class->standing)
        refresh(classes, id);
    else
        stand_up(classes, id);
}

/* The one whose turn to age comes first leaves first: jobs come in order of submission, but for
 * those that were stopped and come again. */
static void will_age(struct classes *classes, const struct job *job, int32_t procs)
{
    if (classes->ageing.first > 64 && 2 * classes->ageing.first > classes->ageing.len) {
        classes->ageing.len -= classes->ageing.first;
        memmove(classes->ageing.items, classes->ageing.items + classes->ageing.first,
                classes->ageing.len * sizeof(*classes->ageing.items));
        classes->ageing.first = 0;
    }
    MEM_GROW(&classes->ageing);
    size_t i = classes->ageing.len++;
    const struct ageing one = {job->slot, job->generation, procs,
                               job->spec.submit + classes->order->max_age(classes->params)};
    for (; i > classes->ageing.first && classes->ageing.items[i - 1].at > one.at; i--)
        classes->ageing.items[i] = classes->ageing.items[i - 1];
    classes->ageing.items[i] = one;
}

bool classes_is_aged(const struct classes *classes, const struct job *job)
{
    return classes->order->max_age &&
           job->spec.submit + classes->order->max_age(classes->params) <= classes->tick;
}

bool classes_next_aged(struct classes *classes, const struct jobs *jobs, struct job **ret_job,
                       int32_t *ret_procs)
{
    while (classes->ageing.first < classes->ageing.len) {
        const struct ageing *one = &classes->ageing.items[classes->ageing.first];
        if (one->at > classes->tick)
            return false;
        classes->ageing.first++;
        struct job *job = jobs_at(jobs, one->slot);
        if (job->live && job->generation == one->generation && job->state == JOB_PENDING) {
            *ret_job = job;
            *ret_procs = one->procs;
            return true;
        }
    }
    return false;
}

void classes_add(struct classes *classes, const struct job *job, bool aged,
                 const struct jobitem *item, simtime now)
{
    classes_settle(classes, now);
    insert(classes, class_of(classes, job, aged), item);
    if (classes->order->max_age && !aged)
        will_age(classes, job, item->procs);
}

bool classes_remove(struct classes *classes, const struct job *job, bool aged, struct jobkey key)
{
    const uint32_t id = find(classes, owner_of(classes, job), priority_of(classes, job), aged);
    if (id == NO_CLASS)
        return false;
    struct class *class = &classes->all.items[id];
    if (!bunch_remove(&class->jobs, key))
        return false;
    classes->len--;
    if (bunch_len(&class->jobs) > 0)
        refresh(classes, id);
    else
        stand_down(classes, id);
    return true;
}

double classes_offset(struct classes *classes, const struct job *job, bool aged)
{
    const uint32_t id = find(classes, owner_of(classes, job), priority_of(classes, job), aged);
    if (id == NO_CLASS)
        return 0;
    renew(classes, id);
    return classes->all.items[id].offset;
}

/* --- searches --- */

struct search {
    const struct jobkey *after;
    bool claims_only;
    int64_t free;
    simtime window;
    int64_t spare;
};

/* Most processors that a job of the class may start with. */
static int64_t room_in(const struct classes *classes, const struct class *class,
                       const struct search *search)
{
    const struct tenancy *tenancy = &classes->tenancy;
    int64_t most = search->free;
    if (class->gate < 0)
        return search->claims_only ? 0 : most;
    const struct room room = gates_room(tenancy->gates, class->gate, tenancy->centre);
    most = room.quota < most ? room.quota : most;
    if (!search->claims_only && room.guarantee >= most)
        return most;
    /* A claim may be met by what others keep. */
    const int64_t claim = gates_claim(tenancy->gates, class->gate, tenancy->centre);
    const int64_t held = search->claims_only || claim > room.guarantee ? claim : room.guarantee;
    return held < most ? held : most;
}

/* The first job of the class that fits, with its total. */
static bool search_class(const struct classes *classes, const struct stand *stand,
                         const struct search *search, struct jobitem *ret)
{
    const struct class *class = &classes->all.items[stand->id];
    const int64_t room = room_in(classes, class, search);
    struct jobkey key;
    const struct jobkey *after = NULL;
    if (stand->least > room)
        return false;
    if (search->after) {
        key = (struct jobkey){search->after->score - stand->offset, search->after->seq};
        after = by_rank(classes) && search->after->score < stand->offset ? NULL : &key;
    }
    while (bunch_next_fit(&class->jobs, after, room, search->window, search->spare, ret)) {
        if (!class->counts_time ||
            gates_affords(classes->tenancy.gates, class->gate, ret->procs, ret->request)) {
            ret->key.score += stand->offset;
            return true;
        }
        key = ret->key;
        after = &key;
    }
    return false;
}

bool classes_next_fit(struct classes *classes, const struct jobkey *after, bool claims_only,
                      int64_t free, simtime window, int64_t spare, struct jobitem *ret)
{
    const struct search search = {after, claims_only, free, window, spare};
    bool found = false;
    struct jobitem item;
    size_t i = by_rank(classes) && after ? first_from(classes, after->score) : 0;
    while (i < classes->stands.len) {
        const struct stand *stand = &classes->stands.items[i];
        if (found && by_rank(classes) && stand->offset > ret->key.score)
            break;
        if (stand->least > free || (found && stand->first > ret->key.score) ||
            !search_class(classes, stand, &search, &item)) {
            i++;
            continue;
        }
        /* Only what holds the job that is looked for has to stand as of this period. */
        const uint32_t id = stand->id;
        if (renew(classes, id)) {
            const size_t to = stand_of(classes, id); /* before those it ties with */
            i = to < i ? to : i;
            continue;
        }
        if (!found || !jobkey_upto(&ret->key, &item.key))
            *ret = item;
        found = true;
        i++;
    }
    return found;
}

void classes_list(struct classes *classes, struct jobitem *ret)
{
    if (by_rank(classes))
        rank_all(classes);
    for (size_t i = 0; i < classes->stands.len; i++) {
        const struct stand *stand = &classes->stands.items[i];
        const struct bunch *jobs = &classes->all.items[stand->id].jobs;
        const struct jobkey *after = NULL;
        struct jobkey last;
        while (bunch_next_fit(jobs, after, INT64_MAX, SIMTIME_NEVER, 0, ret)) {
            last = ret->key;
            after = &last;
            (ret++)->key.score += stand->offset;
        }
    }
}

void classes_check(const struct classes *classes)
{
    size_t jobs = 0;
    const struct stand *stands = classes->stands.items;
    for (size_t i = 0; i < classes->stands.len; i++) {
        const struct class *class = &classes->all.items[stands[i].id];
        REQUIRE(class->standing && bunch_len(&class->jobs) > 0);
        REQUIRE(stands[i].least == class->jobs.least && stands[i].offset == class->offset);
        REQUIRE(i == 0 || !by_rank(classes) || stands[i - 1].offset <= stands[i].offset);
        REQUIRE(by_rank(classes) || class->place == i);
        jobs += bunch_len(&class->jobs);
    }
    REQUIRE(jobs == classes->len);
}
