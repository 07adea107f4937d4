/*
 * lua: administrators' rules in Lua 5.4. The script is a setting; its `check(event, facts)` returns
 * nothing, or "flag" or "deny" with a code and a sentence in each language. README.md tells what a
 * script may use; script.h how it is held.
 */
#include "script.h"

#include <string.h>

#include <lualib.h>

enum { SETTING_SCRIPT, SETTING_STEPS, SETTING_ON_ERROR, SETTING_OFFSET, SETTINGS };
static const struct linli_setting settings[SETTINGS] = {
    [SETTING_SCRIPT] = {.name = LINLI_TEXT("script"),
                        .type = LINLI_SETTING_TEXT,
                        .fallback = LINLI_TEXT("-- Returns nothing, or \"flag\" or \"deny\" with a "
                                               "code and a sentence in Chinese and English.\n"
                                               "function check(event, facts)\n"
                                               "end\n"),
                        .least = 1,
                        .most = SCRIPT_MOST,
                        .help_zh = LINLI_TEXT("Lua 5.4 脚本，须定义函数 check(event, facts)"),
                        .help_en = LINLI_TEXT("Lua 5.4, with a function check(event, facts)")},
    [SETTING_STEPS] = {.name = LINLI_TEXT("steps"),
                       .type = LINLI_SETTING_INT,
                       .fallback = LINLI_TEXT("10000"),
                       .least = 1000,
                       .most = 100000,
                       .help_zh = LINLI_TEXT("每次提问最多执行的指令数"),
                       .help_en = LINLI_TEXT("instructions that one question may take")},
    [SETTING_ON_ERROR] = {.name = LINLI_TEXT("on_error"),
                          .type = LINLI_SETTING_CHOICE,
                          .fallback = LINLI_TEXT("flag"),
                          .choices = LINLI_TEXT("flag|allow"),
                          .help_zh = LINLI_TEXT("脚本运行出错时：人工核对，或放行"),
                          .help_en = LINLI_TEXT("what an event gets when the script fails on it")},
    [SETTING_OFFSET] = {.name = LINLI_TEXT("utc_offset_minutes"),
                        .type = LINLI_SETTING_INT,
                        .fallback = LINLI_TEXT("480"),
                        .least = -720,
                        .most = 840,
                        .help_zh = LINLI_TEXT("当地时区相对 UTC 的分钟数"),
                        .help_en = LINLI_TEXT("the local time zone, in minutes from UTC")},
};

/* What scripts may know. Each costs its loading, whether a script looks at it or not: so not the
 * whole catalogue, and only what is loaded while somebody waits at a counter as well. */
static const struct linli_text facts[] = {
    LINLI_TEXT("member.points_available"),
    LINLI_TEXT("member.redemptions_1h"),
    LINLI_TEXT("member.redemptions_24h"),
    LINLI_TEXT("member.redemptions_30d"),
    LINLI_TEXT("member.points_spent_30d"),
    LINLI_TEXT("member.seconds_since_redemption"),
    LINLI_TEXT("pair.redemptions_30d"),
    LINLI_TEXT("pair.points_30d"),
    LINLI_TEXT("pair.hasty_90d"),
    LINLI_TEXT("merchant.confirmations_1h"),
    LINLI_TEXT("merchant.confirmations_24h"),
    LINLI_TEXT("actor.confirmations_1h"),
    LINLI_TEXT("redemption.lots_grade_d"),
    LINLI_TEXT("redemption.seconds_since_issue"),
    LINLI_TEXT("member.points_earned_today"),
    LINLI_TEXT("member.records_30d"),
    LINLI_TEXT("member.minutes_30d"),
    LINLI_TEXT("record.overlap_minutes"),
    LINLI_TEXT("record.minutes_today"),
    LINLI_TEXT("record.in_range"),
    LINLI_TEXT("record.backfilled"),
    LINLI_TEXT("record.entered_after_minutes"),
    LINLI_TEXT("record.stated"),
    LINLI_TEXT("record.signed_up_after_minutes"),
    LINLI_TEXT("pair.records_30d"),
    LINLI_TEXT("pair.minutes_30d"),
    LINLI_TEXT("actor.approvals_1h"),
    LINLI_TEXT("actor.approvals_24h"),
    LINLI_TEXT("actor.approvals_night"),
    LINLI_TEXT("member.age_days"),
};
#define FACTS (sizeof facts / sizeof facts[0])

/* Those that are true or false: in Lua 0 is true. */
static const char *const yes_or_no[] = {"record.in_range", "record.backfilled", "record.stated"};

#define MINUTE_US      INT64_C(60000000)
#define MINUTES_OF_DAY (24 * 60)
#define WORDS_MOST     400

struct rule {
    bool flags_errors;
    int64_t offset;
};
static struct rule rule;

static bool start(const struct linli_setup *setup, void **state)
{
    rule.flags_errors = linli_text_is(setup->values[SETTING_ON_ERROR].text, "flag");
    rule.offset = setup->values[SETTING_OFFSET].number;
    *state = &rule;
    return script_start(setup->values[SETTING_SCRIPT].text, setup->values[SETTING_STEPS].number,
                        setup->why);
}

/* --- What a script is given ------------------------------------------------------------------- */

/* One question, and where its answer goes. */
struct asking {
    const struct rule *rule;
    const struct linli_event *event;
    const struct linli_facts *known;
    struct linli_opinion *opinion;
};

static bool is_yes_or_no(struct linli_text fact)
{
    for (size_t i = 0; i < sizeof yes_or_no / sizeof yes_or_no[0]; i++)
        if (linli_text_is(fact, yes_or_no[i]))
            return true;
    return false;
}

/* __index of facts: what is not known is nil, what does not exist is a slip of the pen. */
static int absent_fact(lua_State *lua)
{
    for (size_t i = 0; lua_type(lua, 2) == LUA_TSTRING && i < FACTS; i++)
        if (linli_text_is(facts[i], lua_tostring(lua, 2)))
            return 0;
    return luaL_error(lua, "no fact '%s' for scripts", luaL_tolstring(lua, 2, NULL));
}

static void push_facts(lua_State *lua, const struct linli_facts *known)
{
    lua_createtable(lua, 0, FACTS);
    for (size_t i = 0; i < FACTS && i < known->count; i++) {
        if (!known->values[i].known)
            continue;
        lua_pushlstring(lua, facts[i].bytes, facts[i].length);
        if (is_yes_or_no(facts[i]))
            lua_pushboolean(lua, known->values[i].number != 0);
        else
            lua_pushinteger(lua, known->values[i].number);
        lua_rawset(lua, -3);
    }
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, absent_fact);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
}

static void set_number(lua_State *lua, const char *name, int64_t number)
{
    lua_pushinteger(lua, number);
    lua_setfield(lua, -2, name);
}

/* 0 is nobody, or no time. */
static void set_known(lua_State *lua, const char *name, int64_t number)
{
    if (number != 0)
        set_number(lua, name, number);
}

static const char *name_of_kind(uint32_t kind)
{
    switch (kind) {
    case LINLI_EARN: return "earn";
    case LINLI_REDEEM: return "redeem";
    case LINLI_CONFIRM: return "confirm";
    case LINLI_CANCEL: return "cancel";
    case LINLI_REFUND: return "refund";
    default: return "adjust";
    }
}

/* 1970-01-01 was a Thursday; Monday is 1. */
static void set_local_time(lua_State *lua, int64_t at_us, int64_t offset)
{
    int64_t minutes = at_us / MINUTE_US + offset;

    set_number(lua, "hour", minutes % MINUTES_OF_DAY / 60);
    set_number(lua, "weekday", (minutes / MINUTES_OF_DAY + 3) % 7 + 1);
}

static void push_event(lua_State *lua, const struct linli_event *event, int64_t offset)
{
    lua_createtable(lua, 0, 16);
    lua_pushstring(lua, name_of_kind(event->kind));
    lua_setfield(lua, -2, "kind");
    set_number(lua, "id", (int64_t)event->event);
    set_number(lua, "member", (int64_t)event->member);
    set_known(lua, "actor", (int64_t)event->actor);
    set_known(lua, "merchant", (int64_t)event->merchant);
    set_known(lua, "subject", (int64_t)event->subject);
    set_number(lua, "points", event->points);
    set_number(lua, "minutes", event->minutes);
    set_number(lua, "at_us", event->at_us);
    set_known(lua, "started_us", event->started_us);
    set_known(lua, "ended_us", event->ended_us);
    set_local_time(lua, event->at_us, offset);
    if (event->grade >= 1 && event->grade <= 4) {
        lua_pushlstring(lua, &"ABCD"[event->grade - 1], 1);
        lua_setfield(lua, -2, "grade");
    }
}

/* --- What it answers -------------------------------------------------------------------------- */

static enum linli_verdict verdict_of(lua_State *lua, int index)
{
    const char *word = lua_tostring(lua, index);

    if (lua_isnoneornil(lua, index))
        return LINLI_ALLOW;
    if (word && strcmp(word, "flag") == 0)
        return LINLI_FLAG;
    if (word && strcmp(word, "deny") == 0)
        return LINLI_DENY;
    luaL_error(lua, "check returned %s: nothing, \"flag\" or \"deny\" is right",
               word ? word : luaL_typename(lua, index));
    return LINLI_ALLOW;
}

static const char *code_at(lua_State *lua, int index)
{
    size_t length = 0;
    const char *code =
        lua_type(lua, index) == LUA_TSTRING ? lua_tolstring(lua, index, &length) : "";

    if (length == 0 || length >= sizeof((struct linli_reason *)0)->code ||
        strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_") != length)
        luaL_error(lua, "a code has 1 to 39 of a-z, 0-9 and _");
    return code;
}

static bool is_utf8(lua_State *lua, int index)
{
    bool valid;

    lua_pushcfunction(lua, luaopen_utf8);
    lua_call(lua, 0, 1);
    lua_getfield(lua, -1, "len");
    lua_pushvalue(lua, index);
    lua_call(lua, 1, 1);
    valid = !lua_isnil(lua, -1);
    lua_pop(lua, 2);
    return valid;
}

static struct linli_text sentence_at(lua_State *lua, int index, const char *language)
{
    struct linli_text sentence = {"", 0};

    if (lua_type(lua, index) == LUA_TSTRING)
        sentence.bytes = lua_tolstring(lua, index, &sentence.length);
    if (sentence.length == 0)
        luaL_error(lua, "a reason has a sentence in %s", language);
    for (size_t i = 0; i < sentence.length; i++)
        if ((unsigned char)sentence.bytes[i] < ' ')
            luaL_error(lua, "the sentence in %s has control characters", language);
    if (!is_utf8(lua, index))
        luaL_error(lua, "the sentence in %s is not UTF-8", language);
    return sentence;
}

/* check(event, facts) → verdict, code, zh, en: all of it is right, or nothing is taken. */
static int ask(lua_State *lua)
{
    const struct asking *asking = lua_touserdata(lua, 1);
    struct linli_text zh, en;
    enum linli_verdict verdict;
    const char *code;

    script_push_check(lua);
    push_event(lua, asking->event, asking->rule->offset);
    push_facts(lua, asking->known);
    lua_call(lua, 2, 4);
    verdict = verdict_of(lua, -4);
    if (verdict == LINLI_ALLOW)
        return 0;
    code = code_at(lua, -3);
    zh = sentence_at(lua, lua_absindex(lua, -2), "Chinese");
    en = sentence_at(lua, lua_absindex(lua, -1), "English");
    linli_decide(asking->opinion, verdict, code);
    linli_say_text(&asking->opinion->reason.zh, zh);
    linli_say_text(&asking->opinion->reason.en, en);
    return 0;
}

static void flag_error(struct linli_opinion *opinion, struct linli_text words)
{
    linli_decide(opinion, LINLI_FLAG, "script_failed");
    linli_say(&opinion->reason.zh, "规则脚本未能得出结论，请人工核对（%.*s）", (int)words.length,
              words.bytes);
    linli_say(&opinion->reason.en, "the rule's script came to no conclusion (%.*s)",
              (int)words.length, words.bytes);
}

/* Words of an error may quote what a script made up, bytes that are no text included. */
static void make_plain(char *words, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)words[i] < ' ' || (unsigned char)words[i] > '~')
            words[i] = '?';
}

static void check(const void *state, const struct linli_event *event,
                  const struct linli_facts *known, struct linli_opinion *opinion)
{
    const struct rule *within = state;
    char words[WORDS_MOST];
    struct linli_room why = {words, sizeof words, 0};
    struct asking asking = {within, event, known, opinion};

    if (script_ask(ask, &asking, &why) || !within->flags_errors)
        return;
    make_plain(words, why.length);
    flag_error(opinion, (struct linli_text){words, why.length});
}

static const struct linli_audit audit = {
    sizeof audit,
    LINLI_EARN | LINLI_REDEEM | LINLI_CONFIRM | LINLI_CANCEL | LINLI_REFUND | LINLI_ADJUST, check};

LINLI_EXPORT const struct linli_plugin linli_plugin = {
    .head = LINLI_HEAD(LINLI_AUDIT),
    .name = LINLI_TEXT("lua"),
    .version = LINLI_TEXT("1.0.0"),
    .title_zh = LINLI_TEXT("自定义规则脚本"),
    .title_en = LINLI_TEXT("A rule of your own, in Lua"),
    .settings = settings,
    .setting_count = SETTINGS,
    .setting_size = sizeof(struct linli_setting),
    .facts = facts,
    .fact_count = FACTS,
    .start = start,
    .audit = &audit,
};
