/* An order by a function of the user's: score(job, tenant, now) in Lua gives a number, smaller
 * first. It is called for every waiting job at a pass, at most every `refresh`. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/jobs.h"
#include "policy/order.h"
#include "policy/script.h"
#include "util/mem.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct lua_params {
    char *file;
    simtime refresh;
    int64_t budget;
};

static const struct field params[] = {
    {.key = "file",
     .kind = FIELD_PATH,
     .offset = offsetof(struct lua_params, file),
     .flags = FIELD_REQUIRED,
     .help = "the script, which has a function score(job, tenant, now)"},
    {.key = "refresh",
     .kind = FIELD_DURATION,
     .offset = offsetof(struct lua_params, refresh),
     .def = "0s",
     .min = 0,
     .max = 1e9,
     .help = "how long scores stand; 0s: they are taken anew at each pass"},
    {.key = "budget",
     .kind = FIELD_INT,
     .offset = offsetof(struct lua_params, budget),
     .def = "100000",
     .min = 1000,
     .max = 1e9,
     .help = "instructions a call may take"},
    {.kind = FIELD_END},
};

/* What a tenant holds and waits for, with all below it. */
struct holding {
    int64_t processors, running, waiting;
    uint64_t told; /* the stamp with which its table was filled; 0: it has none yet */
};

/* In the registry: 1 the table of a job, 2 those of the tenants, by row + 1. */
enum { TABLE_JOB = 1, TABLE_TENANTS };

struct lua_order {
    struct script *script;
    const struct jobs *jobs;
    simtime now;
    struct holding *holdings; /* by tenant */
    size_t len;
    uint64_t stamp, counted; /* of the settlement; of the one at which holdings were counted */
    struct tenancy own;
    int tables; /* reference of the registry */
};

/* One call. */
struct call {
    struct lua_order *order;
    const struct job *job;
    const struct score_input *in;
    double score;
};

static void count(struct lua_order *order)
{
    const struct world *world = order->own.world;
    const size_t n = world->tenants.len;
    order->counted = order->stamp;
    if (n > order->len) {
        order->holdings = mem_resize(order->holdings, n, sizeof(*order->holdings));
        memset(&order->holdings[order->len], 0, (n - order->len) * sizeof(*order->holdings));
        order->len = n;
    }
    for (size_t i = 0; i < n; i++)
        order->holdings[i] = (struct holding){.told = order->holdings[i].told};
    for (uint32_t slot = 0; slot < order->jobs->used; slot++) {
        const struct job *job = jobs_at(order->jobs, slot);
        if (!job->live)
            continue;
        const bool runs = job->state == JOB_RUNNING;
        for (int32_t t = job->spec.tenant; t >= 0; t = world->tenants.items[t].parent) {
            order->holdings[t].processors += runs ? job->procs : 0;
            order->holdings[t].running += runs;
            order->holdings[t].waiting += !runs;
        }
    }
}

static void set_number(lua_State *lua, const char *key, double value)
{
    lua_pushnumber(lua, value);
    lua_setfield(lua, -2, key);
}

static void set_integer(lua_State *lua, const char *key, int64_t value)
{
    lua_pushinteger(lua, value);
    lua_setfield(lua, -2, key);
}

static void set_text(lua_State *lua, const char *key, const char *value)
{
    lua_pushstring(lua, value);
    lua_setfield(lua, -2, key);
}

/* Pushes the table of the tenant. The list of such tables is at `list`. */
static void push_tenant(lua_State *lua, struct lua_order *order, int32_t row, int list)
{
    struct holding *holding = &order->holdings[row];
    const struct tenant_info *info = &order->own.world->tenants.items[row];
    if (holding->told == 0) {
        luaL_checkstack(lua, 8, "tenants");
        lua_newtable(lua);
        set_text(lua, "path", info->path);
        if (info->parent >= 0) {
            push_tenant(lua, order, info->parent, list);
            lua_setfield(lua, -2, "parent");
        }
        lua_pushvalue(lua, -1);
        lua_rawseti(lua, list, row + 1);
    } else {
        lua_rawgeti(lua, list, row + 1);
    }
    if (holding->told == order->stamp)
        return;
    holding->told = order->stamp;
    set_number(lua, "share", info->share);
    set_integer(lua, "running_processors", holding->processors);
    set_integer(lua, "running_jobs", holding->running);
    set_integer(lua, "waiting_jobs", holding->waiting);
    if (info->parent >= 0) {
        push_tenant(lua, order, info->parent, list);
        lua_pop(lua, 1);
    }
}

static void fill_job(lua_State *lua, const struct call *call)
{
    static const char *const priorities[] = {"high", "medium", "low"};
    const struct job *job = call->job;
    const struct score_input *in = call->in;
    const struct world *world = call->order->own.world;
    set_integer(lua, "id", job->spec.id);
    set_number(lua, "processors", in->procs);
    set_integer(lua, "nodes", job->spec.ask.nodes);
    set_number(lua, "request", in->request);
    set_number(lua, "submit", in->arrived);
    set_number(lua, "waited", in->waited);
    set_text(lua, "priority", priorities[job->spec.priority]);
    lua_pushstring(lua, job->spec.qos > 0 ? world->qos[job->spec.qos].name : NULL); /* nil */
    lua_setfield(lua, -2, "qos");
    set_text(lua, "workload", world->workloads[job->spec.workload].path);
    set_integer(lua, "attempt", job->attempt + 1);
    set_number(lua, "attained", in->attained);
    set_number(lua, "capacity", in->capacity);
    if (isfinite(in->deadline))
        lua_pushnumber(lua, in->deadline);
    else
        lua_pushnil(lua);
    lua_setfield(lua, -2, "deadline");
}

/* At the line where score begins. */
static int bad_score(lua_State *lua, const char *what, const struct job *job)
{
    lua_Debug debug;
    lua_getglobal(lua, "score");
    lua_getinfo(lua, ">S", &debug);
    lua_pushfstring(lua, "%s:%d: score gave %s, not a number, for job %I", debug.short_src,
                    debug.linedefined, what, (lua_Integer)job->spec.id);
    return lua_error(lua);
}

static int score_one(lua_State *lua)
{
    struct call *call = lua_touserdata(lua, 1);
    struct lua_order *order = call->order;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, order->tables); /* at 2 */
    lua_rawgeti(lua, 2, TABLE_TENANTS);                 /* at 3 */
    if (lua_getglobal(lua, "score") != LUA_TFUNCTION)
        return luaL_error(lua, "score is a function no more");
    lua_rawgeti(lua, 2, TABLE_JOB);
    fill_job(lua, call);
    push_tenant(lua, order, call->job->spec.tenant, 3);
    lua_pushnumber(lua, simtime_seconds(order->now));
    lua_call(lua, 3, 1);
    if (lua_type(lua, -1) != LUA_TNUMBER)
        return bad_score(lua, luaL_typename(lua, -1), call->job);
    call->score = lua_tonumber(lua, -1);
    if (isnan(call->score))
        return bad_score(lua, "NaN", call->job);
    return 0;
}

static int prepare(lua_State *lua)
{
    struct lua_order *order = lua_touserdata(lua, 1);
    if (lua_getglobal(lua, "score") != LUA_TFUNCTION)
        return luaL_error(lua, "there is no function score(job, tenant, now)");
    lua_newtable(lua);
    lua_newtable(lua);
    lua_rawseti(lua, -2, TABLE_JOB);
    lua_newtable(lua);
    lua_rawseti(lua, -2, TABLE_TENANTS);
    order->tables = luaL_ref(lua, LUA_REGISTRYINDEX);
    return 0;
}

static void close_order(void *state)
{
    struct lua_order *order = state;
    script_close(order->script);
    free(order->holdings);
    free(order);
}

static void *open_order(const void *object, const struct tenancy *tenancy, const struct jobs *jobs,
                        struct error *err)
{
    const struct lua_params *p = object;
    struct lua_order *order = mem_new(1, sizeof(*order));
    order->own = *tenancy;
    order->jobs = jobs;
    order->script = script_open(p->file, p->budget, err);
    if (order->script && script_call(order->script, prepare, order, err) == 0)
        return order;
    close_order(order);
    return NULL;
}

static void begin(void *state, simtime now)
{
    struct lua_order *order = state;
    order->now = now;
    order->stamp++;
}

static int score(void *state, const struct job *job, const struct score_input *in,
                 double *ret_score, struct error *err)
{
    struct lua_order *order = state;
    struct call call = {.order = order, .job = job, .in = in};
    if (order->counted != order->stamp || order->len < order->own.world->tenants.len)
        count(order);
    const int rc = script_call(order->script, score_one, &call, err);
    *ret_score = call.score;
    return rc;
}

static simtime refresh(const void *object)
{
    return ((const struct lua_params *)object)->refresh;
}

static int check(const void *object, struct error *err)
{
    return script_check(((const struct lua_params *)object)->file, err);
}

static const char *file(const void *object)
{
    return ((const struct lua_params *)object)->file;
}

static const struct order_script script = {
    .open = open_order,
    .close = close_order,
    .begin = begin,
    .score = score,
    .refresh = refresh,
    .file = file,
};

const struct order_type order_lua = {
    .kind = {.name = "lua",
             .summary = "by a function of one's own, score(job, tenant, now), smaller first",
             .params = params,
             .size = sizeof(struct lua_params),
             .shorthand = "file",
             .check = check},
    .ages = true,
    .script = &script,
};
