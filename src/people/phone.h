/*
 * Phone numbers and how personal values are shown. Pure; any thread.
 */
#ifndef LINLI_PHONE_H
#define LINLI_PHONE_H

#include "people/keyring.h"

#define PHONE_SIZE       17 /* "+", up to 15 digits (E.164), NUL */
#define PHONE_INDEX_SIZE 16

struct phone {
    char text[PHONE_SIZE]; /* "+8613812345678" */
};

/* Reads what people type: spaces, dashes and brackets are ignored; without a country it is Chinese
 * ("138 1234 5678"). False when it cannot be a phone number that receives messages. */
bool phone_parse(struct text text, struct phone *phone) MUST_CHECK;

/* The keyed hash by which a phone is found without being stored. `key` is of KEY_INDEX. */
void phone_index(const struct key *key, const struct phone *phone, uint8_t out[PHONE_INDEX_SIZE]);

/* "138****5678"; without the country code when it is China's. */
void phone_mask(const struct phone *phone, char out[PHONE_SIZE]);

/* "张*": the first character alone, whatever the length, since lengths tell names apart. */
#define NAME_MASK_SIZE 8
void name_mask(struct text name, char out[NAME_MASK_SIZE]);

#endif
