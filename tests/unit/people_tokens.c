/* Tokens, phones, masks and networks: all of people that is pure. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people/phone.h"
#include "people/sms_gateway.h"
#include "people/throttle.h"
#include "people/tokens.h"

#define NOW_US (INT64_C(1700000000) * SECOND_US)

static struct text text_of(const char *text)
{
    return (struct text){text, strlen(text)};
}

static struct keyring *ring_of(uint32_t token_key_id, uint8_t fill)
{
    struct key keys[] = {
        {.id = token_key_id, .purpose = KEY_TOKEN},
        {.id = 0x40001, .purpose = KEY_INDEX},
    };

    memset(keys[0].secret, fill, sizeof(keys[0].secret));
    memset(keys[1].secret, 9, sizeof(keys[1].secret));
    return keyring_of(keys, ARRAY_LENGTH(keys));
}

static const struct who clerk = {.account_id = 0x1fffffffffffff,
                                 .role = ROLE_CLERK,
                                 .scope_id = 77,
                                 .person_id = 12345,
                                 .epoch = 3};

static void an_access_token_carries_who_it_was_made_for(void **state)
{
    (void)state;
    struct keyring *ring = ring_of(0x10001, 1);
    char token[ACCESS_TOKEN_LENGTH + 1];
    struct who who;

    access_token_write(ring, &clerk, NOW_US + 1, token);
    assert_int_equal(strlen(token), ACCESS_TOKEN_LENGTH);
    assert_int_equal(access_token_read(ring, text_of(token), NOW_US, &who), TOKEN_GOOD);
    assert_int_equal(who.account_id, clerk.account_id);
    assert_int_equal(who.role, ROLE_CLERK);
    assert_int_equal(who.scope_id, 77);
    assert_int_equal(who.person_id, 12345);
    assert_int_equal(who.epoch, 3);
    assert_int_equal(access_token_read(ring, text_of(token), NOW_US + 1, &who), TOKEN_EXPIRED);
    keyring_free(ring);
}

static void a_token_changed_anywhere_is_forged(void **state)
{
    (void)state;
    struct keyring *ring = ring_of(0x10001, 1);
    char token[ACCESS_TOKEN_LENGTH + 1];
    struct who who;

    access_token_write(ring, &clerk, NOW_US + 1, token);
    for (size_t i = 0; i < ACCESS_TOKEN_LENGTH; i++) {
        for (const char *other = "AZaz09-_.= "; *other; other++) {
            char kept = token[i];
            if (*other == kept)
                continue;
            token[i] = *other;
            assert_int_equal(access_token_read(ring, text_of(token), NOW_US, &who), TOKEN_FORGED);
            token[i] = kept;
        }
        struct text cut = {token, i};
        assert_int_equal(access_token_read(ring, cut, NOW_US, &who), TOKEN_FORGED);
    }
    keyring_free(ring);
}

static void a_token_of_another_key_is_forged_and_of_an_old_key_is_good(void **state)
{
    (void)state;
    struct keyring *ours = ring_of(0x10001, 1), *same_id = ring_of(0x10001, 2);
    struct keyring *other_id = ring_of(0x10002, 1);
    struct key both[] = {*keyring_current(ours, KEY_TOKEN), *keyring_current(other_id, KEY_TOKEN)};
    struct keyring *rotated = keyring_of(both, ARRAY_LENGTH(both));
    char token[ACCESS_TOKEN_LENGTH + 1];
    struct who who;

    access_token_write(ours, &clerk, NOW_US + 1, token);
    assert_int_equal(access_token_read(same_id, text_of(token), NOW_US, &who), TOKEN_FORGED);
    assert_int_equal(access_token_read(other_id, text_of(token), NOW_US, &who), TOKEN_FORGED);
    assert_int_equal(access_token_read(rotated, text_of(token), NOW_US, &who), TOKEN_GOOD);
    assert_int_equal(keyring_current(rotated, KEY_TOKEN)->id, 0x10002);
    keyring_free(ours);
    keyring_free(same_id);
    keyring_free(other_id);
    keyring_free(rotated);
}

static void a_registration_token_carries_a_phone_unseen(void **state)
{
    (void)state;
    struct keyring *ring = ring_of(0x10001, 1);
    struct phone phone, read;
    char token[REGISTRATION_TOKEN_LENGTH + 1];
    struct who who;

    assert_true(phone_parse(text_of("13812345678"), &phone));
    registration_token_write(ring, &phone, NOW_US + 1, token);
    assert_int_equal(strlen(token), REGISTRATION_TOKEN_LENGTH);
    assert_int_equal(registration_token_read(ring, text_of(token), NOW_US, &read), TOKEN_GOOD);
    assert_string_equal(read.text, "+8613812345678");
    assert_int_equal(registration_token_read(ring, text_of(token), NOW_US + 1, &read),
                     TOKEN_EXPIRED);
    assert_int_equal(access_token_read(ring, text_of(token), NOW_US, &who), TOKEN_FORGED);
    token[40] = token[40] == 'A' ? 'B' : 'A';
    assert_int_equal(registration_token_read(ring, text_of(token), NOW_US, &read), TOKEN_FORGED);
    keyring_free(ring);
}

static void phones_are_read_as_people_type_them(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *read; /* NULL: refused */
    } cases[] = {
        {"13812345678", "+8613812345678"},
        {"138 1234 5678", "+8613812345678"},
        {"+86 138-1234-5678", "+8613812345678"},
        {"+852 9123 4567", "+85291234567"},
        {"+1 (415) 555-0100", "+14155550100"},
        {"", NULL},
        {"1381234567", NULL},        /* one digit short */
        {"138123456789", NULL},      /* one too many */
        {"03812345678", NULL},       /* no mobile phone */
        {"+8675712345678", NULL},    /* neither */
        {"+0123456789", NULL},       /* no country */
        {"+1234567", NULL},          /* too short */
        {"+1234567890123456", NULL}, /* over 15 digits */
        {"1381234567a", NULL},
        {"138+12345678", NULL},
        {"\xef\xbc\x91"
         "3812345678",
         NULL}, /* a full-width digit */
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct phone phone = {""};
        bool read = phone_parse(text_of(cases[i].typed), &phone);
        assert_int_equal(read, cases[i].read != NULL);
        if (read)
            assert_string_equal(phone.text, cases[i].read);
    }
}

static void people_are_shown_masked(void **state)
{
    (void)state;
    struct phone chinese = {"+8613812345678"}, other = {"+85291234567"};
    char phone[PHONE_SIZE], name[NAME_MASK_SIZE];

    phone_mask(&chinese, phone);
    assert_string_equal(phone, "138****5678");
    phone_mask(&other, phone);
    assert_string_equal(phone, "+85*****4567");
    name_mask(text_of("张伟"), name);
    assert_string_equal(name, "张*");
    name_mask(text_of("欧阳娜娜"), name);
    assert_string_equal(name, "欧*");
    name_mask(text_of(""), name);
    assert_string_equal(name, "*");
}

static void a_phone_is_found_by_a_keyed_hash(void **state)
{
    (void)state;
    struct keyring *ring = ring_of(0x10001, 1);
    struct key other = {.id = 1, .purpose = KEY_INDEX};
    struct phone phone = {"+8613812345678"}, next = {"+8613812345679"};
    uint8_t a[PHONE_INDEX_SIZE], b[PHONE_INDEX_SIZE], c[PHONE_INDEX_SIZE], d[PHONE_INDEX_SIZE];

    phone_index(keyring_current(ring, KEY_INDEX), &phone, a);
    phone_index(keyring_current(ring, KEY_INDEX), &phone, b);
    phone_index(keyring_current(ring, KEY_INDEX), &next, c);
    phone_index(&other, &phone, d);
    assert_memory_equal(a, b, sizeof(a));
    assert_memory_not_equal(a, c, sizeof(a));
    assert_memory_not_equal(a, d, sizeof(a));
    keyring_free(ring);
}

static void attempts_are_counted_by_network(void **state)
{
    (void)state;
    static const struct {
        const char *address, *network;
    } cases[] = {
        {"203.0.113.77", "203.0.113.0/24"},
        {"::ffff:203.0.113.77", "203.0.113.0/24"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"::1", "::/64"},
        {"unix", "unix"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        char network[NETWORK_SIZE];
        network_of(cases[i].address, network);
        assert_string_equal(network, cases[i].network);
    }
}

static void the_gateways_body_is_filled_in(void **state)
{
    (void)state;
    struct phone phone = {"+8613812345678"};
    struct buffer body = {0};

    sms_body_write("{\"to\":\"{phone}\",\"n\":\"{national}\",\"p\":[\"{code}\",\"{else}\"]}",
                   &phone, "042137", &body);
    assert_string_equal(body.data, "{\"to\":\"+8613812345678\",\"n\":\"13812345678\","
                                   "\"p\":[\"042137\",\"{else}\"]}");
    buffer_free(&body);
}

static void a_gateway_must_be_private_and_get_the_code(void **state)
{
    (void)state;
    char https[] = "https://sms.example/send", plain[] = "http://sms.example/send";
    char local[] = "http://127.0.0.1:9999/", trick[] = "http://127.0.0.1.example/";
    char body[] = "{phone} {code}", no_code[] = "{phone}", none[] = "", two[] = "A: b\r\nC: d";
    struct sms_options options = {
        .sender = 1, .url = https, .header = none, .body = body, .success = none};
    struct error error;

    assert_ptr_equal(code_sender_choose(&options, &error), &code_sender_http);
    options.url = local;
    assert_ptr_equal(code_sender_choose(&options, &error), &code_sender_http);
    options.url = plain;
    assert_null(code_sender_choose(&options, &error));
    options.url = trick;
    assert_null(code_sender_choose(&options, &error));
    options.url = https;
    options.body = no_code;
    assert_null(code_sender_choose(&options, &error));
    options.body = body;
    options.header = two;
    assert_null(code_sender_choose(&options, &error));
}

static void production_refuses_the_demos_sender(void **state)
{
    (void)state;
    struct error error;

    assert_true(code_sender_allowed(&code_sender_log, true, &error));
    assert_false(code_sender_allowed(&code_sender_log, false, &error));
    assert_string_equal(error.code, "sms.sender");
    assert_true(code_sender_allowed(&code_sender_http, false, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_access_token_carries_who_it_was_made_for),
        cmocka_unit_test(a_token_changed_anywhere_is_forged),
        cmocka_unit_test(a_token_of_another_key_is_forged_and_of_an_old_key_is_good),
        cmocka_unit_test(a_registration_token_carries_a_phone_unseen),
        cmocka_unit_test(phones_are_read_as_people_type_them),
        cmocka_unit_test(people_are_shown_masked),
        cmocka_unit_test(a_phone_is_found_by_a_keyed_hash),
        cmocka_unit_test(attempts_are_counted_by_network),
        cmocka_unit_test(the_gateways_body_is_filled_in),
        cmocka_unit_test(a_gateway_must_be_private_and_get_the_code),
        cmocka_unit_test(production_refuses_the_demos_sender),
    };

    crypto_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
