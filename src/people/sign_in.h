/*
 * Sign-in: staff by password, members by a code sent to their phone; a phone seen for the first
 * time registers. All of it on query threads.
 *
 * Guessing is limited so that nobody can lock somebody else out: failures are counted by (login or
 * phone, network), networks being /24 or /64; there are further limits by network, and by login or
 * phone alone, but the last never binds a network from which that person signed in of late.
 */
#ifndef LINLI_SIGN_IN_H
#define LINLI_SIGN_IN_H

#include "base/ids.h"
#include "people/code_sender.h"
#include "people/members.h"
#include "people/sessions.h"

#define CODE_LIFETIME_US (5 * MINUTE_US)
#define CODE_DIGITS      6

struct sign_in_options {
    int64_t failures;             /* of one login from one network at once; then one in 30 s */
    int64_t failures_per_network; /* at once; then one in 10 s */
    int64_t failures_per_login;   /* from networks never seen, at once; then one in 5 s */
    int64_t passwords_at_once;    /* being checked in this process; 0: one per core */
    int64_t code_pause_us;        /* between two codes to one phone */
    int64_t codes_per_phone;      /* at once, and in about a day */
    int64_t codes_per_network;    /* at once; then as many in an hour */
};
extern const struct config_entry sign_in_config[];

/* What sign-in needs beside a connection; filled by the caller. */
struct sign_in {
    const struct sign_in_options *options;
    const struct sms_options *sms;
    const struct code_sender *sender;
    const struct keyring *keyring;
    struct id_maker *ids;
    const char *client; /* address */
    int64_t now_us;
};

enum sign_in_answer {
    SIGN_IN_DONE,     /* `session` is filled; of sign_in_send_code: the code is on its way */
    SIGN_IN_WRONG,    /* login, password, code or token */
    SIGN_IN_TOO_MANY, /* try again after `wait_us` */
    SIGN_IN_BUSY,     /* try again shortly */
    SIGN_IN_REGISTER, /* a good code, but nobody has this phone: `registration` is filled */
    SIGN_IN_NO_UNIT,  /* the unit to register with does not exist */
    SIGN_IN_BROKEN,   /* `error` says what */
};

struct signed_in {
    enum sign_in_answer answer;
    struct session session;
    char registration[REGISTRATION_TOKEN_LENGTH + 1];
    int64_t wait_us;
    struct error error;
};

/* An unknown login takes as long as a wrong password. DONE, WRONG, TOO_MANY, BUSY, BROKEN. */
void sign_in_staff(const struct sign_in *sign_in, struct db *db, struct text login,
                   struct text password, struct signed_in *out);

/* Sends a code, whoever has the phone. DONE, TOO_MANY, BUSY, BROKEN. */
void sign_in_send_code(const struct sign_in *sign_in, struct db *db, const struct phone *phone,
                       struct signed_in *out);

/* DONE, WRONG, TOO_MANY, REGISTER, BROKEN. */
void sign_in_phone(const struct sign_in *sign_in, struct db *db, const struct phone *phone,
                   struct text code, struct signed_in *out);

struct registration {
    struct text token; /* `registration` of sign_in_phone */
    struct text name;  /* 1 .. MEMBER_NAME_MOST characters */
    uint64_t unit_id;
    enum age_class age; /* a youth's guardian has consented */
};
/* Makes the member, who has consented, and signs them in. A second time with the same token only
 * signs in: the first answer may have been lost. DONE, WRONG (the token), NO_UNIT, BUSY, BROKEN. */
void sign_in_register(const struct sign_in *sign_in, struct db *db,
                      const struct registration *registration, struct signed_in *out);

#endif
