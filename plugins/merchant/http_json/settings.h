/*
 * Settings as http_json knows them, and whether they will do. What is wrong with them is found when
 * they are applied, not when a member waits for a voucher.
 */
#ifndef HTTP_JSON_SETTINGS_H
#define HTTP_JSON_SETTINGS_H

#include <linli/plugin.h>

enum http_json_setting {
    BASE,
    CREDENTIAL,
    BODY,
    RESERVE, /* the first line of a request: method and path */
    CONFIRM,
    CANCEL,
    REFUND,
    SETTLE,
    UNDO,
    QUERY,  /* the last of them */
    KEY_AT, /* the first pointer into an answer */
    STATE_AT,
    VOUCHER_AT,
    EXPIRES_AT,
    REASON_AT, /* the last of them */
    DONE_WORDS,
    DECLINED_WORDS,
    ABSENT_WORDS,
    LATER_WORDS,
    SETTINGS
};

/* The first that will not do; SETTINGS: all will. The plugin's own may leave out the address, which
 * each merchant then has to give. */
enum http_json_setting settings_find_slip(const struct linli_value *values, bool of_merchant);
/* What to do about it. */
void settings_say_slip(enum http_json_setting which, struct linli_room *zh, struct linli_room *en);

#endif
