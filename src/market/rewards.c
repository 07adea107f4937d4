#include "market/rewards.h"

#include "market/merchants.h"

/* A merchant that left offers nothing: its rewards are closed, whatever is asked for. */
static bool state_to_set(struct db *db, uint64_t merchant_id, enum stock_state *state,
                         struct error *error)
{
    bool open;

    if (!merchant_is_open(db, merchant_id, &open, error))
        return false;
    if (!open)
        *state = STOCK_CLOSED;
    return true;
}

static bool insert_reward(struct db *db, void *context, struct error *error)
{
    const struct reward *reward = context;
    const struct reward_terms *terms = &reward->terms;
    enum stock_state state = terms->state;

    return state_to_set(db, reward->merchant_id, &state, error) &&
           db_run(db, error,
                  "INSERT INTO rewards (reward_id, merchant_id, title, description, created_us,"
                  " updated_us, shop_id, item) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                  DB_ID(reward->id), DB_ID(reward->merchant_id), DB_STR(reward->title),
                  DB_STR(reward->description), DB_INT(reward->created_us),
                  DB_INT(reward->created_us), DB_ID(reward->shop_id),
                  DB_STR(reward->item ? reward->item : "")) >= 0 &&
           db_run(db, error,
                  "INSERT INTO stock (reward_id, merchant_id, state, price, reimburse_fen,"
                  " terms_version, limit_count, limit_days, valid_us, sponsor_id, budget_fen,"
                  " sell_until_us, initial, free, held, sold)"
                  " VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0)",
                  DB_ID(reward->id), DB_ID(reward->merchant_id), DB_INT(state),
                  DB_INT(terms->price), DB_INT(terms->reimburse_fen), DB_INT(terms->limit_count),
                  DB_INT(terms->limit_days), DB_INT(terms->valid_us), DB_ID(terms->sponsor_id),
                  DB_INT(terms->budget_fen), DB_INT(terms->sell_until_us)) >= 0 &&
           db_run(db, error,
                  "UPDATE stock s JOIN integrations i ON i.merchant_id = s.merchant_id"
                  " AND i.current = 1 SET s.integration_id = i.integration_id, s.calls = i.calls"
                  " WHERE s.reward_id = ?",
                  DB_ID(reward->id)) >= 0;
}

bool reward_create(struct db *db, const struct reward *reward, struct error *error)
{
    return db_transaction(db, insert_reward, (void *)(uintptr_t)reward, error);
}

#define REWARD_COLUMNS                                                                             \
    "SELECT r.reward_id, r.merchant_id, m.name, r.title, r.description, s.state, s.price,"         \
    " s.reimburse_fen, s.limit_count, s.limit_days, s.valid_us, s.terms_version, s.initial,"       \
    " s.free, s.held, s.sold, r.created_us, r.updated_us, s.sponsor_id, s.budget_fen,"             \
    " s.sell_until_us, s.committed_fen, r.shop_id, h.name, p.name, r.item, s.calls"                \
    " FROM rewards r JOIN stock s ON s.reward_id = r.reward_id"                                    \
    " JOIN merchants m ON m.merchant_id = r.merchant_id"                                           \
    " LEFT JOIN shops h ON h.shop_id = r.shop_id"                                                  \
    " LEFT JOIN sponsors p ON p.sponsor_id = s.sponsor_id "

static void read_reward(struct rows *rows, struct arena *arena, struct reward *reward)
{
    *reward = (struct reward){
        .id = rows_id(rows, 0),
        .merchant_id = rows_id(rows, 1),
        .merchant_name = rows_copy(rows, 2, arena),
        .title = rows_copy(rows, 3, arena),
        .description = rows_copy(rows, 4, arena),
        .terms = {.state = (enum stock_state)rows_int(rows, 5),
                  .price = rows_int(rows, 6),
                  .reimburse_fen = rows_int(rows, 7),
                  .limit_count = (int32_t)rows_int(rows, 8),
                  .limit_days = (int32_t)rows_int(rows, 9),
                  .valid_us = rows_int(rows, 10),
                  .sponsor_id = rows_id(rows, 18),
                  .budget_fen = rows_int(rows, 19),
                  .sell_until_us = rows_int(rows, 20)},
        .terms_version = (uint32_t)rows_int(rows, 11),
        .initial = rows_int(rows, 12),
        .free = rows_int(rows, 13),
        .held = rows_int(rows, 14),
        .sold = rows_int(rows, 15),
        .created_us = rows_int(rows, 16),
        .updated_us = rows_int(rows, 17),
        .committed_fen = rows_int(rows, 21),
        .shop_id = rows_id(rows, 22),
        .shop_name = rows_copy(rows, 23, arena),
        .sponsor_name = rows_copy(rows, 24, arena),
        .item = rows_copy(rows, 25, arena),
        .calls = (uint32_t)rows_int(rows, 26),
    };
}

enum find reward_find(struct db *db, uint64_t reward_id, struct arena *arena, struct reward *reward,
                      struct error *error)
{
    struct rows *rows = db_query(db, REWARD_COLUMNS "WHERE r.reward_id = ?", DB_ID(reward_id));
    bool found = rows_next(rows);

    if (found)
        read_reward(rows, arena, reward);
    if (!rows_end(rows, error))
        return FIND_FAILED;
    return found ? FIND_FOUND : FIND_NOTHING;
}

bool reward_set_item(struct db *db, uint64_t reward_id, struct text item, struct error *error)
{
    return db_run(db, error, "UPDATE rewards SET item = ? WHERE reward_id = ?", DB_TEXT(item),
                  DB_ID(reward_id)) >= 0;
}

/* For LIKE: the words as they are, anywhere. */
static char *pattern_of(struct text words, struct arena *arena)
{
    char *pattern = arena_take(arena, 2 * words.length + 3), *to = pattern;

    *to++ = '%';
    for (size_t i = 0; i < words.length; i++) {
        if (words.data[i] == '%' || words.data[i] == '_' || words.data[i] == '|')
            *to++ = '|';
        *to++ = words.data[i];
    }
    *to = '%';
    return pattern;
}

bool reward_list(struct db *db, const struct reward_filter *filter, uint64_t after, int64_t limit,
                 struct arena *arena, struct reward **rewards, size_t *count, struct error *error)
{
    const char *pattern = pattern_of(filter->words, arena);
    struct rows *rows = db_query(
        db,
        REWARD_COLUMNS "WHERE r.reward_id > ?"
                       " AND (? = 0 OR r.merchant_id = ?)"
                       " AND (? OR (s.state = 0 AND m.state = 0"
                       " AND (s.sell_until_us = 0 OR s.sell_until_us > ?)))"
                       " AND (? < 0 OR m.sector = ?)"
                       " AND s.price BETWEEN ? AND ?"
                       " AND (? OR r.title LIKE ? ESCAPE '|' OR m.name LIKE ? ESCAPE '|')"
                       " ORDER BY r.reward_id LIMIT ?",
        DB_ID(after), DB_ID(filter->merchant_id), DB_ID(filter->merchant_id),
        DB_INT(filter->with_closed), DB_INT(filter->now_us), DB_INT(filter->sector),
        DB_INT(filter->sector), DB_INT(filter->price_least), DB_INT(filter->price_most),
        DB_INT(filter->words.length == 0), DB_STR(pattern), DB_STR(pattern), DB_INT(limit));

    *rewards = arena_take(arena, (size_t)limit * sizeof **rewards);
    for (*count = 0; rows_next(rows); (*count)++)
        read_reward(rows, arena, &(*rewards)[*count]);
    return rows_end(rows, error);
}

struct changing {
    uint64_t reward_id, merchant_id;
    uint32_t seen_version;
    const struct reward_terms *terms;
    enum find found;
};

static bool update_terms(struct db *db, void *context, struct error *error)
{
    struct changing *changing = context;
    const struct reward_terms *terms = changing->terms;
    enum stock_state state = terms->state;
    int64_t changed;

    if (!state_to_set(db, changing->merchant_id, &state, error))
        return false;
    changed =
        db_run(db, error,
               "UPDATE stock SET state = ?, price = ?, reimburse_fen = ?,"
               " limit_count = ?, limit_days = ?, valid_us = ?, sponsor_id = ?,"
               " budget_fen = ?, sell_until_us = ?,"
               " terms_version = terms_version + 1"
               " WHERE reward_id = ? AND terms_version = ?",
               DB_INT(state), DB_INT(terms->price), DB_INT(terms->reimburse_fen),
               DB_INT(terms->limit_count), DB_INT(terms->limit_days), DB_INT(terms->valid_us),
               DB_ID(terms->sponsor_id), DB_INT(terms->budget_fen), DB_INT(terms->sell_until_us),
               DB_ID(changing->reward_id), DB_INT(changing->seen_version));
    changing->found = changed > 0 ? FIND_FOUND : FIND_NOTHING;
    return changed >= 0;
}

enum find reward_change_terms(struct db *db, const struct reward *reward, uint32_t seen_version,
                              const struct reward_terms *terms, struct error *error)
{
    struct changing changing = {.reward_id = reward->id,
                                .merchant_id = reward->merchant_id,
                                .seen_version = seen_version,
                                .terms = terms};

    return db_transaction(db, update_terms, &changing, error) ? changing.found : FIND_FAILED;
}
