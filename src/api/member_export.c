/*
 * Everything that is held about a member, for the member: one table of what is asked of which
 * table. Numbers of states are as the database has them: this is a copy, not a screen.
 */
#include "api/member_export.h"

#include "api/app.h"
#include "api/call.h"
#include "people/members.h"

#define ROWS_MOST    20000 /* of each part */
#define COLUMNS_MOST 10

enum shape { END, ID, NUMBER, TIME, WORDS, POINTS, JSON };

struct part {
    const char *name;
    const char *sql; /* with one place, for the member's id */
    struct {
        const char *name;
        enum shape shape;
    } columns[COLUMNS_MOST + 1];
};

/* clang-format off */
static const struct part parts[] = {
    {"affiliations",
     "SELECT kind, unit_id, from_us, to_us FROM affiliations WHERE member_id = ?",
     {{"kind", NUMBER}, {"unit_id", ID}, {"from", TIME}, {"until", TIME}}},
    {"registrations",
     "SELECT unit_id, way, at_us FROM registrations WHERE member_id = ?",
     {{"unit_id", ID}, {"way", NUMBER}, {"at", TIME}}},
    {"consents",
     "SELECT purpose, given_us, withdrawn_us FROM consents WHERE member_id = ?",
     {{"purpose", NUMBER}, {"given_at", TIME}, {"withdrawn_at", TIME}}},
    {"skills",
     "SELECT s.code FROM member_skills m JOIN skills s ON s.skill_id = m.skill_id"
     " WHERE m.member_id = ?",
     {{"code", WORDS}}},
    {"free_times",
     "SELECT free_times FROM members WHERE member_id = ?",
     {{"bits", NUMBER}}},
    {"sessions",
     "SELECT expires_us FROM refresh_tokens WHERE account_id = ? AND used = 0",
     {{"expires_at", TIME}}},
    {"sign_ups",
     "SELECT activity_id, state, at_us FROM sign_ups WHERE member_id = ?",
     {{"activity_id", ID}, {"state", NUMBER}, {"at", TIME}}},
    {"records",
     "SELECT record_id, activity_id, state, grade, started_us, ended_us, minutes, points,"
     " place_check, note FROM records WHERE member_id = ?",
     {{"id", ID}, {"activity_id", ID}, {"state", NUMBER}, {"grade", NUMBER}, {"started_at", TIME},
      {"ended_at", TIME}, {"minutes", NUMBER}, {"points", POINTS}, {"place_check", NUMBER},
      {"note", WORDS}}},
    {"certificates",
     "SELECT certificate_id, unit_id, from_day, through_day, shows_name, issued_us, issued_by,"
     " withdrawn_us FROM certificates WHERE member_id = ?",
     {{"id", ID}, {"unit_id", ID}, {"from_day", NUMBER}, {"through_day", NUMBER},
      {"shows_name", NUMBER}, {"issued_at", TIME}, {"issued_by", ID}, {"withdrawn_at", TIME}}},
    {"evidence",
     "SELECT e.evidence_id, e.record_id, e.added_us, e.media_type, e.note, LENGTH(e.photo)"
     " FROM evidence e JOIN records r ON r.record_id = e.record_id WHERE r.member_id = ?",
     {{"id", ID}, {"record_id", ID}, {"added_at", TIME}, {"media_type", WORDS}, {"note", WORDS},
      {"bytes", NUMBER}}},
    {"wallet",
     "SELECT available, held, owed, state, merged_into FROM wallets WHERE member_id = ?",
     {{"available", POINTS}, {"held", POINTS}, {"owed", POINTS}, {"state", NUMBER},
      {"merged_into", ID}}},
    {"lots",
     "SELECT lot_id, points, remaining, expires_us, source, grade, state FROM lots"
     " WHERE member_id = ?",
     {{"id", ID}, {"points", POINTS}, {"remaining", POINTS}, {"expires_at", TIME},
      {"source", NUMBER}, {"grade", NUMBER}, {"state", NUMBER}}},
    {"transfers",
     "SELECT transfer_id, kind, points, ref, subject FROM transfers WHERE member_id = ?",
     {{"id", WORDS}, {"kind", NUMBER}, {"points", POINTS}, {"ref", ID}, {"subject", ID}}},
    {"redemptions",
     "SELECT redemption_id, reward_id, merchant_id, state, points, created_us, expires_us,"
     " confirmed_us, closed_us FROM redemptions WHERE member_id = ?",
     {{"id", ID}, {"reward_id", ID}, {"merchant_id", ID}, {"state", NUMBER}, {"points", POINTS},
      {"created_at", TIME}, {"expires_at", TIME}, {"confirmed_at", TIME}, {"closed_at", TIME}}},
    {"proposals",
     "SELECT proposal_id, kind, state, points, reason, proposed_us, decided_us FROM proposals"
     " WHERE member_id = ?",
     {{"id", ID}, {"kind", NUMBER}, {"state", NUMBER}, {"points", POINTS}, {"reason", WORDS},
      {"proposed_at", TIME}, {"decided_at", TIME}}},
    {"checks", /* those that they were told of */
     "SELECT check_id, kind, state, ref, points, opened_us, due_us, decided_us, reason, said"
     " FROM checks WHERE member_id = ? AND held = 1",
     {{"id", ID}, {"kind", NUMBER}, {"state", NUMBER}, {"ref", ID}, {"points", POINTS},
      {"opened_at", TIME}, {"answer_by", TIME}, {"decided_at", TIME}, {"reason", WORDS},
      {"said", WORDS}}},
    {"ratings", /* drafts are nobody's yet */
     "SELECT r.run_id, r.unit_id, r.rating, r.drafted, r.reasons, r.facts FROM (SELECT ? AS id) q"
     " STRAIGHT_JOIN ratings r ON r.subject_id = q.id OR r.merged_into = q.id"
     " STRAIGHT_JOIN assessment_runs a ON a.run_id = r.run_id AND a.shown_us > 0"
     " WHERE r.scope = 1 AND r.state <> 2", /* LINLI_OF_MEMBER, RATING_ERASED */
     {{"assessment_id", ID}, {"unit_id", ID}, {"rating", WORDS}, {"drafted", WORDS},
      {"reasons", JSON}, {"facts", JSON}}},
    {"appeals",
     "SELECT run_id, state, words, answer, made_us, decided_us FROM appeals WHERE member_id = ?",
     {{"assessment_id", ID}, {"state", NUMBER}, {"words", WORDS}, {"answer", WORDS},
      {"made_at", TIME}, {"decided_at", TIME}}},
    {"notices",
     "SELECT notice_id, kind, ref, details, created_us, read_us FROM notices WHERE account_id = ?",
     {{"id", ID}, {"kind", NUMBER}, {"ref", ID}, {"details", JSON}, {"created_at", TIME},
      {"read_at", TIME}}},
    {"audit_trail",
     "SELECT at_us, action, value_before, value_after, reason FROM audit_trail"
     " WHERE object_id = ?",
     {{"at", TIME}, {"action", WORDS}, {"before", WORDS}, {"after", WORDS}, {"why", WORDS}}},
};
/* clang-format on */

/* null for what the column does not have. */
static json_t *value_json(struct rows *rows, unsigned column, enum shape shape)
{
    struct text text;
    int64_t number;
    json_t *json;

    switch (shape) {
    case ID: return rows_id(rows, column) ? json_id(rows_id(rows, column)) : json_null();
    case NUMBER: return json_integer(rows_int(rows, column));
    case TIME:
        number = rows_int(rows, column);
        return number == INT64_MAX ? json_null() : json_time(number);
    case POINTS: return json_points(rows_int(rows, column));
    case JSON:
        text = rows_text(rows, column);
        json = json_loadb(text.data, text.length, JSON_DECODE_ANY, NULL);
        return json ? json : json_null();
    case WORDS:
    case END: break;
    }
    return json_text(rows_text(rows, column));
}

static bool add_part(struct db *db, uint64_t member_id, const struct part *part, json_t *body,
                     struct error *error)
{
    struct rows *rows =
        db_query_values(db, part->sql, (const struct db_value[]){DB_ID(member_id), {0}});
    json_t *items = json_array();

    while (rows_next(rows) && json_array_size(items) < ROWS_MOST) {
        json_t *item = json_object();
        for (unsigned i = 0; part->columns[i].name; i++)
            json_object_set_new(item, part->columns[i].name,
                                value_json(rows, i, part->columns[i].shape));
        json_array_append_new(items, item);
    }
    json_object_set_new(body, part->name, items);
    return rows_end(rows, error);
}

/* The one place where a phone is shown whole: to whom it belongs. */
static json_t *person_json(const struct member *member)
{
    return json_pack("{s:o, s:o, s:s?, s:s?, s:s, s:o, s:o}", "id", json_id(member->member_id),
                     "unit_id", json_id(member->unit_id), "name", member->name, "phone",
                     member->phone.text[0] ? member->phone.text : NULL, "age",
                     member->age == AGE_YOUTH ? "youth" : "adult", "joined_at",
                     json_time(member->joined_us), "consented_at", json_time(member->consented_us));
}

enum find member_export_read(struct db *db, const struct keyring *keyring, uint64_t member_id,
                             int64_t now_us, struct arena *arena, json_t **body,
                             struct error *error)
{
    struct member member;
    enum find found = member_find(db, keyring, member_id, arena, &member, error);

    if (found != FIND_FOUND)
        return found;
    *body =
        json_pack("{s:o, s:o}", "exported_at", json_time(now_us), "member", person_json(&member));
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (!add_part(db, member_id, &parts[i], *body, error)) {
            json_decref(*body);
            return FIND_FAILED;
        }
    }
    return FIND_FOUND;
}

enum answered member_export(struct call *call)
{
    struct error error;
    json_t *body;
    enum find found = member_export_read(call->db, call->app->keyring, call->who.account_id,
                                         call->now_us, call->arena, &body, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, body);
}
