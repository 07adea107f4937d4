/* Keys, units, accounts, members, the audit trail: people's rows in a real database. */
#include "people_world.h"

#include <pthread.h>

#include "people/accounts.h"
#include "people/audit.h"
#include "people/epochs.h"
#include "people/members.h"
#include "people/revocations.h"
#include "people/who.h"

/* --- keys --- */

static struct db *new_connection(void)
{
    return db_new(&database.options);
}

static void *load_ring(void *context)
{
    struct db *own = new_connection();
    struct error failed = {0};

    *(struct keyring **)context = keyring_load(own, &key_options, database.state_dir, &failed);
    db_free(own);
    return NULL;
}

static void forget_keys(void)
{
    char path[128];

    assert_true(db_run(db, &error, "DELETE FROM `keys`") >= 0);
    snprintf(path, sizeof(path), "%s/master.key", database.state_dir);
    unlink(path);
}

static void servers_that_start_together_have_the_same_keys(void **state)
{
    (void)state;
    enum { SERVERS = 6 };
    struct keyring *rings[SERVERS];
    pthread_t threads[SERVERS];

    keyring_free(ring);
    forget_keys();
    for (int i = 0; i < SERVERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_ring, &rings[i]), 0);
    for (int i = 0; i < SERVERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < SERVERS; i++) {
        assert_non_null(rings[i]);
        for (int purpose = 1; purpose < KEY_PURPOSES; purpose++)
            assert_memory_equal(keyring_current(rings[i], (enum key_purpose)purpose)->secret,
                                keyring_current(rings[0], (enum key_purpose)purpose)->secret, 32);
    }
    assert_int_equal(count_rows("SELECT COUNT(*) FROM `keys`"), KEY_PURPOSES - 1);
    for (int i = 1; i < SERVERS; i++)
        keyring_free(rings[i]);
    ring = rings[0];
}

static void a_rotated_key_is_current_and_the_old_one_stays(void **state)
{
    (void)state;
    struct key old = *keyring_current(ring, KEY_TOKEN);

    must(keyring_rotate(db, ring, KEY_TOKEN, &error));
    keyring_free(ring);
    ring = keyring_load(db, &key_options, database.state_dir, &error);
    must(ring != NULL);
    assert_int_not_equal(keyring_current(ring, KEY_TOKEN)->id, old.id);
    assert_memory_equal(keyring_find(ring, old.id)->secret, old.secret, 32);
    assert_null(keyring_find(ring, 0xfffff));
    assert_false(keyring_rotate(db, ring, KEY_INDEX, &error));
}

static void a_key_rotated_elsewhere_is_learnt_and_not_used(void **state)
{
    (void)state;
    const struct key *used = keyring_current(ring, KEY_VOUCHER);

    must(keyring_learn(ring, db, &error)); /* nothing new */
    assert_ptr_equal(keyring_current(ring, KEY_VOUCHER), used);
    must(keyring_rotate(db, ring, KEY_VOUCHER, &error));
    assert_null(keyring_find(ring, used->id + 1));
    must(keyring_learn(ring, db, &error));
    assert_non_null(keyring_find(ring, used->id + 1));
    assert_int_equal(keyring_current(ring, KEY_VOUCHER)->id, used->id);
    assert_memory_equal(keyring_find(ring, used->id)->secret, used->secret, 32);
}

static struct keyring *load_with(const char *master_file, const char *state_dir)
{
    struct keyring_options options = {.master_file = (char *)(uintptr_t)master_file};

    error = (struct error){0};
    return keyring_load(db, &options, state_dir, &error);
}

static void a_master_key_that_is_missing_public_or_another_is_refused(void **state)
{
    (void)state;
    char path[160], empty[128];

    snprintf(empty, sizeof(empty), "%s/other", database.state_dir);
    assert_int_equal(mkdir(empty, 0700), 0);
    assert_null(load_with("", empty)); /* the keys in the database were sealed by another */
    assert_string_equal(error.code, "keys.master");
    snprintf(path, sizeof(path), "%s/master.key", empty);
    assert_int_not_equal(access(path, F_OK), 0);

    must(keyring_make_master(path, &error));
    assert_false(keyring_make_master(path, &error)); /* never replaced */
    assert_null(load_with(path, NULL));
    assert_string_equal(error.code, "keys.sealed");

    /* Nor does it seal a purpose that is new: the right one could not open that. */
    assert_int_equal(db_run(db, &error, "DELETE FROM `keys` WHERE purpose = ?", DB_INT(KEY_CHAIN)),
                     1);
    assert_null(load_with(path, NULL));
    assert_int_equal(count_rows("SELECT COUNT(*) FROM `keys` WHERE purpose = 2"), 0);
    keyring_free(ring);
    ring = load_with("", database.state_dir);
    must(ring != NULL);

    snprintf(path, sizeof(path), "%s/master.key", database.state_dir);
    chmod(path, 0640);
    assert_null(load_with("", database.state_dir));
    assert_string_equal(error.code, "keys.master");
    chmod(path, 0600);

    assert_null(load_with("", NULL)); /* a database of one's own: the file must be named */
    struct keyring *named = load_with(path, NULL);
    must(named != NULL);
    keyring_free(named);
}

/* --- units --- */

static void the_tree_knows_what_is_below_what(void **state)
{
    (void)state;
    uint64_t other = make_unit(street, "community", "湖景社区");
    uint64_t grid = make_unit(village, "grid", "第一网格");
    struct unit unit;

    assert_true(unit_contains(db, street, grid));
    assert_true(unit_contains(db, village, grid));
    assert_true(unit_contains(db, grid, grid));
    assert_true(unit_contains(db, 0, grid));
    assert_false(unit_contains(db, other, grid));
    assert_false(unit_contains(db, grid, village));
    assert_false(unit_contains(db, 0, 999));
    assert_int_equal(unit_find(db, grid, arena, &unit, &error), FIND_FOUND);
    assert_string_equal(unit.name, "第一网格");
    assert_int_equal(unit.parent_id, village);
    assert_int_equal(unit_find(db, 999, arena, &unit, &error), FIND_NOTHING);
}

static void units_are_listed_by_pages_within_a_subtree(void **state)
{
    (void)state;
    struct unit_query query = {.under = make_unit(0, "district", "禅城区"), .limit = 2};
    struct unit *units;
    size_t count, seen = 0;
    uint64_t next;

    for (int i = 0; i < 4; i++)
        make_unit(query.under, "street", "街道");
    do {
        must(unit_list(db, &query, arena, &units, &count, &next, &error));
        seen += count;
        query.after_id = next;
    } while (next != 0);
    assert_int_equal(seen, 5); /* itself and four */
}

static void a_unit_needs_its_parent_and_the_tree_has_an_end(void **state)
{
    (void)state;
    struct new_unit orphan = {.parent_id = 999, .kind = TEXT("grid"), .name = TEXT("x")};
    uint64_t id, parent = 0;

    assert_int_equal(unit_create(db, &ids, &orphan, NOW_US, &id, &error), PEOPLE_NO_UNIT);
    for (int i = 0; i < UNIT_LEVELS_MOST; i++)
        parent = make_unit(parent, "level", "层");
    orphan.parent_id = parent;
    assert_int_equal(unit_create(db, &ids, &orphan, NOW_US, &id, &error), PEOPLE_TOO_DEEP);
}

/* --- members --- */

static int wallets_made;
static bool wallet_fails;

static bool count_wallet(struct db *connection, const uint64_t *member_ids, size_t count,
                         struct error *failed)
{
    (void)connection;
    assert_int_not_equal(member_ids[0], 0);
    wallets_made += (int)count;
    return !wallet_fails || error_set(failed, "test", "no wallet");
}

static struct new_member wanted_member(const char *name, const char *phone)
{
    struct new_member wanted = {.name = text_of(name), .unit_id = village, .consented_us = NOW_US};

    if (phone[0] != '\0')
        assert_true(phone_parse(text_of(phone), &wanted.phone));
    return wanted;
}

static uint64_t make_member(const char *name, const char *phone)
{
    struct new_member wanted = wanted_member(name, phone);
    uint64_t id = 0;

    must(member_create(db, ring, &ids, &wanted, NOW_US, &id, &error) == PEOPLE_DONE);
    return id;
}

static void a_member_is_sealed_in_the_database_and_whole_to_us(void **state)
{
    (void)state;
    struct member member;
    uint64_t found;
    struct phone phone;
    uint64_t id = make_member("王小明", "13900000001");

    assert_int_equal(member_find(db, ring, id, arena, &member, &error), FIND_FOUND);
    assert_string_equal(member.name, "王小明");
    assert_string_equal(member.phone.text, "+8613900000001");
    assert_int_equal(member.unit_id, village);
    assert_true(member.active);
    assert_true(phone_parse(TEXT("139 0000 0001"), &phone));
    assert_int_equal(member_find_by_phone(db, ring, &phone, &found, &error), FIND_FOUND);
    assert_int_equal(found, id);
    assert_int_equal(count_rows("SELECT COUNT(*) FROM members WHERE INSTR(name, '王') > 0"
                                " OR INSTR(phone, '139') > 0"),
                     0);
}

static void a_phone_is_one_members_and_a_failed_wallet_undoes_all(void **state)
{
    (void)state;
    struct new_member wanted = wanted_member("李四", "13900000002");
    uint64_t first = make_member("张三", "13900000002"), id = 0;
    int64_t before = count_rows("SELECT COUNT(*) FROM members");

    assert_int_equal(member_create(db, ring, &ids, &wanted, NOW_US, &id, &error),
                     PEOPLE_PHONE_TAKEN);
    assert_int_equal(id, first);
    wanted = wanted_member("李四", "13900000003");
    wallet_fails = true;
    assert_int_equal(member_create(db, ring, &ids, &wanted, NOW_US, &id, &error), PEOPLE_BROKEN);
    wallet_fails = false;
    wanted.unit_id = 999;
    assert_int_equal(member_create(db, ring, &ids, &wanted, NOW_US, &id, &error), PEOPLE_NO_UNIT);
    assert_int_equal(count_rows("SELECT COUNT(*) FROM members"), before);
    assert_int_equal(count_rows("SELECT COUNT(*) FROM accounts a LEFT JOIN members m"
                                " ON m.member_id = a.account_id WHERE a.role = 1"
                                " AND m.member_id IS NULL"),
                     0);
}

static void an_erased_key_erases_the_person(void **state)
{
    (void)state;
    uint64_t id = make_member("赵六", "");
    struct member member;

    assert_int_equal(member_find(db, ring, id, arena, &member, &error), FIND_FOUND);
    assert_string_equal(member.phone.text, "");
    assert_int_equal(
        db_run(db, &error, "UPDATE members SET personal_key = '' WHERE member_id = ?", DB_ID(id)),
        1);
    assert_int_equal(member_find(db, ring, id, arena, &member, &error), FIND_FOUND);
    assert_null(member.name);
}

static void members_are_listed_within_a_subtree_and_named_in_one_go(void **state)
{
    (void)state;
    uint64_t far_away = make_unit(0, "district", "鼎湖区");
    struct new_member elsewhere = wanted_member("远方", "");
    struct member_query query = {.under = street, .limit = 3};
    uint64_t members[3] = {make_member("甲", ""), 0, make_member("乙", "")}, next, id;
    struct member *list;
    size_t count, seen = 0;
    char *names[3];

    elsewhere.unit_id = far_away;
    must(member_create(db, ring, &ids, &elsewhere, NOW_US, &id, &error) == PEOPLE_DONE);
    do {
        must(member_list(db, ring, &query, arena, &list, &count, &next, &error));
        for (size_t i = 0; i < count; i++)
            assert_int_equal(list[i].unit_id, village);
        seen += count;
        query.after_id = next;
    } while (next != 0);
    assert_int_equal(seen, count_rows("SELECT COUNT(*) FROM members") - 1);
    must(member_names(db, ring, members, 3, arena, names, &error));
    assert_string_equal(names[0], "甲");
    assert_null(names[1]);
    assert_string_equal(names[2], "乙");
}

/* --- staff --- */

static struct new_staff wanted_staff(const char *login)
{
    return (struct new_staff){.role = ROLE_COORDINATOR,
                              .scope_id = village,
                              .login = text_of(login),
                              .password = TEXT("correct horse"),
                              .display_name = TEXT("陈主任")};
}

static void staff_are_made_with_a_scope_that_fits_their_role(void **state)
{
    (void)state;
    struct new_staff staff = wanted_staff("Chen.Zhuren");
    struct staff found;
    uint64_t id, other;

    assert_int_equal(account_create_staff(db, &ids, &staff, NOW_US, &id, &error), PEOPLE_DONE);
    assert_int_equal(account_find_staff(db, id, arena, &found, &error), FIND_FOUND);
    assert_string_equal(found.login, "chen.zhuren");
    assert_string_equal(found.display_name, "陈主任");
    assert_int_equal(found.who.role, ROLE_COORDINATOR);
    assert_int_equal(found.who.scope_id, village);
    staff.login = TEXT("CHEN.ZHUREN");
    assert_int_equal(account_create_staff(db, &ids, &staff, NOW_US, &other, &error),
                     PEOPLE_LOGIN_TAKEN);
    staff.login = TEXT("chen zhuren");
    assert_int_equal(account_create_staff(db, &ids, &staff, NOW_US, &other, &error),
                     PEOPLE_BAD_LOGIN);
    staff = wanted_staff("chen2");
    staff.password = TEXT("1234567");
    assert_int_equal(account_create_staff(db, &ids, &staff, NOW_US, &other, &error),
                     PEOPLE_WEAK_PASSWORD);
    staff = wanted_staff("chen2");
    staff.scope_id = 999;
    assert_int_equal(account_create_staff(db, &ids, &staff, NOW_US, &other, &error),
                     PEOPLE_NO_UNIT);
    staff.role = ROLE_ADMINISTRATOR;
    assert_int_equal(account_create_staff(db, &ids, &staff, NOW_US, &other, &error),
                     PEOPLE_BAD_SCOPE);
    staff = wanted_staff("chen2");
    staff.person_id = 999;
    assert_int_equal(account_create_staff(db, &ids, &staff, NOW_US, &other, &error),
                     PEOPLE_NO_MEMBER);
}

static void staff_are_listed_by_role_and_scope(void **state)
{
    (void)state;
    struct new_staff clerk = wanted_staff("clerk-1");
    struct staff_query query = {.roles = ROLE_CLERK, .scope_id = 4242, .limit = 10};
    struct staff *list;
    size_t count;
    uint64_t id, next;

    clerk.role = ROLE_CLERK;
    clerk.scope_id = 4242;
    assert_int_equal(account_create_staff(db, &ids, &clerk, NOW_US, &id, &error), PEOPLE_DONE);
    must(account_list_staff(db, &query, arena, &list, &count, &next, &error));
    assert_int_equal(count, 1);
    assert_int_equal(list[0].who.account_id, id);
    assert_int_equal(next, 0);
}

static bool read_epoch(uint64_t id, uint32_t *epoch, bool *active)
{
    struct sql sql = {0};
    uint64_t wanted[] = {id, 999}, found = 0;
    bool any, more;

    epochs_select(&sql, wanted, 2);
    must(db_batch(db, &sql, &error));
    struct rows *rows = db_batch_next(db, &error);
    must(rows != NULL);
    any = epochs_next(rows, &found, epoch, active);
    more = any && epochs_next(rows, &(uint64_t){0}, &(uint32_t){0}, &(bool){false});
    must(rows_end(rows, &error));
    must(db_batch_end(db, &error));
    sql_free(&sql);
    assert_false(more);
    return any && found == id;
}

static void a_revoked_account_is_known_to_the_teller_and_to_the_loops(void **state)
{
    (void)state;
    struct new_staff staff = wanted_staff("revoked");
    struct revocations_cache *cache = revocations_start(&database.options, &error);
    struct who who = {.role = ROLE_COORDINATOR};
    uint32_t epoch;
    bool active;

    must(cache != NULL);
    assert_int_equal(
        account_create_staff(db, &ids, &staff, clock_now_us(), &who.account_id, &error),
        PEOPLE_DONE);
    assert_false(who_is_revoked(cache, &who));
    struct revoke revoke = {.account_id = who.account_id, .suspend = true, .why = TEXT("left")};
    assert_int_equal(account_revoke(db, &revoke, clock_now_us(), &error), PEOPLE_DONE);
    assert_true(read_epoch(who.account_id, &epoch, &active));
    assert_int_equal(epoch, 1);
    assert_false(active);
    for (int i = 0; i < 50 && !who_is_revoked(cache, &who); i++)
        usleep(100 * 1000);
    assert_true(who_is_revoked(cache, &who));
    who.epoch = epoch;
    assert_false(who_is_revoked(cache, &who)); /* tokens made afterwards */
    revocations_stop(cache);
    revoke.account_id = 999;
    assert_int_equal(account_revoke(db, &revoke, NOW_US, &error), PEOPLE_NOT_FOUND);
}

/* --- the audit trail --- */

static void privileged_actions_leave_their_entry(void **state)
{
    (void)state;
    struct new_staff staff = wanted_staff("audited");
    struct audit_query query = {.limit = 1};
    struct audit_entry *entries;
    size_t count;
    uint64_t next, id;

    staff.actor = 5;
    assert_int_equal(account_create_staff(db, &ids, &staff, NOW_US, &id, &error), PEOPLE_DONE);
    struct revoke revoke = {.account_id = id, .actor = 6, .why = TEXT("lost telephone")};
    assert_int_equal(account_revoke(db, &revoke, NOW_US, &error), PEOPLE_DONE);
    query.object_id = id;
    must(audit_list(db, &query, arena, &entries, &count, &next, &error));
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].audit.action, "account.revoke");
    assert_int_equal(entries[0].audit.actor, 6);
    assert_memory_equal(entries[0].audit.why.data, "lost telephone", 14);
    query.before_id = next;
    must(audit_list(db, &query, arena, &entries, &count, &next, &error));
    assert_int_equal(count, 1);
    assert_string_equal(entries[0].audit.action, "staff.create");
    assert_int_equal(next, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_that_start_together_have_the_same_keys),
        cmocka_unit_test(a_rotated_key_is_current_and_the_old_one_stays),
        cmocka_unit_test(a_key_rotated_elsewhere_is_learnt_and_not_used),
        cmocka_unit_test(a_master_key_that_is_missing_public_or_another_is_refused),
        cmocka_unit_test(the_tree_knows_what_is_below_what),
        cmocka_unit_test(units_are_listed_by_pages_within_a_subtree),
        cmocka_unit_test(a_unit_needs_its_parent_and_the_tree_has_an_end),
        cmocka_unit_test(a_member_is_sealed_in_the_database_and_whole_to_us),
        cmocka_unit_test(a_phone_is_one_members_and_a_failed_wallet_undoes_all),
        cmocka_unit_test(an_erased_key_erases_the_person),
        cmocka_unit_test(members_are_listed_within_a_subtree_and_named_in_one_go),
        cmocka_unit_test(staff_are_made_with_a_scope_that_fits_their_role),
        cmocka_unit_test(staff_are_listed_by_role_and_scope),
        cmocka_unit_test(a_revoked_account_is_known_to_the_teller_and_to_the_loops),
        cmocka_unit_test(privileged_actions_leave_their_entry),
    };

    people_on_member_created(count_wallet);
    return cmocka_run_group_tests(tests, world_start, world_stop);
}
