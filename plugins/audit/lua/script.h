/*
 * An administrator's script in Lua 5.4, held so that it can neither run away nor remember.
 *
 * All of Lua's memory is one heap. When the script has been read and run once, the heap is
 * copied; before each question the copy is put back. So every question finds the same script, byte
 * for byte: globals, upvalues and tables that an earlier question changed were never changed.
 *
 * Nothing that a script starts can go on for long: a hook counts its instructions, library
 * functions charge for what they do at C's speed (the hook sleeps meanwhile), strings are short,
 * and memory is not given back within a question. Errors end the question: there is no pcall, and
 * no coroutine or metatable by which one could be caught or code run where hooks are off.
 */
#ifndef LINLI_LUA_SCRIPT_H
#define LINLI_LUA_SCRIPT_H

#include <linli/plugin.h>

#include <lauxlib.h>
#include <lua.h>

#define SCRIPT_MOST        32768       /* bytes of source */
#define SCRIPT_STRING_MOST 1024        /* bytes of a string while it runs */
#define SCRIPT_MEMORY      (512 << 10) /* bytes that one question may take, in all */

/* Reads the script, and runs it once, which must leave a function `check`. `steps` are what it may
 * take then, and for each question. Forgets an earlier script. False: `why` says it, with the line.
 */
bool script_start(struct linli_text source, int64_t steps, struct linli_room *why);

/*
 * Asks: `question` is called with `context` as a light userdata, in a fresh copy, and protected:
 * whatever it or the script raises ends here. False: `why`, and what `question` has written so far
 * is to be thrown away.
 */
bool script_ask(lua_CFunction question, void *context, struct linli_room *why);

/* For `question`: pushes the script's `check`. */
void script_push_check(lua_State *lua);

/* Takes steps off what is left; raises an error when they do not suffice. Below 0 counts as 0. */
void script_charge(lua_State *lua, lua_Integer steps);

/* Pushes the table of what a script may use: library.c. */
void library_push(lua_State *lua);

#endif
