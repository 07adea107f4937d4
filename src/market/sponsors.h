/*
 * Sponsors: who pays for rewards beside the programme. Which one pays for a voucher is fixed when
 * it is issued. Query threads; texts live in the caller's arena.
 */
#ifndef LINLI_SPONSORS_H
#define LINLI_SPONSORS_H

#include "store/db.h"
#include "store/find.h"

struct sponsor {
    uint64_t id;
    char *name;
    int64_t committed_fen; /* what vouchers that live, were used or settled take of it */
    int64_t created_us;
};

bool sponsor_create(struct db *db, const struct sponsor *sponsor, struct error *error) MUST_CHECK;
enum find sponsor_find(struct db *db, uint64_t sponsor_id, struct arena *arena,
                       struct sponsor *sponsor, struct error *error);
/* By id, above `after`. */
bool sponsor_list(struct db *db, uint64_t after, int64_t limit, struct arena *arena,
                  struct sponsor **sponsors, size_t *count, struct error *error) MUST_CHECK;

#endif
