#include "ledger/wallet_open.h"

#include "ledger/wallet.h"

bool wallet_open(struct db *db, uint64_t member_id, struct error *error)
{
    return db_run(db, error,
                  "INSERT INTO wallets (member_id, version, available, held, owed, state,"
                  " merged_into) VALUES (?, 0, 0, 0, 0, ?, 0)",
                  DB_ID(member_id), DB_INT(WALLET_OPEN)) >= 0;
}
