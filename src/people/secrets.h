/*
 * Secrets at rest that are nobody's personal data: credentials of merchants, secret settings of
 * plugins. Sealed under the current KEY_SECRET; `context` names the row, so that a sealed value
 * moved to another row does not open. Any thread.
 */
#ifndef LINLI_SECRETS_H
#define LINLI_SECRETS_H

#include "base/buffer.h"
#include "people/keyring.h"

/* Appends to `sealed`; returns the id of the key, to be kept beside it. */
uint32_t secret_seal(const struct keyring *keyring, struct text context, struct text plain,
                     struct buffer *sealed);
/* Appends to `plain`, which the caller wipes. False: the key is gone, or the value was changed. */
bool secret_open(const struct keyring *keyring, uint32_t key_id, struct text context,
                 struct text sealed, struct buffer *plain) MUST_CHECK;

/* What the registry of plugins needs of this room: seals by `keyring`, notes in the audit
 * trail, tells administrators.
 * Once, before any thread that changes plugins; `keyring` outlives them. */
void secrets_serve_registry(const struct keyring *keyring);

#endif
