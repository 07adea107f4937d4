/*
 * Redemptions: a price in points held for a voucher, until a clerk confirms it or it goes back.
 * The commands are pure (ledger/command.h); finding and showing is straight SQL.
 */
#ifndef LINLI_REDEMPTION_H
#define LINLI_REDEMPTION_H

#include "ledger/command.h"
#include "market/calls.h"
#include "market/stock.h"

/* issuing and stuck are for merchants whose vouchers others issue; Linli's own go straight to
 * issued. */
enum redemption_state {
    REDEMPTION_HELD = 1,
    REDEMPTION_ISSUING, /* points are held until the merchant has answered */
    REDEMPTION_ISSUED,
    REDEMPTION_CONFIRMED,
    REDEMPTION_SETTLED,
    REDEMPTION_CANCELLED,
    REDEMPTION_EXPIRED,
    REDEMPTION_REFUNDED,
    REDEMPTION_STUCK,    /* nobody knows what the merchant did: points are held, a person decides */
    REDEMPTION_CHECKING, /* points and piece are held, and nothing is issued or asked of anybody
                            until a person has looked: ledger/check.h */
};
const char *redemption_state_name(enum redemption_state state); /* "issued" */

/* What somebody wants of a voucher about which the merchant has not answered yet. Stored. */
enum intent { INTENT_NONE, INTENT_CANCEL, INTENT_LAPSE, INTENT_UNDO, INTENT_REFUND };
const char *intent_name(enum intent intent); /* "cancel"; "none" */

struct redemption {
    struct row row; /* key: redemption id */
    uint64_t member_id, reward_id, merchant_id;
    enum redemption_state state;
    int64_t points, reimburse_fen;
    uint32_t terms_version;
    uint8_t code_hash[16]; /* keyed: the code itself is never stored (base/paper_code.h) */
    uint32_t code_key;     /* the voucher key that the code came from */
    int32_t limit_period;  /* of the member's limit that it used: the day it ends; -1: none */
    int64_t created_us, expires_us, confirmed_us, closed_us;
    uint64_t confirmed_by;
    uint64_t sponsor_id; /* who pays for it beside the programme, fixed when issued; 0: nobody */
    uint64_t shop_id;    /* where it was confirmed; 0: not noted */
    struct buffer allocation; /* which lots paid, packed; the row's own memory */
    /* Where a plugin speaks for the merchant; zeros for Linli's own vouchers: */
    uint64_t integration_id;
    uint32_t calls;        /* market/calls.h */
    uint32_t agreed;       /* enum linli_disclosure: what the merchant may be told of the member */
    uint64_t operation_id; /* the one that is open; 0: none is */
    int asking;            /* its kind: enum operation_kind */
    enum intent intent;    /* what is done once it is closed */
    uint64_t intent_by;
};
extern const struct row_kind redemption_rows;

struct reserve {
    struct command command;
    uint64_t redemption_id; /* minted by the caller */
    uint64_t member_id, reward_id;
    uint64_t merchant_id; /* the reward's, for judges; 0: there is no such reward */
    int64_t price;        /* as quoted to the member */
    uint32_t terms_version;
    uint8_t code_hash[16];
    uint32_t code_key;
    int utc_offset_minutes; /* limits count by local days */
    uint64_t operation_id;  /* minted by the caller, for a merchant who is to be asked */
    uint32_t agreed;        /* enum linli_disclosure: what the member lets the merchant know */
    bool by_proxy;          /* staff ask for the member: they are not told the balance */
    uint64_t person_id;     /* by proxy: whose wallet they would have as a member, or 0 */
};
/* The rest name a redemption whose immutable member and reward the caller has looked up (and
 * wallet_owner). */
struct redemption_ref {
    struct command command;
    uint64_t redemption_id, member_id, reward_id, merchant_id;
    uint64_t wallet_id; /* whose wallet it touches: the member's, or whom they were merged into */
    uint64_t person_id; /* confirm, undo, refund: the member that the clerk also is, or 0 */
    uint64_t caller_merchant; /* confirm, undo, refund: the clerk's merchant; 0: administrator */
    uint64_t caller_shop;     /* confirm, undo: where the clerk is; 0: the merchant has no shops */
    uint64_t reward_shop;     /* confirm: the only one that takes it; 0: each does */
    bool is_ambiguous;        /* confirm: what was shown is the code of other open vouchers too */
    uint64_t redeemer_id;     /* as for person_id: who redeemed it for the member; 0: the member */
    uint64_t redeemer_person; /* the member that they also are, or 0 */
    int64_t points;           /* what it cost, for judges */
    uint64_t check_id;        /* release, refuse; cancel, while it is checked; 0: no check */
    struct text reason;       /* release, refuse: the member reads it */
    int64_t undo_window_us;   /* undo */
    int64_t cut_off_us;       /* undo: what was confirmed before it stands on a statement */
    uint64_t operation_id;    /* minted by the caller, for a merchant who is to hear of it */
};
extern const struct command_kind command_reserve; /* struct reserve */
extern const struct command_kind command_confirm, command_undo, command_cancel, command_lapse,
    command_refund; /* struct redemption_ref */
/*
 * What is being checked is released (market/check_commands.c): it becomes a voucher whose time
 * begins now, or is asked of the merchant; or refused, and the points go back as if it had been
 * cancelled. struct redemption_ref with check_id and reason. REFUSED_ALREADY_DECIDED; OWN_RECORD.
 * The keeper (actor 0) releases what nobody has answered by the day that was promised.
 */
extern const struct command_kind command_release, command_refuse;

#endif
