/* What plugins may know: for whoever configures or audits them. */
#include "api/call.h"
#include "api/resources.h"
#include "plugin/facts_json.h"

static enum answered facts_get(struct call *call)
{
    return reply_json_cached(call, json_pack("{s:o}", "items", facts_to_json()));
}

const struct route facts_routes[] = {
    {HTTP_GET, "/v1/facts", ROLE_ADMINISTRATOR | ROLE_AUDITOR, ON_LOOP, facts_get},
    {0},
};
