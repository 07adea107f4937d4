/*
 * What the history says of service records, for `linli ledger verify`: ledger/verify.h.
 */
#ifndef LINLI_SERVICE_VERIFY_H
#define LINLI_SERVICE_VERIFY_H

#include "ledger/verify.h"

extern const struct verifier verifier_records;

#endif
