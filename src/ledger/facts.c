#include "ledger/facts.h"

static const struct fact wallet_catalogue[] = {
    {"member.points_available", FACT_POINTS, "points/100", FACT_OF_MEMBER, FACT_FOR_AUDIT, true,
     "会员可用的积分；回放时未知", "points that the member has to spend; not known of the past"},
    {"member.points_held", FACT_POINTS, "points/100", FACT_OF_MEMBER, FACT_FOR_AUDIT, true,
     "会员未核销的券所冻结的积分；回放时未知",
     "points on hold for vouchers not used yet; not known of the past"},
    {0},
};

static void ask_wallets(struct sql *sql, struct fact_request *request)
{
    static const struct fact_column columns[] = {FACT_COLUMN(member_id), {0}};

    sql_add(sql, "SELECT q.i, w.available, w.held FROM ");
    facts_add_rows(sql, request, columns);
    sql_add(sql, " STRAIGHT_JOIN wallets w ON w.member_id = q.member_id");
    sql_end(sql);
}

static void read_wallets(struct rows *rows, struct fact_request *request)
{
    facts_read_numbers(rows, request);
    for (size_t i = 0; i < request->count; i++)
        for (size_t k = 0; k < FACTS_OF_LOADER; k++)
            if (request->rows[i].subject->past && request->rows[i].values[k])
                *request->rows[i].values[k] = (struct linli_value){0};
}

const struct fact_loader ledger_wallet_facts = {"ledger_wallet", wallet_catalogue, ask_wallets,
                                                read_wallets};
