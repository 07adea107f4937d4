/*
 * In random worlds of the product (product_world.h): a judge that at times holds or marks, and the
 * people who decide on that.
 */
#ifndef LINLI_PRODUCT_JUDGE_H
#define LINLI_PRODUCT_JUDGE_H

#include "product_author.h"

/* --- The judge -------------------------------------------------------------------------------- */

/* At times it holds or marks what it hears of; it is asked before anybody knows what comes of it.
 */
static inline void judge_it(struct product_author *world, struct command *command, bool can_wait,
                            struct voucher_note *voucher)
{
    struct author *author = &world->author;

    if (!chance(author, 12))
        return;
    command->judged = (struct judgement){
        .effect = can_wait && chance(author, 70) ? JUDGED_HOLD : JUDGED_MARK,
        .check_id = CHECK_BASE + world->check_count,
        .answer_by_us = author->now_us + 3 * DAY_US,
    };
    world->checks[world->check_count++] = (struct check_note){command, voucher};
}

static inline struct text any_reason(struct author *author)
{
    return chance(author, 50) ? TEXT("问过本人") : (struct text){0};
}

static inline struct command *invent_on_voucher(struct product_author *world,
                                                const struct check_note *note, bool release)
{
    struct author *author = &world->author;
    const struct reserve *voucher = &note->voucher->asked;
    struct redemption_ref *decide =
        invent(author, sizeof(*decide), release ? &command_release : &command_refuse);

    decide->command.actor = chance(author, 25) ? 0 : decide->command.actor;
    decide->redemption_id = voucher->redemption_id;
    decide->member_id = voucher->member_id;
    decide->reward_id = voucher->reward_id;
    decide->check_id = note->about->judged.check_id + chance(author, 3);
    decide->person_id = any_person(author, decide->member_id > MEMBERS ? 1 : decide->member_id);
    decide->reason = any_reason(author);
    look_up_later(author, &decide->command, &decide->wallet_id, decide->member_id);
    return &decide->command;
}

static inline struct command *invent_on_record(struct product_author *world,
                                               const struct check_note *note, bool release)
{
    struct author *author = &world->author;
    const struct award *award = (const struct award *)note->about;
    struct decide_record *decide = invent(author, sizeof(*decide), &command_decide_record);

    decide->record_id = award->record_id;
    decide->member_id = award->member_id;
    decide->check_id = note->about->judged.check_id + chance(author, 3);
    decide->person_id = any_person(author, award->member_id);
    decide->release = release;
    decide->reason = any_reason(author);
    look_up_later(author, &decide->command, &decide->wallet_id, decide->member_id);
    return &decide->command;
}

static inline struct command *invent_on_mark(struct product_author *world,
                                             const struct check_note *note, bool release)
{
    struct author *author = &world->author;
    struct decide_mark *decide = invent(author, sizeof(*decide), &command_decide_mark);

    decide->check_id = note->about->judged.check_id;
    decide->ref = note->voucher ? note->voucher->asked.redemption_id
                                : ((const struct award *)note->about)->record_id;
    decide->ref += chance(author, 3);
    decide->person_id = chance(author, 8) ? any_member(author) : 0;
    decide->release = release;
    decide->reason = any_reason(author);
    return &decide->command;
}

/* Mostly one of the last that were asked for. */
static inline struct command *invent_verdict(struct product_author *world)
{
    struct author *author = &world->author;
    uint64_t back = below(author, chance(author, 80) ? 6 : WORLD_STEPS);
    const struct check_note *note;
    bool release = chance(author, 60);

    note = &world->checks[back < world->check_count ? world->check_count - 1 - back : 0];
    if (note->about->judged.effect == JUDGED_MARK || chance(author, 5))
        return invent_on_mark(world, note, release);
    return note->voucher ? invent_on_voucher(world, note, release)
                         : invent_on_record(world, note, release);
}

#endif
