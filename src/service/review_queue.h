/*
 * The review queue and what plugins decided: what query threads read. In the room that knows both
 * records and redemptions; decisions on a check are commands (ledger/check.h, market/redemption.h,
 * service/record.h). Texts live in the caller's arena.
 */
#ifndef LINLI_REVIEW_QUEUE_H
#define LINLI_REVIEW_QUEUE_H

#include "ledger/check.h"
#include "plugin/plugins.h"
#include "store/find.h"

struct review_item {
    struct check_row check;
    uint64_t unit_id;   /* of the activity, for an earning; 0: of no unit */
    char *title;        /* of the activity or the reward; NULL: it is about neither */
    char *reason;       /* of the decision; empty while it is open */
    char *said;         /* by the member; empty: nothing */
    uint64_t record_of; /* an earning: the member who served, maybe merged since; 0: no earning */
};

struct review_filter {
    int state;          /* enum check_state; 0: any */
    unsigned kind;      /* enum linli_event_kind; 0: any */
    uint64_t under;     /* only earnings of this unit and below; 0: everything */
    uint64_t member_id; /* only what this member waits for; 0: of anybody, marks too */
};

enum find review_find(struct db *db, uint64_t check_id, struct arena *arena,
                      struct review_item *item, struct error *error);
/* Newest first: ids below `before` (0: from the newest). */
bool review_list(struct db *db, const struct review_filter *filter, uint64_t before, int64_t limit,
                 struct arena *arena, struct review_item **items, size_t *count,
                 struct error *error) MUST_CHECK;

/* What the member wants to say while it is open. FIND_NOTHING: it is not theirs, or not open. */
enum find review_say(struct db *db, uint64_t check_id, uint64_t member_id, struct text words,
                     struct error *error);

/* What one plugin said of one event. */
struct decision_view {
    uint64_t id, check_id, ref, member_id, actor, merchant_id, plugin_id, version_id, policy_id;
    char *plugin; /* its name */
    unsigned kind, verdict, fault;
    enum plugin_mode mode;
    enum plugin_effect effect;
    int64_t at_us, points;
    char *code, *zh, *en;
};

struct decision_filter {
    uint64_t decision_id, check_id, plugin_id, member_id, ref; /* 0: any */
    int mode;                                                  /* enum plugin_mode; 0: any */
    int64_t from_us, until_us;                                 /* 0: no bound */
};
/* Newest first, as review_list. */
bool decisions_list(struct db *db, const struct decision_filter *filter, uint64_t before,
                    int64_t limit, struct arena *arena, struct decision_view **views, size_t *count,
                    struct error *error) MUST_CHECK;

/* What waits, and what of it is past its day: of a unit and below (earnings), or everything. */
bool review_count(struct db *db, uint64_t under, int64_t now_us, int64_t *open, int64_t *overdue,
                  struct error *error) MUST_CHECK;

#endif
