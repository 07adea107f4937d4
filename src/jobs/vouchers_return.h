/*
 * Giving back every open voucher of a merchant that left: each is cancelled by its own command, and
 * its member is told. In slices; called again it goes on.
 */
#ifndef LINLI_VOUCHERS_RETURN_H
#define LINLI_VOUCHERS_RETURN_H

#include "ledger/teller.h"

struct voucher_return {
    struct db *db;
    struct teller *teller;
    struct arena *arena;
    struct id_maker *ids;
    uint64_t merchant_id, actor;
    uint32_t actor_epoch;
    int64_t now_us;
    int64_t issued_until_us; /* later vouchers stay */
    int slices_most;         /* 200 vouchers each */
    /* Filled: */
    int64_t returned, points;
    bool more;
};
/* False: it broke; what was returned stays returned. */
bool vouchers_return(struct voucher_return *work, struct error *error) MUST_CHECK;

#endif
