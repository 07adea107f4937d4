/* Sign-in by password and by phone, sessions, and limits on guessing, in a real database. */
#include "people_world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "people/accounts.h"
#include "people/code_sender.h"
#include "people/sign_in.h"
#include "people/throttle.h"

static const struct sign_in_options options = {
    .failures = 5,
    .failures_per_network = 1000,
    .failures_per_login = 8,
    .code_pause_us = MINUTE_US,
    .codes_per_phone = 10,
    .codes_per_network = 1000,
};

/* --- a sender that remembers --- */

static char sent_code[CODE_DIGITS + 1];
static enum code_sent next_sent = CODE_SENT;

static enum code_sent remember_code(const struct sms_options *sms, const struct phone *phone,
                                    const char *code, struct error *failed)
{
    (void)sms, (void)phone, (void)failed;
    snprintf(sent_code, sizeof(sent_code), "%s", code);
    return next_sent;
}

static const struct code_sender remembering = {.name = "test", .send = remember_code};

/* Everything a minute later each time, unless a test is about time. */
static struct sign_in sign_in_from(const char *client, int64_t now_us)
{
    return (struct sign_in){.options = &options,
                            .sender = &remembering,
                            .keyring = ring,
                            .ids = &ids,
                            .client = client,
                            .now_us = now_us};
}

static uint64_t make_staff(const char *login)
{
    struct new_staff staff = {.role = ROLE_ADMINISTRATOR,
                              .login = text_of(login),
                              .password = TEXT("correct horse"),
                              .display_name = TEXT("林管理")};
    uint64_t id = 0;

    must(account_create_staff(db, &ids, &staff, NOW_US, &id, &error) == PEOPLE_DONE);
    return id;
}

static enum sign_in_answer try_password(const char *login, const char *password, const char *client,
                                        int64_t now_us, struct signed_in *out)
{
    struct sign_in sign_in = sign_in_from(client, now_us);

    sign_in_staff(&sign_in, db, text_of(login), text_of(password), out);
    if (out->answer == SIGN_IN_BROKEN)
        fail_msg("%s: %s", out->error.code, out->error.detail);
    return out->answer;
}

static struct phone phone_of(const char *text)
{
    struct phone phone;

    assert_true(phone_parse(text_of(text), &phone));
    return phone;
}

static enum sign_in_answer ask_code(const char *number, const char *client, int64_t now_us,
                                    struct signed_in *out)
{
    struct sign_in sign_in = sign_in_from(client, now_us);
    struct phone phone = phone_of(number);

    sign_in_send_code(&sign_in, db, &phone, out);
    return out->answer;
}

static enum sign_in_answer try_code(const char *number, const char *code, const char *client,
                                    int64_t now_us, struct signed_in *out)
{
    struct sign_in sign_in = sign_in_from(client, now_us);
    struct phone phone = phone_of(number);

    sign_in_phone(&sign_in, db, &phone, text_of(code), out);
    if (out->answer == SIGN_IN_BROKEN)
        fail_msg("%s: %s", out->error.code, out->error.detail);
    return out->answer;
}

static enum sign_in_answer register_member(const char *token, uint64_t unit_id, int64_t now_us,
                                           struct signed_in *out)
{
    struct sign_in sign_in = sign_in_from("203.0.113.1", now_us);
    struct registration registration = {
        .token = text_of(token), .name = TEXT("刘大海"), .unit_id = unit_id};

    sign_in_register(&sign_in, db, &registration, out);
    return out->answer;
}

/* --- staff --- */

static void the_right_password_opens_a_session(void **state)
{
    (void)state;
    struct signed_in out;
    struct who who;
    uint64_t id = make_staff("admin");

    assert_int_equal(try_password("Admin", "correct horse", "198.51.100.1", NOW_US, &out),
                     SIGN_IN_DONE);
    assert_int_equal(access_token_read(ring, text_of(out.session.access), NOW_US, &who),
                     TOKEN_GOOD);
    assert_int_equal(who.account_id, id);
    assert_int_equal(who.role, ROLE_ADMINISTRATOR);
    assert_int_equal(try_password("admin", "wrong horse", "198.51.100.1", NOW_US, &out),
                     SIGN_IN_WRONG);
    assert_int_equal(try_password("admin", "", "198.51.100.1", NOW_US, &out), SIGN_IN_WRONG);
    assert_int_equal(try_password("ad min", "correct horse", "198.51.100.1", NOW_US, &out),
                     SIGN_IN_WRONG);
}

/* A missing login must run the same argon2id: were `nobody` malformed, it would return at once. */
static void an_unknown_login_takes_as_long_as_a_wrong_password(void **state)
{
    (void)state;
    struct signed_in out;
    int64_t started_us, known_us, unknown_us;

    make_staff("timed");
    started_us = clock_monotonic_us();
    assert_int_equal(try_password("timed", "wrong", "198.51.100.2", NOW_US, &out), SIGN_IN_WRONG);
    known_us = clock_monotonic_us() - started_us;
    started_us = clock_monotonic_us();
    assert_int_equal(try_password("nobody.here", "wrong", "198.51.100.2", NOW_US, &out),
                     SIGN_IN_WRONG);
    unknown_us = clock_monotonic_us() - started_us;
    assert_true(unknown_us > known_us / 4);
}

static void guessing_is_stopped_where_it_comes_from_and_only_there(void **state)
{
    (void)state;
    struct signed_in out;

    make_staff("target");
    for (int i = 0; i < 5; i++)
        assert_int_equal(try_password("target", "guess", "198.51.100.66", NOW_US, &out),
                         SIGN_IN_WRONG);
    assert_int_equal(try_password("target", "correct horse", "198.51.100.67", NOW_US, &out),
                     SIGN_IN_TOO_MANY); /* the same /24 */
    assert_true(out.wait_us > 0 && out.wait_us <= 30 * SECOND_US);
    assert_int_equal(try_password("target", "correct horse", "203.0.113.5", NOW_US, &out),
                     SIGN_IN_DONE);
    assert_int_equal(
        try_password("target", "correct horse", "198.51.100.66", NOW_US + 30 * SECOND_US, &out),
        SIGN_IN_DONE);
}

static void many_networks_slow_a_login_down_but_not_where_it_is_known(void **state)
{
    (void)state;
    struct signed_in out;
    char client[32];

    make_staff("famous");
    assert_int_equal(try_password("famous", "correct horse", "203.0.113.5", NOW_US, &out),
                     SIGN_IN_DONE);
    for (int i = 0; i < 8; i++) {
        snprintf(client, sizeof(client), "10.0.%d.1", i);
        assert_int_equal(try_password("famous", "guess", client, NOW_US, &out), SIGN_IN_WRONG);
    }
    assert_int_equal(try_password("famous", "guess", "10.0.99.1", NOW_US, &out), SIGN_IN_TOO_MANY);
    assert_int_equal(try_password("famous", "correct horse", "203.0.113.9", NOW_US, &out),
                     SIGN_IN_DONE);
}

struct guess {
    const char *client;
    enum sign_in_answer answer;
};

static void *guess_once(void *context)
{
    struct guess *guess = context;
    struct db *own = db_new(&database.options);
    struct sign_in_options patient = options;
    struct sign_in sign_in = sign_in_from(guess->client, NOW_US);
    struct signed_in out;

    patient.passwords_at_once = 100;
    sign_in.options = &patient;
    sign_in_staff(&sign_in, own, TEXT("parallel"), TEXT("guess"), &out);
    guess->answer = out.answer;
    db_free(own);
    return NULL;
}

static void parallel_guesses_are_counted_one_by_one(void **state)
{
    (void)state;
    enum { GUESSES = 12 };
    struct guess guesses[GUESSES];
    pthread_t threads[GUESSES];
    int wrong = 0;

    make_staff("parallel");
    for (int i = 0; i < GUESSES; i++) {
        guesses[i] = (struct guess){.client = "192.0.2.44"};
        assert_int_equal(pthread_create(&threads[i], NULL, guess_once, &guesses[i]), 0);
    }
    for (int i = 0; i < GUESSES; i++) {
        pthread_join(threads[i], NULL);
        wrong += guesses[i].answer == SIGN_IN_WRONG;
        assert_true(guesses[i].answer == SIGN_IN_WRONG || guesses[i].answer == SIGN_IN_TOO_MANY);
    }
    assert_int_equal(wrong, 5);
}

static void a_suspended_account_signs_in_no_more_until_it_is_given_a_password(void **state)
{
    (void)state;
    struct signed_in out;
    uint64_t id = make_staff("leaver");
    struct revoke revoke = {.account_id = id, .suspend = true};

    assert_int_equal(account_revoke(db, &revoke, NOW_US, &error), PEOPLE_DONE);
    assert_int_equal(try_password("leaver", "correct horse", "192.0.2.1", NOW_US, &out),
                     SIGN_IN_WRONG);
    assert_int_equal(
        account_set_password(db, TEXT("leaver"), TEXT("another horse"), 0, NOW_US, &error),
        PEOPLE_DONE);
    assert_int_equal(try_password("leaver", "another horse", "192.0.2.1", NOW_US, &out),
                     SIGN_IN_DONE);
    assert_int_equal(out.session.who.epoch, 2);
}

/* --- sessions --- */

static void a_refresh_token_is_good_once_and_its_reuse_ends_the_family(void **state)
{
    (void)state;
    struct session first, second, third, other;
    uint64_t id = make_staff("refresher");

    assert_int_equal(session_open(db, ring, id, NOW_US, &first, &error), PEOPLE_DONE);
    assert_int_equal(session_open(db, ring, id, NOW_US, &other, &error), PEOPLE_DONE);
    assert_int_equal(session_refresh(db, ring, text_of(first.refresh), NOW_US, &second, &error),
                     PEOPLE_DONE);
    assert_int_equal(second.who.account_id, id);
    assert_int_equal(session_refresh(db, ring, text_of(first.refresh), NOW_US, &third, &error),
                     PEOPLE_NOT_FOUND);
    assert_int_equal(session_refresh(db, ring, text_of(second.refresh), NOW_US, &third, &error),
                     PEOPLE_NOT_FOUND); /* ended with its family */
    assert_int_equal(session_refresh(db, ring, text_of(other.refresh),
                                     NOW_US + REFRESH_TOKEN_LIFETIME_US - 1, &third, &error),
                     PEOPLE_DONE); /* another device's */
    assert_int_equal(session_refresh(db, ring, text_of(third.refresh),
                                     NOW_US + 2 * REFRESH_TOKEN_LIFETIME_US, &second, &error),
                     PEOPLE_NOT_FOUND);
    assert_int_equal(session_refresh(db, ring, TEXT("nonsense"), NOW_US, &third, &error),
                     PEOPLE_NOT_FOUND);
}

static void sign_out_and_revocation_end_refreshing(void **state)
{
    (void)state;
    struct session session, next;
    uint64_t id = make_staff("signer.out");
    struct revoke revoke = {.account_id = id};

    assert_int_equal(session_open(db, ring, id, NOW_US, &session, &error), PEOPLE_DONE);
    must(session_close(db, id + 1, text_of(session.refresh), &error)); /* not theirs: ignored */
    assert_int_equal(session_refresh(db, ring, text_of(session.refresh), NOW_US, &next, &error),
                     PEOPLE_DONE);
    must(session_close(db, id, text_of(next.refresh), &error));
    assert_int_equal(session_refresh(db, ring, text_of(next.refresh), NOW_US, &session, &error),
                     PEOPLE_NOT_FOUND);
    assert_int_equal(session_open(db, ring, id, NOW_US, &session, &error), PEOPLE_DONE);
    assert_int_equal(account_revoke(db, &revoke, NOW_US, &error), PEOPLE_DONE);
    assert_int_equal(session_refresh(db, ring, text_of(session.refresh), NOW_US, &next, &error),
                     PEOPLE_NOT_FOUND);
}

/* --- members --- */

static void a_new_phone_registers_and_a_known_one_signs_in(void **state)
{
    (void)state;
    struct signed_in out, again;

    assert_int_equal(ask_code("13800000001", "203.0.113.1", NOW_US, &out), SIGN_IN_DONE);
    assert_int_equal(strlen(sent_code), CODE_DIGITS);
    assert_int_equal(try_code("13800000001", sent_code, "203.0.113.1", NOW_US, &out),
                     SIGN_IN_REGISTER);
    assert_int_equal(register_member(out.registration, 999, NOW_US, &again), SIGN_IN_NO_UNIT);
    assert_int_equal(register_member(out.registration, village, NOW_US, &again), SIGN_IN_DONE);
    uint64_t id = again.session.who.account_id;
    assert_int_equal(again.session.who.role, ROLE_MEMBER);
    assert_int_equal(again.session.who.person_id, id);
    assert_int_equal(register_member(out.registration, village, NOW_US, &again), SIGN_IN_DONE);
    assert_int_equal(again.session.who.account_id, id); /* the lost answer, asked for again */
    assert_int_equal(
        register_member(out.registration, village, NOW_US + REGISTRATION_TOKEN_LIFETIME_US, &again),
        SIGN_IN_WRONG);

    assert_int_equal(ask_code("13800000001", "203.0.113.1", NOW_US + MINUTE_US, &out),
                     SIGN_IN_DONE);
    assert_int_equal(try_code("13800000001", sent_code, "203.0.113.1", NOW_US + MINUTE_US, &out),
                     SIGN_IN_DONE);
    assert_int_equal(out.session.who.account_id, id);
}

static void a_code_is_good_once_and_for_five_minutes(void **state)
{
    (void)state;
    struct signed_in out;

    assert_int_equal(ask_code("13800000002", "203.0.113.1", NOW_US, &out), SIGN_IN_DONE);
    assert_int_equal(try_code("13800000003", sent_code, "203.0.113.1", NOW_US, &out),
                     SIGN_IN_WRONG); /* another's phone */
    assert_int_equal(try_code("13800000002", sent_code, "203.0.113.1", NOW_US, &out),
                     SIGN_IN_REGISTER);
    assert_int_equal(try_code("13800000002", sent_code, "203.0.113.1", NOW_US, &out),
                     SIGN_IN_WRONG);
    assert_int_equal(try_code("13800000002", "12345", "203.0.113.1", NOW_US, &out), SIGN_IN_WRONG);
    assert_int_equal(try_code("13800000002", "12345x", "203.0.113.1", NOW_US, &out), SIGN_IN_WRONG);
    assert_int_equal(ask_code("13800000010", "203.0.113.1", NOW_US, &out), SIGN_IN_DONE);
    assert_int_equal(
        try_code("13800000010", sent_code, "203.0.113.1", NOW_US + CODE_LIFETIME_US, &out),
        SIGN_IN_WRONG);
}

static const char *another_code(void)
{
    static char wrong[CODE_DIGITS + 1];

    snprintf(wrong, sizeof(wrong), "%s", sent_code);
    wrong[0] = wrong[0] == '9' ? '0' : (char)(wrong[0] + 1);
    return wrong;
}

static void five_wrong_codes_end_the_tries_of_that_network_alone(void **state)
{
    (void)state;
    struct signed_in out;

    assert_int_equal(ask_code("13800000004", "203.0.113.1", NOW_US, &out), SIGN_IN_DONE);
    for (int i = 0; i < 5; i++)
        assert_int_equal(try_code("13800000004", another_code(), "198.51.100.9", NOW_US, &out),
                         SIGN_IN_WRONG);
    assert_int_equal(try_code("13800000004", sent_code, "198.51.100.9", NOW_US, &out),
                     SIGN_IN_TOO_MANY);
    assert_int_equal(try_code("13800000004", sent_code, "203.0.113.1", NOW_US, &out),
                     SIGN_IN_REGISTER);
}

static void a_code_is_tried_so_often_and_no_more(void **state)
{
    (void)state;
    struct signed_in out;
    char client[32];

    assert_int_equal(ask_code("13800000005", "203.0.113.1", NOW_US, &out), SIGN_IN_DONE);
    for (int i = 0; i < 25; i++) {
        snprintf(client, sizeof(client), "10.1.%d.1", i);
        assert_int_equal(try_code("13800000005", another_code(), client, NOW_US, &out),
                         SIGN_IN_WRONG);
    }
    assert_int_equal(try_code("13800000005", sent_code, "203.0.113.1", NOW_US, &out),
                     SIGN_IN_WRONG);
}

static void codes_are_sent_with_pauses_and_so_many_a_day(void **state)
{
    (void)state;
    struct signed_in out;
    int64_t at_us = NOW_US;

    assert_int_equal(ask_code("13800000006", "203.0.113.1", at_us, &out), SIGN_IN_DONE);
    assert_int_equal(ask_code("13800000006", "198.51.100.1", at_us + 1, &out), SIGN_IN_TOO_MANY);
    assert_true(out.wait_us > 0 && out.wait_us <= MINUTE_US);
    for (int i = 1; i < 10; i++)
        assert_int_equal(ask_code("13800000006", "203.0.113.1", at_us += MINUTE_US, &out),
                         SIGN_IN_DONE);
    assert_int_equal(ask_code("13800000006", "203.0.113.1", at_us += MINUTE_US, &out),
                     SIGN_IN_TOO_MANY);
    assert_true(out.wait_us > HOUR_US);
}

static void strangers_cannot_use_up_a_members_codes(void **state)
{
    (void)state;
    struct signed_in out;
    int64_t at_us = NOW_US;
    char client[32];

    assert_int_equal(ask_code("13800000007", "203.0.113.1", at_us, &out), SIGN_IN_DONE);
    assert_int_equal(try_code("13800000007", sent_code, "203.0.113.1", at_us, &out),
                     SIGN_IN_REGISTER);
    for (int i = 0; i < 12; i++) {
        snprintf(client, sizeof(client), "10.2.%d.1", i);
        ask_code("13800000007", client, at_us += MINUTE_US, &out);
    }
    assert_int_equal(out.answer, SIGN_IN_TOO_MANY);
    assert_int_equal(ask_code("13800000007", "203.0.113.1", at_us, &out), SIGN_IN_DONE);
}

static void a_code_that_was_not_sent_costs_no_pause(void **state)
{
    (void)state;
    struct signed_in out;

    next_sent = CODE_NOT_NOW;
    assert_int_equal(ask_code("13800000008", "203.0.113.1", NOW_US, &out), SIGN_IN_BUSY);
    next_sent = CODE_SENT;
    assert_int_equal(ask_code("13800000008", "203.0.113.1", NOW_US, &out), SIGN_IN_DONE);
}

/* --- the HTTP sender against a gateway of one answer --- */

struct gateway {
    int listener;
    uint16_t port;
    const char *answer;
    char request[2048];
    pthread_t thread;
};

static void *serve_once(void *context)
{
    struct gateway *gateway = context;
    int client = accept(gateway->listener, NULL, NULL);
    size_t length = 0;

    while (length < sizeof(gateway->request) - 1 && !strstr(gateway->request, "042137")) {
        ssize_t got =
            read(client, gateway->request + length, sizeof(gateway->request) - 1 - length);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    assert_true(write(client, gateway->answer, strlen(gateway->answer)) > 0);
    close(client);
    return NULL;
}

static void gateway_start(struct gateway *gateway, const char *answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);

    *gateway = (struct gateway){.answer = answer};
    gateway->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(gateway->listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(gateway->listener, 1), 0);
    assert_int_equal(getsockname(gateway->listener, (struct sockaddr *)&address, &length), 0);
    gateway->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&gateway->thread, NULL, serve_once, gateway), 0);
}

static enum code_sent send_through(struct gateway *gateway, const char *answer)
{
    char url[64], header[] = "X-Secret: 7", success[] = "\"OK\"";
    char body[] = "{\"to\":\"{phone}\",\"c\":\"{code}\"}";
    struct sms_options sms = {.sender = 1,
                              .url = url,
                              .header = header,
                              .body = body,
                              .success = success,
                              .timeout_us = 5 * SECOND_US,
                              .at_once = 1};
    struct phone phone = phone_of("13800000009");

    gateway_start(gateway, answer);
    snprintf(url, sizeof(url), "http://127.0.0.1:%u/send", gateway->port);
    const struct code_sender *sender = code_sender_choose(&sms, &error);
    must(sender != NULL);
    enum code_sent sent = sender->send(&sms, &phone, "042137", &error);
    pthread_join(gateway->thread, NULL);
    close(gateway->listener);
    return sent;
}

static void the_gateway_gets_the_code_and_its_refusal_is_seen(void **state)
{
    (void)state;
    struct gateway gateway;

    assert_int_equal(send_through(&gateway, "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n"
                                            "{\"code\":\"OK\"}"),
                     CODE_SENT);
    assert_non_null(strstr(gateway.request, "POST /send HTTP/1.1"));
    assert_non_null(strstr(gateway.request, "X-Secret: 7"));
    assert_non_null(strstr(gateway.request, "{\"to\":\"+8613800000009\",\"c\":\"042137\"}"));
    assert_int_equal(send_through(&gateway, "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n"
                                            "{\"code\":\"FULL\"}"),
                     CODE_FAILED);
    assert_int_equal(send_through(&gateway, "HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\n"
                                            "Content-Length: 0\r\n\r\n"),
                     CODE_FAILED);
}

static void what_has_expired_is_pruned(void **state)
{
    (void)state;
    must(people_prune(db, NOW_US + 365 * DAY_US, 10000, &error));
    assert_int_equal(count_rows("SELECT (SELECT COUNT(*) FROM refresh_tokens)"
                                " + (SELECT COUNT(*) FROM sign_in_codes)"
                                " + (SELECT COUNT(*) FROM sign_in_attempts)"
                                " + (SELECT COUNT(*) FROM revocations)"),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_password_opens_a_session),
        cmocka_unit_test(an_unknown_login_takes_as_long_as_a_wrong_password),
        cmocka_unit_test(guessing_is_stopped_where_it_comes_from_and_only_there),
        cmocka_unit_test(many_networks_slow_a_login_down_but_not_where_it_is_known),
        cmocka_unit_test(parallel_guesses_are_counted_one_by_one),
        cmocka_unit_test(a_suspended_account_signs_in_no_more_until_it_is_given_a_password),
        cmocka_unit_test(a_refresh_token_is_good_once_and_its_reuse_ends_the_family),
        cmocka_unit_test(sign_out_and_revocation_end_refreshing),
        cmocka_unit_test(a_new_phone_registers_and_a_known_one_signs_in),
        cmocka_unit_test(a_code_is_good_once_and_for_five_minutes),
        cmocka_unit_test(five_wrong_codes_end_the_tries_of_that_network_alone),
        cmocka_unit_test(a_code_is_tried_so_often_and_no_more),
        cmocka_unit_test(codes_are_sent_with_pauses_and_so_many_a_day),
        cmocka_unit_test(strangers_cannot_use_up_a_members_codes),
        cmocka_unit_test(a_code_that_was_not_sent_costs_no_pause),
        cmocka_unit_test(the_gateway_gets_the_code_and_its_refusal_is_seen),
        cmocka_unit_test(what_has_expired_is_pruned),
    };

    return cmocka_run_group_tests(tests, world_start, world_stop);
}
