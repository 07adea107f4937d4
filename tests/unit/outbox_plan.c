/*
 * What follows from an answer, and from none: as a table. And how a call is signed, by an example
 * that any other program can compute.
 */
#include "unit.h"

#include <string.h>

#include "base/crypto.h"
#include "outbox/plan.h"
#include "outbox/sign.h"

#define EARLY 100
#define LATE  (10 * MINUTE_US)

static struct plan_state at(enum operation_kind kind, bool querying, bool sent, int64_t now_us)
{
    return (struct plan_state){.kind = kind,
                               .attempt = 1,
                               .querying = querying,
                               .sent = sent,
                               .now_us = now_us,
                               .deadline_us = LATE};
}

static void what_follows_from_an_outcome(void **state)
{
    static const struct {
        enum operation_kind kind;
        bool querying, sent;
        int64_t now_us;
        uint32_t outcome;
        enum plan_report report;
        bool then_query;
    } cases[] = {
        {OPERATION_RESERVE, false, true, EARLY, LINLI_DONE, REPORT_DONE, false},
        {OPERATION_RESERVE, true, true, LATE, LINLI_DONE, REPORT_DONE, false},
        {OPERATION_RESERVE, false, true, EARLY, LINLI_DECLINED, REPORT_DECLINED, false},
        /* Silence: what was sent is asked for, what was not is sent. */
        {OPERATION_RESERVE, false, true, EARLY, LINLI_UNKNOWN, REPORT_NONE, true},
        {OPERATION_RESERVE, false, false, EARLY, LINLI_UNKNOWN, REPORT_NONE, false},
        {OPERATION_RESERVE, true, true, EARLY, LINLI_UNKNOWN, REPORT_NONE, true},
        /* At the deadline one query is left; then a person. What was never sent goes back. */
        {OPERATION_RESERVE, false, true, LATE, LINLI_UNKNOWN, REPORT_NONE, true},
        {OPERATION_RESERVE, true, true, LATE, LINLI_UNKNOWN, REPORT_GIVE_UP, false},
        {OPERATION_RESERVE, false, false, LATE, LINLI_UNKNOWN, REPORT_ABSENT, false},
        {OPERATION_CONFIRM, false, false, LATE, LINLI_UNKNOWN, REPORT_GIVE_UP, false},
        /* Never heard of: sent again, or given back; `absent` answers a query only. */
        {OPERATION_RESERVE, true, true, EARLY, LINLI_ABSENT, REPORT_NONE, false},
        {OPERATION_RESERVE, true, true, LATE, LINLI_ABSENT, REPORT_ABSENT, false},
        {OPERATION_CANCEL, true, true, LATE, LINLI_ABSENT, REPORT_GIVE_UP, false},
        {OPERATION_RESERVE, false, true, EARLY, LINLI_ABSENT, REPORT_NONE, true},
        /* Later: of the operation that is a no for now, of a query it says nothing. */
        {OPERATION_RESERVE, false, true, EARLY, LINLI_RETRY, REPORT_NONE, false},
        {OPERATION_RESERVE, true, true, EARLY, LINLI_RETRY, REPORT_NONE, true},
        {OPERATION_RESERVE, true, true, LATE, LINLI_RETRY, REPORT_GIVE_UP, false},
        {OPERATION_RESERVE, false, true, LATE, LINLI_RETRY, REPORT_ABSENT, false},
        {OPERATION_RESERVE, false, true, EARLY, 99, REPORT_NONE, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct plan_state before =
            at(cases[i].kind, cases[i].querying, cases[i].sent, cases[i].now_us);
        struct plan_next next = plan_next(&before, cases[i].outcome, 5);

        if (next.report != cases[i].report || next.querying != cases[i].then_query)
            fail_msg("case %zu: report %d, query %d", i, next.report, next.querying);
        if (next.report == REPORT_NONE)
            assert_true(next.due_us > before.now_us);
    }
}

static void how_an_attempt_begins(void **state)
{
    struct plan_state early = at(OPERATION_RESERVE, false, false, EARLY);
    struct plan_state asked = at(OPERATION_RESERVE, true, true, EARLY);
    struct plan_state late = at(OPERATION_RESERVE, false, true, LATE);
    struct plan_state never = at(OPERATION_RESERVE, false, false, LATE);
    struct plan_state untold = at(OPERATION_REFUND, false, false, LATE);

    (void)state;
    assert_true(plan_start(&early).report == REPORT_NONE && !plan_start(&early).query);
    assert_true(plan_start(&asked).query);
    assert_true(plan_start(&late).report == REPORT_NONE && plan_start(&late).query);
    assert_int_equal(plan_start(&never).report, REPORT_ABSENT);
    assert_int_equal(plan_start(&untold).report, REPORT_GIVE_UP);
}

static void waits_grow_and_are_bounded(void **state)
{
    struct plan_state plan = at(OPERATION_RESERVE, false, true, EARLY);

    (void)state;
    for (plan.attempt = 1; plan.attempt < 100; plan.attempt++) {
        for (plan.luck = 0; plan.luck < 3000; plan.luck += 499) {
            int64_t wait_us = plan_backoff_us(&plan);

            assert_true(wait_us >= SECOND_US / 2 && wait_us <= MINUTE_US);
            assert_true(plan.attempt < 8 || wait_us >= MINUTE_US / 2);
        }
    }
    plan.kind = OPERATION_CONFIRM;
    assert_true(plan_backoff_us(&plan) > MINUTE_US && plan_backoff_us(&plan) <= HOUR_US);
    assert_int_equal(breaker_rest_us(BREAKER_FAILURES - 1), 0);
    assert_int_equal(breaker_rest_us(BREAKER_FAILURES), 5 * SECOND_US);
    assert_int_equal(breaker_rest_us(1000), MINUTE_US);
}

static void signed_is(const struct credential *credential, const char *expected, size_t length)
{
    const struct call_to_sign call = {"POST", "/vouchers/42?x=1", TEXT("{\"a\":1}"), 1763856000};
    struct buffer headers = {0};

    sign_call(credential, &call, &headers);
    assert_int_equal(headers.length, length);
    assert_memory_equal(headers.data, expected, length);
    buffer_free(&headers);
}

/* printf '1763856000\nPOST\n/vouchers/42?x=1\n{"a":1}' | openssl dgst -sha256 -hmac secret-1 */
static void a_call_is_signed_as_documented(void **state)
{
    static const char hmac[] =
        "Linli-Timestamp: 1763856000\0"
        "Linli-Signature: eb2e0302ecbf363223db4bba023207fd277fdbfee37613ee1f37d61b49289a38";
    static const char bearer[] = "Authorization: Bearer secret-1";
    static const char basic[] = "Authorization: Basic dXNlcjpwYXNzd29yZA==";
    struct credential credential = {CREDENTIAL_HMAC_SHA256, "", TEXT("secret-1")};

    (void)state;
    signed_is(&credential, hmac, sizeof hmac);
    credential.kind = CREDENTIAL_BEARER;
    signed_is(&credential, bearer, sizeof bearer);
    credential.kind = CREDENTIAL_BASIC;
    credential.secret = TEXT("user:password");
    signed_is(&credential, basic, sizeof basic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_follows_from_an_outcome),
        cmocka_unit_test(how_an_attempt_begins),
        cmocka_unit_test(waits_grow_and_are_bounded),
        cmocka_unit_test(a_call_is_signed_as_documented),
    };

    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
