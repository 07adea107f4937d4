/*
 * Random worlds of the whole product: members serve and are awarded, redeem at three shops, clerks
 * confirm, undo and refund, the keeper lapses, administrators settle, restock and change terms;
 * and all that the ledger knows besides. Many commands are refused. What the server does by
 * ordinary statements (check-in, terms, proposals) are statements here.
 */
#ifndef LINLI_PRODUCT_WORLD_H
#define LINLI_PRODUCT_WORLD_H

#include "product_judge.h"

/* --- Service ---------------------------------------------------------------------------------- */

/* Half of what was entered afterwards, by one of the reviewers, is still on public notice. */
static inline void grade_record(struct author *author, struct record *record)
{
    record->grade = (enum evidence_grade)(GRADE_A + below(author, 4));
    if (record->grade != GRADE_D)
        return;
    record->proposed_by = 201 + below(author, 3);
    record->notice_until_us = author->now_us + ((int64_t)below(author, 14) - 7) * DAY_US;
}

static inline struct command *invent_check_in(struct product_author *world)
{
    struct author *author = &world->author;
    struct check_in *check_in = invent(author, sizeof(*check_in), &statement_check_in);
    uint64_t first = below(author, author->members);
    int64_t started_us = author->now_us - (int64_t)below(author, 72 * 60) * MINUTE_US -
                         (chance(author, 3) ? 398 * DAY_US : 0);

    check_in->activity_id = ++world->activities;
    check_in->count = 1 + below(author, author->members < COME_MOST ? author->members : COME_MOST);
    for (size_t i = 0; i < check_in->count; i++) {
        struct record *record = &check_in->records[i];

        record->member_id = 1 + (first + i) % author->members;
        record->row.key = new_lot(author, record->member_id);
        record->activity_id = check_in->activity_id;
        record->state = chance(author, 85)   ? RECORD_PENDING
                        : chance(author, 70) ? RECORD_OPEN
                                             : RECORD_NEEDS_STATEMENT;
        record->started_us = started_us;
        record->minutes = record->state == RECORD_PENDING ? (int32_t)below(author, 200) : 0;
        grade_record(author, record);
        world->records[record->row.key - LOT_BASE] = *record;
    }
    return &check_in->command;
}

/* Mostly the next one that nobody has looked at. */
static inline const struct record *any_record(struct product_author *world)
{
    static const struct record unknown = {.row.key = LOT_BASE - 1, .member_id = 1};
    struct author *author = &world->author;

    if (author->lots == 0 || chance(author, 2))
        return &unknown;
    if (world->reviewed < author->lots && chance(author, 75))
        return &world->records[world->reviewed++];
    return &world->records[below(author, author->lots)];
}

static inline struct command *invent_check_out(struct product_author *world)
{
    struct author *author = &world->author;
    struct check_out *check_out = invent(author, sizeof(*check_out), &statement_check_out);

    check_out->record_id = any_record(world)->row.key;
    check_out->ended_us = author->now_us;
    check_out->minutes = (int32_t)below(author, 200);
    return &check_out->command;
}

static inline struct command *invent_award(struct product_author *world)
{
    struct author *author = &world->author;
    const struct record *record = any_record(world);
    struct award *award = invent(author, sizeof(*award), &command_award);

    award->record_id = record->row.key;
    award->member_id = chance(author, 2) ? any_member(author) : record->member_id;
    award->person_id = any_person(author, award->member_id);
    award->minutes = chance(author, 50) ? 0 : record->minutes + (chance(author, 10) ? 1 : 0);
    award->points = (int64_t)below(author, 30);
    award->daily_cap = chance(author, 90) ? 40 : 0;
    if (record->state == RECORD_PENDING && award->member_id == record->member_id)
        world->purse[award->member_id] += award->points;
    award_set_day(award, record->started_us, world->utc_offset_minutes);
    award->expires_us = author->now_us + (int64_t)(1 + below(author, 40)) * DAY_US;
    look_up_later(author, &award->command, &award->wallet_id, award->member_id);
    judge_it(world, &award->command, true, NULL);
    return &award->command;
}

static inline struct command *invent_reject_record(struct product_author *world)
{
    struct author *author = &world->author;
    const struct record *record = any_record(world);
    struct reject_record *reject = invent(author, sizeof(*reject), &command_reject_record);

    reject->record_id = record->row.key;
    reject->member_id = chance(author, 2) ? any_member(author) : record->member_id;
    reject->person_id = any_person(author, reject->member_id);
    look_up_later(author, &reject->command, &reject->wallet_id, reject->member_id);
    return &reject->command;
}

/* Mostly somebody with an award that a person is asked to look at. */
static inline struct command *invent_erasure(struct product_author *world)
{
    struct author *author = &world->author;
    struct erase *erase = invent(author, sizeof(*erase), &statement_erase);

    erase->member_id = any_member(author);
    erase->at_us = author->now_us;
    for (size_t i = world->check_count; i-- > 0 && chance(author, 90);) {
        const struct check_note *note = &world->checks[i];

        if (note->voucher || note->about->judged.effect != JUDGED_HOLD)
            continue;
        erase->member_id = ((const struct award *)note->about)->member_id;
        break;
    }
    return &erase->command;
}

/* --- Market ----------------------------------------------------------------------------------- */

static inline uint64_t any_reward(struct author *author)
{
    return FIRST_REWARD + below(author, chance(author, 2) ? REWARDS + 1 : REWARDS);
}

/* Quotes what is posted; at times what was posted before, or a price of their own. */
static inline void quote(struct product_author *world, struct reserve *reserve)
{
    struct author *author = &world->author;
    const struct posted *posted = &world->posted[(reserve->reward_id - FIRST_REWARD) % REWARDS];

    reserve->price = posted->terms.price;
    reserve->terms_version = posted->version;
    if (chance(author, 6)) {
        reserve->price = posted->former.price;
        reserve->terms_version--;
    }
    if (chance(author, 2))
        reserve->price++;
}

/* Mostly somebody who can pay. */
static inline uint64_t any_buyer(struct product_author *world, struct voucher_note *note,
                                 int64_t price)
{
    uint64_t member_id = any_member(&world->author);

    for (int tries = 0; tries < 8 && world->purse[member_id] < price; tries++)
        member_id = any_member(&world->author);
    if (world->purse[member_id] >= price) {
        world->purse[member_id] -= price;
        note->guess = MAYBE_ISSUED;
    }
    if (world->author.merged_into[member_id] && chance(&world->author, 50))
        member_id = world->author.merged_into[member_id];
    return member_id;
}

static inline struct command *invent_reserve(struct product_author *world)
{
    struct author *author = &world->author;
    struct reserve *reserve = invent(author, sizeof(*reserve), &command_reserve);
    struct voucher_note *note = &world->vouchers[world->voucher_count];

    reserve->redemption_id = VOUCHER_BASE + world->voucher_count++;
    reserve->reward_id = any_reward(author);
    reserve->code_key = 3;
    memcpy(reserve->code_hash, &reserve->redemption_id, sizeof(reserve->redemption_id));
    reserve->utc_offset_minutes = world->utc_offset_minutes;
    quote(world, reserve);
    note->guess = MAYBE_CLOSED;
    reserve->member_id = chance(author, 1) ? MEMBERS + 1 : any_buyer(world, note, reserve->price);
    reserve->by_proxy = chance(author, 20);
    if (reserve->by_proxy && chance(author, 40))
        reserve->person_id = chance(author, 30) ? reserve->member_id : any_member(author);
    judge_it(world, &reserve->command, true, note);
    note->check_id = command_is_held(&reserve->command) ? reserve->command.judged.check_id : 0;
    note->asked = *reserve;
    return &reserve->command;
}

/* Often the one at hand; of others more likely one that may still live. */
static inline struct voucher_note *any_voucher(struct product_author *world)
{
    static struct voucher_note unknown = {
        .asked = {.redemption_id = VOUCHER_BASE - 1, .member_id = 1, .reward_id = FIRST_REWARD}};
    struct author *author = &world->author;

    if (world->voucher_count == 0 || chance(author, 2))
        return &unknown;
    if (world->at_hand && chance(author, 30))
        return world->at_hand;
    world->at_hand = &world->vouchers[below(author, world->voucher_count)];
    for (int tries = 0; tries < 4 && world->at_hand->guess == MAYBE_CLOSED; tries++)
        world->at_hand = &world->vouchers[below(author, world->voucher_count)];
    return world->at_hand;
}

/* The merchant of the one who asks: mostly the right one, at times an administrator, who has none.
 */
static inline uint64_t any_caller(struct author *author, uint64_t merchant_id)
{
    if (chance(author, 10))
        return 0;
    return chance(author, 90) ? merchant_id : FIRST_MERCHANT + below(author, MERCHANTS);
}

/* What makes sense, mostly. */
static inline const struct command_kind *any_turn(struct author *author, struct voucher_note *note)
{
    static const struct turn {
        const struct command_kind *kind;
        enum voucher_guess from, to;
    } turns[] = {
        {&command_confirm, MAYBE_ISSUED, MAYBE_CONFIRMED},
        {&command_confirm, MAYBE_ISSUED, MAYBE_CONFIRMED},
        {&command_undo, MAYBE_CONFIRMED, MAYBE_ISSUED},
        {&command_cancel, MAYBE_ISSUED, MAYBE_CLOSED},
        {&command_lapse, MAYBE_ISSUED, MAYBE_ISSUED},
        {&command_refund, MAYBE_CONFIRMED, MAYBE_CLOSED},
    };
    const struct turn *turn = &turns[below(author, ARRAY_LENGTH(turns))];

    for (int tries = 0; tries < 3 && turn->from != note->guess; tries++)
        turn = &turns[below(author, ARRAY_LENGTH(turns))];
    if (turn->from == note->guess)
        note->guess = turn->to;
    return turn->kind;
}

static inline struct command *invent_turn(struct product_author *world)
{
    struct author *author = &world->author;
    struct voucher_note *note = any_voucher(world);
    const struct reserve *voucher = &note->asked;
    struct redemption_ref *turn = invent(author, sizeof(*turn), any_turn(author, note));

    turn->redemption_id = voucher->redemption_id;
    turn->member_id = chance(author, 2) ? any_member(author) : voucher->member_id;
    if (turn->member_id > MEMBERS)
        turn->member_id = 1;
    turn->reward_id = chance(author, 2) ? any_reward(author) : voucher->reward_id;
    turn->merchant_id = merchant_of(voucher->reward_id);
    turn->person_id = any_person(author, turn->member_id);
    turn->redeemer_id = voucher->by_proxy ? voucher->command.actor : 0;
    turn->redeemer_person = voucher->person_id;
    if (voucher->person_id && chance(author, 30))
        turn->person_id = voucher->person_id;
    turn->caller_merchant = any_caller(author, turn->merchant_id);
    turn->undo_window_us = UNDO_WINDOW_US;
    turn->cut_off_us = world->cut_offs[merchant_of(voucher->reward_id) - FIRST_MERCHANT];
    turn->reward_shop = shop_of(voucher->reward_id);
    turn->caller_shop = chance(author, 40) ? 0 : FIRST_SHOP + below(author, SHOPS);
    turn->is_ambiguous = chance(author, 3);
    turn->check_id = chance(author, 80) ? note->check_id : 0;
    look_up_later(author, &turn->command, &turn->wallet_id, turn->member_id);
    if (turn->command.kind->event && turn->check_id == 0)
        judge_it(world, &turn->command, false, note);
    return &turn->command;
}

/* --- Settlement ------------------------------------------------------------------------------- */

static inline struct command *invent_open_period(struct product_author *world)
{
    struct author *author = &world->author;
    struct open_period *open = invent(author, sizeof(*open), &statement_open_period);

    open->statement_id = PERIOD_BASE + world->period_count;
    open->merchant_id = FIRST_MERCHANT + below(author, MERCHANTS);
    open->cut_off_us = author->now_us -
                       (int64_t)below(author, 3) * (int64_t)below(author, 48) * HOUR_US -
                       (int64_t)world->period_count;
    world->periods[world->period_count++] = *open;
    world->cut_offs[open->merchant_id - FIRST_MERCHANT] = open->cut_off_us;
    return &open->command;
}

/* The last one of the merchant, mostly; at times one that is not there. */
static inline uint64_t any_period(struct product_author *world, uint64_t merchant_id)
{
    struct author *author = &world->author;
    size_t at = world->period_count;

    if (chance(author, 10))
        return PERIOD_BASE + below(author, at + 1);
    while (at > 0 && world->periods[at - 1].merchant_id != merchant_id)
        at--;
    return PERIOD_BASE + at - 1;
}

static inline struct command *invent_close_period(struct product_author *world)
{
    struct author *author = &world->author;
    struct close_period *close = invent(author, sizeof(*close), &statement_close_period);

    close->statement_id = any_period(world, FIRST_MERCHANT + below(author, MERCHANTS));
    return &close->command;
}

static inline struct command *invent_settle(struct product_author *world)
{
    struct author *author = &world->author;
    struct voucher_note *note = any_voucher(world);
    struct settle *settle = invent(author, sizeof(*settle), &command_settle);

    for (int tries = 0; tries < 4 && note->guess != MAYBE_CONFIRMED; tries++)
        note = any_voucher(world);
    settle->redemption_id = note->asked.redemption_id;
    settle->statement_id = any_period(world, merchant_of(note->asked.reward_id));
    settle->undo_window_us = UNDO_WINDOW_US;
    return &settle->command;
}

/* --- Stock and terms -------------------------------------------------------------------------- */

static inline struct command *invent_restock(struct product_author *world)
{
    struct author *author = &world->author;
    struct restock *restock = invent(author, sizeof(*restock), &command_restock);

    restock->reward_id =
        world->stocked < REWARDS ? FIRST_REWARD + world->stocked++ : any_reward(author);
    restock->pieces = chance(author, 4) ? INT32_MAX : (int32_t)below(author, 24) - 4;
    if (chance(author, 4))
        restock->pieces = INT32_MIN;
    return &restock->command;
}

static inline struct command *invent_terms(struct product_author *world)
{
    /* Periods of the last two end soon, within days of each other. */
    static const int32_t limit_days[] = {1, 2, 7, 1429, 1430};
    struct author *author = &world->author;
    struct change_terms *change = invent(author, sizeof(*change), &statement_change_terms);
    uint64_t reward = below(author, REWARDS);
    struct posted *posted = &world->posted[reward];

    change->reward_id = FIRST_REWARD + reward;
    change->seen_version = posted->version++;
    change->terms = (struct reward_terms){
        .state = chance(author, 90) ? STOCK_OPEN : STOCK_CLOSED,
        .price = (int64_t)(1 + below(author, chance(author, 10) ? 40 : 10)),
        .reimburse_fen = (int64_t)below(author, 1000),
        .limit_count = (int32_t)below(author, 4),
        .limit_days = limit_days[below(author, ARRAY_LENGTH(limit_days))],
        .valid_us = (int64_t)(1 + below(author, 14 * 24)) * HOUR_US,
        .sponsor_id = below(author, 3),
        .budget_fen = chance(author, 30) ? (int64_t)below(author, 6000) : 0,
        .sell_until_us =
            chance(author, 20) ? author->now_us + (int64_t)below(author, 9) * DAY_US : 0,
    };
    posted->former = posted->terms;
    posted->terms = change->terms;
    return &change->command;
}

/* --- The world -------------------------------------------------------------------------------- */

static inline struct command *invent_of_ledger(struct author *author, uint64_t dice)
{
    if (dice < 35)
        return invent_proposal(author);
    if (dice < 85)
        return invent_decision(author);
    if (dice < 115)
        return invent_expiry(author);
    return dice < 135 ? invent_freeze(author) : invent_merge(author);
}

static inline struct command *invent_of_product(struct author *author)
{
    struct product_author *world = (struct product_author *)author;
    uint64_t dice = below(author, 1000);

    if (world->stocked < REWARDS)
        return invent_restock(world);
    if (world->check_count > 0 && chance(author, 4))
        return invent_verdict(world);
    if (dice < 140)
        return invent_of_ledger(author, dice);
    if (dice < 180)
        return invent_check_in(world);
    if (dice < 188)
        return invent_check_out(world);
    if (dice < 190)
        return invent_erasure(world);
    if (dice < 390)
        return invent_award(world);
    if (dice < 410)
        return invent_reject_record(world);
    if (dice < 610)
        return invent_reserve(world);
    if (dice < 850)
        return invent_turn(world);
    if (dice < 910)
        return invent_settle(world);
    if (dice < 922)
        return invent_open_period(world);
    if (dice < 930)
        return invent_close_period(world);
    return dice < 975 ? invent_restock(world) : invent_terms(world);
}

static inline struct script *product_script(uint64_t *random)
{
    static const int offsets[] = {480, 0, -300};
    struct product_author *world = calloc(1, sizeof(*world));

    world->utc_offset_minutes = offsets[random_below(random, ARRAY_LENGTH(offsets))];
    for (size_t i = 0; i < REWARDS; i++)
        world->posted[i] = (struct posted){first_terms[i], first_terms[i], 1};
    struct script *script = script_write(&world->author, random, invent_of_product);
    free(world);
    return script;
}

static inline void product_begin(struct book *book, void *context)
{
    (void)context;
    for (uint64_t id = 1; id <= MEMBERS; id++)
        book_add(book, &wallet_rows, id);
    for (size_t i = 0; i < REWARDS; i++) {
        struct stock *stock = book_add(book, &stock_rows, FIRST_REWARD + i);

        stock->merchant_id = merchant_of(FIRST_REWARD + i);
        stock_set_terms(stock, &first_terms[i]);
    }
}

/* wallet_owner, which the API calls before it submits. */
static inline void product_look_up(struct sim_run *run, struct command *command)
{
    if (command->context == stale)
        return;
    if (command->kind == &command_award) {
        struct award *award = (struct award *)command;
        award->wallet_id = sim_wallet_owner(run, award->member_id);
    } else if (command->kind == &command_reject_record) {
        struct reject_record *reject = (struct reject_record *)command;
        reject->wallet_id = sim_wallet_owner(run, reject->member_id);
    } else if (command->kind == &command_decide_record) {
        struct decide_record *decide = (struct decide_record *)command;
        decide->wallet_id = sim_wallet_owner(run, decide->member_id);
    } else if (command->kind->keys == command_confirm.keys) {
        struct redemption_ref *turn = (struct redemption_ref *)command;
        turn->wallet_id = sim_wallet_owner(run, turn->member_id);
    }
}

static const struct sim_kind product_kinds[] = {
    SIM_WALLETS,     SIM_PROPOSALS,  SIM_STOCK,           SIM_RECORDS,
    SIM_REDEMPTIONS, SIM_STATEMENTS, SIM_STATEMENT_LINES, SIM_CHECKS};

#endif
