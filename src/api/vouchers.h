/*
 * What redemptions.c and vouchers.c share: how a redemption is shown.
 */
#ifndef LINLI_VOUCHERS_H
#define LINLI_VOUCHERS_H

#include "api/call.h"
#include "market/redemptions.h"

/* {"id", "name"} of a shop or a sponsor, or null for 0. */
json_t *named_or_null(uint64_t shop_id, const char *name);
json_t *redemption_json(const struct redemption_view *view);
/* The answer of a command on a redemption, from its outcome alone. */
call_render render_redemption;
/* A redemption_ref command for what was found, with the caller's own side filled in. */
struct redemption_ref *redemption_command(struct call *call, const struct command_kind *kind,
                                          const struct redemption_view *view);
/* The same for a command that begins with one: all but its head. */
void redemption_ref_fill(const struct call *call, const struct redemption_view *view,
                         struct redemption_ref *ref);

/* What is asked of the catalogue, by a member or for one. */
struct redeem_request {
    uint64_t reward_id;
    int64_t price, terms_version;
    bool agree_to_disclose; /* what the reward says that its merchant is told */
};
extern const struct json_field redeem_fields[];
/* The command for a call whose input that is: with a number, and its code. */
struct reserve *redeem_command(struct call *call, uint64_t member_id);

/* Whose reward it is, for judges. FIND_NOTHING without call->db: it is not known here yet. */
enum find redeem_find_merchant(const struct call *call, struct reserve *reserve,
                               struct error *error);

/* For a shop_of_clerk that did not find one. */
enum answered reply_no_shop(struct call *call, enum find found, const struct error *error);

#endif
