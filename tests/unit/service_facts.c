/*
 * The catalogue of facts, and what its SQL finds: rows laid by hand, their facts by pencil. In the
 * room that sees the ledger's, the market's and people's loaders too.
 */
#include "database.h"
#include "unit.h"

#include "ledger/book.h"
#include "ledger/facts.h"
#include "market/facts.h"
#include "people/facts.h"
#include "service/facts.h"
#include "store/migrate.h"

static const struct fact_loader *const all[] = {
    &ledger_wallet_facts, &market_member_facts,     &market_pair_facts,    &market_merchant_facts,
    &market_actor_facts,  &market_redemption_facts, &service_member_facts, &service_record_facts,
    &service_pair_facts,  &service_actor_facts,     &service_period_facts, &service_unit_facts,
    &service_run_facts,   &people_member_facts,     &people_period_facts,  NULL,
};

static struct database server;
static struct db *db;
static struct arena *arena;

#define CHINA 480
#define T0    (INT64_C(1772380800) * SECOND_US + 12 * HOUR_US) /* Monday 2026-03-02, noon there */

static int set_up(void **state)
{
    struct error error = {0};
    int applied;

    facts_register(all);
    arena = arena_new();
    if (database_start(&server, state) != 0)
        return -1;
    db = db_new(&server.options);
    return migrate(db, &applied, &error) ? 0 : -1;
}

static int tear_down(void **state)
{
    db_free(db);
    arena_free(arena);
    return database_stop(&server, state);
}

static void run(const char *sql)
{
    struct error error = {0};

    if (db_run(db, &error, sql) < 0)
        fail_msg("%s: %s", error.code, error.detail);
}
#define RUN(...) run(arena_printf(arena, __VA_ARGS__))

/* --- The catalogue ---------------------------------------------------------------------------- */

static void every_fact_says_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < facts_count(); i++) {
        const struct fact *fact = facts_at(i);

        assert_true(*fact->zh && *fact->en && fact->unit);
        assert_string_not_equal(fact_type_name(fact->type), "unknown");
        assert_string_not_equal(fact_scope_name(fact->scope), "unknown");
        assert_true(fact->kinds & (FACT_FOR_AUDIT | FACT_FOR_ASSESSMENT));
        assert_int_equal(facts_find((struct text){fact->name, strlen(fact->name)}), (int)i);
        assert_non_null(strchr(fact->name, '.'));
    }
}

/* By its SQL: no fact that an assessment may know comes from these. */
static void assessments_cannot_know_redemptions_wishes_or_tickets(void **state)
{
    static const char *const forbidden[] = {"redemptions", "wallets", "lots",    "limit_uses",
                                            "transfers",   "wishes",  "tickets", "proposals",
                                            "decisions",   "checks"};
    struct fact_subject subject = {.member_id = 1};
    struct fact_row row = {.subject = &subject};

    (void)state;
    for (size_t i = 0; all[i]; i++) {
        struct fact_request request = {.rows = &row, .count = 1, .wanted = ~0U, .arena = arena};
        struct sql sql = {0};
        unsigned kinds = 0;

        for (const struct fact *fact = all[i]->facts; fact->name; fact++)
            kinds |= fact->kinds;
        if (!(kinds & FACT_FOR_ASSESSMENT) || !all[i]->ask)
            continue;
        all[i]->ask(&sql, &request);
        for (size_t k = 0; k < ARRAY_LENGTH(forbidden); k++)
            if (strstr(sql.text.data, forbidden[k]))
                fail_msg("%s reads %s", all[i]->name, forbidden[k]);
        sql_free(&sql);
    }
}

static void the_nearest_names_come_first(void **state)
{
    const char *nearest[3];

    (void)state;
    assert_int_equal(facts_find(TEXT("member.redemption_24h")), -1);
    assert_int_equal(facts_nearest(TEXT("member.redemption_24h"), nearest, 3), 3);
    assert_string_equal(nearest[0], "member.redemptions_24h");
    assert_string_equal(nearest[1], "member.redemptions_1h");
}

/* --- What is found ---------------------------------------------------------------------------- */

static struct linli_value fact_of(const struct fact_subject *subject, const char *name)
{
    uint16_t index = (uint16_t)facts_find((struct text){name, strlen(name)});
    struct linli_value value;
    struct fact_wish wish = {.subject = subject, .facts = &index, .count = 1, .values = &value};
    struct error error = {0};

    if (!facts_load(db, &wish, 1, arena, NULL, NULL, NULL, &error))
        fail_msg("%s: %s %s", name, error.code, error.detail);
    return value;
}

static void known(const struct fact_subject *subject, const char *name, int64_t wanted)
{
    struct linli_value found = fact_of(subject, name);

    if (!found.known || found.number != wanted)
        fail_msg("%s is %lld (known: %u), not %lld", name, (long long)found.number, found.known,
                 (long long)wanted);
}

static void unknown(const struct fact_subject *subject, const char *name)
{
    if (fact_of(subject, name).known)
        fail_msg("%s is known", name);
}

static void lay_redemption(uint64_t id, uint64_t member, int64_t created_us, int64_t confirmed_us,
                           uint64_t clerk)
{
    const struct lot_part parts[] = {{.lot_id = 1, .points = -30, .grade = 2, .source = 1},
                                     {.lot_id = 2, .points = -70, .grade = 4, .source = 1}};
    struct buffer packed = {0};
    struct error error = {0};

    lot_parts_pack(&packed, parts, ARRAY_LENGTH(parts));
    assert_int_equal(
        db_run(db, &error,
               "INSERT INTO redemptions (redemption_id, member_id, reward_id, merchant_id, state,"
               " points, reimburse_fen, terms_version, code_hash, code_key, limit_period,"
               " created_us, expires_us, confirmed_us, confirmed_by, closed_us, allocation)"
               " VALUES (?, ?, 9, 8, 4, 100, 0, 1, ?, 1, -1, ?, ?, ?, ?, 0, ?)",
               DB_ID(id), DB_ID(member), DB_BYTES(arena_printf(arena, "%016d", (int)id), 16),
               DB_INT(created_us), DB_INT(created_us + DAY_US), DB_INT(confirmed_us), DB_ID(clerk),
               DB_BYTES(packed.data, packed.length)),
        1);
    buffer_free(&packed);
}

static void a_members_redemptions_count_as_of_then(void **state)
{
    struct fact_subject subject = {.member_id = 100, .at_us = T0, .utc_offset_minutes = CHINA};

    (void)state;
    lay_redemption(1, 100, T0 - HOUR_US, T0 - HOUR_US / 2, 7);
    lay_redemption(2, 100, T0 - 2 * DAY_US, T0 - DAY_US, 7);
    lay_redemption(3, 100, T0 - 31 * DAY_US, 0, 0);
    lay_redemption(4, 100, T0 + 1, 0, 0);
    lay_redemption(5, 101, T0 - HOUR_US, T0 - 1, 6);
    known(&subject, "member.redemptions_24h", 1);
    known(&subject, "member.redemptions_30d", 2);
    known(&subject, "member.points_spent_30d", 200);
    known(&subject, "member.seconds_since_redemption", 3600);
    subject.redemption_id = 1; /* the one that is judged is not its own precedent */
    known(&subject, "member.redemptions_24h", 0);
    subject.at_us = T0 - DAY_US;
    known(&subject, "member.redemptions_24h", 0);
    known(&subject, "member.redemptions_30d", 1);
    subject.member_id = 999;
    known(&subject, "member.redemptions_30d", 0);
    unknown(&subject, "member.seconds_since_redemption");
}

static void a_confirmation_knows_its_clerk_shop_and_lots(void **state)
{
    struct fact_subject subject = {
        .member_id = 100, .actor_id = 7, .merchant_id = 8, .redemption_id = 1, .at_us = T0};

    (void)state;
    known(&subject, "pair.redemptions_30d", 1);
    known(&subject, "pair.points_30d", 100);
    known(&subject, "merchant.confirmations_1h", 1); /* number 5's; 1 is this one, 2 a day ago */
    known(&subject, "merchant.confirmations_24h", 1);
    known(&subject, "actor.confirmations_1h", 0);
    known(&subject, "redemption.lots_grade_a", 0);
    known(&subject, "redemption.lots_grade_b", 30);
    known(&subject, "redemption.lots_grade_d", 70);
    known(&subject, "redemption.seconds_since_issue", 3600);
    subject.at_us = T0 - HOUR_US; /* while it is made */
    unknown(&subject, "redemption.lots_grade_b");
    subject.actor_id = 0;
    unknown(&subject, "pair.redemptions_30d");
}

static void lay_record(uint64_t id, uint64_t member, int state, int grade, int64_t started_us,
                       int64_t minutes, int64_t points, int64_t reviewed_us)
{
    RUN("INSERT INTO activities (activity_id, unit_id, category, state, title, description, place,"
        " starts_us, ends_us, capacity, signed_up, created_by, created_us) VALUES (%llu, 51, %d, 5,"
        " '', '', '', %lld, %lld, 0, 0, 0, 0)",
        (unsigned long long)id, (int)(id % 2) + 1, (long long)started_us,
        (long long)(started_us + minutes * MINUTE_US));
    RUN("INSERT INTO records (record_id, activity_id, member_id, state, grade, started_us,"
        " ended_us, minutes, points, reviewed_by, reviewed_us, note, place_check, notice_until_us)"
        " VALUES (%llu, %llu, %llu, %d, %d, %lld, %lld, %lld, %lld, %d, %lld, '', %d, %lld)",
        (unsigned long long)id, (unsigned long long)id, (unsigned long long)member, state, grade,
        (long long)started_us, (long long)(started_us + minutes * MINUTE_US), (long long)minutes,
        (long long)points, reviewed_us ? 70 : 0, (long long)reviewed_us, (int)(id % 3),
        grade == 4 ? (long long)(started_us + 10 * DAY_US) : 0);
}

static void a_record_knows_its_neighbours(void **state)
{
    struct fact_subject subject = {.member_id = 200,
                                   .actor_id = 70,
                                   .record_id = 21,
                                   .at_us = T0,
                                   .utc_offset_minutes = CHINA};

    (void)state;
    lay_record(21, 200, 2, 3, T0 - 3 * HOUR_US, 120, 0, 0);
    lay_record(22, 200, 3, 3, T0 - 2 * HOUR_US, 90, 150, T0 - MINUTE_US);
    lay_record(23, 200, 4, 3, T0 - 3 * HOUR_US, 120, 0, T0 - HOUR_US);        /* rejected */
    lay_record(24, 200, 3, 3, T0 - 26 * HOUR_US, 60, 100, T0 - 13 * HOUR_US); /* 23:00 */
    lay_record(25, 200, 3, 4, T0 - 5 * DAY_US, 60, 100, T0 + DAY_US); /* entered two days ago */
    lay_record(26, 200, 2, 4, T0 - 3 * HOUR_US, 120, 0, 0);           /* in seven days from now */
    known(&subject, "record.overlap_minutes", 60);
    known(&subject, "record.minutes_today", 90);
    known(&subject, "record.backfilled", 0);
    unknown(&subject, "record.in_range");
    known(&subject, "member.points_earned_today", 150);
    known(&subject, "member.records_30d", 3);
    known(&subject, "service.total_minutes", 150);
    known(&subject, "pair.records_30d", 2);
    known(&subject, "actor.approvals_1h", 1);
    known(&subject, "actor.approvals_24h", 2);
    known(&subject, "actor.approvals_night", 1);
    unknown(&subject, "record.signed_up_after_minutes"); /* they never did */
    RUN("INSERT INTO sign_ups (activity_id, member_id, state, at_us) VALUES (21, 200, 1, %lld)",
        (long long)(T0 - 105 * MINUTE_US));
    known(&subject, "record.signed_up_after_minutes", 75);
    RUN("UPDATE sign_ups SET at_us = 1 WHERE activity_id = 21");
    known(&subject, "record.signed_up_after_minutes", 0);
    /* What lies outside an activity counts for none: the first was over when they left for the
     * next. */
    RUN("UPDATE activities SET ends_us = %lld WHERE activity_id = 21",
        (long long)(T0 - 90 * MINUTE_US));
    known(&subject, "record.overlap_minutes", 30);
    subject.record_id = 22;
    known(&subject, "record.in_range", 1);
    subject.record_id = 25;
    known(&subject, "record.backfilled", 1);
    known(&subject, "record.entered_after_minutes", 3 * 24 * 60 - 60);
}

static void an_account_has_an_age(void **state)
{
    struct fact_subject subject = {.member_id = 200, .at_us = T0};

    (void)state;
    RUN("INSERT INTO members (member_id, unit_id, key_id, personal_key, name, phone, consented_us,"
        " joined_us) VALUES (200, 51, 1, '', '', '', 0, %lld)",
        (long long)(T0 - 9 * DAY_US - HOUR_US));
    known(&subject, "member.age_days", 9);
    subject.member_id = 201;
    unknown(&subject, "member.age_days");
}

static void points_are_known_now_and_not_of_the_past(void **state)
{
    struct fact_subject subject = {.member_id = 200, .at_us = T0};

    (void)state;
    run("INSERT INTO wallets (member_id, version, available, held, owed, state, merged_into)"
        " VALUES (200, 1, 1234, 5, 0, 0, 0)");
    known(&subject, "member.points_available", 1234);
    subject.past = true;
    unknown(&subject, "member.points_available");
}

static void a_period_has_activities_and_a_registration(void **state)
{
    struct fact_subject subject = {.member_id = 200,
                                   .from_us = T0 - 20 * DAY_US,
                                   .until_us = T0 + 2 * DAY_US,
                                   .at_us = T0 + 30 * DAY_US,
                                   .utc_offset_minutes = CHINA};

    (void)state;
    known(&subject, "period.activities", 3); /* 22, 24, 25 */
    known(&subject, "period.minutes", 210);
    known(&subject, "period.categories", 2);
    known(&subject, "period.records_grade_c", 2);
    known(&subject, "period.records_grade_d", 1);
    known(&subject, "period.last_service_at", T0 - 2 * HOUR_US);
    known(&subject, "period.registered", 0);
    unknown(&subject, "period.registered_late");
    known(&subject, "period.exempt", 0);
    run("INSERT INTO due_lists (list_id, unit_id, title, due_day, key_id, list_key, created_by,"
        " created_us) VALUES (1, 51, '', 20514, 1, '', 1, 0)"); /* 2026-03-02 */
    run("INSERT INTO due_people (list_id, line, state, name, member_id, at_us, why)"
        " VALUES (1, 1, 2, '', 200, 0, '')");
    known(&subject, "period.registration_due", T0 + 12 * HOUR_US);
    known(&subject, "period.registered_late", 1);
    RUN("INSERT INTO registrations (member_id, unit_id, way, at_us, actor)"
        " VALUES (200, 51, 1, %lld, 0)",
        (long long)(T0 + 11 * HOUR_US));
    known(&subject, "period.registered", 1);
    known(&subject, "period.registered_late", 0);
    subject.at_us = T0; /* as it was known then */
    known(&subject, "period.activities", 2);
    known(&subject, "period.registered", 0);
    known(&subject, "period.registered_late", 0); /* there is still time */
}

static void a_unit_has_active_members(void **state)
{
    struct fact_subject subject = {.unit_id = 50,
                                   .from_us = T0 - 20 * DAY_US,
                                   .until_us = T0 + 2 * DAY_US,
                                   .at_us = T0 + 30 * DAY_US};

    (void)state;
    run("INSERT INTO units (unit_id, parent_id, kind, name, path, created_us) VALUES"
        " (50, 0, 'office', '', '/50/', 0), (52, 50, 'office', '', '/50/52/', 0),"
        " (500, 0, 'office', '', '/500/', 0)");
    run("INSERT INTO affiliations (member_id, kind, from_us, to_us, unit_id) VALUES"
        " (200, 2, 0, 9223372036854775807, 52), (201, 2, 0, 9223372036854775807, 50),"
        " (202, 2, 0, 1000, 50), (203, 1, 0, 9223372036854775807, 50),"
        " (204, 2, 0, 9223372036854775807, 500)");
    known(&subject, "period.members", 2);
    known(&subject, "period.members_active", 1);
    unknown(&subject, "period.share_active"); /* fewer than ten would point at somebody */
    unknown(&subject, "run.members_failing"); /* the run itself says that */
    for (int i = 0; i < 8; i++)
        RUN("INSERT INTO affiliations (member_id, kind, from_us, to_us, unit_id)"
            " VALUES (%d, 2, 0, 9223372036854775807, 52)",
            300 + i);
    known(&subject, "period.share_active", 10);
}

/* --- Many wishes, one round trip -------------------------------------------------------------- */

static void sees_version(struct rows *rows, void *context)
{
    int64_t *seen = context;

    while (rows_next(rows))
        *seen = rows_int(rows, 0);
}

static void wishes_share_rows_and_each_gets_its_own(void **state)
{
    uint16_t facts[3];
    struct fact_subject subjects[2] = {{.member_id = 100, .at_us = T0},
                                       {.member_id = 101, .at_us = T0}};
    struct linli_value values[3][3];
    struct fact_wish wishes[3] = {{&subjects[0], facts, 3, values[0]},
                                  {&subjects[0], facts + 1, 1, values[1]},
                                  {&subjects[1], facts, 2, values[2]}};
    struct error error = {0};
    struct sql more = {0};
    int64_t seen = 0;

    (void)state;
    facts[0] = (uint16_t)facts_find(TEXT("member.redemptions_24h"));
    facts[1] = (uint16_t)facts_find(TEXT("member.points_spent_30d"));
    facts[2] = (uint16_t)facts_find(TEXT("member.age_days"));
    sql_add(&more, "SELECT 42");
    sql_end(&more);
    assert_true(facts_load(db, wishes, 3, arena, &more, sees_version, &seen, &error));
    sql_free(&more);
    assert_int_equal(seen, 42);
    assert_int_equal(values[0][0].number, 1);
    assert_int_equal(values[0][1].number, 200);
    assert_int_equal(values[0][2].known, 0);
    assert_int_equal(values[1][0].number, 200);
    assert_int_equal(values[2][0].number, 1);
    assert_int_equal(values[2][1].number, 100);
}

static void what_fails_tells_nothing(void **state)
{
    struct fact_subject subject = {.member_id = 100, .at_us = T0};
    uint16_t fact = (uint16_t)facts_find(TEXT("member.redemptions_24h"));
    struct linli_value value;
    struct fact_wish wish = {&subject, &fact, 1, &value};
    struct error error = {0};
    struct sql more = {0};

    (void)state;
    sql_add(&more, "SELECT no FROM such_table");
    sql_end(&more);
    assert_false(facts_load(db, &wish, 1, arena, &more, sees_version, NULL, &error));
    sql_free(&more);
    assert_int_equal(value.known, 0);
    known(&subject, "member.redemptions_24h", 1); /* the connection is good again */
}

/* --- What is read ----------------------------------------------------------------------------- */

#define REGULAR UINT64_C(900) /* a member with a redemption and a record a day, for years */
#define DAYS    1000

static void lay_years(void)
{
    RUN("INSERT INTO redemptions (redemption_id, member_id, reward_id, merchant_id, state, points,"
        " reimburse_fen, terms_version, code_hash, code_key, limit_period, created_us, expires_us,"
        " confirmed_us, confirmed_by, closed_us, allocation)"
        " SELECT 10000 + seq, 900, 9, 78, 4, 100, 0, 1, UNHEX(LPAD(HEX(seq), 32, '0')), 1, -1, day,"
        " day, day + 3600000000, 77, 0, '' FROM (SELECT seq, %lld - seq * 86400000000 AS day"
        " FROM seq_1_to_%d) AS days",
        (long long)T0, DAYS);
    RUN("INSERT INTO records (record_id, activity_id, member_id, state, grade, started_us,"
        " ended_us, minutes, points, reviewed_by, reviewed_us, note)"
        " SELECT 20000 + seq, 20000 + seq, 900, 3, 3, day, day + 3600000000, 60, 100, 77,"
        " day + 7200000000, '' FROM (SELECT seq, %lld - seq * 86400000000 AS day"
        " FROM seq_1_to_%d) AS days",
        (long long)T0, DAYS);
    RUN("INSERT INTO wallets (member_id, version, available, held, owed, state, merged_into)"
        " SELECT 900 + seq, 1, 0, 0, 0, 0, 0 FROM seq_0_to_%d",
        DAYS);
    struct error error = {0};
    struct rows *told = db_query(db, "ANALYZE TABLE redemptions, records, wallets");
    while (rows_next(told))
        continue;
    assert_true(rows_end(told, &error));
}

/* What a loader's SELECT reads of the tables that grow, by EXPLAIN: at most so many rows, each
 * found by key and time. */
static void reads_at_most(const struct fact_loader *loader, struct fact_request *request,
                          int64_t most)
{
    struct sql sql = {0};
    struct error error = {0};

    sql_add(&sql, "EXPLAIN ");
    loader->ask(&sql, request);
    assert_true(db_batch(db, &sql, &error));
    struct rows *plan = db_batch_next(db, &error);
    assert_non_null(plan);
    while (rows_next(plan)) {
        const char *table = rows_copy(plan, 2, arena), *way = rows_copy(plan, 3, arena);

        if (table[0] == '<' || strcmp(table, "q") == 0)
            continue;
        print_message("%s: %s %s by %s: %lld rows\n", loader->name, table, way,
                      rows_copy(plan, 5, arena), (long long)rows_int(plan, 8));
        if (strcmp(table, "redemptions") == 0 || strcmp(table, "records") == 0)
            assert_string_equal(way,
                                "range"); /* a window's; what is found by number has an alias */
        assert_true(rows_int(plan, 8) <= most);
    }
    assert_true(rows_end(plan, &error) && db_batch_end(db, &error));
    sql_free(&sql);
}

/* Bits of the loader's facts that are known where somebody waits. */
static unsigned on_path(const struct fact_loader *loader)
{
    unsigned wanted = 0;

    for (unsigned i = 0; loader->facts[i].name; i++)
        wanted |= loader->facts[i].on_path ? 1U << i : 0;
    return wanted;
}

static void nothing_on_the_path_reads_more_than_its_window(void **state)
{
    const struct fact_subject subject = {.member_id = REGULAR,
                                         .actor_id = 77,
                                         .merchant_id = 78,
                                         .reward_id = 9,
                                         .redemption_id = 10001,
                                         .record_id = 20001,
                                         .at_us = T0,
                                         .started_us = T0 - DAY_US,
                                         .ended_us = T0 - 23 * HOUR_US,
                                         .utc_offset_minutes = CHINA};
    struct fact_row row = {.subject = &subject};

    (void)state;
    lay_years();
    for (size_t i = 0; all[i]; i++) {
        struct fact_request request = {
            .rows = &row, .count = 1, .wanted = on_path(all[i]), .arena = arena};

        if (request.wanted != 0)
            reads_at_most(all[i], &request, 95); /* 90 days are the longest window */
    }
    struct fact_request hour = {.rows = &row, .count = 1, .wanted = 1, .arena = arena};
    reads_at_most(&market_merchant_facts, &hour, 1);
    reads_at_most(&market_actor_facts, &hour, 1);
    reads_at_most(&service_actor_facts, &hour, 1);
}

/* From 1,000 on a list of keys would be a table to join, and its times no bounds. */
static void nor_do_many_at_once(void **state)
{
    enum { MANY = 1200, OF_EACH = 10 };
    struct fact_subject *subjects = arena_take(arena, MANY * sizeof *subjects);
    struct fact_row *rows = arena_take(arena, MANY * sizeof *rows);

    (void)state;
    RUN("INSERT INTO records (record_id, activity_id, member_id, state, grade, started_us,"
        " ended_us, minutes, points, reviewed_by, reviewed_us, note)"
        " SELECT 30000 + seq, 30000 + seq, 2000 + seq %% %d, 3, 3, 0, 0, 60, 100, 79, 1, ''"
        " FROM seq_1_to_%d",
        MANY, MANY * OF_EACH);
    for (size_t i = 0; i < MANY; i++) {
        subjects[i] = (struct fact_subject){.member_id = 2000 + i, .actor_id = 79, .at_us = T0};
        rows[i].subject = &subjects[i];
    }
    struct fact_request request = {.rows = rows, .count = MANY, .wanted = 1, .arena = arena};
    reads_at_most(&service_pair_facts, &request, MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fact_says_what_it_is),
        cmocka_unit_test(assessments_cannot_know_redemptions_wishes_or_tickets),
        cmocka_unit_test(the_nearest_names_come_first),
        cmocka_unit_test(a_members_redemptions_count_as_of_then),
        cmocka_unit_test(a_confirmation_knows_its_clerk_shop_and_lots),
        cmocka_unit_test(a_record_knows_its_neighbours),
        cmocka_unit_test(an_account_has_an_age),
        cmocka_unit_test(points_are_known_now_and_not_of_the_past),
        cmocka_unit_test(a_period_has_activities_and_a_registration),
        cmocka_unit_test(a_unit_has_active_members),
        cmocka_unit_test(wishes_share_rows_and_each_gets_its_own),
        cmocka_unit_test(what_fails_tells_nothing),
        cmocka_unit_test(nothing_on_the_path_reads_more_than_its_window),
        cmocka_unit_test(nor_do_many_at_once),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
