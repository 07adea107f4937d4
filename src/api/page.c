#include "api/call.h"

#define PAGE_LIMIT_DEFAULT 20

const struct json_field page_query_fields[] = {PAGE_FIELDS(struct page_query, page), {0}};

int64_t page_limit(const struct page *page)
{
    return page->limit == 0 ? PAGE_LIMIT_DEFAULT : page->limit;
}

json_t *page_json(json_t *items, uint64_t next_after)
{
    return json_pack("{s:o, s:o}", "items", items, "next",
                     next_after == 0 ? json_null() : json_id(next_after));
}

enum answered reply_missing(struct call *call, enum find found, const struct error *error)
{
    ASSERT(found != FIND_FOUND);
    return found == FIND_FAILED ? reply_error(call, error) : reply_problem(call, PROBLEM_NOT_FOUND);
}
