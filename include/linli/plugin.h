/*
 * Linli's plugin interface. C and C++; needs nothing but libc.
 *
 * A plugin is a shared object that exports one symbol, `linli_plugin`, and decides. It does no I/O:
 * it runs in a process of its own without files, network or children, is handed everything that it
 * may know, and writes its answer into memory of the caller. So it must be pure: the same question
 * gets the same answer, today, in a replay of last year, and on every server.
 *
 * What holds for everything here:
 *   - Strings are UTF-8 with a length and need no ending zero. Times are microseconds since 1970,
 *     UTC; durations say their unit; points are hundredths of a point; money is fen.
 *   - People and things are pseudonyms: numbers that stay the same for one plugin, and mean nothing
 *     outside it.
 *   - What a function is given lives until it returns. What it answers is copied when it returns.
 *   - Functions run on one thread, one call at a time, under a deadline. A call that crashes,
 *     overruns or answers nonsense costs its own decision, for which the administrator has chosen a
 *     verdict; three such faults in ten minutes quarantine the plugin.
 *
 * Versions. `struct linli_head` is frozen for ever. The major version must be the server's; a minor
 * version only appends: to structs, whose `size` says how far the other side knows them, and to
 * enums. Test with LINLI_HAS before reading what a later minor appended.
 *
 * Changes:
 *   1.0  The first.
 *   1.1  linli_plugin.discloses: what a merchant must be told about a member.
 *        linli_rate_question.forecast: the period is not over yet.
 *   1.2  linli_merchant.ways; LINLI_UNDONE; linli_step_question.settings: a merchant's own.
 *        linli_rating_name.aside, in what was padding, and so zero, before.
 */
#ifndef LINLI_PLUGIN_H
#define LINLI_PLUGIN_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LINLI_PLUGIN_MAGIC UINT32_C(0x494c4e4c) /* "LNLI" */
#define LINLI_ABI_MAJOR    1
#define LINLI_ABI_MINOR    2

/* Whether the other side's struct `s`, which begins with its size, has this field. */
#define LINLI_HAS(s, field)                                                                        \
    ((s)->size >= (size_t)((const char *)(&(s)->field + 1) - (const char *)(s)))

/* --- Strings --------------------------------------------------------------------------------- */

struct linli_text {
    const char *bytes;
    size_t length;
};
/* For initialisers: LINLI_TEXT("积分") */
#define LINLI_TEXT(literal)                                                                        \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

/* Room for a string that a plugin answers; what does not fit is cut off by linli_say. */
struct linli_room {
    char *bytes;
    size_t capacity;
    size_t length;
};

/* --- Settings: what an administrator can configure -------------------------------------------- */

enum linli_setting_type {
    LINLI_SETTING_BOOL = 1, /* number: 0 or 1 */
    LINLI_SETTING_INT,      /* number */
    LINLI_SETTING_POINTS,   /* number: hundredths of a point */
    LINLI_SETTING_FEN,      /* number */
    LINLI_SETTING_SECONDS,  /* number */
    LINLI_SETTING_DAY,      /* number: days since 1970-01-01; written 2026-12-31 */
    LINLI_SETTING_TEXT,     /* text */
    LINLI_SETTING_CHOICE,   /* text: one of `choices` */
    LINLI_SETTING_MAP,      /* text: lines "key=number"; read it with linli_map_find */
};

struct linli_setting {
    struct linli_text name;     /* a-z, 0-9 and _, 1 to 40 */
    uint32_t type;              /* enum linli_setting_type */
    bool secret;                /* never shown again once set */
    bool required;              /* has no default: the plugin is not enabled without it */
    struct linli_text fallback; /* the default, as an administrator would write it */
    int64_t least, most;        /* of numbers, and of a map's; of a text's length in bytes */
    struct linli_text choices;  /* of a CHOICE: "a|b|c" */
    struct linli_text help_zh, help_en;
};

/* A setting's value or a fact. Frozen. */
struct linli_value {
    int64_t number;
    struct linli_text text;
    uint32_t known; /* 0: there is none; then number is 0 and text empty */
    uint32_t reserved;
};

/* --- What every plugin has -------------------------------------------------------------------- */

enum linli_kind { LINLI_MERCHANT = 1, LINLI_AUDIT = 2, LINLI_ASSESSMENT = 3 };

/* Frozen for ever: 16 bytes. */
struct linli_head {
    uint32_t magic;     /* LINLI_PLUGIN_MAGIC */
    uint16_t abi_major; /* LINLI_ABI_MAJOR that it was built with */
    uint16_t abi_minor;
    uint32_t struct_size; /* sizeof(struct linli_plugin) that it was built with */
    uint32_t kind;        /* enum linli_kind */
};

struct linli_setup {
    uint32_t size;
    uint32_t value_count;
    const struct linli_value *values; /* in the order of the plugin's settings; defaults are in */
    struct linli_room *why;           /* for start: why these values will not do, for people */
};

struct linli_plugin {
    struct linli_head head;
    struct linli_text name;    /* a-z, 0-9 and _, 2 to 40; does not change between versions */
    struct linli_text version; /* "1.4.0" */
    struct linli_text title_zh, title_en; /* what it does, in a few words */

    const struct linli_setting *settings;
    uint32_t setting_count;
    uint32_t setting_size; /* sizeof(struct linli_setting) */

    /* Names from the catalogue of facts (`linli facts`). They come with each question in this
     * order. */
    const struct linli_text *facts;
    uint32_t fact_count;
    uint32_t reserved;

    /* Called once, before any question; may be NULL. What it puts into *state is given to every
     * call. False: the values will not do; say why in setup->why. */
    bool (*start)(const struct linli_setup *setup, void **state);

    /* Exactly one of these, as head.kind says. */
    const struct linli_audit *audit;
    const struct linli_assessment *assessment;
    const struct linli_merchant *merchant;

    /* Since 1.1 */
    uint32_t discloses; /* enum linli_disclosure, or-ed: a member is asked at each redemption */
    uint32_t reserved_1;
};

enum linli_disclosure {
    LINLI_TELLS_NAME = 1,
    LINLI_TELLS_PHONE = 2,
    LINLI_TELLS_OPENID = 4, /* refused as yet: members sign in by phone, none has an openid */
};

/* The one symbol: LINLI_EXPORT const struct linli_plugin linli_plugin = { … }; */
#ifdef __cplusplus
#define LINLI_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define LINLI_EXPORT __attribute__((visibility("default")))
#endif
#define LINLI_HEAD(kind)                                                                           \
    {                                                                                              \
        LINLI_PLUGIN_MAGIC, LINLI_ABI_MAJOR, LINLI_ABI_MINOR, sizeof(struct linli_plugin), (kind)  \
    }

struct linli_facts {
    const struct linli_value *values; /* in the order of linli_plugin.facts */
    size_t count;
};

/* A reason, for the person whom it concerns and for the record. */
struct linli_reason {
    char code[40];            /* a-z, 0-9 and _, ended by a zero: "too_many_redemptions" */
    struct linli_room zh, en; /* one sentence each, calm: never "fraud" */
};

/* --- Audit rules ----------------------------------------------------------------------------- */

enum linli_event_kind {
    LINLI_EARN = 1,    /* a reviewed service record is about to become points */
    LINLI_REDEEM = 2,  /* points are about to be held for a voucher */
    LINLI_CONFIRM = 4, /* a clerk confirms a voucher; can be flagged, is never held or denied */
    LINLI_CANCEL = 8,  /* a voucher goes back */
    LINLI_REFUND = 16, /* a confirmed voucher goes back */
    LINLI_ADJUST = 32, /* two administrators correct a wallet */
};

struct linli_event {
    uint32_t size;
    uint32_t kind;                /* enum linli_event_kind */
    uint64_t event;               /* the record, redemption or proposal */
    uint64_t member;              /* whose points */
    uint64_t actor;               /* the staff account that asks; 0: the member, or nobody */
    uint64_t merchant;            /* whose reward it is; 0: of an earning, an adjustment */
    uint64_t subject;             /* the activity or the reward */
    int64_t points;               /* hundredths that would move */
    int64_t minutes;              /* of service */
    int64_t at_us;                /* now, in the event's time */
    int64_t started_us, ended_us; /* of the service */
    uint32_t grade;               /* of evidence: 1 A, 2 B, 3 C, 4 D; 0: none */
    uint32_t replayed;            /* 1: this is the past, asked again */
};

enum linli_verdict { LINLI_ALLOW = 0, LINLI_FLAG = 1, LINLI_DENY = 2 };

struct linli_opinion {
    uint32_t size;
    uint32_t verdict;           /* enum linli_verdict; LINLI_ALLOW to begin with */
    struct linli_reason reason; /* of a flag or a denial */
};

struct linli_audit {
    uint32_t size;   /* sizeof(struct linli_audit) */
    uint32_t events; /* enum linli_event_kind, or-ed: what it is asked about */
    void (*check)(const void *state, const struct linli_event *event,
                  const struct linli_facts *facts, struct linli_opinion *opinion);
};

/* --- Assessment policies --------------------------------------------------------------------- */

struct linli_award_question {
    uint32_t size;
    uint32_t grade; /* of evidence: 1 A, 2 B, 3 C, 4 D */
    uint64_t record, member, activity;
    struct linli_text category; /* code of the activity's category */
    int64_t minutes;
    int64_t coefficient_percent; /* of the category; 100 is plain */
    int64_t difficulty;          /* of the activity: 1 to 5; 0: not given */
    int64_t started_us, now_us;
};

struct linli_award {
    uint32_t size;
    uint32_t reserved;
    int64_t points;     /* hundredths, 0 or more */
    int64_t daily_cap;  /* hundredths that a member may earn with one day's service; 0: no cap */
    int64_t expires_us; /* when the points end; 0: as the programme says */
    struct linli_reason reason; /* how it was worked out */
};

enum linli_scope { LINLI_OF_MEMBER = 1, LINLI_OF_UNIT = 2 };

struct linli_rate_question {
    uint32_t size;
    uint32_t scope;         /* enum linli_scope */
    uint64_t subject;       /* the member or the unit */
    int64_t from_us, to_us; /* the period: from_us ≤ t < to_us */
    int64_t now_us;
    /* Since 1.1 */
    uint32_t forecast; /* 1: the period is not over: say what is still missing */
    uint32_t reserved;
};

#define LINLI_MOST_REASONS 8
struct linli_rating {
    uint32_t size;
    uint32_t reason_count;
    char code[40]; /* one of linli_assessment.ratings; empty: no rating */
    struct linli_reason reasons[LINLI_MOST_REASONS];
    int64_t
        missing[LINLI_MOST_REASONS]; /* how much of it is missing for the next rating; 0: none */
};

/* A rating that the policy can give, best first. Frozen. */
struct linli_rating_name {
    struct linli_text code, zh, en;
    bool fails; /* counts one in `run.members_failing` of the member's work unit */
    bool aside; /* exempt, or only reported: not counted in `run.members_rated` */
};

struct linli_assessment {
    uint32_t size; /* sizeof(struct linli_assessment) */
    uint32_t rating_count;
    const struct linli_rating_name *ratings;
    /* What a reviewed record is worth; NULL: this policy awards nothing. */
    void (*award)(const void *state, const struct linli_award_question *question,
                  const struct linli_facts *facts, struct linli_award *award);
    /* Members are rated first, then units; NULL: it rates nobody. */
    void (*rate)(const void *state, const struct linli_rate_question *question,
                 const struct linli_facts *facts, struct linli_rating *rating);
    uint32_t scopes; /* enum linli_scope, or-ed: whom it rates */
    /* Which of linli_plugin.facts are for units: from this index on; fact_count: none. */
    uint32_t unit_facts_from;
};

/* --- Merchants ------------------------------------------------------------------------------- */

enum linli_operation {
    LINLI_RESERVE = 1, /* a voucher, please */
    LINLI_CONFIRMED,   /* a clerk has confirmed it here: tell them */
    LINLI_CANCELLED,   /* it goes back before it was used */
    LINLI_REFUNDED,    /* it goes back after it was used */
    LINLI_SETTLED,     /* it stands on a statement */
    LINLI_QUERY,       /* what became of the operation that got no answer? */
    LINLI_UNDONE,      /* since 1.2: a confirmation was a slip: the voucher is good again */
};

struct linli_step_question {
    uint32_t size;
    uint32_t operation;   /* enum linli_operation */
    uint32_t asked_about; /* LINLI_QUERY: the operation whose answer is missing */
    uint32_t attempt;     /* 1, 2, … of this operation */
    uint64_t redemption, member, reward;
    struct linli_text key;     /* idempotency key of the operation: the same at each attempt */
    struct linli_text item;    /* the reward's article number at the merchant, as configured */
    struct linli_text state;   /* as the last step left it */
    struct linli_text voucher; /* the code, once there is one */
    int64_t points, reimburse_fen;
    int64_t created_us, expires_us, now_us;
    /* The answer to the HTTP request that the last step asked for: */
    int32_t status; /* 0: none was asked for; -1: no answer; else HTTP's */
    uint32_t reserved;
    struct linli_text response; /* body, at most 64 KiB */
    /* Where `discloses` says so and the member agreed; `openid` is empty as yet. For the request's
     * body alone: struck out of `state` and reasons, which are kept. */
    struct linli_text name, phone, openid;
    /* Since 1.2: of this merchant, in the order of linli_plugin.settings: its own, or else the
     * plugin's. */
    const struct linli_value *settings;
    uint32_t setting_count;
    uint32_t reserved_1;
};

enum linli_outcome {
    LINLI_DONE = 1, /* it is as asked; reserve: with `voucher`, unless Linli's own is enough */
    LINLI_CALL,     /* make the request in `http`, then ask again */
    LINLI_DECLINED, /* the merchant says no: the points go back, with `reason` */
    LINLI_RETRY,    /* later, after `retry_s` */
    LINLI_UNKNOWN,  /* nobody can tell: query, and in the end a person */
    LINLI_ABSENT,   /* query: the merchant has never heard of it: it may be sent again */
};

struct linli_http {
    struct linli_room method; /* "POST" */
    struct linli_room url;    /* https, and a host that the configuration allows */
    struct linli_room body;
    struct linli_room type;       /* of the body: "application/json" */
    struct linli_room credential; /* name of a configured one, with which the server signs */
};

struct linli_step {
    uint32_t size;
    uint32_t outcome;          /* enum linli_outcome; LINLI_UNKNOWN to begin with */
    struct linli_room state;   /* kept for the next step: at most 2 KiB */
    struct linli_room voucher; /* code that the merchant knows; printed as it is and as QR */
    struct linli_http http;
    int64_t retry_s;    /* 1 to 86,400 */
    int64_t expires_us; /* of the voucher, where the merchant says so; 0: as the reward says */
    struct linli_reason reason;
};

enum linli_way {
    LINLI_CONFIRMS_AT_ONCE = 1, /* what it issues counts as handed over: no clerk confirms it */
    LINLI_TAKES_CODES = 2,      /* reserve: `voucher` is the next code of the reward's pool, empty
                                   when there is none left */
};

struct linli_merchant {
    uint32_t size;       /* sizeof(struct linli_merchant) */
    uint32_t operations; /* bit 1 << operation: those that it wants to hear of; QUERY and RESERVE
                            always */
    bool issues_at_once; /* reserve never asks for a call: the voucher is there at once */
    bool can_undo;       /* a confirmation may be undone */
    void (*step)(const void *state, const struct linli_step_question *question,
                 const struct linli_facts *facts, struct linli_step *step);
    /* Since 1.2 */
    uint32_t ways; /* enum linli_way, or-ed */
    uint32_t reserved;
};

/* --- Help for authors ------------------------------------------------------------------------ */

/* How much of these bytes is whole characters: less than `length` where the last one is cut. */
static inline size_t linli_whole(const char *bytes, size_t length)
{
    size_t start = length;
    unsigned char lead;
    size_t needed;

    while (start > 0 && ((unsigned char)bytes[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return 0;
    lead = (unsigned char)bytes[--start];
    needed = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return length - start < needed ? start : length;
}

/* Appends text as printf would; cuts off what does not fit, never inside a character. */
__attribute__((format(printf, 2, 3))) static inline void linli_say(struct linli_room *room,
                                                                   const char *format, ...)
{
    va_list arguments;
    size_t left = room->capacity - room->length;
    int wanted;

    if (left == 0)
        return;
    va_start(arguments, format);
    wanted = vsnprintf(room->bytes + room->length, left, format, arguments);
    va_end(arguments);
    if (wanted < 0)
        return;
    if ((size_t)wanted < left) {
        room->length += (size_t)wanted;
        return;
    }
    room->length = linli_whole(room->bytes, room->capacity - 1); /* vsnprintf's zero is not ours */
}

/* Appends a text that may hold zeros; cuts off as linli_say does. */
static inline void linli_say_text(struct linli_room *room, struct linli_text text)
{
    size_t left = room->capacity - room->length;
    size_t length = text.length <= left ? text.length : linli_whole(text.bytes, left);

    if (length > 0)
        memcpy(room->bytes + room->length, text.bytes, length);
    room->length += length;
}

/* Flags or denies, with a code; say the sentences with linli_say(&opinion->reason.zh, …). */
static inline void linli_decide(struct linli_opinion *opinion, enum linli_verdict verdict,
                                const char *code)
{
    opinion->verdict = (uint32_t)verdict;
    snprintf(opinion->reason.code, sizeof opinion->reason.code, "%s", code);
}

/* The next reason of a rating; NULL when there is no room for more. */
static inline struct linli_reason *linli_because(struct linli_rating *rating, const char *code,
                                                 int64_t missing)
{
    struct linli_reason *reason;

    if (rating->reason_count >= LINLI_MOST_REASONS)
        return NULL;
    rating->missing[rating->reason_count] = missing;
    reason = &rating->reasons[rating->reason_count++];
    snprintf(reason->code, sizeof reason->code, "%s", code);
    return reason;
}

/* Copies a rating's or a reason's code, which has room for 39 characters. */
static inline void linli_say_code(char code[40], struct linli_text text)
{
    snprintf(code, 40, "%.*s", (int)text.length, text.bytes);
}

static inline bool linli_text_is(struct linli_text text, const char *other)
{
    size_t length = strlen(other);

    return text.length == length && (length == 0 || memcmp(text.bytes, other, length) == 0);
}

/* A LINLI_SETTING_MAP's number for `key`; false when it has none. */
static inline bool linli_map_find(struct linli_text map, struct linli_text key, int64_t *number)
{
    const char *line = map.bytes, *end = map.length > 0 ? map.bytes + map.length : map.bytes;

    while (line < end) {
        const char *stop = (const char *)memchr(line, '\n', (size_t)(end - line));
        const char *equals;

        stop = stop ? stop : end;
        equals = (const char *)memchr(line, '=', (size_t)(stop - line));
        if (equals && (size_t)(equals - line) == key.length &&
            memcmp(line, key.bytes, key.length) == 0) {
            bool negative = equals + 1 < stop && equals[1] == '-';

            *number = 0;
            for (const char *digit = equals + 1 + negative; digit < stop; digit++)
                *number = *number * 10 + (*digit - '0'); /* the server has checked it */
            if (negative)
                *number = -*number;
            return true;
        }
        line = stop + 1;
    }
    return false;
}

#ifdef __cplusplus
}
#endif

#endif
