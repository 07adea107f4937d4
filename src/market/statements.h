/*
 * Settlement statements as people see them: what a merchant is owed for the confirmations of a
 * period, line by line. Query threads; texts live in the caller's arena. Points are hundredths,
 * money is fen and never moves here.
 */
#ifndef LINLI_STATEMENTS_H
#define LINLI_STATEMENTS_H

#include "base/buffer.h"
#include "market/settlement.h"
#include "store/find.h"

const char *statement_state_name(enum statement_state state); /* "draft" */
#define STATEMENT_STATES "filling|draft|signed|paid"

struct statement_view {
    uint64_t id, merchant_id;
    char *merchant_name;
    enum statement_state state;
    int64_t from_us, cut_off_us; /* confirmed at or after the one (0: ever), before the other */
    int64_t line_count, points, reimburse_fen;
    int64_t opened_us, drafted_us, signed_us, paid_us; /* 0: not yet */
    uint64_t opened_by, signed_by, paid_by;
    char *pay_note;
    int64_t corrections_fen; /* of disputed lines of earlier statements, paid with this one */
};

/* --- Opening and filling --------------------------------------------------------------------- */

struct statement_opening {
    uint64_t id; /* minted by the caller; the older one's when there was one with this cut-off */
    uint64_t merchant_id, actor;
    int64_t cut_off_us, now_us;
    enum {
        OPENING_DONE, /* new, or the same again */
        OPENING_NO_MERCHANT,
        OPENING_NOT_LATER,  /* an earlier statement goes further than this cut-off */
        OPENING_UNFINISHED, /* the earlier one takes lines still */
    } verdict;
};
/* False when it failed; else the verdict says what came of it. */
bool statement_open(struct db *db, struct statement_opening *opening,
                    struct error *error) MUST_CHECK;
/* Up to `limit` confirmations that wait for a line, the oldest first; `more`: there are others,
 * or some that can still be undone. */
bool statement_waiting(struct db *db, const struct statement_view *view, int64_t undone_before_us,
                       int64_t limit, struct arena *arena, uint64_t **redemptions, size_t *count,
                       bool *more, struct error *error) MUST_CHECK;
/* Filling → draft: no line is added from here on. Nothing happens in another state. */
bool statement_close(struct db *db, uint64_t statement_id, int64_t now_us,
                     struct error *error) MUST_CHECK;
/* What of the merchant was confirmed before this is on a statement or will be; 0: none yet. */
bool statement_latest_cut_off(struct db *db, uint64_t merchant_id, int64_t *cut_off_us,
                              struct error *error) MUST_CHECK;

/* --- Signing and paying --------------------------------------------------------------------- */

struct statement_step {
    uint64_t statement_id, actor;
    int64_t now_us;
    struct text note; /* paying: how */
};
/* Draft → signed, signed → paid, each with its entry in the audit trail. FIND_NOTHING: it is not in
 * the state that comes before. */
enum find statement_sign(struct db *db, const struct statement_step *step, struct error *error);
enum find statement_pay(struct db *db, const struct statement_step *step, struct error *error);

/* --- Looking -------------------------------------------------------------------------------- */

enum find statement_find(struct db *db, uint64_t statement_id, struct arena *arena,
                         struct statement_view *view, struct error *error);
struct statement_filter {
    uint64_t merchant_id; /* 0: of all */
    int state;            /* -1: any */
};
/* By id, above `after`. */
bool statement_list(struct db *db, const struct statement_filter *filter, uint64_t after,
                    int64_t limit, struct arena *arena, struct statement_view **views,
                    size_t *count, struct error *error) MUST_CHECK;

struct statement_line_view {
    uint64_t redemption_id, reward_id;
    char *reward_title;
    int64_t points, reimburse_fen;
    int64_t confirmed_us;
    uint64_t confirmed_by; /* account; its name as others see it: */
    char *clerk_name;
    uint64_t shop_id; /* 0: none was noted */
    char *shop_name, *sponsor_name;
};
/* In the order of their confirmation, after that of the redemption `after` (0: from the first). */
bool statement_lines(struct db *db, uint64_t statement_id, uint64_t after, int64_t limit,
                     struct arena *arena, struct statement_line_view **lines, size_t *count,
                     struct error *error) MUST_CHECK;
/* All lines as CSV (RFC 4180, UTF-8 with BOM) with times of the programme's zone. */
bool statement_csv(struct db *db, uint64_t statement_id, int offset_minutes, struct buffer *out,
                   struct error *error) MUST_CHECK;

#endif
