/*
 * The resources: each file exports its routes, ending with a zero path. routes.c lists them all.
 */
#ifndef LINLI_RESOURCES_H
#define LINLI_RESOURCES_H

#include "api/route.h"

extern const struct route health_routes[];
extern const struct route sign_in_routes[];
extern const struct route me_routes[];
extern const struct route my_data_routes[];
extern const struct route registration_routes[];
extern const struct route due_list_routes[];
extern const struct route delegation_routes[];
extern const struct route import_routes[];
extern const struct route unit_kind_routes[];
extern const struct route duplicate_routes[];
extern const struct route unit_routes[];
extern const struct route staff_routes[];
extern const struct route member_routes[];
extern const struct route audit_trail_routes[];
extern const struct route inbox_routes[];
extern const struct route activity_routes[];
extern const struct route attendance_routes[];
extern const struct route change_routes[];
extern const struct route recommend_routes[];
extern const struct route evidence_routes[];
extern const struct route roster_routes[];
extern const struct route series_routes[];
extern const struct route backfill_routes[];
extern const struct route review_routes[];
extern const struct route record_routes[];
extern const struct route figure_routes[];
extern const struct route demand_routes[];
extern const struct route participation_routes[];
extern const struct route work_figure_routes[];
extern const struct route certificate_routes[];
extern const struct route check_routes[];
extern const struct route merchant_routes[];
extern const struct route shop_routes[];
extern const struct route sponsor_routes[];
extern const struct route reward_routes[];
extern const struct route redemption_routes[];
extern const struct route proxy_routes[];
extern const struct route voucher_routes[];
extern const struct route integration_routes[];
extern const struct route merchant_call_routes[];
extern const struct route wallet_routes[];
extern const struct route member_wallet_routes[];
extern const struct route plugin_routes[];
extern const struct route assessment_routes[];
extern const struct route replay_routes[];
extern const struct route ledger_routes[];
extern const struct route proposal_routes[];
extern const struct route statement_routes[];
extern const struct route dispute_routes[];
extern const struct route market_routes[];
extern const struct route facts_routes[];
extern const struct route review_queue_routes[];

#endif
