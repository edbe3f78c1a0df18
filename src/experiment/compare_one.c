/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiment/compare_one.h"

#include "experiment/measures.h"
#include "experiment/simulate.h"
#include "experiment/stability.h"
#include "stats/series.h"
#include "util/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of more tenants only those at the top are told apart. */
enum { TENANTS_MOST = 2000 };

uint64_t compare_seed(const struct compare *compare)
{
    const struct program *program = &compare->arms.items[0].program;
    return compare->setup->has_seed ? compare->setup->seed
                                    : (uint64_t)program->epochs[0].scenario->seed;
}

void waits_deinit(struct waits *waits)
{
    free(waits->waits);
    free(waits->firsts);
    free(waits->begins);
    *waits = (struct waits){0};
}

void waits_coarsen(struct waits *waits, uint64_t per)
{
    while (waits->per > 0 && waits->per < per) {
        waits->per *= 2;
        waits->len /= 2;
        for (uint64_t i = 0; i < waits->len; i++) {
            waits->waits[i] = (waits->waits[2 * i] + waits->waits[2 * i + 1]) / 2;
            waits->firsts[i] = waits->firsts[2 * i];
            waits->begins[i] = waits->begins[2 * i];
        }
    }
}

/* --- bytes --- */

enum { RESULT_FINE = 1, RESULT_FAULT = 2 };

static void put(struct pool_bytes *bytes, const void *data, size_t len)
{
    pool_bytes_add(bytes, data, len);
}

static void put_number(struct pool_bytes *bytes, uint64_t value)
{
    put(bytes, &value, sizeof(value));
}

void compare_one_fault(struct pool_bytes *bytes, const struct error_list *errors)
{
    static const struct error interrupted = {.text = "it was interrupted"};
    const struct error *err = errors->len > 0 ? &errors->items[0] : &interrupted;
    const unsigned char kind = RESULT_FAULT;
    const char *file = err->at.file ? err->at.file : "";
    bytes->len = 0;
    put(bytes, &kind, 1);
    put_number(bytes, err->at.line);
    put_number(bytes, err->at.column);
    put_number(bytes, strlen(file));
    put(bytes, file, strlen(file));
    put(bytes, err->text, strlen(err->text));
}

struct reader {
    const unsigned char *at, *end;
};

static void take(struct reader *reader, void *ret, size_t len)
{
    REQUIRE((size_t)(reader->end - reader->at) >= len);
    memcpy(ret, reader->at, len);
    reader->at += len;
}

static uint64_t take_number(struct reader *reader)
{
    uint64_t value;
    take(reader, &value, sizeof(value));
    return value;
}

/* -1 with the error. The name of its file is kept with the comparison. */
static int open_result(struct compare *compare, struct reader *reader,
                       const struct pool_result *result, struct error *err)
{
    unsigned char kind;
    *reader = (struct reader){result->bytes, result->bytes + result->len};
    take(reader, &kind, 1);
    if (kind == RESULT_FINE)
        return 0;
    struct mark at = {.line = (unsigned)take_number(reader)};
    at.column = (unsigned)take_number(reader);
    const size_t len = take_number(reader);
    free(compare->fault_file);
    compare->fault_file = mem_text_n((const char *)reader->at, len);
    reader->at += len;
    at.file = len > 0 ? compare->fault_file : NULL;
    return error_at(err, at, "%.*s", (int)(reader->end - reader->at), (const char *)reader->at);
}

/* --- a run --- */

struct seen {
    struct {
        simtime submit, wait;
    } * items;
    size_t len, cap;
};

static void see(void *ctx, const struct fact *fact)
{
    struct seen *seen = ctx;
    if (fact->job->attempt == 0)
        return;
    MEM_GROW(seen);
    seen->items[seen->len].submit = fact->job->spec.submit;
    seen->items[seen->len++].wait = fact->job->wait;
}

/* What is watched of a run. */
struct watched {
    bool steady, pilot;
    struct stability_watch stability;
    struct seen seen;
};

static int begin(void *ctx, struct simulation *simulation, struct error *err)
{
    struct watched *watched = ctx;
    if (watched->pilot)
        simulation->observers[simulation->n_observers++] =
            (struct observer){.ctx = &watched->seen, .hears = FACT_BIT(FACT_END), .see = see};
    return watched->steady ? stability_begin(&watched->stability, simulation, err) : 0;
}

static void forget(void *ctx)
{
    struct watched *watched = ctx;
    watched->seen.len = 0;
}

static bool grew(const struct watched *watched)
{
    return watched->steady && (watched->stability.offered || stability_grew(&watched->stability));
}

static int by_submit(const void *a, const void *b)
{
    const simtime *x = a, *y = b; /* submit comes first */
    return (*x > *y) - (*x < *y);
}

static void put_waits(struct pool_bytes *bytes, struct watched *watched)
{
    struct seen *seen = &watched->seen;
    const struct stability_watch *stability = &watched->stability;
    const double left =
        stability->submitted > 0 ? (double)stability->left / (double)stability->submitted : 0;
    uint64_t per = MSER_BATCH;
    put_number(bytes, grew(watched));
    put(bytes, &left, sizeof(left));
    if (seen->len > 0)
        qsort(seen->items, seen->len, sizeof(*seen->items), by_submit);
    while (seen->len / per > WAITS_MOST)
        per *= 2;
    const uint64_t len = seen->len / per;
    put_number(bytes, per);
    put_number(bytes, len);
    for (uint64_t b = 0; b < len; b++) {
        double sum = 0;
        for (uint64_t i = b * per; i < (b + 1) * per; i++)
            sum += simtime_seconds(seen->items[i].wait);
        const double batch[] = {sum / (double)per, simtime_seconds(seen->items[b * per].wait),
                                simtime_seconds(seen->items[b * per].submit)};
        put(bytes, batch, sizeof(batch));
    }
}

int waits_read(struct compare *compare, const struct pool_result *result, struct waits *ret,
               struct error *err)
{
    struct reader reader;
    if (open_result(compare, &reader, result, err) < 0)
        return -1;
    ret->grew = take_number(&reader) != 0;
    take(&reader, &ret->left, sizeof(ret->left));
    ret->per = take_number(&reader);
    ret->len = take_number(&reader);
    ret->waits = mem_new(ret->len, sizeof(*ret->waits));
    ret->firsts = mem_new(ret->len, sizeof(*ret->firsts));
    ret->begins = mem_new(ret->len, sizeof(*ret->begins));
    for (uint64_t b = 0; b < ret->len; b++) {
        take(&reader, &ret->waits[b], sizeof(double));
        take(&reader, &ret->firsts[b], sizeof(double));
        take(&reader, &ret->begins[b], sizeof(double));
    }
    return 0;
}

/* -1: a metric that names what is not there. */
static int put_values(const struct compare *compare, const bool *valid,
                      struct simulation *simulation, struct pool_bytes *bytes, struct error *err)
{
    for (size_t m = 0; m < compare->measures.len; m++) {
        double value = (double)NAN;
        if (valid[m] && metrics_select(simulation->metrics, compare->measures.items[m].selector,
                                       &value, err) < 0)
            return -1;
        put(bytes, &value, sizeof(value));
    }
    return 0;
}

static const char *const tenant_names[TENANT_NUMBERS] = {NULL, "jobs.submitted", "jobs.pending",
                                                         "jobs.rejected", "jobs.abandoned"};

static void put_tenant(struct pool_bytes *bytes, const char *name, const double *numbers)
{
    put_number(bytes, strlen(name));
    put(bytes, name, strlen(name));
    put(bytes, numbers, TENANT_NUMBERS * sizeof(*numbers));
}

static void put_tenants(const struct compare *compare, struct simulation *simulation,
                        struct pool_bytes *bytes)
{
    size_t len;
    const struct world *world = &simulation->build.world;
    const struct metric_row *rows = metrics_rows(simulation->metrics, &len);
    const bool top = world->tenants.len > TENANTS_MOST;
    double *numbers = mem_new(world->tenants.len * TENANT_NUMBERS, sizeof(*numbers));
    for (size_t i = 0; i < world->tenants.len * TENANT_NUMBERS; i++)
        numbers[i] = i % TENANT_NUMBERS ? 0 : (double)NAN;
    for (size_t i = 0; i < len; i++) {
        if (rows[i].kind != SCOPE_TENANT || *rows[i].period || rows[i].declared)
            continue;
        for (size_t k = 0; k < TENANT_NUMBERS; k++)
            if (strcmp(rows[i].name, k ? tenant_names[k] : compare->tenants.metric->name) == 0)
                numbers[(size_t)rows[i].row * TENANT_NUMBERS + k] = rows[i].value;
    }
    for (size_t t = 0; t < world->tenants.len; t++)
        if (!top || world->tenants.items[t].parent < 0)
            put_tenant(bytes, world->tenants.items[t].path, &numbers[t * TENANT_NUMBERS]);
    free(numbers);
}

static const char **selectors_of(const struct compare *compare, const bool *valid, size_t *ret_len)
{
    const char **ret = mem_new(compare->measures.len, sizeof(*ret));
    *ret_len = 0;
    for (size_t m = 0; m < compare->measures.len; m++)
        if (valid[m])
            ret[(*ret_len)++] = compare->measures.items[m].selector;
    return ret;
}

void compare_one_make(const struct compare *compare, const struct program *program,
                      const bool *valid, uint64_t replication, bool pilot, struct pool_bytes *ret)
{
    struct error_list errors = {0};
    struct error err = {0};
    struct simulation simulation = {0};
    struct watched watched = {.steady = compare->steady, .pilot = pilot};
    const unsigned char kind = RESULT_FINE;
    struct simulation_options options = {
        .seed = compare_seed(compare),
        .replication = replication,
        .begin = begin,
        .abandon = forget,
        .ctx = &watched,
    };
    const char **selectors = selectors_of(compare, valid, &options.n_selectors);
    options.selectors = selectors;
    put(ret, &kind, 1);
    if (simulation_run(&simulation, program, &options, &errors) != SIM_DONE) {
        compare_one_fault(ret, &errors);
    } else if (pilot) {
        put_waits(ret, &watched);
    } else if (scenario_metrics_check(&simulation.build, simulation.metrics, &err) < 0 ||
               put_values(compare, valid, &simulation, ret, &err) < 0) {
        error_list_add(&errors, &err);
        compare_one_fault(ret, &errors);
    } else {
        put_number(ret, grew(&watched));
        put_tenants(compare, &simulation, ret);
    }
    free(selectors);
    free(watched.seen.items);
    simulation_deinit(&simulation);
    error_list_deinit(&errors);
}

/* Nearly always where it was in the run before. Takes the name. */
static size_t tenant_row(struct compare_tenants *tenants, char *name, size_t likely)
{
    size_t row = likely;
    if (row >= tenants->len || strcmp(tenants->names[row], name) != 0)
        for (row = 0; row < tenants->len && strcmp(tenants->names[row], name) != 0;)
            row++;
    if (row < tenants->len) {
        free(name);
        return row;
    }
    if (tenants->len == tenants->cap) {
        tenants->cap = tenants->cap ? 2 * tenants->cap : 8;
        tenants->names = mem_resize(tenants->names, tenants->cap, sizeof(*tenants->names));
    }
    tenants->names[tenants->len++] = name;
    return row;
}

static void read_tenants(struct compare *compare, struct reader *reader, struct compare_one *ret)
{
    for (size_t i = 0; reader->at < reader->end; i++) {
        const size_t len = take_number(reader);
        char *name = mem_text_n((const char *)reader->at, len);
        reader->at += len;
        const size_t row = tenant_row(&compare->tenants, name, i);
        ret->tenants = mem_resize(
            ret->tenants, (row >= ret->n_tenants ? row + 1 : ret->n_tenants) * TENANT_NUMBERS,
            sizeof(*ret->tenants));
        for (; ret->n_tenants <= row; ret->n_tenants++)
            for (size_t k = 0; k < TENANT_NUMBERS; k++)
                ret->tenants[ret->n_tenants * TENANT_NUMBERS + k] = (double)NAN;
        take(reader, &ret->tenants[row * TENANT_NUMBERS], TENANT_NUMBERS * sizeof(double));
    }
}

int compare_one_read(struct compare *compare, const struct pool_result *result,
                     struct compare_one *ret, struct error *err)
{
    struct reader reader;
    *ret = (struct compare_one){0};
    if (open_result(compare, &reader, result, err) < 0)
        return -1;
    ret->values = mem_new(compare->measures.len, sizeof(*ret->values));
    take(&reader, ret->values, compare->measures.len * sizeof(*ret->values));
    ret->grew = take_number(&reader) != 0;
    read_tenants(compare, &reader, ret);
    return 0;
}

void compare_one_deinit(struct compare_one *one)
{
    free(one->values);
    free(one->tenants);
    *one = (struct compare_one){0};
}
