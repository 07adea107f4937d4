#include "ledger/wallet.h"

#include <string.h>

static uint64_t wallet_account(const struct wallet *wallet)
{
    return account_of(ACCOUNT_WALLET, wallet->row.key);
}

static uint64_t held_account(const struct wallet *wallet)
{
    return account_of(ACCOUNT_HELD, wallet->row.key);
}

struct wallet *book_wallet(struct book *book, uint64_t member_id)
{
    struct wallet *wallet = book_find(book, &wallet_rows, member_id);

    return wallet && wallet->state != WALLET_MERGED ? wallet : NULL;
}

void wallet_change(struct wallet *wallet)
{
    if (!wallet->row.changed)
        wallet->version++;
    row_change(&wallet->row);
}

/* --- Lots ------------------------------------------------------------------------------------ */

int64_t lot_spent(const struct lot *lot)
{
    ASSERT(!lot->unread);
    return lot->points - lot->remaining - lot->gone;
}

static bool lot_is_alive(const struct lot *lot, int64_t now_us)
{
    return lot->remaining > 0 && lot->expires_us > now_us;
}

static bool spent_before(const struct lot *a, const struct lot *b)
{
    return a->expires_us != b->expires_us ? a->expires_us < b->expires_us : a->id < b->id;
}

/* The lot at `index`, whose expiry is new, moves to its place. */
static struct lot *place_lot(struct wallet *wallet, size_t index)
{
    struct lot *lots = wallet->lots, lot = lots[index];

    for (; index > 0 && spent_before(&lot, &lots[index - 1]); index--)
        lots[index] = lots[index - 1];
    for (; index + 1 < wallet->lot_count && spent_before(&lots[index + 1], &lot); index++)
        lots[index] = lots[index + 1];
    lots[index] = lot;
    return &lots[index];
}

/* Room for one more; what is outgrown stays in the book's memory until it is cleared. */
static void *make_room(const struct wallet *wallet, void *items, size_t count, size_t *capacity,
                       size_t size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? *capacity * 2 : 4;
    void *larger = arena_take(wallet->row.memory, *capacity * size);
    if (count > 0)
        memcpy(larger, items, count * size);
    return larger;
}

struct lot *wallet_add_lot(struct wallet *wallet, const struct lot *lot)
{
    wallet->lots = make_room(wallet, wallet->lots, wallet->lot_count, &wallet->lot_capacity,
                             sizeof(*wallet->lots));
    wallet->lots[wallet->lot_count] = *lot;
    return place_lot(wallet, wallet->lot_count++);
}

struct lot *wallet_lot(struct wallet *wallet, uint64_t lot_id)
{
    for (size_t i = 0; i < wallet->lot_count; i++)
        if (wallet->lots[i].id == lot_id)
            return &wallet->lots[i];
    return NULL;
}

static struct lot_part part_of(const struct lot *lot, int64_t points)
{
    return (struct lot_part){
        .lot_id = lot->id,
        .points = points,
        .expires_us = lot->expires_us,
        .grade = lot->grade,
        .source = lot->source,
    };
}

int64_t wallet_spendable(const struct wallet *wallet, int64_t now_us)
{
    int64_t points = 0;

    for (size_t i = 0; i < wallet->lot_count; i++)
        if (lot_is_alive(&wallet->lots[i], now_us))
            points += wallet->lots[i].remaining;
    return points;
}

/* --- Limits ---------------------------------------------------------------------------------- */

static struct limit_use *find_limit(const struct wallet *wallet, uint64_t subject, int32_t period)
{
    for (size_t i = 0; i < wallet->limit_count; i++)
        if (wallet->limits[i].subject == subject && wallet->limits[i].period == period)
            return &wallet->limits[i];
    return NULL;
}

struct limit_use *wallet_add_limit(struct wallet *wallet, const struct limit_use *limit)
{
    wallet->limits = make_room(wallet, wallet->limits, wallet->limit_count, &wallet->limit_capacity,
                               sizeof(*wallet->limits));
    wallet->limits[wallet->limit_count] = *limit;
    return &wallet->limits[wallet->limit_count++];
}

int64_t wallet_limit_used(const struct wallet *wallet, uint64_t subject, int32_t period)
{
    const struct limit_use *use = find_limit(wallet, subject, period);

    return use ? use->used : 0;
}

void wallet_use_limit(struct wallet *wallet, uint64_t subject, int32_t period, int64_t amount,
                      int64_t ends_us)
{
    struct limit_use *use = find_limit(wallet, subject, period);

    if (!use && amount <= 0)
        return; /* its period is over */
    if (!use)
        use = wallet_add_limit(wallet, &(struct limit_use){.subject = subject, .period = period});
    use->used = use->used + amount > 0 ? use->used + amount : 0;
    if (ends_us > use->ends_us)
        use->ends_us = ends_us;
    use->changed = true;
    wallet_change(wallet);
}

/* --- Points out ------------------------------------------------------------------------------ */

/* Whether points on `account` went back to the programme, so that nobody has spent them. */
static bool is_gone(uint64_t account)
{
    switch (account_kind(account)) {
    case ACCOUNT_EXPIRED:
    case ACCOUNT_ADJUSTMENT:
    case ACCOUNT_REVOKED:
    case ACCOUNT_RECEIVABLE:
    case ACCOUNT_WAIVED: return true;
    default: return false;
    }
}

static void lot_give(struct wallet *wallet, struct lot *lot, int64_t points, uint64_t to)
{
    ASSERT(points >= 0 && lot->remaining >= points);
    lot->remaining -= points;
    if (is_gone(to))
        lot->gone += points;
    lot->changed = true;
    wallet->available -= points;
}

static void post_out(struct book *book, struct wallet *wallet, struct transfer *transfer,
                     int64_t points, const struct lot_part *parts, size_t count)
{
    transfer->from = wallet_account(wallet);
    transfer->member_id = wallet->row.key;
    transfer->points = points;
    wallet_change(wallet);
    book_post(book, transfer, parts, count);
}

/* Which lots would give how much: `points` are there. More than LOT_PARTS_MOST when they do not
 * fit. */
static size_t plan_take(const struct wallet *wallet, int64_t points, int64_t now_us,
                        struct lot_part parts[LOT_PARTS_MOST])
{
    size_t count = 0;

    for (size_t i = 0; points > 0; i++) {
        const struct lot *lot = &wallet->lots[i];

        if (!lot_is_alive(lot, now_us))
            continue;
        if (count == LOT_PARTS_MOST)
            return LOT_PARTS_MOST + 1;
        int64_t taken = lot->remaining < points ? lot->remaining : points;
        parts[count++] = part_of(lot, -taken);
        points -= taken;
    }
    return count;
}

enum refusal wallet_take(struct book *book, struct wallet *wallet, struct transfer *transfer,
                         int64_t points, struct text *allocation)
{
    struct lot_part parts[LOT_PARTS_MOST];

    ASSERT(points >= 0 && wallet->state != WALLET_MERGED);
    if (wallet_spendable(wallet, book_now_us(book)) < points)
        return REFUSED_NOT_ENOUGH_POINTS;
    size_t count = plan_take(wallet, points, book_now_us(book), parts);
    if (count > LOT_PARTS_MOST)
        return REFUSED_TOO_MUCH;

    for (size_t i = 0; i < count; i++)
        lot_give(wallet, wallet_lot(wallet, parts[i].lot_id), -parts[i].points, transfer->to);
    if (transfer->to == held_account(wallet))
        wallet->held += points;
    post_out(book, wallet, transfer, points, parts, count);
    if (allocation)
        *allocation = transfer->detail;
    return ACCEPTED;
}

/* Posts even when it is nothing. */
static void take_from_lot(struct book *book, struct wallet *wallet, struct lot *lot,
                          struct transfer *transfer, int64_t points)
{
    struct lot_part part = part_of(lot, -points);

    lot_give(wallet, lot, points, transfer->to);
    post_out(book, wallet, transfer, points, &part, points > 0 ? 1 : 0);
}

int64_t wallet_take_lot(struct book *book, struct wallet *wallet, struct transfer *transfer,
                        uint64_t lot_id)
{
    struct lot *lot = wallet_lot(wallet, lot_id);

    if (!lot || lot->remaining == 0)
        return 0;
    int64_t points = lot->remaining;
    take_from_lot(book, wallet, lot, transfer, points);
    return points;
}

void wallet_move_held(struct book *book, struct wallet *wallet, struct transfer *transfer)
{
    bool leaves = transfer->from == held_account(wallet);

    ASSERT(leaves != (transfer->to == held_account(wallet)));
    wallet->held += leaves ? -transfer->points : transfer->points;
    ASSERT(wallet->state != WALLET_MERGED);
    transfer->member_id = wallet->row.key;
    wallet_change(wallet);
    book_post(book, transfer, NULL, 0);
}

/* --- Points in ------------------------------------------------------------------------------- */

static void post_in(struct book *book, struct wallet *wallet, struct transfer *transfer,
                    int64_t points, const struct lot_part *parts, size_t count)
{
    ASSERT(!__builtin_add_overflow(wallet->available, points, &wallet->available));
    transfer->to = wallet_account(wallet);
    transfer->member_id = wallet->row.key;
    transfer->points = points;
    wallet_change(wallet);
    book_post(book, transfer, parts, count);
}

void wallet_credit(struct book *book, struct wallet *wallet, struct transfer *transfer,
                   uint64_t lot_id, int64_t points, int64_t expires_us, enum lot_source source,
                   uint8_t grade)
{
    if (points == 0)
        return;
    ASSERT(points > 0 && wallet->state != WALLET_MERGED && !wallet_lot(wallet, lot_id));
    struct lot lot = {
        .id = lot_id,
        .points = points,
        .remaining = points,
        .expires_us = expires_us,
        .source = (uint8_t)source,
        .grade = grade,
        .is_new = true,
        .changed = true,
    };
    struct lot_part part = part_of(&lot, points);
    wallet_add_lot(wallet, &lot);
    post_in(book, wallet, transfer, points, &part, 1);
}

/* The lot that a part came from; one that was not loaded has nothing left. */
static struct lot *lot_of_part(struct wallet *wallet, const struct lot_part *part)
{
    struct lot *lot = wallet_lot(wallet, part->lot_id);

    if (lot)
        return lot;
    return wallet_add_lot(wallet, &(struct lot){
                                      .id = part->lot_id,
                                      .expires_us = part->expires_us,
                                      .source = part->source,
                                      .grade = part->grade,
                                      .unread = true,
                                  });
}

/* What ran out unspent goes first, or the points that return would bring it back to life. */
static void sweep_lot(struct book *book, struct wallet *wallet, struct lot *lot, uint64_t actor)
{
    struct transfer expiry = {
        .kind = TRANSFER_LOT_EXPIRY,
        .to = account_of(ACCOUNT_EXPIRED, 0),
        .ref = lot->id,
        .subject = lot->id,
        .actor = actor,
    };

    if (lot->remaining > 0 && !lot_is_alive(lot, book_now_us(book)))
        take_from_lot(book, wallet, lot, &expiry, lot->remaining);
}

/*
 * Puts a part back into its lot. Which lots are loaded must not matter: the expiry of an empty one
 * says nothing, the part's own does.
 */
static void return_part(struct book *book, struct wallet *wallet, struct lot_part *part)
{
    struct lot *lot = lot_of_part(wallet, part);
    int64_t now_us = book_now_us(book);
    int64_t due_us = part->expires_us > now_us ? part->expires_us : now_us + LOT_GRACE_US;

    if (lot->remaining == 0 || lot->expires_us < due_us)
        lot->expires_us = due_us;
    part->points = -part->points;
    lot->remaining += part->points;
    lot->changed = true;
    part->expires_us = lot->expires_us;
    place_lot(wallet, (size_t)(lot - wallet->lots));
}

static void repay_to(struct book *book, struct wallet *wallet, struct lot *lot,
                     struct transfer repay, uint64_t account, int64_t points)
{
    if (points == 0)
        return;
    repay.to = account;
    take_from_lot(book, wallet, lot, &repay, points);
}

/*
 * The points of a revoked lot are not the member's to spend: they pay what is owed. If that was
 * waived they make up for it: `revoked` has got them already when they became owed.
 */
static void repay(struct book *book, struct wallet *wallet, struct lot *lot,
                  const struct transfer *cause)
{
    struct transfer repay = {
        .kind = TRANSFER_REPAY,
        .ref = cause->ref,
        .subject = lot->id,
        .actor = cause->actor,
    };
    int64_t points = lot->remaining;
    int64_t owed = wallet->owed < points ? wallet->owed : points;

    wallet->owed -= owed;
    repay_to(book, wallet, lot, repay, account_of(ACCOUNT_RECEIVABLE, wallet->row.key), owed);
    repay_to(book, wallet, lot, repay, account_of(ACCOUNT_WAIVED, 0), points - owed);
}

void wallet_give_back(struct book *book, struct wallet *wallet, struct transfer *transfer,
                      struct text allocation)
{
    struct lot_part *parts;
    size_t count;
    int64_t points = 0;

    ASSERT(wallet->state != WALLET_MERGED);
    ASSERT(lot_parts_unpack(allocation, book_arena(book), &parts, &count));
    for (size_t i = 0; i < count; i++)
        sweep_lot(book, wallet, lot_of_part(wallet, &parts[i]), transfer->actor);
    for (size_t i = 0; i < count; i++) {
        return_part(book, wallet, &parts[i]);
        points += parts[i].points;
    }
    if (transfer->from == held_account(wallet))
        wallet->held -= points;
    post_in(book, wallet, transfer, points, parts, count);
    for (size_t i = 0; i < count; i++) {
        struct lot *lot = wallet_lot(wallet, parts[i].lot_id);

        if (lot->state == LOT_REVOKED)
            repay(book, wallet, lot, transfer);
    }
}

/* --- Merging --------------------------------------------------------------------------------- */

static void absorb_debt(struct book *book, struct wallet *wallet, struct wallet *other,
                        struct transfer merge)
{
    if (other->owed == 0)
        return;
    merge.from = account_of(ACCOUNT_RECEIVABLE, wallet->row.key);
    merge.to = account_of(ACCOUNT_RECEIVABLE, other->row.key);
    merge.points = other->owed;
    wallet->owed += other->owed;
    book_post(book, &merge, NULL, 0);
}

void wallet_absorb(struct book *book, struct wallet *wallet, struct wallet *other, uint64_t actor)
{
    struct transfer merge = {
        .kind = TRANSFER_MERGE,
        .from = wallet_account(other),
        .member_id = wallet->row.key,
        .ref = other->row.key,
        .actor = actor,
    };

    ASSERT(other != wallet && other->held == 0);
    ASSERT(wallet->state != WALLET_MERGED && other->state != WALLET_MERGED);
    for (size_t i = 0; i < other->lot_count; i++)
        wallet_add_lot(wallet, &other->lots[i]);
    for (size_t i = 0; i < other->limit_count; i++)
        if (other->limits[i].ends_us > book_now_us(book))
            wallet_use_limit(wallet, other->limits[i].subject, other->limits[i].period,
                             other->limits[i].used, other->limits[i].ends_us);
    post_in(book, wallet, &merge, other->available, NULL, 0);
    absorb_debt(book, wallet, other, merge);

    other->available = other->owed = 0;
    other->lot_count = other->limit_count = 0;
    other->state = WALLET_MERGED;
    other->merged_into = wallet->row.key;
    wallet_change(other);
}
