/* The catalogue of facts as programs read it: `linli facts --json` and the API. */
#ifndef LINLI_FACTS_JSON_H
#define LINLI_FACTS_JSON_H

#include <jansson.h>

#include "plugin/facts.h"

/* An array, in the catalogue's order. The caller frees it. */
json_t *facts_to_json(void);

#endif
