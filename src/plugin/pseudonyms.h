/*
 * What a plugin knows people and things by: numbers that stay the same for this plugin on every
 * server of one database, and tell nothing outside it. Two plugins cannot compare what they know.
 */
#ifndef LINLI_PSEUDONYMS_H
#define LINLI_PSEUDONYMS_H

#include "base/base.h"

#define PSEUDONYM_KEY_SIZE 32

struct pseudonyms {
    uint8_t key[16]; /* SipHash-2-4's */
};
/* Whose number it is: member 5 and merchant 5 have different ones. */
enum pseudonym_of {
    PSEUDONYM_EVENT = 1, /* record, redemption, proposal */
    PSEUDONYM_MEMBER,
    PSEUDONYM_ACTOR,
    PSEUDONYM_MERCHANT,
    PSEUDONYM_SUBJECT, /* activity, reward */
    PSEUDONYM_UNIT,
};

/* The plugin's own key, from the one of all servers and its name. */
struct pseudonyms pseudonyms_of(const uint8_t key[PSEUDONYM_KEY_SIZE], const char *plugin);
/* 0 stays 0: nobody. Any thread. */
uint64_t pseudonym(const struct pseudonyms *pseudonyms, enum pseudonym_of of, uint64_t id);

#endif
