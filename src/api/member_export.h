/*
 * Everything that is held about a member: the handler of GET /v1/me/export, and the same for the
 * command line.
 */
#ifndef LINLI_MEMBER_EXPORT_H
#define LINLI_MEMBER_EXPORT_H

#include <jansson.h>

#include "api/route.h"
#include "people/keyring.h"
#include "store/find.h"

/* The whole copy; the new owner of `body` has the reference. */
enum find member_export_read(struct db *db, const struct keyring *keyring, uint64_t member_id,
                             int64_t now_us, struct arena *arena, json_t **body,
                             struct error *error);
enum answered member_export(struct call *call);

#endif
