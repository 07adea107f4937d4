/*
 * The table of contents: what can be asked, resource by resource. `linli routes` prints it.
 */
#include "api/resources.h"

/* clang-format off */
const struct route *const route_tables[] = {
    health_routes,

    sign_in_routes,
    me_routes,
    my_data_routes,
    unit_routes,
    unit_kind_routes,
    staff_routes,
    member_routes,
    registration_routes,
    import_routes,
    due_list_routes,
    delegation_routes,
    duplicate_routes,
    audit_trail_routes,
    inbox_routes,

    activity_routes,
    attendance_routes,
    change_routes,
    recommend_routes,
    evidence_routes,
    roster_routes,
    series_routes,
    backfill_routes,
    review_routes,
    record_routes,
    figure_routes,
    demand_routes,
    participation_routes,
    work_figure_routes,
    certificate_routes,
    check_routes,

    merchant_routes,
    shop_routes,
    sponsor_routes,
    reward_routes,
    redemption_routes,
    proxy_routes,
    voucher_routes,
    integration_routes,
    merchant_call_routes,
    statement_routes,
    dispute_routes,
    market_routes,

    wallet_routes,
    member_wallet_routes,
    proposal_routes,
    ledger_routes,

    facts_routes,
    plugin_routes,
    assessment_routes,
    replay_routes,
    review_queue_routes,

    NULL,
};
/* clang-format on */
