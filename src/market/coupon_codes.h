/*
 * Pools of codes that a third party sold in advance (cinema tickets, top-ups): each is given to
 * exactly one redemption, under its row's lock, and never to another, whatever becomes of it. Codes
 * are money: sealed at rest, never listed.
 */
#ifndef LINLI_COUPON_CODES_H
#define LINLI_COUPON_CODES_H

#include "base/ids.h"
#include "people/keyring.h"
#include "store/find.h"

#define COUPON_SLICE_MOST 10000 /* codes in one import */

/* All or nothing of one slice; codes that are there already are passed over. */
struct coupon_import {
    const struct keyring *keyring;
    struct id_maker *ids;
    uint64_t reward_id, actor;
    const struct text *codes;
    size_t count;
    int64_t now_us;
    size_t added; /* filled */
};
bool coupon_codes_add(struct db *db, struct coupon_import *import, struct error *error) MUST_CHECK;

struct coupon_counts {
    int64_t left, taken;
};
bool coupon_codes_count(struct db *db, uint64_t reward_id, struct coupon_counts *counts,
                        struct error *error) MUST_CHECK;

/* The redemption's code, the next free one when it has none yet; *code is empty when there is none
 * left. Again gives the same. */
bool coupon_code_take(struct db *db, const struct keyring *keyring, uint64_t reward_id,
                      uint64_t redemption_id, int64_t now_us, struct arena *arena,
                      struct text *code, struct error *error) MUST_CHECK;

#endif
