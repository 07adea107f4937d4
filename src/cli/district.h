/*
 * The district demo's inside: 19,400 fictional members of a district, 44 merchants and a year of
 * 2,400 activities. demo_district.c is its summary; docs/demo.md describes the world, and the cases
 * that are planted in it. Everything follows from the seed, the day and the scale: no clock, no
 * randomness from elsewhere, so that two loads of one day are the same.
 *
 * One thread. Functions that return false have filled `error`.
 */
#ifndef LINLI_DISTRICT_H
#define LINLI_DISTRICT_H

#include "cli/bulk.h"
#include "cli/demo_story.h"
#include "ledger/play.h"
#include "market/redemption.h"
#include "service/record.h"

#define DISTRICT_SEED        19400
#define DISTRICT_DAYS        365
#define DISTRICT_AHEAD_DAYS  14 /* that can be signed up for */
#define DISTRICT_MEMBERS     19400
#define DISTRICT_ACTIVITIES  2400
#define DISTRICT_ATTENDANCES 115000
#define DISTRICT_REDEMPTIONS 16000
#define STREETS              6
#define COMMUNITIES_MOST     72
#define GRIDS                4 /* of a community */
#define MERCHANTS            44
#define CLERKS_MOST          4 /* of a merchant */
#define SHOPS_OF_ONE         3
#define NOBODY               UINT32_MAX
#define ACTORS_MOST          64
#define ACTORS_OFTEN         50 /* how often each of them comes besides, about */

struct district_member {
    uint64_t id;
    uint32_t community;
    uint32_t last_activity; /* index of the last one attended */
    int64_t joined_us;
    int64_t busy_until_us; /* nobody serves in two places, but for those who cheat */
    int64_t spendable;     /* as the ledger last said */
    int planned_day;       /* has a part to play on it: goes nowhere else then */
    bool saves;            /* plays in a case: redeems nothing by chance */
};

struct district_community {
    uint64_t id, grids[GRIDS];
    char *name;
    uint32_t street;
    uint64_t coordinators[2];
    uint32_t *members; /* the busiest first */
    uint32_t member_count;
    int32_t latitude_e6, longitude_e6;
};

struct district_merchant {
    uint64_t id, manager;
    int sector;
    uint64_t shops[SHOPS_OF_ONE];
    uint32_t shop_count;
    uint64_t clerks[CLERKS_MOST];
    uint32_t clerk_count;
    uint32_t first_reward, reward_count;
};

struct district_reward {
    uint64_t id;
    uint32_t merchant;
    int64_t price;
    uint64_t shop; /* the only one that takes it; 0: any */
    bool limited;  /* to some a person */
    bool scarce;   /* soon sold out */
};

/* What is to be held: planned before anything of it is written. */
struct district_activity {
    uint64_t id, series_id, part_of, created_by;
    uint32_t community;
    const struct activity_style *style;
    const char *post; /* of a shift, or NULL */
    int day;          /* of the year; from DISTRICT_DAYS on it is to come */
    int64_t starts_us, ends_us, created_us;
    int32_t turnout, capacity;
    bool has_shifts, cancelled;
};

struct district_record {
    uint64_t id;
    uint32_t member, activity;
    int32_t minutes;
    int64_t started_us;
    uint8_t grade;
};

/* An attendance that is not left to chance. */
struct planned_attendance {
    uint32_t activity, member;
    int64_t signed_up_us; /* 0: never */
    int64_t started_us, ended_us, reviewed_us;
    uint64_t reviewer;
    uint64_t proposed_by; /* entered afterwards by, else 0 */
    int64_t proposed_us;
    uint8_t grade, place_check;
    bool corrected; /* by the reviewer, to these times, just before */
    struct planted *planted;
};

struct district_voucher {
    uint64_t id;
    uint32_t member, reward;
    enum redemption_state state;
    int64_t created_us, expires_us, confirmed_us;
    uint64_t clerk, shop;
    bool planned; /* what becomes of it is on the agenda already */
};

struct agenda;
struct planted;

struct district {
    const struct demo_tools *tools;
    uint32_t scale;   /* percent */
    int offset;       /* of the programme's zone, minutes */
    int64_t start_us; /* midnight of the first day */
    int64_t end_us;   /* midnight after the last: nothing has happened from then on */
    uint64_t random;
    struct arena *arena;
    struct player *player;

    uint64_t root, streets[STREETS];
    struct district_community communities[COMMUNITIES_MOST];
    uint32_t community_count;
    uint64_t *offices;
    uint32_t office_count;
    uint64_t administrator, auditor, street_coordinators[STREETS];
    struct district_member *members;
    uint32_t member_count;

    struct district_merchant merchants[MERCHANTS];
    struct district_reward *rewards;
    uint32_t reward_count;

    struct district_activity *activities; /* by start; then those that were planted */
    uint32_t activity_count;              /* of the first kind */
    uint32_t planted_activities;
    uint32_t held; /* of the first kind, so far */
    struct planned_attendance *planned;
    uint32_t planned_count;
    struct district_record *records;
    uint32_t record_count, record_capacity;
    struct district_voucher *vouchers;
    uint32_t voucher_count, voucher_capacity;
    uint32_t settled_below;  /* of the vouchers before that one none lives */
    int64_t last_cut_off_us; /* 0: none yet */
    struct agenda *agenda;
    struct planted *planted_cases; /* the last first */
    uint32_t actors[ACTORS_MOST];  /* members who need points for their parts */
    uint32_t actor_count;
    int64_t began_us, player_began_us, told_us; /* monotonic: for the progress */
};

/* 0 .. below - 1 */
uint32_t pick(struct district *district, uint32_t below);
/* True in `percent` of 100 times. */
bool chance(struct district *district, uint32_t percent);
/* An index below `count`; the first ones far more often than the last, as in Zipf's law. */
uint32_t pick_popular(struct district *district, uint32_t count);
/* `whole` at the scale of this load, at least `least`. */
uint32_t at_scale(const struct district *district, uint32_t whole, uint32_t least);
/* `minute` of the local day; days may lie before the first and after the last. */
int64_t on_day(const struct district *district, int day, int minute);
/* What is being done, and how far the whole is; at most some times a second. False when somebody
 * asks to stop. */
bool district_goes_on(struct district *district, const char *what, uint32_t percent,
                      struct error *error) MUST_CHECK;

/* --- The world before its first day ---------------------------------------------------------- */

bool district_make_places(struct district *district, struct error *error) MUST_CHECK;
bool district_make_people(struct district *district, struct error *error) MUST_CHECK;
bool district_make_due_lists(struct district *district, struct error *error) MUST_CHECK;
/* Accounts whose password is the demo's; the others' have none that fits. */
bool district_make_staff(struct district *district, struct error *error) MUST_CHECK;
bool district_make_market(struct district *district, struct error *error) MUST_CHECK;
struct new_account {
    enum role role;
    uint64_t scope_id;
    const char *login, *name;
    bool can_sign_in;
};
bool district_make_account(struct district *district, const struct new_account *account,
                           uint64_t *account_id, struct error *error) MUST_CHECK;

/* --- The year -------------------------------------------------------------------------------- */

/* Plans every activity, to the last of those to come. */
bool district_plan_year(struct district *district, struct error *error) MUST_CHECK;
const char *activity_title(const struct district *district,
                           const struct district_activity *activity);
int activity_category(const struct district_activity *activity, int32_t *coefficient);
/* Writes what is held on that day: activities, who signed up, who came. Reviews are put on the
 * agenda. */
bool district_hold_day(struct district *district, int day, struct error *error) MUST_CHECK;
/* What can be signed up for after the load, and who has. */
bool district_announce(struct district *district, struct error *error) MUST_CHECK;
/* Lives until the end: what is on the agenda, at its times. */
bool district_live(struct district *district, struct error *error) MUST_CHECK;

/* --- The agenda: what happens when, in the ledger -------------------------------------------- */

enum task_kind {
    TASK_HOLD = 1,  /* subject: a day */
    TASK_RESTOCK,   /* subject: reward, number: pieces */
    TASK_REVIEW,    /* subject: record; actor */
    TASK_REJECT,    /* subject: record; actor */
    TASK_REDEEM,    /* number: how many members try */
    TASK_RESERVE,   /* subject: voucher */
    TASK_CONFIRM,   /* subject: voucher */
    TASK_RECONFIRM, /* subject: voucher; number: which attempt with one that is used */
    TASK_UNDO,
    TASK_CANCEL,
    TASK_REFUND,
    TASK_LAPSE,
    TASK_STATEMENTS, /* number: the cut-off, us */
    TASK_SETTLE,     /* subject: voucher; number: the statement */
    TASK_DRAFT,      /* number: the cut-off, us; so are the next */
    TASK_SIGN,
    TASK_PAY,
};
struct task {
    int64_t at_us;
    uint32_t order; /* filled by agenda_add */
    enum task_kind kind;
    uint32_t subject;
    uint64_t actor;
    int64_t number;
};
/* Puts on the agenda when people redeem, when shelves are filled and statements cut. */
void district_plan_market(struct district *district);
/* Some members want something; what they reserve is put on the agenda. */
void district_redeem(struct district *district, const struct task *task);
/* What becomes of the voucher of that index, which was issued just now. */
void district_decide(struct district *district, uint32_t index);
/* A step of all statements of a cut-off: TASK_STATEMENTS, DRAFT, SIGN, PAY. */
bool district_settle(struct district *district, const struct task *task,
                     struct error *error) MUST_CHECK;

struct agenda *agenda_new(void);
void agenda_free(struct agenda *agenda);
void agenda_add(struct agenda *agenda, struct task task);
/* The first by time, then in the order in which they were added. NULL: nothing is left. */
const struct task *agenda_first(const struct agenda *agenda);
struct task agenda_take(struct agenda *agenda);

/* When records are reviewed on a day (0 .. REVIEWS - 1), and when shops are visited. */
#define REVIEWS 2
#define VISITS  8
int64_t review_time(const struct district *district, int day, uint32_t number);
int64_t visit_time(const struct district *district, int day, uint32_t number);

uint32_t record_new(struct district *district); /* index */
uint32_t voucher_new(struct district *district, uint32_t member, uint32_t reward);

/* --- What is planted ------------------------------------------------------------------------- */

/* Room for them beside what is planned. */
#define PLANTED_ACTIVITIES_MOST 96
#define PLANNED_MOST            4000

/* A case, or something innocent that looks like one. What it consists of is noted as it comes to
 * be. */
#define PLANTED_IDS_MOST 400
struct planted_ids {
    uint64_t ids[PLANTED_IDS_MOST];
    size_t count;
};
struct planted {
    struct planted *next;
    char *name;       /* "overlap-03", "overlap-innocent-01" */
    const char *kind; /* "overlap" */
    bool innocent;
    const char *why;        /* what happened, for people */
    int64_t from_us, to_us; /* when */
    struct planted_ids members, accounts, activities, records;
    struct planted_ids vouchers; /* indexes: those that were refused are no redemptions */
};
struct planted *planted_new(struct district *district, const char *kind, bool innocent,
                            const char *why);
void planted_note(struct planted_ids *ids, uint64_t id);
void planted_at(struct planted *planted, int64_t at_us); /* makes its time reach to there */

/* Puts them into the plan, once everything else is planned. */
void district_plant(struct district *district);
/* At the counter. */
void plant_counters(struct district *district);
/* A busy member for a case, with points to spend. */
uint32_t plant_actor(struct district *district, struct planted *planted);
/* Into `path`: docs/demo.md says what is in it. */
bool district_write_cases(struct district *district, const char *path,
                          struct error *error) MUST_CHECK;

#endif
