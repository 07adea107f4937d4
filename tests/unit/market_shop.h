/*
 * The shop of the market's examples: a member with 1,000 hundredths, and a reward of which three
 * pieces are on the shelf.
 */
#ifndef LINLI_UNIT_MARKET_SHOP_H
#define LINLI_UNIT_MARKET_SHOP_H

#include "unit.h"

#include "base/clock.h"
#include "ledger/wallet.h"
#include "market/redemption.h"

#define MEMBER   UINT64_C(260)
#define SPOUSE   UINT64_C(261) /* whom the member is merged into, in some cases */
#define CLERK    UINT64_C(9)
#define REWARD   UINT64_C(501)
#define MERCHANT UINT64_C(71)
#define SHOP     UINT64_C(31)
#define VOUCHER  UINT64_C(7000)
#define LOT      UINT64_C(70)
#define PRICE    300
#define VALID_US (5 * DAY_US)
#define WINDOW   (5 * MINUTE_US)
#define CHINA    480
#define NOW      (20000 * DAY_US + 12 * HOUR_US) /* 20:00 in China */

static struct book *book;
static struct wallet *wallet;
static struct stock *stock;
static struct outcome outcome;

static inline void next_batch(int64_t now_us)
{
    static uint64_t height = 100;

    book_begin(book, 1, ++height, now_us);
}

static inline int open_book(void **state)
{
    struct transfer award = {.kind = TRANSFER_AWARD, .from = account_of(ACCOUNT_ISSUANCE, 0)};

    (void)state;
    book = book_new();
    next_batch(NOW);
    wallet = book_create(book, &wallet_rows, MEMBER);
    book_create(book, &wallet_rows, SPOUSE);
    wallet_credit(book, wallet, &award, LOT, 1000, NOW + 90 * DAY_US, LOT_RECORD, 2);
    stock = book_create(book, &stock_rows, REWARD);
    stock->merchant_id = MERCHANT;
    stock->price = PRICE;
    stock->reimburse_fen = 450;
    stock->terms_version = 4;
    stock->limit_days = 1;
    stock->valid_us = VALID_US;
    stock->initial = stock->free = 3;
    next_batch(NOW);
    return 0;
}

static inline int close_book(void **state)
{
    (void)state;
    book_free(book);
    return 0;
}

static inline enum refusal run(struct command *command, const struct command_kind *kind,
                               uint64_t actor)
{
    command->kind = kind;
    command->actor = actor;
    outcome = (struct outcome){0};
    return kind->apply(book, command, &outcome);
}

static inline struct reserve quote(uint64_t redemption_id)
{
    return (struct reserve){
        .redemption_id = redemption_id,
        .member_id = MEMBER,
        .reward_id = REWARD,
        .price = PRICE,
        .terms_version = 4,
        .code_hash = {1, 2, 3},
        .code_key = 8,
        .utc_offset_minutes = CHINA,
    };
}

static inline enum refusal reserve_as(struct reserve want)
{
    return run(&want.command, &command_reserve, MEMBER);
}

static inline enum refusal reserve(uint64_t redemption_id)
{
    return reserve_as(quote(redemption_id));
}

/* Asked for by a clerk of the right shop who is no member. */
static inline struct redemption_ref the_voucher(void)
{
    return (struct redemption_ref){
        .redemption_id = VOUCHER,
        .member_id = MEMBER,
        .reward_id = REWARD,
        .merchant_id = MERCHANT,
        .wallet_id = MEMBER,
        .caller_merchant = MERCHANT,
        .undo_window_us = WINDOW,
    };
}

static inline enum refusal turn_as(const struct command_kind *kind, struct redemption_ref want)
{
    return run(&want.command, kind, CLERK);
}

static inline enum refusal turn(const struct command_kind *kind)
{
    return turn_as(kind, the_voucher());
}

static inline const struct redemption *voucher(void)
{
    return book_find(book, &redemption_rows, VOUCHER);
}

/* The cases begin with a voucher in the state that they are about. */
static inline void have_issued(void)
{
    assert_int_equal(reserve(VOUCHER), ACCEPTED);
    next_batch(NOW);
}

static inline void have(const struct command_kind *kind, int64_t now_us)
{
    next_batch(now_us);
    assert_int_equal(turn(kind), ACCEPTED);
    next_batch(now_us);
}

static inline void pieces_are(int64_t unsold, int64_t held, int64_t sold)
{
    assert_int_equal(stock->free, unsold);
    assert_int_equal(stock->held, held);
    assert_int_equal(stock->sold, sold);
    assert_int_equal(stock->initial, unsold + held + sold);
}

static inline void points_are(int64_t available, int64_t held)
{
    assert_int_equal(wallet->available, available);
    assert_int_equal(wallet->held, held);
}

static inline void nothing_changed(void)
{
    static const struct row_kind *const kinds[] = {&wallet_rows, &stock_rows, &redemption_rows};
    size_t count;

    book_transfers(book, &count);
    assert_int_equal(count, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        book_changed(book, kinds[i], &count);
        assert_int_equal(count, 0);
    }
}

/* The batch's only transfer. */
static inline void one_transfer(enum transfer_kind kind, uint64_t from, uint64_t to, int64_t points,
                                int32_t pieces)
{
    size_t count;
    const struct transfer *transfer = book_transfers(book, &count);

    assert_int_equal(count, 1);
    assert_int_equal(transfer->kind, kind);
    assert_true(transfer->from == from && transfer->to == to);
    assert_int_equal(transfer->points, points);
    assert_int_equal(transfer->pieces, pieces);
    assert_int_equal(transfer->subject, REWARD);
}

static inline uint64_t wallet_of(uint64_t member)
{
    return account_of(ACCOUNT_WALLET, member);
}

static inline uint64_t held_of(uint64_t member)
{
    return account_of(ACCOUNT_HELD, member);
}

#define TILL       account_of(ACCOUNT_MERCHANT, MERCHANT)

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_book, close_book)

#endif
