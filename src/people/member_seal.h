/*
 * How a member's personal values are stored: sealed under a key of the member's own, which is
 * wrapped under KEY_PERSONAL. Pure; any thread.
 */
#ifndef LINLI_MEMBER_SEAL_H
#define LINLI_MEMBER_SEAL_H

#include "people/members.h"

#define NAME_BYTES_MOST (4 * MEMBER_NAME_MOST)
#define WRAPPED_SIZE    (SEAL_KEY_SIZE + SEAL_OVERHEAD)
#define LIKENESS_SIZE   16

/* What is stored of the person. */
struct sealed_person {
    uint32_t key_id;
    uint8_t personal_key[WRAPPED_SIZE];
    uint8_t name[NAME_BYTES_MOST + SEAL_OVERHEAD];
    size_t name_length;
    uint8_t phone[PHONE_SIZE + SEAL_OVERHEAD];
    uint8_t index[PHONE_INDEX_SIZE];
    bool has_phone;
    uint8_t likeness[LIKENESS_SIZE];
};

/* Under a new key of the person's own. */
void member_seal(const struct keyring *keyring, uint64_t member_id, const struct new_member *member,
                 struct sealed_person *out);
/* Unwraps the person's key. False when it was erased or is not the ring's (which is logged). */
bool member_unwrap(const struct keyring *keyring, uint64_t member_id, uint32_t key_id,
                   struct text wrapped, uint8_t personal[SEAL_KEY_SIZE]) MUST_CHECK;
/* NULL when it does not open. In the arena. */
char *member_open_name(const uint8_t personal[SEAL_KEY_SIZE], uint64_t member_id,
                       struct text sealed, struct arena *arena);
/* An empty text when there is none, or it does not open. */
void member_open_phone(const uint8_t personal[SEAL_KEY_SIZE], uint64_t member_id,
                       struct text sealed, struct phone *phone);
/* Any text of the person's, under `what`: for the rooms of people only. `out` has room for the
 * text and SEAL_OVERHEAD. */
void member_seal_phone(const uint8_t personal[SEAL_KEY_SIZE], uint64_t member_id,
                       const struct phone *phone, uint8_t out[PHONE_SIZE + SEAL_OVERHEAD]);

/* The keyed hash by which two accounts of one person are suspected: the same name in the same
 * unit. Spaces do not count. */
void member_likeness(const struct keyring *keyring, struct text name, uint64_t unit_id,
                     uint8_t out[LIKENESS_SIZE]);

#endif
