/*
 * The moves that commands on a voucher are made of (market/commands.c, merchant_commands.c): pure,
 * on rows that the caller has found and judged.
 */
#ifndef LINLI_VOUCHER_MOVES_H
#define LINLI_VOUCHER_MOVES_H

#include "ledger/wallet.h"
#include "market/operation.h"

#define NO_LIMIT (-1) /* redemption.limit_period of one that used up none */

/* The rows that a transition works on; found together, or not at all. */
struct voucher {
    struct redemption *redemption;
    struct stock *stock;
    struct wallet *wallet;
};

void voucher_keys(const struct command *command, struct key_set *keys);
bool voucher_find(struct book *book, const struct redemption_ref *want, struct voucher *voucher);
/* The member's own, or one that the caller redeemed for the member: another hands it over. */
bool voucher_is_own(const struct redemption_ref *want);
/* Points are held for it: it may be given back. */
bool voucher_is_open(const struct redemption *redemption);
void voucher_move_to(struct redemption *redemption, enum redemption_state state);
/* The outcome, of what the rows say now. Returns ACCEPTED. */
enum refusal voucher_answer(struct book *book, const struct voucher *voucher, struct outcome *out);

/* While an operation is open: keeps the intent, the first one, and returns true. */
bool voucher_intend(const struct redemption_ref *want, const struct voucher *voucher,
                    enum intent intent);
/* Somebody wants something else of it already. */
bool voucher_intends_else(const struct redemption *redemption, enum intent intent);
/* Does what was intended while an operation was open, if it still makes sense: `want` says who
 * asks now, the intent who asked then. */
void voucher_run_intent(struct book *book, const struct redemption_ref *want,
                        const struct voucher *voucher);

/* held → merchant: confirmed now, by the command's actor. */
void voucher_capture(struct book *book, const struct redemption_ref *want,
                     const struct voucher *voucher);
/* merchant → held: issued again; the merchant is told. */
void voucher_undo(struct book *book, const struct redemption_ref *want,
                  const struct voucher *voucher);
/* Points, piece, limit and budget go back to where they came from. `kind`: a release, a lapse or a
 * refund; it says which account has them, and what the redemption becomes. */
void voucher_give_back(struct book *book, const struct redemption_ref *want,
                       const struct voucher *voucher, enum transfer_kind kind);
/* An issued one goes back (OPERATION_CANCEL or OPERATION_LAPSE): once the merchant agrees, where it
 * wants to be asked, else now. */
void voucher_return(struct book *book, const struct redemption_ref *want,
                    const struct voucher *voucher, enum operation_kind kind);
/* A confirmed one goes back; the merchant is told. */
void voucher_refund(struct book *book, const struct redemption_ref *want,
                    const struct voucher *voucher);

#endif
