/*
 * The audit trail: append-only. Every privileged action adds one entry inside its own transaction,
 * so that there is no action without its entry. No personal value but masked.
 */
#ifndef LINLI_AUDIT_H
#define LINLI_AUDIT_H

#include "people/people.h"

struct audit {
    uint64_t actor; /* account; 0: the command line or the server itself */
    const char
        *action; /* "staff.create": what it was done to, and what was done; 60 bytes at most */
    uint64_t object_id;        /* of the account, unit, reward … that the action names; 0: none */
    struct text before, after; /* short JSON or a word; 2000 characters at most; {0}: nothing */
    struct text why;           /* what the actor gave as the reason; 800 characters at most */
};

/* In the caller's transaction. */
bool audit_append(struct db *db, const struct audit *audit, int64_t now_us,
                  struct error *error) MUST_CHECK;

/* The same as a statement of the teller's. */
void audit_add(struct sql *sql, const struct audit *audit, int64_t now_us);

struct audit_entry {
    uint64_t audit_id;
    int64_t at_us;
    struct audit audit;
};

struct audit_query {
    uint64_t object_id, actor; /* 0: any */
    uint64_t before_id;        /* a cursor: entries older than this one; 0: from the newest */
    size_t limit;
};

/* Newest first, into an array from the arena. *next is the cursor of the next page or 0. */
bool audit_list(struct db *db, const struct audit_query *query, struct arena *arena,
                struct audit_entry **entries, size_t *count, uint64_t *next,
                struct error *error) MUST_CHECK;

#endif
