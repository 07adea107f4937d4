#include "script.h"

#include <stdlib.h>
#include <string.h>

#define HEAP_MOST   (2 << 20)
#define ALIGNMENT   16
#define STRING_HEAD 64  /* what Lua adds to the bytes of a string, at most */
#define COUNT_EVERY 100 /* instructions between two looks at the counter */

static struct {
    lua_State *lua;
    int64_t steps, spent;
    size_t used, most; /* of the heap */
    size_t kept;       /* how much of it the copy holds */
    char *copy;
    bool long_string; /* what was refused last was a string that is too long */
} script;
static _Alignas(ALIGNMENT) char heap[HEAP_MOST];

/* --- Memory --- */

static size_t rounded(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void *refuse(bool is_string)
{
    script.long_string = is_string;
    return NULL;
}

/* The last piece grows where it is; any other moves to the end. */
static void *grow(char *block, size_t old, size_t size)
{
    bool is_last = block && block + rounded(old) == heap + script.used;
    size_t from = is_last ? (size_t)(block - heap) : script.used;

    if (rounded(size) > script.most - from)
        return refuse(false);
    script.used = from + rounded(size);
    if (block && !is_last)
        memcpy(heap + from, block, old);
    return heap + from;
}

/* lua_Alloc. Of a new piece `old` is its kind. What is given back is lost until the question ends:
 * so what a script has asked for in all is bounded, not only what it holds. */
static void *allocate(void *context, void *block, size_t old, size_t size)
{
    (void)context;
    if (size == 0)
        return NULL;
    if (!block && old == LUA_TSTRING && size > SCRIPT_STRING_MOST + STRING_HEAD)
        return refuse(true);
    if (block && size <= old)
        return block;
    return size > HEAP_MOST ? refuse(false) : grow(block, block ? old : 0, size);
}

static void remember(void)
{
    script.kept = script.used;
    script.copy = malloc(script.kept + 1);
    if (!script.copy)
        abort(); /* the host has no memory: it says so */
    memcpy(script.copy, heap, script.kept);
}

static void restore(void)
{
    memcpy(heap, script.copy, script.kept);
    script.used = script.kept;
    script.most = script.kept + SCRIPT_MEMORY;
    script.spent = 0;
}

/* --- Steps --- */

/* `level`: whose line the error names; the running function has 0. */
static void charge(lua_State *lua, lua_Integer steps, int level)
{
    if (steps > script.steps - script.spent) {
        luaL_where(lua, level);
        lua_pushfstring(lua, "it takes more than %I steps", (LUAI_UACINT)script.steps);
        lua_concat(lua, 2);
        lua_error(lua);
    }
    script.spent += steps > 0 ? steps : 0;
}

void script_charge(lua_State *lua, lua_Integer steps)
{
    charge(lua, steps, 1);
}

static void on_count(lua_State *lua, lua_Debug *about)
{
    (void)about;
    charge(lua, COUNT_EVERY, 0);
}

/* --- Errors --- */

/* What was raised, which need not be a text. */
static void explain(int status, struct linli_room *why)
{
    size_t length;
    const char *words;

    if (status == LUA_ERRMEM && script.long_string) {
        linli_say(why, "a string of more than %d bytes", SCRIPT_STRING_MOST);
        return;
    }
    if (status == LUA_ERRMEM) {
        linli_say(why, "it takes more than %d KiB of memory", SCRIPT_MEMORY >> 10);
        return;
    }
    if (lua_type(script.lua, -1) != LUA_TSTRING) {
        linli_say(why, "it raised a %s", luaL_typename(script.lua, -1));
        return;
    }
    words = lua_tolstring(script.lua, -1, &length);
    linli_say_text(why, (struct linli_text){words, length});
}

/* --- Start --- */

static int read_and_run(lua_State *lua)
{
    const struct linli_text *source = lua_touserdata(lua, 1);

    if (luaL_loadbufferx(lua, source->bytes, source->length, "=script", "t") != LUA_OK)
        return lua_error(lua);
    library_push(lua);
    lua_pushvalue(lua, -1);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_setupvalue(lua, -2, 1); /* its _ENV */
    lua_sethook(lua, on_count, LUA_MASKCOUNT, COUNT_EVERY);
    lua_call(lua, 0, 0);
    lua_pushglobaltable(lua);
    if (lua_getfield(lua, -1, "check") != LUA_TFUNCTION)
        return luaL_error(lua, "it has no function check(event, facts)");
    lua_setfield(lua, LUA_REGISTRYINDEX, "check");
    return 0;
}

static void forget(void)
{
    free(script.copy); /* Lua's own memory is the heap: there is nothing to close */
    memset(&script, 0, sizeof script);
    script.most = HEAP_MOST;
}

bool script_start(struct linli_text source, int64_t steps, struct linli_room *why)
{
    int status;

    forget();
    script.steps = steps;
    script.lua = lua_newstate(allocate, NULL);
    if (!script.lua) {
        linli_say(why, "Lua cannot start");
        return false;
    }
    lua_gc(script.lua, LUA_GCSTOP); /* there is nothing to gain: see allocate */
    lua_pushcfunction(script.lua, read_and_run);
    lua_pushlightuserdata(script.lua, &source);
    status = lua_pcall(script.lua, 1, 0, 0);
    if (status != LUA_OK) {
        explain(status, why);
        return false;
    }
    if (HEAP_MOST - script.used < SCRIPT_MEMORY) {
        linli_say(why, "it takes %zu KiB once it is read: too much", script.used >> 10);
        return false;
    }
    remember();
    return true;
}

/* --- Questions --- */

bool script_ask(lua_CFunction question, void *context, struct linli_room *why)
{
    int status;

    restore();
    lua_pushcfunction(script.lua, question);
    lua_pushlightuserdata(script.lua, context);
    status = lua_pcall(script.lua, 1, 0, 0);
    if (status != LUA_OK)
        explain(status, why);
    return status == LUA_OK;
}

void script_push_check(lua_State *lua)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, "check");
}
