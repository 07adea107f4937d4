/*
 * A transfer's number as text: "lane-height-index", "1-4711-0". The number itself has 64 bits,
 * more than JavaScript keeps exact. Pure; any thread.
 */
#ifndef LINLI_TRANSFER_ID_H
#define LINLI_TRANSFER_ID_H

#include "base/base.h"

#define TRANSFER_ID_TEXT_SIZE 24 /* "255-1099511627775-65535" and its NUL */

void transfer_id_format(uint64_t id, char out[TRANSFER_ID_TEXT_SIZE]);
/* Takes exactly what transfer_id_format writes, of a lane and a height that can be: from 1. */
bool transfer_id_parse(struct text text, uint64_t *id) MUST_CHECK;

#endif
