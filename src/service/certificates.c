#include "service/certificates.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "ledger/statement.h"
#include "ledger/wallet.h"

/* The member and all accounts that were merged into theirs: one parameter. */
#define ACCOUNTS_OF                                                                                \
    "(WITH RECURSIVE mine (member_id) AS (SELECT CAST(? AS UNSIGNED) UNION"                        \
    "  SELECT q.member_id FROM mine JOIN merges q ON q.into_id = mine.member_id"                   \
    "  JOIN wallets w ON w.member_id = q.member_id AND w.merged_into = q.into_id)"                 \
    " SELECT member_id FROM mine)"

/* Approved, and not clawed back: owner, the accounts' member, from, to. */
#define STANDING                                                                                   \
    " FROM records r JOIN activities a ON a.activity_id = r.activity_id"                           \
    " LEFT JOIN lots l ON l.member_id = ? AND l.lot_id = r.record_id"                              \
    " WHERE r.member_id IN " ACCOUNTS_OF " AND r.state = ?"                                        \
    " AND r.started_us >= ? AND r.started_us < ? AND COALESCE(l.state, ?) <> ? "

/* --- Issuing ---------------------------------------------------------------------------------- */

struct issuing {
    const struct new_certificate *wanted;
    struct certificate certificate;
    struct buffer packed; /* its lines */
    struct arena *arena;
};

static bool read_unit(struct db *db, struct issuing *issuing, bool *found, struct error *error)
{
    struct rows *rows =
        db_query(db, "SELECT unit_id FROM members WHERE member_id = ? AND erased_us = 0",
                 DB_ID(issuing->wanted->member_id));

    *found = rows_next(rows);
    if (*found)
        issuing->certificate.unit_id = rows_id(rows, 0);
    return rows_end(rows, error);
}

static bool read_lines(struct db *db, struct issuing *issuing, struct error *error)
{
    const struct new_certificate *wanted = issuing->wanted;
    struct certificate *certificate = &issuing->certificate;
    int offset = wanted->utc_offset_minutes;
    struct rows *rows = db_query(
        db,
        "SELECT r.record_id, r.started_us, r.minutes, a.category, r.grade" STANDING
        "ORDER BY r.started_us, r.record_id LIMIT ?",
        DB_ID(wanted->member_id), DB_ID(wanted->member_id), DB_INT(RECORD_APPROVED),
        DB_INT(wanted->from_day == 0 ? 0 : calendar_day_start_us(wanted->from_day, offset)),
        DB_INT(calendar_day_start_us(wanted->through_day + 1, offset)), DB_INT(LOT_OPEN),
        DB_INT(LOT_REVOKED), DB_INT(CERTIFICATE_LINES_MOST + 1));

    certificate->lines =
        arena_take(issuing->arena, (CERTIFICATE_LINES_MOST + 1) * sizeof *certificate->lines);
    while (rows_next(rows))
        certificate->lines[certificate->line_count++] = (struct certificate_line){
            .record_id = rows_id(rows, 0),
            .day = calendar_day(rows_int(rows, 1), offset),
            .minutes = (int32_t)rows_int(rows, 2),
            .category = (uint8_t)rows_int(rows, 3),
            .grade = (uint8_t)rows_int(rows, 4),
        };
    return rows_end(rows, error);
}

/* The one in just these words, if it was issued before; and how many there are. */
static bool find_same(struct db *db, struct issuing *issuing, uint64_t *same, int64_t *standing,
                      struct error *error)
{
    const struct certificate *certificate = &issuing->certificate;
    struct rows *rows = db_query(
        db,
        "SELECT MAX(IF(unit_id = ? AND shows_name = ? AND from_day = ? AND through_day = ?"
        " AND service = ?, certificate_id, 0)), COUNT(*)"
        " FROM certificates WHERE member_id = ? AND withdrawn_us = 0",
        DB_ID(certificate->unit_id), DB_INT(certificate->shows_name), DB_INT(certificate->from_day),
        DB_INT(certificate->through_day), DB_BYTES(issuing->packed.data, issuing->packed.length),
        DB_ID(certificate->member_id));

    if (rows_next(rows)) {
        *same = rows_id(rows, 0);
        *standing = rows_int(rows, 1);
    }
    return rows_end(rows, error);
}

static bool insert(struct db *db, const struct keyring *keyring, const struct issuing *issuing,
                   struct error *error)
{
    const struct certificate *certificate = &issuing->certificate;
    uint8_t hash[PAPER_CODE_HASH_SIZE];
    struct paper_code code;

    certificate_code(keyring_current(keyring, KEY_VOUCHER)->secret, certificate, &code);
    paper_code_hash(keyring_current(keyring, KEY_INDEX)->secret, &code, hash);
    return db_run(db, error,
                  "INSERT INTO certificates (certificate_id, member_id, unit_id, shows_name,"
                  " from_day, through_day, issued_us, issued_by, withdrawn_us, code_hash, code_key,"
                  " service) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)",
                  DB_ID(certificate->id), DB_ID(certificate->member_id),
                  DB_ID(certificate->unit_id), DB_INT(certificate->shows_name),
                  DB_INT(certificate->from_day), DB_INT(certificate->through_day),
                  DB_INT(certificate->issued_us), DB_ID(certificate->issued_by),
                  DB_BYTES(hash, sizeof hash), DB_INT(keyring_current(keyring, KEY_VOUCHER)->id),
                  DB_BYTES(issuing->packed.data, issuing->packed.length)) == 1;
}

/* Read, and nothing to be said against it. */
static enum certificate_answer read_all(struct db *db, struct issuing *issuing, struct error *error)
{
    struct certificate *certificate = &issuing->certificate;
    bool found;

    if (!read_unit(db, issuing, &found, error))
        return CERTIFICATE_BROKEN;
    if (!found)
        return CERTIFICATE_NO_MEMBER;
    if (!read_lines(db, issuing, error))
        return CERTIFICATE_BROKEN;
    if (certificate->line_count == 0)
        return CERTIFICATE_NOTHING;
    if (certificate->line_count > CERTIFICATE_LINES_MOST)
        return CERTIFICATE_TOO_LONG;
    if (certificate->from_day == 0)
        certificate->from_day = certificate->lines[0].day;
    return CERTIFICATE_ISSUED;
}

static enum certificate_answer issue(struct db *db, const struct keyring *keyring,
                                     struct issuing *issuing, uint64_t *certificate_id,
                                     struct error *error)
{
    struct certificate *certificate = &issuing->certificate;
    enum certificate_answer answer = read_all(db, issuing, error);
    uint64_t same = 0;
    int64_t standing = 0;

    if (answer != CERTIFICATE_ISSUED)
        return answer;
    certificate_pack_lines(certificate->lines, certificate->line_count, &issuing->packed);
    if (!find_same(db, issuing, &same, &standing, error))
        return CERTIFICATE_BROKEN;
    *certificate_id = same != 0 ? same : certificate->id;
    if (same != 0)
        return CERTIFICATE_ISSUED;
    if (standing >= CERTIFICATES_MOST)
        return CERTIFICATE_TOO_MANY;
    return insert(db, keyring, issuing, error) ? CERTIFICATE_ISSUED : CERTIFICATE_BROKEN;
}

enum certificate_answer certificate_issue(struct db *db, const struct keyring *keyring,
                                          struct id_maker *ids,
                                          const struct new_certificate *wanted, int64_t now_us,
                                          uint64_t *certificate_id, struct error *error)
{
    struct issuing issuing = {
        .wanted = wanted,
        .certificate = {.id = id_next(ids),
                        .member_id = wanted->member_id,
                        .shows_name = wanted->shows_name,
                        .from_day = wanted->from_day,
                        .through_day = wanted->through_day,
                        .issued_us = now_us,
                        .issued_by = wanted->issued_by,
                        .code_key = keyring_current(keyring, KEY_VOUCHER)->id},
        .arena = arena_new(),
    };
    enum certificate_answer answer = issue(db, keyring, &issuing, certificate_id, error);

    buffer_free(&issuing.packed);
    arena_free(issuing.arena);
    return answer;
}

/* --- Finding ---------------------------------------------------------------------------------- */

#define CERTIFICATE_COLUMNS                                                                        \
    "SELECT c.certificate_id, c.member_id, c.unit_id, c.shows_name, c.from_day, c.through_day,"    \
    " c.issued_us, c.issued_by, c.withdrawn_us, c.code_key, c.service, u.name"                     \
    " FROM certificates c LEFT JOIN units u ON u.unit_id = c.unit_id "

static bool read_view(struct rows *rows, struct arena *arena, struct certificate_view *view)
{
    struct certificate *certificate = &view->certificate;

    *view = (struct certificate_view){
        .certificate = {.id = rows_id(rows, 0),
                        .member_id = rows_id(rows, 1),
                        .unit_id = rows_id(rows, 2),
                        .shows_name = rows_int(rows, 3) != 0,
                        .from_day = (int32_t)rows_int(rows, 4),
                        .through_day = (int32_t)rows_int(rows, 5),
                        .issued_us = rows_int(rows, 6),
                        .issued_by = rows_id(rows, 7),
                        .withdrawn_us = rows_int(rows, 8),
                        .code_key = (uint32_t)rows_int(rows, 9)},
        .unit_name = rows_copy(rows, 11, arena),
    };
    return certificate_unpack_lines(rows_text(rows, 10), arena, &certificate->lines,
                                    &certificate->line_count);
}

/* Lines that are none count as a row that was changed by hand. */
static enum find read_one(struct rows *rows, struct arena *arena, struct certificate_view *view,
                          struct error *error)
{
    bool found = rows_next(rows);
    bool whole = found && read_view(rows, arena, view);

    if (!rows_end(rows, error))
        return FIND_FAILED;
    if (found && !whole)
        LOG(ERROR, "certificate.misfit", LOG_INT("certificate_id", (int64_t)view->certificate.id));
    return whole ? FIND_FOUND : FIND_NOTHING;
}

/* Record, minutes, title. Days are local: a day more on both sides has all that it can name. */
static struct rows *query_standing(struct db *db, const struct certificate_view *view)
{
    const struct certificate *certificate = &view->certificate;

    return db_query(db, "SELECT r.record_id, r.minutes, a.title" STANDING, DB_ID(view->owner_id),
                    DB_ID(view->owner_id), DB_INT(RECORD_APPROVED),
                    DB_INT(calendar_day_start_us(certificate->from_day - 1, 0)),
                    DB_INT(calendar_day_start_us(certificate->through_day + 2, 0)),
                    DB_INT(LOT_OPEN), DB_INT(LOT_REVOKED));
}

static bool read_lost(struct db *db, struct certificate_view *view, struct error *error)
{
    struct rows *rows = query_standing(db, view);
    struct hash_map standing = {0};

    while (rows_next(rows))
        hash_map_insert(&standing, rows_id(rows, 0), NULL)->number = rows_id(rows, 1);
    view->lost = certificate_lost(&view->certificate, &standing);
    hash_map_free(&standing);
    return rows_end(rows, error);
}

static bool is_superseded(struct db *db, const struct certificate_view *view, bool *superseded,
                          struct error *error)
{
    const struct certificate *certificate = &view->certificate;
    struct rows *rows = db_query(
        db,
        "SELECT 1 FROM certificates WHERE member_id IN (?, ?) AND withdrawn_us = 0"
        " AND issued_us > ? AND from_day <= ? AND through_day >= ? LIMIT 1",
        DB_ID(certificate->member_id), DB_ID(view->owner_id), DB_INT(certificate->issued_us),
        DB_INT(certificate->from_day), DB_INT(certificate->through_day));

    *superseded = rows_next(rows);
    return rows_end(rows, error);
}

/* What became of it since. */
static bool judge(struct db *db, struct certificate_view *view, struct error *error)
{
    bool superseded = false;

    if (!wallet_owner(db, view->certificate.member_id, &view->owner_id, error))
        return false;
    view->state = CERTIFICATE_WITHDRAWN;
    if (view->certificate.withdrawn_us != 0)
        return true;
    if (!read_lost(db, view, error) || !is_superseded(db, view, &superseded, error))
        return false;
    view->state = view->lost.activities > 0 ? CERTIFICATE_REVOKED
                  : superseded              ? CERTIFICATE_SUPERSEDED
                                            : CERTIFICATE_CURRENT;
    return true;
}

enum find certificate_find(struct db *db, uint64_t certificate_id, struct arena *arena,
                           struct certificate_view *view, struct error *error)
{
    enum find found = read_one(
        db_query(db, CERTIFICATE_COLUMNS "WHERE c.certificate_id = ?", DB_ID(certificate_id)),
        arena, view, error);

    return found == FIND_FOUND && !judge(db, view, error) ? FIND_FAILED : found;
}

/* The code is made of all that the row states; a withdrawn one states nothing. */
static bool is_as_issued(const struct keyring *keyring, const struct certificate *certificate,
                         const struct paper_code *code)
{
    const struct key *key = keyring_find(keyring, certificate->code_key);
    struct paper_code made;

    if (certificate->withdrawn_us != 0)
        return true;
    if (key != NULL)
        certificate_code(key->secret, certificate, &made);
    return key != NULL && strcmp(made.text, code->text) == 0;
}

enum find certificate_find_by_code(struct db *db, const struct keyring *keyring,
                                   const struct paper_code *code, struct arena *arena,
                                   struct certificate_view *view, struct error *error)
{
    uint8_t hash[PAPER_CODE_HASH_SIZE];
    enum find found;

    paper_code_hash(keyring_current(keyring, KEY_INDEX)->secret, code, hash);
    found = read_one(
        db_query(db, CERTIFICATE_COLUMNS "WHERE c.code_hash = ?", DB_BYTES(hash, sizeof hash)),
        arena, view, error);
    if (found == FIND_FOUND && !is_as_issued(keyring, &view->certificate, code)) {
        LOG(ERROR, "certificate.misfit", LOG_INT("certificate_id", (int64_t)view->certificate.id));
        return FIND_NOTHING;
    }
    return found == FIND_FOUND && !judge(db, view, error) ? FIND_FAILED : found;
}

bool certificate_list(struct db *db, uint64_t member_id, uint64_t after, int64_t limit,
                      uint64_t *ids, size_t *count, struct error *error)
{
    struct rows *rows = db_query(db,
                                 "SELECT certificate_id FROM certificates WHERE member_id IN"
                                 " " ACCOUNTS_OF " AND certificate_id > ?"
                                 " ORDER BY certificate_id LIMIT ?",
                                 DB_ID(member_id), DB_ID(after), DB_INT(limit));

    for (*count = 0; rows_next(rows);)
        ids[(*count)++] = rows_id(rows, 0);
    return rows_end(rows, error);
}

/* --- Withdrawing ------------------------------------------------------------------------------ */

bool certificate_withdraw(struct db *db, uint64_t certificate_id, int64_t now_us,
                          struct error *error)
{
    return db_run(db, error,
                  "UPDATE certificates SET service = '', shows_name = 0, withdrawn_us = ?"
                  " WHERE certificate_id = ? AND withdrawn_us = 0",
                  DB_INT(now_us), DB_ID(certificate_id)) >= 0;
}

bool certificates_erase_member(struct db *db, uint64_t member_id, int64_t now_us,
                               struct error *error)
{
    return db_run(db, error,
                  "UPDATE certificates SET service = '', shows_name = 0,"
                  " withdrawn_us = IF(withdrawn_us = 0, ?, withdrawn_us)"
                  " WHERE member_id IN " ACCOUNTS_OF,
                  DB_INT(now_us), DB_ID(member_id)) >= 0;
}

/* --- For people ------------------------------------------------------------------------------- */

static int more_minutes_first(const void *left, const void *right)
{
    const struct certificate_category *a = left, *b = right;

    if (a->sum.minutes != b->sum.minutes)
        return a->sum.minutes > b->sum.minutes ? -1 : 1;
    return a->category - b->category;
}

bool certificate_categories(struct db *db, const struct certificate *certificate,
                            struct arena *arena, struct certificate_category **list, size_t *count,
                            struct error *error)
{
    struct certificate_sum sums[UINT8_MAX + 1] = {0};
    struct rows *rows = db_query(db, "SELECT category_id, code, name_zh, name_en FROM categories");

    for (size_t i = 0; i < certificate->line_count; i++) {
        struct certificate_sum *sum = &sums[certificate->lines[i].category];

        sum->activities++;
        sum->minutes += certificate->lines[i].minutes;
    }
    *list = arena_take(arena, ARRAY_LENGTH(sums) * sizeof **list);
    for (*count = 0; rows_next(rows);) {
        int category = (int)rows_int(rows, 0);

        if (category < 0 || category > UINT8_MAX || sums[category].activities == 0)
            continue;
        (*list)[(*count)++] = (struct certificate_category){
            category, rows_copy(rows, 1, arena), rows_copy(rows, 2, arena),
            rows_copy(rows, 3, arena), sums[category]};
    }
    qsort(*list, *count, sizeof **list, more_minutes_first);
    return rows_end(rows, error);
}

bool certificate_titles(struct db *db, const struct certificate_view *view, struct arena *arena,
                        char **titles, struct error *error)
{
    const struct certificate *certificate = &view->certificate;
    struct rows *rows = query_standing(db, view);
    struct hash_map by_record = {0};

    while (rows_next(rows))
        hash_map_put(&by_record, rows_id(rows, 0), rows_copy(rows, 2, arena));
    for (size_t i = 0; i < certificate->line_count; i++)
        titles[i] = hash_map_get(&by_record, certificate->lines[i].record_id);
    hash_map_free(&by_record);
    return rows_end(rows, error);
}
