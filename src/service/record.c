#include "service/record.h"

#include "base/clock.h"
#include "ledger/check.h"
#include "ledger/wallet.h"

/* How long a service day's earnings are remembered for the daily cap: records are reviewed by then.
 */
#define DAYS_REMEMBERED 400

const char *record_state_name(enum record_state state)
{
    static const char *const names[] = {
        [RECORD_OPEN] = "open",
        [RECORD_PENDING] = "pending",
        [RECORD_APPROVED] = "approved",
        [RECORD_REJECTED] = "rejected",
        [RECORD_NEEDS_STATEMENT] = "needs_statement",
        [RECORD_CHECKING] = "checking",
    };

    return name_from(names, ARRAY_LENGTH(names), (size_t)state);
}

const char *evidence_grade_name(enum evidence_grade grade)
{
    static const char *const names[] = {
        [GRADE_A] = "A", [GRADE_B] = "B", [GRADE_C] = "C", [GRADE_D] = "D"};

    return name_from(names, ARRAY_LENGTH(names), (size_t)grade);
}

static void record_lock(struct sql *sql, struct row_keys keys)
{
    sql_add(sql, "SELECT record_id, activity_id, member_id, state, grade, started_us, ended_us,"
                 " minutes, points, reviewed_by, reviewed_us, proposed_by, notice_until_us"
                 " FROM records FORCE INDEX (PRIMARY) WHERE record_id IN ");
    sql_add_ids(sql, keys.keys, keys.count);
    sql_add(sql, " ORDER BY record_id FOR UPDATE");
    sql_end(sql);
}

static void record_fill(struct book *book, struct rows *rows)
{
    while (rows_next(rows)) {
        struct record *record = book_add(book, &record_rows, rows_id(rows, 0));

        record->activity_id = rows_id(rows, 1);
        record->member_id = rows_id(rows, 2);
        record->state = (enum record_state)rows_int(rows, 3);
        record->grade = (enum evidence_grade)rows_int(rows, 4);
        record->started_us = rows_int(rows, 5);
        record->ended_us = rows_int(rows, 6);
        record->minutes = (int32_t)rows_int(rows, 7);
        record->points = rows_int(rows, 8);
        record->reviewed_by = rows_id(rows, 9);
        record->reviewed_us = rows_int(rows, 10);
        record->proposed_by = rows_id(rows, 11);
        record->notice_until_us = rows_int(rows, 12);
    }
}

/* Only the decision: what was recorded is not the teller's to change. */
static void record_write(struct sql *sql, struct row *const *rows, size_t count)
{
    sql_add(sql, "INSERT INTO records (record_id, activity_id, member_id, state, grade, started_us,"
                 " ended_us, minutes, points, reviewed_by, reviewed_us, note) VALUES ");
    for (size_t i = 0; i < count; i++) {
        const struct record *record = (const struct record *)rows[i];

        if (i > 0)
            sql_add(sql, ",");
        sql_add(sql, "(");
        sql_add_id(sql, record->row.key);
        sql_add(sql, ",0,0,");
        sql_add_int(sql, record->state);
        sql_add(sql, ",0,0,0,0,");
        sql_add_int(sql, record->points);
        sql_add(sql, ",");
        sql_add_id(sql, record->reviewed_by);
        sql_add(sql, ",");
        sql_add_int(sql, record->reviewed_us);
        sql_add(sql, ",'')");
    }
    sql_add(sql, " ON DUPLICATE KEY UPDATE state = VALUES(state), points = VALUES(points),"
                 " reviewed_by = VALUES(reviewed_by), reviewed_us = VALUES(reviewed_us)");
    sql_end(sql);
}

const struct row_kind record_rows = {
    .name = "record",
    .size = sizeof(struct record),
    .lock_order = 20,
    .lock = record_lock,
    .fill = record_fill,
    .write = record_write,
};

/* --- The decision ---------------------------------------------------------------------------- */

/* `wallet_id`: who the member is by now, if they were merged into another; the record follows them.
 */
static enum refusal decision_refusal(const struct record *record, uint64_t member_id,
                                     uint64_t wallet_id, uint64_t person_id)
{
    if (record == NULL || (record->member_id != member_id && record->member_id != wallet_id))
        return REFUSED_NOT_FOUND;
    if (person_id != 0 && (person_id == member_id || person_id == wallet_id))
        return REFUSED_OWN_RECORD;
    if (record->state == RECORD_OPEN)
        return REFUSED_WRONG_STATE;
    if (record->state == RECORD_CHECKING)
        return REFUSED_BEING_CHECKED;
    if (record->state == RECORD_APPROVED || record->state == RECORD_REJECTED)
        return REFUSED_ALREADY_DECIDED;
    return ACCEPTED;
}

/* What was entered afterwards needs two people, and a public notice that has ended. */
static enum refusal award_refusal(const struct record *record, const struct award *want,
                                  int64_t now_us)
{
    if (record->state != RECORD_PENDING)
        return REFUSED_WRONG_STATE;
    if (want->minutes != 0 && want->minutes != record->minutes)
        return REFUSED_WRONG_STATE;
    if (record->grade != GRADE_D)
        return ACCEPTED;
    if (want->command.actor == record->proposed_by)
        return REFUSED_SAME_PERSON;
    return now_us < record->notice_until_us ? REFUSED_PUBLIC_NOTICE : ACCEPTED;
}

static void decide(struct book *book, struct record *record, enum record_state state,
                   int64_t points, uint64_t reviewer, struct outcome *out)
{
    record->state = state;
    record->points = points;
    record->reviewed_by = reviewer;
    record->reviewed_us = book_now_us(book);
    row_change(&record->row);
    out->ref = record->row.key;
    out->state = (uint8_t)state;
    out->points = points;
}

void award_set_day(struct award *award, int64_t started_us, int utc_offset_minutes)
{
    award->day = calendar_day(started_us, utc_offset_minutes);
    award->day_ends_us = calendar_day_start_us(award->day + DAYS_REMEMBERED, utc_offset_minutes);
}

static void award_keys(const struct command *command, struct key_set *keys)
{
    const struct award *want = (const struct award *)command;

    key_set_add(keys, &record_rows, want->record_id);
    key_set_add(keys, &wallet_rows, want->wallet_id);
}

/* What of the policy's points the day still has room for. */
static int64_t within_cap(const struct wallet *wallet, const struct check_terms *terms)
{
    int64_t room;

    if (terms->daily_cap == 0)
        return terms->points;
    room = terms->daily_cap - wallet_limit_used(wallet, LIMIT_EARNED, terms->day);
    if (room <= 0)
        return 0;
    return terms->points < room ? terms->points : room;
}

/* Nobody can tell any more what the day's cap leaves room for; two people may adjust. */
static bool day_is_forgotten(const struct check_terms *terms, int64_t now_us)
{
    return terms->daily_cap > 0 && terms->day_ends_us <= now_us;
}

static void award_event(const struct command *command, struct command_event *about)
{
    const struct award *want = (const struct award *)command;

    about->event = (struct linli_event){
        .kind = LINLI_EARN,
        .event = want->record_id,
        .member = want->wallet_id,
        .actor = command->actor,
        .subject = want->of.activity_id,
        .points = want->points,
        .minutes = want->of.minutes,
        .started_us = want->of.started_us,
        .ended_us = want->of.ended_us,
        .grade = (uint32_t)want->of.grade,
    };
    about->subject = (struct fact_subject){
        .member_id = want->member_id,
        .actor_id = command->actor,
        .record_id = want->record_id,
        .activity_id = want->of.activity_id,
        .points = want->points,
        .started_us = want->of.started_us,
        .ended_us = want->of.ended_us,
    };
    about->missing = want->missing;
}

/* Credits what the day's cap leaves of the terms, and the record is approved. */
static void pay(struct book *book, const struct command *command, struct record *record,
                struct wallet *wallet, const struct check_terms *terms, struct outcome *out)
{
    struct transfer transfer = {
        .kind = TRANSFER_AWARD,
        .from = account_of(ACCOUNT_ISSUANCE, 0),
        .ref = record->row.key,
        .subject = record->row.key,
        .actor = command->actor,
    };
    int64_t points = within_cap(wallet, terms);

    wallet_credit(book, wallet, &transfer, record->row.key, points, terms->expires_us, LOT_RECORD,
                  (uint8_t)record->grade);
    if (points > 0)
        wallet_use_limit(wallet, LIMIT_EARNED, terms->day, points, terms->day_ends_us);
    decide(book, record, RECORD_APPROVED, points, command->actor, out);
    out->until_us = terms->expires_us;
    outcome_show_wallet(out, wallet, book_now_us(book));
}

/* Reviewed, and nothing awarded: the check keeps under which terms it will be. */
static void hold_award(struct book *book, const struct command *command, struct record *record,
                       const struct wallet *wallet, const struct check_terms *terms,
                       struct outcome *out)
{
    struct check_row *check = check_open(book, command);

    check->terms = *terms;
    decide(book, record, RECORD_CHECKING, 0, command->actor, out);
    out->until_us = command->judged.answer_by_us;
    outcome_show_wallet(out, wallet, book_now_us(book));
}

static enum refusal award_apply(struct book *book, const struct command *command,
                                struct outcome *out)
{
    const struct award *want = (const struct award *)command;
    struct record *record = book_find(book, &record_rows, want->record_id);
    struct wallet *wallet = book_wallet(book, want->wallet_id);
    enum refusal refusal =
        decision_refusal(record, want->member_id, want->wallet_id, want->person_id);
    struct check_terms terms = {.points = want->points,
                                .daily_cap = want->daily_cap,
                                .day = want->day,
                                .day_ends_us = want->day_ends_us,
                                .expires_us = want->expires_us};

    if (refusal == ACCEPTED)
        refusal = award_refusal(record, want, book_now_us(book));
    if (refusal != ACCEPTED)
        return refusal;
    if (wallet == NULL)
        return REFUSED_NOT_FOUND;
    if (day_is_forgotten(&terms, book_now_us(book)))
        return REFUSED_NOT_OPEN;
    if (command_is_held(command)) {
        hold_award(book, command, record, wallet, &terms, out);
        return ACCEPTED;
    }
    pay(book, command, record, wallet, &terms, out);
    check_open(book, command);
    return ACCEPTED;
}

const struct command_kind command_award = {"award", award_keys, award_apply, award_event};

/* The wallet does not change: it only tells that the member was not merged meanwhile. */
static void reject_keys(const struct command *command, struct key_set *keys)
{
    const struct reject_record *want = (const struct reject_record *)command;

    key_set_add(keys, &record_rows, want->record_id);
    key_set_add(keys, &wallet_rows, want->wallet_id);
}

static enum refusal reject_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct reject_record *want = (const struct reject_record *)command;
    struct record *record = book_find(book, &record_rows, want->record_id);
    enum refusal refusal =
        decision_refusal(record, want->member_id, want->wallet_id, want->person_id);

    if (refusal != ACCEPTED)
        return refusal;
    if (book_wallet(book, want->wallet_id) == NULL)
        return REFUSED_NOT_FOUND;
    decide(book, record, RECORD_REJECTED, 0, command->actor, out);
    return ACCEPTED;
}

const struct command_kind command_reject_record = {"reject", reject_keys, reject_apply};

/* --- After a check ---------------------------------------------------------------------------- */

static void decide_keys(const struct command *command, struct key_set *keys)
{
    const struct decide_record *want = (const struct decide_record *)command;

    key_set_add(keys, &record_rows, want->record_id);
    key_set_add(keys, &check_rows, want->check_id);
    key_set_add(keys, &wallet_rows, want->wallet_id);
}

static bool took_part(const struct record *record, uint64_t actor)
{
    return actor == record->reviewed_by ||
           (record->grade == GRADE_D && actor == record->proposed_by);
}

static enum refusal checked_refusal(const struct record *record, const struct decide_record *want)
{
    if (record == NULL || record->member_id != want->member_id)
        return REFUSED_NOT_FOUND;
    if (want->person_id != 0 &&
        (want->person_id == want->member_id || want->person_id == want->wallet_id))
        return REFUSED_OWN_RECORD;
    if (record->state != RECORD_CHECKING)
        return REFUSED_ALREADY_DECIDED;
    return want->release && took_part(record, want->command.actor) ? REFUSED_SAME_PERSON : ACCEPTED;
}

static enum refusal decide_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    const struct decide_record *want = (const struct decide_record *)command;
    struct record *record = book_find(book, &record_rows, want->record_id);
    struct wallet *wallet = book_wallet(book, want->wallet_id);
    struct check_row *check;
    enum refusal refusal = checked_refusal(record, want);

    if (refusal == ACCEPTED)
        refusal = check_find(book, want->check_id, want->record_id, want->person_id, &check);
    if (refusal != ACCEPTED)
        return refusal;
    if (wallet == NULL)
        return REFUSED_NOT_FOUND;
    if (want->release && day_is_forgotten(&check->terms, book_now_us(book)))
        return REFUSED_NOT_OPEN;
    if (want->release)
        pay(book, command, record, wallet, &check->terms, out);
    else
        decide(book, record, RECORD_REJECTED, 0, command->actor, out);
    check_close(book, check, want->release ? CHECK_RELEASED : CHECK_REFUSED, command->actor,
                want->reason);
    return ACCEPTED;
}

const struct command_kind command_decide_record = {"decide_record", decide_keys, decide_apply,
                                                   NULL};
