/*
 * Rotating check-in and check-out codes: six digits, new every 30 seconds, shown by the
 * coordinator's screen as digits and as a QR. HMAC over {activity, direction, time step}, cut as
 * RFC 4226 section 5.3 does. Pure; any thread.
 */
#ifndef LINLI_CHECK_IN_H
#define LINLI_CHECK_IN_H

#include "base/base.h"

enum check_direction { CHECK_IN = 1, CHECK_OUT };

#define CHECK_CODE_DIGITS 6
#define CHECK_STEP_US     (30 * SECOND_US)

void check_code_make(const uint8_t key[32], uint64_t activity_id, enum check_direction direction,
                     int64_t at_us, char out[CHECK_CODE_DIGITS + 1]);
/* True for the code of this step and the one before: people need time to type. */
bool check_code_valid(const uint8_t key[32], uint64_t activity_id, enum check_direction direction,
                      int64_t at_us, struct text code) MUST_CHECK;

#endif
