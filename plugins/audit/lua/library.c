/*
 * What a script may use. Left out, and why:
 *
 *   pcall, xpcall, coroutine     an error ends the question; nothing may catch it
 *   setmetatable, getmetatable   finalizers run where hooks are off; texts share one metatable
 *   load, require, dofile, io, os, debug, collectgarbage, print     the world outside
 *   next, math.random            the order of a table, chance: not the same everywhere
 *   math.sin, exp, log, sqrt …   rounded as the machine's library likes
 *   find, match, gmatch, gsub    a pattern can take years, in C, and a script has no texts to
 * search pack, unpack, dump, %p       how memory looks
 *
 * The rest is Lua's own, behind a charge: as much as it does at C's speed.
 */
#include "script.h"

#include <string.h>

#include <lualib.h>

#define BYTES_A_STEP   16
#define SORTED_MOST    100 /* beyond that Lua picks pivots by the clock */
#define STEPS_A_KEY    8   /* of sorting */
#define STEPS_A_FORMAT 16  /* of one conversion: %.99f is long */

/* --- Charges --- */

static void charge_arguments(lua_State *lua)
{
    lua_Integer steps = 1;

    for (int i = lua_gettop(lua); i > 0; i--)
        steps += lua_type(lua, i) == LUA_TSTRING
                     ? 1 + (lua_Integer)lua_rawlen(lua, i) / BYTES_A_STEP
                     : 1;
    script_charge(lua, steps);
}

/* The function behind the charge is upvalue 1. */
static int go_on(lua_State *lua)
{
    return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

static int plain(lua_State *lua)
{
    charge_arguments(lua);
    return go_on(lua);
}

/* How many from `first` to `last`; never more than can be told. */
static lua_Integer span(lua_Integer first, lua_Integer last)
{
    lua_Unsigned steps = (lua_Unsigned)last - (lua_Unsigned)first;

    if (last < first)
        return 0;
    return steps >= LUA_MAXINTEGER ? LUA_MAXINTEGER : (lua_Integer)steps + 1;
}

static lua_Integer length_of(lua_State *lua, int index)
{
    luaL_checktype(lua, index, LUA_TTABLE);
    return (lua_Integer)lua_rawlen(lua, index);
}

/* --- Texts --- */

/* Lua repeats even nothing as often as it is told. */
static int string_rep(lua_State *lua)
{
    lua_Integer times = luaL_checkinteger(lua, 2);

    if (times > SCRIPT_STRING_MOST)
        return luaL_error(lua, "string.rep repeats at most %d times", SCRIPT_STRING_MOST);
    script_charge(lua, times);
    return plain(lua);
}

/* What has an address is not the same twice. */
static void check_printable(lua_State *lua, int index)
{
    int type = lua_type(lua, index);

    luaL_argcheck(
        lua, type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING,
        index, "a text, a number, a boolean or nil is right");
}

static int string_format(lua_State *lua)
{
    const char *format = luaL_checkstring(lua, 1);

    for (int i = lua_gettop(lua); i > 1; i--)
        check_printable(lua, i);
    for (const char *at = format; (at = strchr(at, '%')) != NULL;) {
        at += 1 + strspn(at + 1, "-+ #0123456789.");
        luaL_argcheck(lua, *at != 'p', 1, "%p is not the same twice");
        script_charge(lua, STEPS_A_FORMAT);
        at += *at != '\0';
    }
    return plain(lua);
}

static int base_tostring(lua_State *lua)
{
    luaL_checkany(lua, 1);
    charge_arguments(lua);
    switch (lua_type(lua, 1)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING: luaL_tolstring(lua, 1, NULL); break;
    default: lua_pushstring(lua, luaL_typename(lua, 1));
    }
    return 1;
}

/* --- Tables --- */

/* insert and remove: what stands behind the place moves. */
static int table_shift(lua_State *lua)
{
    script_charge(lua, length_of(lua, 1));
    return plain(lua);
}

/* concat(list, separator, first, last) */
static int table_concat(lua_State *lua)
{
    script_charge(lua,
                  span(luaL_optinteger(lua, 3, 1), luaL_optinteger(lua, 4, length_of(lua, 1))));
    return plain(lua);
}

/* unpack(list, first, last) */
static int table_unpack(lua_State *lua)
{
    script_charge(lua,
                  span(luaL_optinteger(lua, 2, 1), luaL_optinteger(lua, 3, length_of(lua, 1))));
    return plain(lua);
}

/* move(from, first, last, to) */
static int table_move(lua_State *lua)
{
    script_charge(lua, span(luaL_checkinteger(lua, 2), luaL_checkinteger(lua, 3)));
    return plain(lua);
}

static int table_sort(lua_State *lua)
{
    lua_Integer count = length_of(lua, 1);

    if (count > SORTED_MOST)
        return luaL_error(lua, "table.sort sorts at most %d", SORTED_MOST);
    script_charge(lua, count * STEPS_A_KEY);
    return plain(lua);
}

/* --- pairs, in an order that is the same everywhere --- */

static int rank_of_key(lua_State *lua, int index)
{
    switch (lua_type(lua, index)) {
    case LUA_TNUMBER: return 1;
    case LUA_TSTRING: return 2;
    case LUA_TBOOLEAN: return 3;
    default: return luaL_error(lua, "pairs: a key that is a %s", luaL_typename(lua, index));
    }
}

/* Numbers, then texts, then false and true. */
static int is_before(lua_State *lua)
{
    int one = rank_of_key(lua, 1), other = rank_of_key(lua, 2);
    bool before = one < other;

    if (one == other)
        before = one == 3 ? !lua_toboolean(lua, 1) && lua_toboolean(lua, 2)
                          : lua_compare(lua, 1, 2, LUA_OPLT) != 0;
    lua_pushboolean(lua, before);
    return 1;
}

/* Upvalues: the keys, and which was the last. What was set to nil meanwhile is left out. */
static int next_pair(lua_State *lua)
{
    for (;;) {
        lua_Integer at = lua_tointeger(lua, lua_upvalueindex(2)) + 1;

        lua_settop(lua, 1);
        lua_pushinteger(lua, at);
        lua_replace(lua, lua_upvalueindex(2));
        if (lua_rawgeti(lua, lua_upvalueindex(1), at) == LUA_TNIL)
            return 1;
        lua_pushvalue(lua, 2);
        if (lua_rawget(lua, 1) != LUA_TNIL)
            return 2;
        script_charge(lua, 1);
    }
}

/* Upvalue 1: table.sort. */
static int base_pairs(lua_State *lua)
{
    lua_Integer count = 0;

    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    lua_newtable(lua);
    for (lua_pushnil(lua); lua_next(lua, 1); count++) {
        lua_pop(lua, 1);
        rank_of_key(lua, -1);
        script_charge(lua, STEPS_A_KEY);
        lua_pushvalue(lua, -1);
        lua_rawseti(lua, 2, count + 1);
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_pushvalue(lua, 2);
    lua_pushcfunction(lua, is_before);
    lua_call(lua, 2, 0);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, next_pair, 2);
    lua_pushvalue(lua, 1);
    return 2;
}

/* --- The table of it all --- */

struct entry {
    const char *name;
    lua_CFunction charge; /* in front of Lua's own */
};

static const struct entry base[] = {{"assert", plain},   {"error", plain},
                                    {"ipairs", plain},   {"select", plain},
                                    {"tonumber", plain}, {"tostring", base_tostring},
                                    {"type", plain},     {NULL, NULL}};
static const struct entry math[] = {
    {"abs", plain}, {"ceil", plain},      {"floor", plain}, {"fmod", plain}, {"max", plain},
    {"min", plain}, {"tointeger", plain}, {"type", plain},  {"ult", plain},  {NULL, NULL}};
static const struct entry strings[] = {
    {"byte", plain},  {"char", plain},     {"format", string_format}, {"len", plain},
    {"lower", plain}, {"rep", string_rep}, {"reverse", plain},        {"sub", plain},
    {"upper", plain}, {NULL, NULL}};
static const struct entry table[] = {
    {"concat", table_concat}, {"insert", table_shift}, {"move", table_move},     {"pack", plain},
    {"remove", table_shift},  {"sort", table_sort},    {"unpack", table_unpack}, {NULL, NULL}};
static const struct entry utf8[] = {{"char", plain}, {"codepoint", plain}, {"codes", plain},
                                    {"len", plain},  {"offset", plain},    {NULL, NULL}};

/* From the table on top into the one at `to`. */
static void take(lua_State *lua, int to, const struct entry *entries)
{
    for (; entries->name; entries++) {
        lua_getfield(lua, -1, entries->name);
        lua_pushcclosure(lua, entries->charge, 1);
        lua_setfield(lua, to, entries->name);
    }
}

static void open_library(lua_State *lua, lua_CFunction library)
{
    lua_pushcfunction(lua, library);
    lua_call(lua, 0, 1);
}

/* A library as a table of the one at `to`. */
static void add(lua_State *lua, int to, const char *name, lua_CFunction library,
                const struct entry *entries)
{
    lua_newtable(lua);
    open_library(lua, library);
    take(lua, lua_gettop(lua) - 1, entries);
    lua_pop(lua, 1);
    lua_setfield(lua, to, name);
}

static void add_pairs(lua_State *lua, int to)
{
    open_library(lua, luaopen_table);
    lua_getfield(lua, -1, "sort");
    lua_pushcclosure(lua, base_pairs, 1);
    lua_setfield(lua, to, "pairs");
    lua_pop(lua, 1);
}

/* math.maxinteger and math.mininteger; ("x"):rep(3) finds what string.rep is here. */
static void add_rest(lua_State *lua, int to)
{
    lua_getfield(lua, to, "math");
    lua_pushinteger(lua, LUA_MAXINTEGER);
    lua_setfield(lua, -2, "maxinteger");
    lua_pushinteger(lua, LUA_MININTEGER);
    lua_setfield(lua, -2, "mininteger");
    lua_pushliteral(lua, "");
    lua_newtable(lua);
    lua_getfield(lua, to, "string");
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    lua_pop(lua, 2);
}

void library_push(lua_State *lua)
{
    int to;

    lua_newtable(lua);
    to = lua_gettop(lua);
    open_library(lua, luaopen_base);
    take(lua, to, base);
    lua_pop(lua, 1);
    add(lua, to, "math", luaopen_math, math);
    add(lua, to, "string", luaopen_string, strings);
    add(lua, to, "table", luaopen_table, table);
    add(lua, to, "utf8", luaopen_utf8, utf8);
    add_pairs(lua, to);
    add_rest(lua, to);
}
