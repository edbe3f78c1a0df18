/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy/script.h"

#include "util/file.h"
#include "util/mem.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SOURCE_MOST (1 << 20)
#define MEMORY_MOST ((size_t)16 << 20)
/* What one call may allocate in all, freed or not: work that no instruction counts. */
#define VOLUME_MOST ((size_t)256 << 20)
/* Instructions between two looks at budget and clock. */
#define STEP 100
/* The last resort, where single instructions take long: sorting a table that fills the memory. */
#define SECONDS_MOST 10

/* Errors begin with it and the line: the name of the file may be long. */
#define CHUNK "script"

struct script {
    lua_State *main;
    lua_State *lua; /* the thread that calls run in: its frames outlive an error */
    const char *file;
    int64_t budget, used; /* instructions: of a call, of this call */
    size_t memory, volume;
    struct timespec began;
};

static void *allocate(void *ctx, void *old, size_t old_size, size_t size)
{
    struct script *script = ctx;
    const size_t before = old ? old_size : 0;
    if (size > before) {
        const size_t more = size - before;
        if (script->memory + more > MEMORY_MOST || script->volume + more > VOLUME_MOST)
            return NULL;
        script->volume += more;
    }
    script->memory = script->memory - before + size;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return mem_resize(old, size, 1);
}

/* With no place before it: `tell` finds the line that was on. */
static void fail(lua_State *lua, const char *text)
{
    lua_pushstring(lua, text);
    lua_error(lua);
}

static void spend(lua_State *lua, int64_t instructions)
{
    void *ctx;
    lua_getallocf(lua, &ctx);
    struct script *script = ctx;
    if (instructions > script->budget - script->used)
        fail(lua, "the call takes more instructions than its budget");
    script->used += instructions;
}

static void on_step(lua_State *lua, lua_Debug *debug)
{
    (void)debug;
    void *ctx;
    lua_getallocf(lua, &ctx);
    struct script *script = ctx;
    struct timespec now;
    spend(lua, STEP);
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec - script->began.tv_sec > SECONDS_MOST)
        fail(lua, "the call takes more than 10 s");
}

/* --- what scripts find --- */

/* Numbers before texts, each in their order; false, true last. */
static int compare_values(lua_State *lua, int a, int b)
{
    const int x = lua_type(lua, a), y = lua_type(lua, b);
    if (x != y)
        return (x == LUA_TNUMBER) || (x == LUA_TSTRING && y == LUA_TBOOLEAN) ? -1 : 1;
    if (x == LUA_TBOOLEAN)
        return lua_toboolean(lua, a) - lua_toboolean(lua, b);
    if (x == LUA_TNUMBER)
        return lua_compare(lua, a, b, LUA_OPLT) ? -1 : lua_compare(lua, b, a, LUA_OPLT);
    size_t n, m;
    const char *s = lua_tolstring(lua, a, &n), *t = lua_tolstring(lua, b, &m);
    const int c = memcmp(s, t, n < m ? n : m);
    return c ? c : (n > m) - (n < m);
}

/* The keys of the table at 1 into the list at 2, in order: a merge sort into the list at 3. */
static void sort_keys(lua_State *lua, lua_Integer from, lua_Integer to)
{
    if (to - from < 1)
        return;
    const lua_Integer middle = from + (to - from) / 2;
    sort_keys(lua, from, middle);
    sort_keys(lua, middle + 1, to);
    lua_Integer i = from, k = middle + 1;
    for (lua_Integer at = from; at <= to; at++) {
        bool left = i <= middle;
        if (left && k <= to) {
            lua_rawgeti(lua, 2, i);
            lua_rawgeti(lua, 2, k);
            left = compare_values(lua, -2, -1) <= 0;
            lua_pop(lua, 2);
        }
        lua_rawgeti(lua, 2, left ? i++ : k++);
        lua_rawseti(lua, 3, at);
    }
    for (lua_Integer at = from; at <= to; at++) {
        lua_rawgeti(lua, 3, at);
        lua_rawseti(lua, 2, at);
    }
}

/* The iterator of pairs: upvalues are the table, its keys and the place among them. */
static int next_pair(lua_State *lua)
{
    for (;;) {
        const lua_Integer at = lua_tointeger(lua, lua_upvalueindex(3)) + 1;
        lua_pushinteger(lua, at);
        lua_replace(lua, lua_upvalueindex(3));
        if (lua_rawgeti(lua, lua_upvalueindex(2), at) == LUA_TNIL)
            return 1;
        lua_pushvalue(lua, -1);
        if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNIL)
            return 2;
        lua_pop(lua, 2); /* taken out on the way */
    }
}

static int ordered_pairs(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    lua_newtable(lua);
    lua_newtable(lua);
    lua_Integer n = 0;
    for (lua_pushnil(lua); lua_next(lua, 1); lua_pop(lua, 1)) {
        const int type = lua_type(lua, -2);
        if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TBOOLEAN)
            return luaL_error(lua, "pairs: the keys must be numbers, texts or booleans");
        lua_pushvalue(lua, -2);
        lua_rawseti(lua, 2, ++n);
    }
    sort_keys(lua, 1, n);
    spend(lua, n);
    lua_settop(lua, 2);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, next_pair, 3);
    return 1;
}

static int is_plain(lua_State *lua, int i)
{
    const int type = lua_type(lua, i);
    return type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING;
}

/* Of tables and functions it would tell where they lie. */
static int plain_tostring(lua_State *lua)
{
    luaL_checkany(lua, 1);
    if (is_plain(lua, 1))
        luaL_tolstring(lua, 1, NULL);
    else
        lua_pushstring(lua, luaL_typename(lua, 1));
    return 1;
}

/* The function that a wrapper has as its upvalue, in the wrapper's own frame: what it says of bad
 * arguments names the function that was called, and the line. */
static int call_wrapped(lua_State *lua)
{
    return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

static int plain_format(lua_State *lua)
{
    const char *at = luaL_checkstring(lua, 1);
    const int n = lua_gettop(lua);
    for (int i = 2; i <= n; i++)
        if (!is_plain(lua, i))
            return luaL_error(lua, "format: a %s has no text", luaL_typename(lua, i));
    while ((at = strchr(at, '%'))) {
        at += 1 + strspn(at + 1, "-+ #0123456789.");
        if (*at == 'p')
            return luaL_error(lua, "format: %%p is not there");
        at += *at == '%';
    }
    return call_wrapped(lua);
}

/* --- functions that go through a range in one instruction: each entry of it counts as one --- */

static void spend_range(lua_State *lua, lua_Integer from, lua_Integer to)
{
    if (from > to)
        return;
    const uint64_t more = (uint64_t)to - (uint64_t)from;
    spend(lua, more < INT64_MAX ? (int64_t)more + 1 : INT64_MAX);
}

/* Copies of nothing need no memory, which bounds all others. */
static int counted_rep(lua_State *lua)
{
    size_t len, separator;
    luaL_checklstring(lua, 1, &len);
    luaL_optlstring(lua, 3, "", &separator);
    if (len + separator == 0)
        spend_range(lua, 1, luaL_checkinteger(lua, 2));
    return call_wrapped(lua);
}

static int counted_move(lua_State *lua)
{
    spend_range(lua, luaL_checkinteger(lua, 2), luaL_checkinteger(lua, 3));
    return call_wrapped(lua);
}

/* A table with holes may have any length. */
static lua_Integer check_length(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    return luaL_len(lua, 1);
}

static int counted_concat(lua_State *lua)
{
    const lua_Integer n = check_length(lua);
    spend_range(lua, luaL_optinteger(lua, 3, 1), luaL_optinteger(lua, 4, n));
    return call_wrapped(lua);
}

static int counted_unpack(lua_State *lua)
{
    const lua_Integer n = check_length(lua);
    spend_range(lua, luaL_optinteger(lua, 2, 1), luaL_optinteger(lua, 3, n));
    return call_wrapped(lua);
}

/* What lies behind the place moves by one. */
static int counted_shift(lua_State *lua, bool has_place)
{
    const lua_Integer n = check_length(lua);
    const lua_Integer place = has_place ? luaL_checkinteger(lua, 2) : n;
    if (place >= 1)
        spend_range(lua, place, n);
    return call_wrapped(lua);
}

static int counted_insert(lua_State *lua)
{
    return counted_shift(lua, lua_gettop(lua) > 2);
}

static int counted_remove(lua_State *lua)
{
    return counted_shift(lua, lua_gettop(lua) > 1);
}

static void wrap(lua_State *lua, const luaL_Reg *wrappers)
{
    for (; wrappers->name; wrappers++) {
        lua_getfield(lua, -1, wrappers->name);
        lua_pushcclosure(lua, wrappers->func, 1);
        lua_setfield(lua, -2, wrappers->name);
    }
}

static void take_out(lua_State *lua, const char *const *names)
{
    for (; *names; names++) {
        lua_pushnil(lua);
        lua_setfield(lua, -2, *names);
    }
}

static void open_libraries(lua_State *lua)
{
    static const char *const base[] = {
        "collectgarbage", "dofile",       "getmetatable", "load",   "loadfile", "next",
        "pcall",          "print",        "rawequal",     "rawget", "rawlen",   "rawset",
        "require",        "setmetatable", "warn",         "xpcall", NULL};
    static const char *const maths[] = {"random", "randomseed", NULL};
    static const char *const tables[] = {"sort", NULL}; /* equal entries fall by the clock */
    static const char *const strings[] = {"dump", "find", "gmatch", "gsub", "match", NULL};
    static const luaL_Reg table_wrappers[] = {
        {"concat", counted_concat}, {"insert", counted_insert}, {"move", counted_move},
        {"remove", counted_remove}, {"unpack", counted_unpack}, {NULL, NULL}};
    static const luaL_Reg string_wrappers[] = {
        {"format", plain_format}, {"rep", counted_rep}, {NULL, NULL}};
    luaL_requiref(lua, LUA_GNAME, luaopen_base, 1);
    take_out(lua, base);
    lua_register(lua, "pairs", ordered_pairs);
    lua_register(lua, "tostring", plain_tostring);
    luaL_requiref(lua, LUA_MATHLIBNAME, luaopen_math, 1);
    take_out(lua, maths);
    luaL_requiref(lua, LUA_TABLIBNAME, luaopen_table, 1);
    take_out(lua, tables);
    wrap(lua, table_wrappers);
    luaL_requiref(lua, LUA_STRLIBNAME, luaopen_string, 1);
    take_out(lua, strings);
    wrap(lua, string_wrappers);
    lua_settop(lua, 0);
}

/* --- calls --- */

/* The line that was on as the call failed; 0: none was. */
static unsigned failing_line(lua_State *lua)
{
    lua_Debug debug;
    for (int level = 0; lua_getstack(lua, level, &debug); level++)
        if (lua_getinfo(lua, "l", &debug) && debug.currentline > 0)
            return (unsigned)debug.currentline;
    return 0;
}

/* "script:12: what is wrong" as an error at line 12, all else at the line that was on. */
static int tell(const struct script *script, int status, struct error *err)
{
    lua_State *lua = script->lua;
    struct mark at = {.file = script->file, .line = failing_line(lua)};
    const size_t n = strlen(CHUNK);
    if (status == LUA_ERRMEM)
        return error_at(err, at, "the script needs more than %d MiB of memory",
                        (int)(MEMORY_MOST >> 20));
    if (lua_type(lua, -1) != LUA_TSTRING)
        return error_at(err, at, "error() with a %s, not a text", luaL_typename(lua, -1));
    const char *text = lua_tostring(lua, -1);
    if (strncmp(text, CHUNK ":", n + 1) == 0) {
        char *rest;
        at.line = (unsigned)strtoul(text + n + 1, &rest, 10);
        text = *rest == ':' ? rest + 1 + (rest[1] == ' ') : rest;
    }
    return error_at(err, at, "%.400s", text);
}

int script_call(struct script *script, lua_CFunction fn, void *ctx, struct error *err)
{
    lua_State *lua = script->lua;
    script->used = 0;
    script->volume = 0;
    clock_gettime(CLOCK_MONOTONIC, &script->began);
    lua_settop(lua, 0);
    lua_pushcfunction(lua, fn);
    lua_pushlightuserdata(lua, ctx);
    int results;
    const int status = lua_resume(lua, script->main, 1, &results);
    if (status == LUA_OK)
        return 0;
    tell(script, status, err);
    lua_resetthread(lua);
    return -1;
}

struct source {
    const char *text;
    size_t len;
};

static int run_source(lua_State *lua)
{
    const struct source *source = lua_touserdata(lua, 1);
    open_libraries(lua);
    if (luaL_loadbufferx(lua, source->text, source->len, "=" CHUNK, "t") != LUA_OK)
        return lua_error(lua);
    lua_call(lua, 0, 0);
    return 0;
}

/* The whole file, to be freed; NULL with an error. */
static char *read_source(const char *file, size_t *ret_len, struct error *err)
{
    const struct mark at = {.file = file};
    struct error odd;
    if (file_need_regular(file, &odd) < 0) {
        error_at(err, at, "%s", odd.text);
        return NULL;
    }
    FILE *in = fopen(file, "rb");
    if (!in) {
        error_at(err, at, "cannot be read: %s", strerror(errno));
        return NULL;
    }
    char *text = mem_new(SOURCE_MOST + 1, 1);
    *ret_len = fread(text, 1, SOURCE_MOST + 1, in);
    const int why = ferror(in) ? errno : 0;
    fclose(in);
    if (why || *ret_len > SOURCE_MOST) {
        if (why)
            error_at(err, at, "cannot be read: %s", strerror(why));
        else
            error_at(err, at, "is larger than %d MiB", SOURCE_MOST >> 20);
        free(text);
        return NULL;
    }
    return text;
}

int script_check(const char *file, struct error *err)
{
    size_t len;
    struct error inner = {0};
    char *text = read_source(file, &len, &inner);
    const int rc = text ? 0 : error_set(err, "%s %s", file, inner.text);
    free(text);
    return rc;
}

struct script *script_open(const char *file, int64_t budget, struct error *err)
{
    struct source source;
    char *text = read_source(file, &source.len, err);
    if (!text)
        return NULL;
    source.text = text;
    struct script *script = mem_new(1, sizeof(*script));
    script->file = file;
    script->budget = budget;
    script->main = lua_newstate(allocate, script);
    REQUIRE(script->main);
    script->lua = lua_newthread(script->main); /* which stays on the stack of main */
    lua_sethook(script->lua, on_step, LUA_MASKCOUNT, STEP);
    const int rc = script_call(script, run_source, &source, err);
    free(text);
    if (rc == 0)
        return script;
    script_close(script);
    return NULL;
}

void script_close(struct script *script)
{
    if (!script)
        return;
    lua_close(script->main);
    free(script);
}
