/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/classes_inner.h"

#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

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
    classes->spare = NO_CLASS;
    if (tenancy->gates)
        classes_begin_holds(classes);
    REQUIRE(!classes_by_rank(classes) || !order->score);
    if (order->offsets)
        classes_find_offsets(classes);
    return classes;
}

void classes_free(struct classes *classes)
{
    if (!classes)
        return;
    for (size_t i = 0; i < classes->all.len; i++)
        bunch_deinit(&classes->all.items[i].jobs);
    free(classes->all.items);
    free(classes->ranks.items);
    free(classes->paths.items);
    classes_free_stands(classes);
    classes_end_holds(classes);
    free(classes->stale.items);
    free(classes->ageing.items);
    free(classes->branches.items);
    free(classes->open.items);
    free(classes->open.bits);
    free(classes->heads.items);
    free(classes->line.made);
    free(classes);
}

size_t classes_len(const struct classes *classes)
{
    return classes->len;
}

/* --- which class a job is in --- */

static uint32_t find(const struct classes *classes, int32_t tenant, struct class_kind kind,
                     bool aged)
{
    const struct branch *branch = classes_branch(classes, tenant);
    uint32_t id = branch ? branch->first : NO_CLASS;
    while (id != NO_CLASS &&
           (classes->all.items[id].kind.priority != kind.priority ||
            classes->all.items[id].kind.qos != kind.qos || classes->all.items[id].aged != aged))
        id = classes->all.items[id].next;
    return id;
}

static int32_t gate_of(const struct classes *classes, const struct job *job)
{
    struct gates *gates = classes->tenancy.gates;
    return gates ? gates_of(gates, job->spec.tenant, job->spec.qos) : -1;
}

/* What tells classes apart. */
static int32_t owner_of(const struct classes *classes, const struct job *job)
{
    return classes->order->by == ORDER_BY_JOB ? gate_of(classes, job) : job->spec.tenant;
}

static struct class_kind kind_of(const struct classes *classes, const struct job *job)
{
    return classes->order->by == ORDER_BY_JOB
               ? (struct class_kind){0, 0}
               : (struct class_kind){(int16_t)job->spec.priority, job->spec.qos};
}

/* Those that became empty are taken again: what is looked at lies close together, however many
 * tenants there are. */
static uint32_t spare_class(struct classes *classes)
{
    const uint32_t id = classes->spare;
    if (id != NO_CLASS) {
        classes->spare = classes->all.items[id].next;
        return id;
    }
    MEM_GROW(&classes->all);
    MEM_GROW(&classes->ranks);
    classes->ranks.items[classes->ranks.len++] = (struct rank){0};
    MEM_GROW(&classes->paths);
    classes->paths.items[classes->paths.len++] = (struct shares_path){0};
    classes->all.items[classes->all.len] = (struct class){.jobs = {.least = INT32_MAX}};
    return (uint32_t)classes->all.len++;
}

static uint32_t class_of(struct classes *classes, const struct job *job, bool aged)
{
    const int32_t tenant = owner_of(classes, job);
    const struct class_kind kind = kind_of(classes, job);
    const uint32_t known = find(classes, tenant, kind, aged);
    if (known != NO_CLASS)
        return known;
    const uint32_t id = spare_class(classes);
    struct class *class = &classes->all.items[id];
    *class = (struct class){.jobs = class->jobs,
                            .tenant = tenant,
                            .kind = kind,
                            .gate = gate_of(classes, job),
                            .aged = aged};
    class->counts_time = class->gate >= 0 && gates_counts_time(classes->tenancy.gates, class->gate);
    struct rank *rank = &classes->ranks.items[id];
    *rank = (struct rank){.kind = (uint8_t)(2 * kind.priority + aged)};
    for (int scope = 0; scope < SEARCH_SCOPES; scope++) {
        class->watches[scope].gate = GATE_NONE;
        rank->held[scope] = HELD_NOT;
    }
    classes_join(classes, id);
    if (classes->order->by_tree)
        shares_path(classes->tenancy.shares, tenant, &classes->paths.items[id]);
    return id;
}

static void spare(struct classes *classes, uint32_t id)
{
    struct class *class = &classes->all.items[id];
    classes_leave(classes, id);
    bunch_clear(&class->jobs);
    class->stale = false;
    class->next = classes->spare;
    classes->spare = id;
}

/* --- jobs --- */

static void insert(struct classes *classes, uint32_t id, const struct jobitem *item)
{
    struct class *class = &classes->all.items[id];
    const bool first = bunch_len(&class->jobs) == 0;
    classes->heads.hold = false;
    if (!first && item->procs < class->jobs.least)
        classes_let_go(classes, id);
    bunch_insert(&class->jobs, item);
    classes->len++;
    if (first)
        classes_stand_up(classes, id);
    else
        classes_stand_anew(classes, id);
    if (UNLIKELY(classes->line.state != LINE_NONE))
        classes_line_add(classes, id, item);
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
            classes_line_doubt(classes); /* it passes others */
            return true;
        }
    }
    return false;
}

/* Of many tenants this one was not looked at for long: what is kept of it comes while the order is
 * settled. */
static void expect(const struct classes *classes, int32_t tenant)
{
    if ((size_t)(tenant + 1) < classes->branches.len)
        __builtin_prefetch(&classes->branches.items[tenant + 1]);
    if (classes->tenancy.shares)
        shares_expect(classes->tenancy.shares, tenant);
}

void classes_add(struct classes *classes, const struct job *job, bool aged,
                 const struct jobitem *item, simtime now)
{
    expect(classes, job->spec.tenant);
    classes_settle(classes, now);
    insert(classes, class_of(classes, job, aged), item);
    if (classes->order->max_age && !aged)
        will_age(classes, job, item->procs);
}

bool classes_remove(struct classes *classes, const struct job *job, bool aged, struct jobkey key)
{
    const uint32_t id = find(classes, owner_of(classes, job), kind_of(classes, job), aged);
    if (id == NO_CLASS)
        return false;
    struct class *class = &classes->all.items[id];
    if (!bunch_remove(&class->jobs, key))
        return false;
    classes->heads.hold = false;
    classes->len--;
    if (UNLIKELY(classes->line.state != LINE_NONE))
        classes_line_remove(classes, id, key);
    if (bunch_len(&class->jobs) > 0) {
        classes_stand_anew(classes, id);
    } else {
        classes_let_go(classes, id);
        classes_stand_down(classes, id);
        spare(classes, id);
    }
    return true;
}

double classes_offset(const struct classes *classes, const struct job *job, bool aged)
{
    const uint32_t id = find(classes, owner_of(classes, job), kind_of(classes, job), aged);
    return id == NO_CLASS ? 0 : classes->ranks.items[id].offset + classes->base;
}

double classes_base(const struct classes *classes)
{
    return classes->base;
}

/* --- searches --- */

struct search {
    const struct jobkey *after;
    enum search_scope scope;
    int64_t free;
    simtime window;
    int64_t spare;
};

/* The same for a claim, or what is owed. */
static NOINLINE int64_t owed_in(const struct tenancy *tenancy, int32_t gate,
                                enum search_scope scope, int64_t free)
{
    if (gate < 0)
        return 0;
    int64_t most = free;
    if (scope == SEARCH_CLAIMS)
        most = gates_room(tenancy->gates, gate, tenancy->centre).quota;
    const int64_t owed = scope == SEARCH_CLAIMS ? gates_claim(tenancy->gates, gate, tenancy->centre)
                                                : gates_owed(tenancy->gates, gate, tenancy->centre);
    most = most < owed ? most : owed;
    return most < free ? most : free;
}

/* Most processors that a job of the class may start with. */
static int64_t room_in(const struct classes *classes, const struct class *class,
                       const struct search *search)
{
    const struct tenancy *tenancy = &classes->tenancy;
    int64_t most = search->free;
    if (UNLIKELY(search->scope != SEARCH_ALL))
        return owed_in(tenancy, class->gate, search->scope, most);
    if (class->gate < 0)
        return most;
    const struct room room = gates_room(tenancy->gates, class->gate, tenancy->centre);
    most = room.quota < most ? room.quota : most;
    if (room.guarantee >= most)
        return most;
    /* A claim may be met by what others keep. */
    const int64_t claim = gates_claim(tenancy->gates, class->gate, tenancy->centre);
    const int64_t held = claim > room.guarantee ? claim : room.guarantee;
    return held < most ? held : most;
}

/* Of a key from outside the one to look for. */
static inline struct jobkey key_inside(const struct classes *classes, const struct jobkey *key)
{
    return key ? (struct jobkey){key->score - classes->base, key->seq} : (struct jobkey){0, 0};
}

/* The first job of the class that fits, with its total. */
static bool search_class(const struct classes *classes, const struct stand *stand,
                         const struct search *search, struct jobitem *ret)
{
    const struct class *class = &classes->all.items[stand->id];
    const double offset = classes->ranks.items[stand->id].offset;
    const int64_t room = room_in(classes, class, search);
    struct jobkey key;
    const struct jobkey *after = NULL;
    if (stand->least > room) {
        if (stand->least <= search->free && classes->holds)
            classes_hold(classes, search->scope, (size_t)(stand - classes->stands.items));
        return false;
    }
    if (search->after && jobkey_upto(&stand->head, search->after)) {
        key = (struct jobkey){search->after->score - offset, search->after->seq};
        after = &key;
    }
    const bool found =
        class->counts_time
            ? bunch_next_within(&class->jobs, after, room, search->window, search->spare,
                                gates_left(classes->tenancy.gates, class->gate), ret)
            : bunch_next_fit(&class->jobs, after, room, search->window, search->spare, ret);
    if (found)
        ret->key.score += offset;
    return found;
}

bool classes_first(const struct classes *classes, struct jobitem *ret)
{
    if (classes->stands.len == 0)
        return false;
    const struct stand *stand = &classes->stands.items[0];
    REQUIRE(bunch_first(&classes->all.items[stand->id].jobs, ret));
    ret->key = stand->head;
    ret->key.score += classes->base;
    return true;
}

/* Of the next stands from `from` on, as least_bits. */
static uint32_t next_upto(const struct classes *classes, size_t from, int16_t most)
{
    return least_bits(classes->least, from, classes->stands.len, most);
}

/* Of those that gates do not hold from searches of the scope. */
static inline uint32_t open_bits(const struct classes *classes, enum search_scope scope,
                                 size_t from, int16_t level)
{
    return classes->holds ? lane_bits(lanes_at(&classes->held[scope][from]) <= level) : UINT32_MAX;
}

bool classes_may_fit(const struct classes *classes, int64_t free)
{
    const int16_t most = least_upto(free), level = classes_hear(classes, SEARCH_ALL);
    for (size_t from = 0; from < classes->stands.len; from += LANES)
        if ((next_upto(classes, from, most) & open_bits(classes, SEARCH_ALL, from, level)) != 0)
            return true;
    return false;
}

static bool search_all(const struct classes *classes, const struct jobkey *after,
                       enum search_scope scope, int64_t free, simtime window, int64_t spare,
                       struct jobitem *ret)
{
    const struct search search = {after, scope, free, window, spare};
    bool found = false;
    struct jobitem item;
    const int16_t most = least_upto(free);
    const int16_t level = classes_hear(classes, scope);
    size_t from = 0;
    /* By rank, what comes after a job is not in a class before its own. */
    if (classes_by_rank(classes) && after)
        from = classes_first_from(classes, (struct jobkey){.score = after->score, .seq = 0});
    for (; from < classes->stands.len; from += LANES)
        for (uint32_t bits =
                 next_upto(classes, from, most) & open_bits(classes, scope, from, level);
             bits != 0; bits &= bits - 1) {
            const struct stand *stand = &classes->stands.items[from + (size_t)__builtin_ctz(bits)];
            if (stand->shortest > window && stand->least > spare)
                continue;
            if (found && jobkey_upto(&ret->key, &stand->head))
                return true;
            if (search_class(classes, stand, &search, &item) &&
                (!found || !jobkey_upto(&ret->key, &item.key))) {
                *ret = item;
                found = true;
            }
        }
    return found;
}

bool classes_next_fit(const struct classes *classes, const struct jobkey *after,
                      enum search_scope scope, int64_t free, simtime window, int64_t spare,
                      struct jobitem *ret)
{
    const struct jobkey key = key_inside(classes, after);
    const struct jobkey *const behind = after ? &key : NULL;
    const bool found = classes->line.state == LINE_READY
                           ? classes_line_next_fit(classes, behind, free, window, spare, ret)
                           : search_all(classes, behind, scope, free, window, spare, ret);
    if (found)
        ret->key.score += classes->base;
    return found;
}

/* Down from the first, which is another. */
static void sink_head(struct class_head *heads, size_t len)
{
    const struct class_head moved = heads[0];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < len; at = child) {
        child += child + 1 < len && jobkey_upto(&heads[child + 1].item.key, &heads[child].item.key);
        if (jobkey_upto(&moved.item.key, &heads[child].item.key))
            break;
        heads[at] = heads[child];
    }
    heads[at] = moved;
}

static void raise_head(struct class_head *heads, size_t at)
{
    const struct class_head moved = heads[at];
    for (; at > 0 && jobkey_upto(&moved.item.key, &heads[(at - 1) / 2].item.key); at = (at - 1) / 2)
        heads[at] = heads[(at - 1) / 2];
    heads[at] = moved;
}

static inline bool is_open(const struct classes *classes, size_t at, int16_t level)
{
    return !classes->holds || classes->held[SEARCH_ALL][at] <= level;
}

/* Going on costs little, and what is read is not always wanted. */
enum { SOME = 4 };

static size_t some_of_all(struct classes *classes, const struct jobkey *after, size_t most,
                          struct jobitem *ret)
{
    struct search search = {after, SEARCH_ALL, INT64_MAX, SIMTIME_NEVER, INT64_MAX};
    const struct stand *stands = classes->stands.items;
    const int16_t level = classes_hear(classes, SEARCH_ALL);
    const bool goes_on = classes->heads.hold && after && jobkey_equal(after, &classes->heads.last);
    size_t i = goes_on ? classes->heads.looked : 0, len = 0;
    most = most < SOME ? most : SOME;
    if (!goes_on) {
        if (classes_by_rank(classes) && after)
            i = classes_first_from(classes, (struct jobkey){.score = after->score, .seq = 0});
        classes->heads.len = 0;
    }
    while (len < most) {
        /* Classes whose first job comes later need no look yet. */
        while (i < classes->stands.len &&
               (classes->heads.len == 0 ||
                jobkey_upto(&stands[i].head, &classes->heads.items[0].item.key))) {
            struct class_head head = {.stand = (uint32_t)i};
            search.after = after;
            if (is_open(classes, i, level) &&
                search_class(classes, &stands[i], &search, &head.item)) {
                MEM_GROW(&classes->heads);
                classes->heads.items[classes->heads.len] = head;
                raise_head(classes->heads.items, classes->heads.len++);
            }
            i++;
        }
        if (classes->heads.len == 0)
            break;
        struct class_head *first = &classes->heads.items[0];
        ret[len] = first->item;
        search.after = &ret[len++].key;
        if (!search_class(classes, &stands[first->stand], &search, &first->item))
            *first = classes->heads.items[--classes->heads.len];
        sink_head(classes->heads.items, classes->heads.len);
    }
    classes->heads.looked = i;
    classes->heads.hold = len > 0;
    if (len > 0)
        classes->heads.last = ret[len - 1].key;
    return len;
}

size_t classes_some(struct classes *classes, const struct jobkey *after, size_t most,
                    struct jobitem *ret)
{
    const struct jobkey key = key_inside(classes, after);
    const struct jobkey *const behind = after ? &key : NULL;
    if (classes->line.state == LINE_READY)
        return classes_line_some(classes, behind, most, ret);
    const size_t len = some_of_all(classes, behind, most, ret);
    for (size_t i = 0; i < len; i++)
        ret[i].key.score += classes->base;
    return len;
}

size_t classes_jobs_of(const struct classes *classes, uint32_t id, struct jobitem *ret)
{
    const struct bunch *jobs = &classes->all.items[id].jobs;
    const struct jobkey *after = NULL;
    size_t len = 0;
    while (bunch_next_fit(jobs, after, INT64_MAX, SIMTIME_NEVER, 0, &ret[len]))
        after = &ret[len++].key;
    return len;
}

void classes_list(const struct classes *classes, struct jobitem *ret)
{
    for (size_t i = 0; i < classes->stands.len; i++) {
        const uint32_t id = classes->stands.items[i].id;
        for (size_t left = classes_jobs_of(classes, id, ret); left > 0; left--)
            (ret++)->key.score += classes->ranks.items[id].offset + classes->base;
    }
}

void classes_check(const struct classes *classes)
{
    size_t jobs = 0;
    const struct stand *stands = classes->stands.items;
    int16_t levels[SEARCH_SCOPES];
    for (int scope = 0; scope < classes->n_scopes; scope++)
        levels[scope] = classes_hear(classes, scope);
    for (size_t i = 0; i < classes->stands.len; i++) {
        const struct class *class = &classes->all.items[stands[i].id];
        REQUIRE(find(classes, class->tenant, class->kind, class->aged) == stands[i].id);
        const struct rank *rank = &classes->ranks.items[stands[i].id];
        struct jobitem first;
        REQUIRE(bunch_first(&class->jobs, &first) && jobkey_equal(&first.key, &rank->first));
        REQUIRE(classes->least[i] == least_upto(stands[i].least));
        REQUIRE(stands[i].least == class->jobs.least && stands[i].shortest == class->jobs.shortest);
        REQUIRE(stands[i].head.seq == rank->first.seq &&
                stands[i].head.score == rank->offset + rank->first.score);
        REQUIRE(i == 0 || !jobkey_upto(&stands[i].head, &stands[i - 1].head));
        for (int scope = 0; scope < classes->n_scopes; scope++) {
            const struct search any = {NULL, scope, INT64_MAX, SIMTIME_NEVER, INT64_MAX};
            REQUIRE(classes->held[scope][i] <= levels[scope] ||
                    stands[i].least > room_in(classes, class, &any));
        }
        jobs += bunch_len(&class->jobs);
    }
    REQUIRE(jobs == classes->len);
    if (classes->holds)
        classes_check_holds(classes);
    classes_line_check(classes);
}
