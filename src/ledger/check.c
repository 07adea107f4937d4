#include "ledger/check.h"

#include <string.h>

#include "base/clock.h"
#include "outbox/inbox.h"
#include "people/audit.h"

const char *check_state_name(enum check_state state)
{
    static const char *const names[] = {[CHECK_OPEN] = "open",
                                        [CHECK_RELEASED] = "released",
                                        [CHECK_REFUSED] = "refused",
                                        [CHECK_WITHDRAWN] = "withdrawn"};

    return name_from(names, ARRAY_LENGTH(names), (size_t)state);
}

const char *event_kind_name(enum linli_event_kind kind)
{
    switch (kind) {
    case LINLI_EARN: return "earn";
    case LINLI_REDEEM: return "redeem";
    case LINLI_CONFIRM: return "confirm";
    case LINLI_CANCEL: return "cancel";
    case LINLI_REFUND: return "refund";
    case LINLI_ADJUST: return "adjust";
    }
    return "unknown";
}

/* --- Rows ------------------------------------------------------------------------------------- */

#define COLUMNS                                                                                    \
    "check_id, kind, state, held, member_id, ref, subject, merchant_id, asked_by, points,"         \
    " opened_us, due_us, daily_cap, day, day_ends_us, expires_us, decided_by, decided_us, reason"

static void check_lock(struct sql *sql, struct row_keys keys)
{
    sql_add(sql, "SELECT " COLUMNS " FROM checks FORCE INDEX (PRIMARY) WHERE check_id IN ");
    sql_add_ids(sql, keys.keys, keys.count);
    sql_add(sql, " ORDER BY check_id FOR UPDATE");
    sql_end(sql);
}

static struct text keep(struct check_row *check, struct text words)
{
    return (struct text){arena_copy(check->row.memory, words.data, words.length), words.length};
}

static void check_fill(struct book *book, struct rows *rows)
{
    while (rows_next(rows)) {
        struct check_row *check = book_add(book, &check_rows, rows_id(rows, 0));

        check->kind = (enum linli_event_kind)rows_int(rows, 1);
        check->state = (enum check_state)rows_int(rows, 2);
        check->held = rows_int(rows, 3) != 0;
        check->member_id = rows_id(rows, 4);
        check->ref = rows_id(rows, 5);
        check->subject = rows_id(rows, 6);
        check->merchant_id = rows_id(rows, 7);
        check->asked_by = rows_id(rows, 8);
        check->terms.points = rows_int(rows, 9);
        check->opened_us = rows_int(rows, 10);
        check->due_us = rows_int(rows, 11);
        check->terms.daily_cap = rows_int(rows, 12);
        check->terms.day = (int32_t)rows_int(rows, 13);
        check->terms.day_ends_us = rows_int(rows, 14);
        check->terms.expires_us = rows_int(rows, 15);
        check->decided_by = rows_id(rows, 16);
        check->decided_us = rows_int(rows, 17);
        check->reason = keep(check, rows_text(rows, 18));
    }
}

static void write_values(struct sql *sql, const struct check_row *check)
{
    const struct check_terms *terms = &check->terms;
    const int64_t values[] = {(int64_t)check->row.key,
                              check->kind,
                              check->state,
                              check->held,
                              (int64_t)check->member_id,
                              (int64_t)check->ref,
                              (int64_t)check->subject,
                              (int64_t)check->merchant_id,
                              (int64_t)check->asked_by,
                              terms->points,
                              check->opened_us,
                              check->due_us,
                              terms->daily_cap,
                              terms->day,
                              terms->day_ends_us,
                              terms->expires_us,
                              (int64_t)check->decided_by,
                              check->decided_us};

    sql_add(sql, "(");
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        sql_add_int(sql, values[i]);
        sql_add(sql, ",");
    }
    sql_add_bytes(sql, check->reason.data, check->reason.length);
    sql_add(sql, ")");
}

/* Who waits is told, in the transaction that makes them wait or ends it. What went through with a
 * mark is not announced: nobody waits for anything. */
static void tell(struct sql *sql, const struct check_row *check)
{
    char day[11];

    if (!check->held || check->state == CHECK_WITHDRAWN)
        return;
    if (check->row.is_new) {
        calendar_format_day(check->due_day, day);
        inbox_add(sql, check->member_id,
                  check->kind == LINLI_EARN ? NOTICE_RECORD_CHECKED : NOTICE_REDEMPTION_CHECKED,
                  check->ref, "day", (struct text){day, strlen(day)}, check->opened_us);
        return;
    }
    inbox_add(sql, check->member_id,
              check->state == CHECK_RELEASED ? NOTICE_CHECK_RELEASED : NOTICE_CHECK_REFUSED,
              check->ref, "reason", check->reason, check->decided_us);
}

static void note_decision(struct sql *sql, const struct check_row *check)
{
    const struct audit audit = {
        .actor = check->decided_by,
        .action = check->state == CHECK_RELEASED  ? "check.release"
                  : check->state == CHECK_REFUSED ? "check.refuse"
                                                  : "check.withdraw",
        .object_id = check->row.key,
        .why = check->reason,
    };

    audit_add(sql, &audit, check->decided_us);
}

static void check_write(struct sql *sql, struct row *const *rows, size_t count)
{
    sql_add(sql, "INSERT INTO checks (" COLUMNS ") VALUES ");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            sql_add(sql, ",");
        write_values(sql, (const struct check_row *)rows[i]);
    }
    sql_add(sql, " ON DUPLICATE KEY UPDATE state = VALUES(state),"
                 " decided_by = VALUES(decided_by), decided_us = VALUES(decided_us),"
                 " reason = VALUES(reason)");
    sql_end(sql);
    for (size_t i = 0; i < count; i++) {
        const struct check_row *check = (const struct check_row *)rows[i];

        tell(sql, check);
        if (!check->row.is_new)
            note_decision(sql, check);
    }
}

const struct row_kind check_rows = {
    .name = "check",
    .size = sizeof(struct check_row),
    .lock_order = 25,
    .lock = check_lock,
    .fill = check_fill,
    .write = check_write,
};

/* --- Opening and closing ---------------------------------------------------------------------- */

struct check_row *check_open(struct book *book, const struct command *command)
{
    const struct judgement *judged = &command->judged;
    struct command_event about = {0};

    if (judged->effect == JUDGED_PASS)
        return NULL;
    struct check_row *check = book_create(book, &check_rows, judged->check_id);
    command->kind->event(command, &about);
    check->kind = (enum linli_event_kind)about.event.kind;
    check->state = CHECK_OPEN;
    check->held = judged->effect == JUDGED_HOLD;
    check->member_id = about.event.member;
    check->ref = about.event.event;
    check->subject = about.event.subject;
    check->merchant_id = about.event.merchant;
    check->asked_by = command->actor;
    check->terms.points = about.event.points;
    check->opened_us = book_now_us(book);
    check->due_us = judged->answer_by_us;
    check->due_day = judged->answer_day;
    return check;
}

enum refusal check_find(struct book *book, uint64_t check_id, uint64_t ref, uint64_t person_id,
                        struct check_row **check)
{
    *check = book_find(book, &check_rows, check_id);
    if (*check == NULL || (*check)->ref != ref)
        return REFUSED_NOT_FOUND;
    if (person_id != 0 && person_id == (*check)->member_id)
        return REFUSED_OWN_RECORD;
    return (*check)->state == CHECK_OPEN ? ACCEPTED : REFUSED_ALREADY_DECIDED;
}

void check_close(struct book *book, struct check_row *check, enum check_state state, uint64_t actor,
                 struct text reason)
{
    check->state = state;
    check->decided_by = actor;
    check->decided_us = book_now_us(book);
    check->reason = keep(check, reason);
    row_change(&check->row);
}

/* --- Marks ------------------------------------------------------------------------------------ */

static void mark_keys(const struct command *command, struct key_set *keys)
{
    key_set_add(keys, &check_rows, ((const struct decide_mark *)command)->check_id);
}

static enum refusal mark_apply(struct book *book, const struct command *command,
                               struct outcome *out)
{
    const struct decide_mark *want = (const struct decide_mark *)command;
    struct check_row *check;
    enum refusal refusal = check_find(book, want->check_id, want->ref, want->person_id, &check);

    if (refusal != ACCEPTED)
        return refusal;
    if (check->held)
        return REFUSED_WRONG_STATE;
    check_close(book, check, want->release ? CHECK_RELEASED : CHECK_REFUSED, command->actor,
                want->reason);
    out->ref = want->check_id;
    out->state = (uint8_t)check->state;
    return ACCEPTED;
}

const struct command_kind command_decide_mark = {"decide_mark", mark_keys, mark_apply, NULL};
