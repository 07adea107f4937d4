/*
 * Issuing certificates, finding and checking them. Query threads; texts and lists live in the
 * arena.
 */
#ifndef LINLI_CERTIFICATES_H
#define LINLI_CERTIFICATES_H

#include "base/ids.h"
#include "people/keyring.h"
#include "service/certificate.h"
#include "store/find.h"

#define CERTIFICATES_MOST 100 /* a member's that are not withdrawn */

enum certificate_answer {
    CERTIFICATE_ISSUED = 1,
    CERTIFICATE_NO_MEMBER,
    CERTIFICATE_NOTHING,  /* no approved service in the period */
    CERTIFICATE_TOO_LONG, /* more than CERTIFICATE_LINES_MOST: a shorter period will do */
    CERTIFICATE_TOO_MANY, /* one must be withdrawn first */
    CERTIFICATE_BROKEN,   /* `error` says what */
};

struct new_certificate {
    uint64_t member_id;
    int32_t from_day, through_day; /* 0 from: since their first record */
    bool shows_name;
    uint64_t issued_by;
    int utc_offset_minutes;
};
/* Over what is approved and was not clawed back, of the accounts that were merged into the member's
 * too. What was issued already in just these words is found again instead of made twice. */
enum certificate_answer certificate_issue(struct db *db, const struct keyring *keyring,
                                          struct id_maker *ids,
                                          const struct new_certificate *wanted, int64_t now_us,
                                          uint64_t *certificate_id, struct error *error) MUST_CHECK;

/* A certificate with what became of it. */
struct certificate_view {
    struct certificate certificate;
    uint64_t owner_id; /* the member, or whom they were merged into */
    char *unit_name;
    enum certificate_state state;
    struct certificate_sum lost; /* of what it states, what does not stand any more */
};

enum find certificate_find(struct db *db, uint64_t certificate_id, struct arena *arena,
                           struct certificate_view *view, struct error *error) MUST_CHECK;
/* NOTHING too for a row that says something else than when its code was made (which is logged). */
enum find certificate_find_by_code(struct db *db, const struct keyring *keyring,
                                   const struct paper_code *code, struct arena *arena,
                                   struct certificate_view *view, struct error *error) MUST_CHECK;
/* The ids of a member's, and of the accounts that were merged into theirs, above `after`. */
bool certificate_list(struct db *db, uint64_t member_id, uint64_t after, int64_t limit,
                      uint64_t *ids, size_t *count, struct error *error) MUST_CHECK;

/* From now on a check says "withdrawn" and nothing else, and what it stated is forgotten; again
 * changes nothing. In the caller's transaction or none. */
bool certificate_withdraw(struct db *db, uint64_t certificate_id, int64_t now_us,
                          struct error *error) MUST_CHECK;
/* In the transaction that erases a member: withdraws all of theirs and forgets what they stated. */
bool certificates_erase_member(struct db *db, uint64_t member_id, int64_t now_us,
                               struct error *error) MUST_CHECK;

/* What it states by category. */
struct certificate_category {
    int category;
    char *code, *name_zh, *name_en;
    struct certificate_sum sum;
};
/* The categories that occur, the most minutes first. */
bool certificate_categories(struct db *db, const struct certificate *certificate,
                            struct arena *arena, struct certificate_category **list, size_t *count,
                            struct error *error) MUST_CHECK;
/* titles[i] belongs to lines[i]; NULL where the activity is gone. */
bool certificate_titles(struct db *db, const struct certificate_view *view, struct arena *arena,
                        char **titles, struct error *error) MUST_CHECK;

#endif
