/*
 * Activities: drafted and published by a coordinator, signed up for, checked in and out of. Query
 * threads; each change is one transaction that holds the activity's row. Texts live in the arena.
 *
 * Functions that return bool fail only when something broke; what they decided is in `refusal`.
 */
#ifndef LINLI_ACTIVITIES_H
#define LINLI_ACTIVITIES_H

#include "ledger/refusal.h"
#include "service/place.h"
#include "service/record.h"
#include "store/find.h"

enum activity_state {
    ACTIVITY_DRAFT = 1,
    ACTIVITY_PUBLISHED, /* open for sign-up */
    ACTIVITY_RUNNING,   /* between its start and its end */
    ACTIVITY_CLOSED,    /* over; its records wait for review */
    ACTIVITY_SETTLED,   /* over, and every record is decided */
    ACTIVITY_CANCELLED, /* will not be; who had signed up was told */
};
const char *activity_state_name(enum activity_state state);

#define CHECK_IN_EARLY_US (30 * MINUTE_US) /* check-in opens so long before the start */
#define CHECK_OUT_LATE_US (2 * HOUR_US)    /* and check-out closes so long after the end */

struct activity {
    uint64_t id, unit_id;
    int category; /* a row of `categories` */
    char *category_code;
    enum activity_state state;
    char *title, *description, *place;
    int64_t starts_us, ends_us;
    int32_t capacity, signed_up, waiting;
    uint64_t created_by;
    int64_t created_us;
    uint64_t part_of;                  /* a shift of that activity; 0: a whole one */
    uint64_t series_id;                /* published every week: service/series.h; 0: once */
    char *skill;                       /* a code of people/profiles.h that is wanted, or "" */
    char *age_note, *insurance_note;   /* for who signs up, or "" */
    int32_t latitude_e6, longitude_e6; /* of the place, millionths of a degree */
    int32_t radius_m;                  /* how near is there; 0: there is no place check */
    int32_t difficulty;                /* 1 to 5, for the tariff; 0: nobody said */
};

bool activity_create(struct db *db, const struct activity *activity,
                     struct error *error) MUST_CHECK;
enum find activity_find(struct db *db, uint64_t activity_id, struct arena *arena,
                        struct activity *activity, struct error *error);
struct activity_filter {
    uint64_t under;           /* a unit and all below it; 0: every unit */
    bool with_drafts;         /* for those who may see them */
    uint64_t drafts_under;    /* of this unit and below only; 0: of all */
    uint64_t part_of;         /* shifts of that activity; 0: whole ones */
    uint64_t series_id;       /* 0: any */
    int category;             /* 0: any */
    struct text skill;        /* that very word; empty: any */
    struct text place, words; /* somewhere in the place; in title or description */
    int64_t from_us, to_us;   /* overlapping that time; to_us 0: without an end */
    int64_t open_at_us;       /* only those with a free place at that moment; 0: all */
};
/* By id, above `after`. */
bool activity_list(struct db *db, const struct activity_filter *filter, uint64_t after,
                   int64_t limit, struct arena *arena, struct activity **activities, size_t *count,
                   struct error *error) MUST_CHECK;
/* A draft becomes visible, with its shifts: REFUSED_WRONG_STATE when it is none, NOT_OPEN when it
 * is over already.
 */
bool activity_publish(struct db *db, uint64_t activity_id, int64_t now_us, enum refusal *refusal,
                      struct error *error) MUST_CHECK;
/* Moves published ones to running and running ones to closed by the clock, closed ones without
 * undecided records to settled. For the keeper. */
bool activities_advance(struct db *db, int64_t now_us, struct error *error) MUST_CHECK;

/* One attendance of one member. */
struct attendance {
    uint64_t activity_id, member_id;
    int64_t now_us;
    uint64_t record_id;           /* check-in: the new record's number */
    enum evidence_grade grade;    /* check-in: in range of the place it becomes B */
    const struct position *at;    /* check-in: where the member says to be; compared, never kept */
    enum place_check place_check; /* check-in: what came of it */
};
/* Opens the member's record; again gives the same record. NOT_SIGNED_UP, NOT_OPEN. */
bool activity_check_in(struct db *db, struct attendance *attendance, enum refusal *refusal,
                       struct error *error) MUST_CHECK;
/* Closes it: what counts are the whole minutes of the stay that lie within the activity's time.
 * Again is accepted and changes nothing. */
bool activity_check_out(struct db *db, struct attendance *attendance, enum refusal *refusal,
                        struct error *error) MUST_CHECK;
/* Pure: the minutes that a stay counts for. */
int32_t activity_minutes(const struct activity *activity, int64_t from_us, int64_t to_us);

/* --- Records as people see them -------------------------------------------------------------- */

struct record_view {
    struct record record; /* row.key is its id */
    uint64_t unit_id;
    char *activity_title;
    int32_t coefficient_percent;
    enum place_check place_check;
    bool stated;                /* the member said when they left */
    bool overlaps;              /* with other service of the same member */
    int64_t statement_until_us; /* the member may say so until then; 0: was never asked */
    int64_t answer_by_us;       /* while it is being checked */
    char *category;             /* code of the activity's */
    int32_t difficulty;         /* of the activity: 1 to 5; 0: nobody said */
    bool is_erased;             /* whose it is */
};
enum find record_find(struct db *db, uint64_t record_id, struct arena *arena,
                      struct record_view *view, struct error *error);
struct record_filter {
    uint64_t activity_id; /* 0: any */
    uint64_t member_id;   /* 0: any */
    uint64_t under;       /* activities of this unit and below; 0: any */
    int state;            /* 0: any */
};
bool record_list(struct db *db, const struct record_filter *filter, uint64_t after, int64_t limit,
                 struct arena *arena, struct record_view **views, size_t *count,
                 struct error *error) MUST_CHECK;

#endif
