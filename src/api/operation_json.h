/*
 * Operations on merchants as JSON, for the API and the command line.
 */
#ifndef LINLI_OPERATION_JSON_H
#define LINLI_OPERATION_JSON_H

#include <jansson.h>

#include "market/merchant_calls.h"

json_t *operation_json(const struct operation_view *view);

#endif
