/*
 * Statements as JSON, for the API and the command line.
 */
#ifndef LINLI_STATEMENT_JSON_H
#define LINLI_STATEMENT_JSON_H

#include <jansson.h>

#include "market/statements.h"

json_t *statement_json(const struct statement_view *view);
json_t *statement_line_json(const struct statement_line_view *line);

#endif
