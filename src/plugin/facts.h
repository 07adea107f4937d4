/*
 * The catalogue of facts: everything that a plugin may know beyond its question. A plugin names
 * the facts that it needs; the server loads them for a whole batch at once, each loader with one
 * statement, all of them in one round trip.
 *
 * The rooms that own the tables define loaders and list them for main.c. What a kind of plugin
 * may not know is not in the catalogue for it: `kinds` says so, and a test holds that no fact for
 * assessments comes from redemptions.
 */
#ifndef LINLI_FACTS_H
#define LINLI_FACTS_H

#include <linli/plugin.h>

#include "base/arena.h"
#include "base/base.h"
#include "store/db.h"

/* What a question is about. Numbers that do not apply are 0. Ids are the server's own. */
struct fact_subject {
    uint64_t member_id, actor_id, merchant_id, reward_id, redemption_id, record_id, activity_id;
    uint64_t unit_id;
    int64_t points;               /* hundredths that would move */
    int64_t started_us, ended_us; /* of the service */
    int64_t at_us;                /* now, or then in a replay: nothing later is known */
    int64_t from_us, until_us;    /* the period of an assessment */
    int32_t utc_offset_minutes;   /* the programme's days */
    bool at_counter;              /* somebody waits: only facts that are cheap are loaded */
    bool past;                    /* asked again: what only the present knows stays unknown */
};

/* Which numbers of a subject must be there. */
enum fact_scope {
    FACT_OF_MEMBER = 1, /* member_id, at_us */
    FACT_OF_RECORD,     /* record_id and its member, activity and times */
    FACT_OF_REDEMPTION, /* redemption_id and its member, reward, merchant */
    FACT_OF_REWARD,
    FACT_OF_MERCHANT,
    FACT_OF_ACTOR, /* the staff account that asks */
    FACT_OF_PAIR,  /* actor_id and member_id */
    FACT_OF_MEMBER_PERIOD,
    FACT_OF_UNIT_PERIOD,
};

enum fact_type { FACT_BOOL = 1, FACT_NUMBER, FACT_POINTS, FACT_TIME, FACT_TEXT };

struct fact {
    const char *name; /* "member.redemptions_24h": what it is of, a dot, a-z 0-9 _ */
    enum fact_type type;
    const char *unit; /* "points/100", "minutes", "days"; "" of a plain count */
    enum fact_scope scope;
    unsigned kinds; /* 1 << enum linli_kind, or-ed: who may know it */
    bool on_path;   /* cheap enough while somebody waits at the counter; else review and replay */
    const char *zh, *en;
};

/* For struct fact.kinds. What comes from redemptions, wishes or tickets is for audit alone: a
 * loader has facts for assessments or such facts, never both, so that a test can tell by its
 * tables. */
#define FACT_FOR_AUDIT      (1U << LINLI_AUDIT)
#define FACT_FOR_ASSESSMENT (1U << LINLI_ASSESSMENT)
#define FACT_FOR_BOTH       (FACT_FOR_AUDIT | FACT_FOR_ASSESSMENT)

#define FACTS_OF_LOADER     16
/* One question of a batch to one loader: values[i] is room for the loader's fact i, NULL where
 * nobody asked for it. */
struct fact_row {
    const struct fact_subject *subject;
    struct linli_value *values[FACTS_OF_LOADER];
};
struct fact_request {
    struct fact_row *rows;
    size_t count;
    unsigned wanted;     /* bit i: some row wants fact i */
    struct arena *arena; /* for texts: as long as the questions */
    void *note;          /* ask's own, for read */
};

struct fact_loader {
    const char *name;
    const struct fact *facts; /* ended by a zero entry */
    /* Adds exactly one SELECT for all rows; never called with none. NULL: whoever asks knows these
     * facts, no table does. */
    void (*ask)(struct sql *sql, struct fact_request *request);
    /* Its rows, into the values. What is not set stays unknown (known 0). */
    void (*read)(struct rows *rows, struct fact_request *request);
};

/* For ask: the numbers of a subject that its SELECT needs, ended by a zero entry. */
struct fact_column {
    const char *name; /* "member_id"; of utc_offset_minutes: "offset_us" */
    size_t offset;    /* in struct fact_subject */
};
#define FACT_COLUMN(field)                                                                         \
    {                                                                                              \
#field, offsetof(struct fact_subject, field)                                               \
    }
#define FACT_OFFSET                                                                                \
    {                                                                                              \
        "offset_us", offsetof(struct fact_subject, utc_offset_minutes)                             \
    }
/* Adds a table `q` of the request's rows: `i`, which read wants back, and those columns. */
void facts_add_rows(struct sql *sql, const struct fact_request *request,
                    const struct fact_column *columns);
/*
 * Adds a table `r` of the rows that any of the request's subjects may count: those of their keys,
 * from `before_us` before `since` until then. Each is read once, by an index of key and time:
 * joined row by row, times that come from another table are no use to an index, and each subject
 * would read its key's whole history. The join still says which rows are whose.
 */
struct fact_window {
    const char *select; /* "SELECT … FROM … FORCE INDEX (…) WHERE ", the key and the time in it */
    struct fact_column key; /* by its name in that table */
    const char *time;       /* "created_us" */
    size_t since;           /* which time of struct fact_subject */
    int64_t before_us;
    bool open; /* and what came later, or has not come yet: whose time is 0 */
};
void facts_add_window(struct sql *sql, const struct fact_request *request,
                      const struct fact_window *window);
/* Those rows alone, for a loader that counts them by itself: half the database's work. */
void facts_select_window(struct sql *sql, const struct fact_request *request,
                         const struct fact_window *window);
/* A read for a SELECT of `i` and then the loader's facts in their order; NULL is unknown. */
void facts_read_numbers(struct rows *rows, struct fact_request *request);

/* Registered by main.c before any thread: ended by NULL. */
void facts_register(const struct fact_loader *const *loaders);
/* All of them, loader by loader; for lists. */
size_t facts_count(void);
const struct fact *facts_at(size_t index);
/* -1 when there is none of that name. */
int facts_find(struct text name);
const char *fact_type_name(enum fact_type type);    /* "number" */
const char *fact_scope_name(enum fact_scope scope); /* "pair" */
/* The names nearest to one that is not there, for an error: "did you mean …". */
size_t facts_nearest(struct text name, const char *nearest[], size_t most);

/* What is wanted of one subject: `facts` are indexes of the catalogue, `values` their room. */
struct fact_wish {
    const struct fact_subject *subject;
    const uint16_t *facts;
    size_t count;
    struct linli_value *values;
};
/*
 * One round trip for all wishes. `more` is a statement that goes first (it may be empty), whose
 * rows `more_read` takes: the judge's look at wallet versions. On the thread that owns `db`,
 * outside a transaction. False: nothing is known of anything.
 */
bool facts_load(struct db *db, const struct fact_wish *wishes, size_t count, struct arena *arena,
                const struct sql *more, void (*more_read)(struct rows *rows, void *context),
                void *context, struct error *error) MUST_CHECK;

#endif
