/*
 * The model of checks: a slip of paper for each that was asked for and came about, in a drawer by
 * its number. What was decided is written on the slip.
 */
#ifndef LINLI_CHECKS_MODEL_H
#define LINLI_CHECKS_MODEL_H

#include "product_world.h"

struct slip {
    bool is_there;
    enum check_state state;
    bool held;
    uint64_t member_id, ref;
    int64_t due_us;
    struct award award; /* what was reviewed, of an earning */
    uint64_t decided_by;
};

struct drawer {
    struct slip slips[WORLD_STEPS];
};

static struct slip *slip_of(struct drawer *drawer, uint64_t check_id)
{
    return check_id >= CHECK_BASE && check_id < CHECK_BASE + WORLD_STEPS
               ? &drawer->slips[check_id - CHECK_BASE]
               : NULL;
}

/* The command came about: if the judge asked for a slip, there is one now. */
static struct slip *slip_write(struct drawer *drawer, const struct command *command,
                               uint64_t member_id, uint64_t ref)
{
    struct slip *slip = slip_of(drawer, command->judged.check_id);

    if (command->judged.effect == JUDGED_PASS)
        return NULL;
    *slip = (struct slip){.is_there = true,
                          .state = CHECK_OPEN,
                          .held = command->judged.effect == JUDGED_HOLD,
                          .member_id = member_id,
                          .ref = ref,
                          .due_us = command->judged.answer_by_us};
    return slip;
}

/* Whether whoever asks may decide on it. */
static enum refusal slip_refusal(const struct slip *slip, uint64_t ref, uint64_t person_id)
{
    if (!slip || !slip->is_there || slip->ref != ref)
        return REFUSED_NOT_FOUND;
    if (person_id && person_id == slip->member_id)
        return REFUSED_OWN_RECORD;
    return slip->state == CHECK_OPEN ? ACCEPTED : REFUSED_ALREADY_DECIDED;
}

static void slip_sign(struct slip *slip, enum check_state state, uint64_t by)
{
    slip->state = state;
    slip->decided_by = by;
}

static enum refusal model_decide_mark(struct drawer *drawer, const struct decide_mark *want,
                                      struct outcome *expected)
{
    struct slip *slip = slip_of(drawer, want->check_id);
    enum refusal refusal = slip_refusal(slip, want->ref, want->person_id);

    if (refusal)
        return refusal;
    if (slip->held)
        return REFUSED_WRONG_STATE;
    slip_sign(slip, want->release ? CHECK_RELEASED : CHECK_REFUSED, want->command.actor);
    expected->ref = want->check_id;
    expected->state = (uint8_t)slip->state;
    return ACCEPTED;
}

#endif
