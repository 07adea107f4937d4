/* Who is due to register with a unit: who came, who is missing, who is exempt. */
#include "people/due_lists.h"

#include <inttypes.h>

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "base/clock.h"
#include "people/members.h"

#define MAKERS (ROLE_COORDINATOR | ROLE_ADMINISTRATOR)

static json_t *list_json(const struct due_list *list)
{
    char day[11];

    calendar_format_day(list->due_day, day);
    return json_pack("{s:o, s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "id", json_id(list->list_id),
                     "unit_id", json_id(list->unit_id), "title", list->title, "due_day", day, "due",
                     (json_int_t)list->due, "came", (json_int_t)list->came, "missing",
                     (json_int_t)list->missing, "exempt", (json_int_t)list->exempt, "created_at",
                     json_time(list->created_us));
}

/* False: answered. */
static bool find_list(struct call *call, uint64_t list_id, struct due_list *list)
{
    struct error error;
    enum find found = due_list_find(call->db, list_id, call->arena, list, &error);

    if (found == FIND_FOUND && !unit_contains(call->db, call->who.scope_id, list->unit_id))
        found = FIND_NOTHING;
    if (found != FIND_FOUND)
        reply_missing(call, found, &error);
    return found == FIND_FOUND;
}

static enum answered list_get(struct call *call)
{
    struct due_list list;

    return find_list(call, call->ids[0], &list) ? reply_json(call, 200, list_json(&list))
                                                : ANSWERED;
}

struct lists_query {
    uint64_t unit_id;
    struct page page;
};

static const struct json_field lists_query_fields[] = {
    {"unit_id", JSON_ID, OPTIONAL, offsetof(struct lists_query, unit_id)},
    PAGE_FIELDS(struct lists_query, page),
    {0},
};

static enum answered lists_get(struct call *call)
{
    const struct lists_query *asked = call->query;
    struct due_query query = {
        .under = asked->unit_id ? asked->unit_id : call->who.scope_id,
        .after_id = asked->page.after,
        .limit = (size_t)page_limit(&asked->page),
    };
    struct due_list *lists;
    struct error error;
    size_t count;
    uint64_t next;

    if (asked->unit_id && !unit_contains(call->db, call->who.scope_id, asked->unit_id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    if (!due_list_page(call->db, &query, call->arena, &lists, &count, &next, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, list_json(&lists[i]));
    return reply_json(call, 200, page_json(items, next));
}

/* --- Making ---------------------------------------------------------------------------------- */

struct person_input {
    struct text name, phone;
};

static const struct json_field person_fields[] = {
    {"name", JSON_NAME, REQUIRED, offsetof(struct person_input, name), .min = 1,
     .max = MEMBER_NAME_MOST},
    {"phone", JSON_TEXT, OPTIONAL, offsetof(struct person_input, phone), .max = 30},
    {0},
};

struct list_input {
    uint64_t unit_id;
    struct text title;
    int32_t due_day;
    struct json_list people;
};

static const struct json_field list_fields[] = {
    {"unit_id", JSON_ID, REQUIRED, offsetof(struct list_input, unit_id)},
    {"title", JSON_TEXT, REQUIRED, offsetof(struct list_input, title), .min = 1, .max = 100},
    {"due_day", JSON_DAY, REQUIRED, offsetof(struct list_input, due_day)},
    {"people", JSON_OBJECTS, REQUIRED, offsetof(struct list_input, people), .min = 1,
     .max = DUE_PEOPLE_MOST, .table = person_fields, .size = sizeof(struct person_input)},
    {0},
};

/* NULL: answered. */
static struct due_person *read_people(struct call *call, const struct json_list *list)
{
    const struct person_input *input = list->items;
    struct due_person *people = arena_take(call->arena, list->count * sizeof(*people));

    for (size_t i = 0; i < list->count; i++) {
        people[i].name = input[i].name;
        if (input[i].phone.length == 0 || phone_parse(input[i].phone, &people[i].phone))
            continue;
        reply_bad_field(call, arena_printf(call->arena, "/people/%zu/phone", i), "bad_phone",
                        "13812345678 or +8613812345678");
        return NULL;
    }
    return people;
}

static enum answered reply_made(struct call *call, uint64_t list_id)
{
    struct due_list list;

    if (!find_list(call, list_id, &list))
        return ANSWERED;
    return reply_created(call, arena_printf(call->arena, "/v1/due-lists/%" PRIu64, list_id),
                         list_json(&list));
}

static enum answered lists_post(struct call *call)
{
    const struct list_input *input = call->input;
    struct new_due_list wanted = {
        .unit_id = input->unit_id,
        .title = input->title,
        .due_day = input->due_day,
        .count = input->people.count,
        .actor = call->who.account_id,
    };
    struct error error;
    uint64_t id;

    if (!unit_contains(call->db, call->who.scope_id, input->unit_id))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    wanted.people = read_people(call, &input->people);
    if (!wanted.people)
        return ANSWERED;
    switch (due_list_create(call->db, call->app->keyring, call->app->ids, &wanted, call->now_us,
                            &id, &error)) {
    case PEOPLE_DONE: return reply_made(call, id);
    case PEOPLE_NO_UNIT: return reply_problem(call, PROBLEM_NOT_FOUND);
    default: return reply_error(call, &error);
    }
}

/* --- Its people ------------------------------------------------------------------------------ */

static json_t *line_json(const struct due_line *line)
{
    return json_pack("{s:I, s:s, s:s?, s:o, s:o, s:s}", "line", (json_int_t)line->line, "state",
                     due_state_name(line->state), "name", line->name, "member_id",
                     id_or_null(line->member_id), "at", json_time(line->at_us), "why", line->why);
}

static enum answered reply_lines(struct call *call)
{
    struct due_line *lines;
    struct error error;
    size_t count;

    if (!due_lines(call->db, call->app->keyring, call->ids[0], call->arena, &lines, &count, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, line_json(&lines[i]));
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

static enum answered people_get(struct call *call)
{
    struct due_list list;

    return find_list(call, call->ids[0], &list) ? reply_lines(call) : ANSWERED;
}

struct mark_input {
    int64_t line;
    int state;
    uint64_t member_id;
    struct text why;
};

static const struct json_field mark_fields[] = {
    {"line", JSON_INT, REQUIRED, offsetof(struct mark_input, line), .min = 1,
     .max = DUE_PEOPLE_MOST},
    {"state", JSON_CHOICE, REQUIRED, offsetof(struct mark_input, state),
     .choices = "missing|came|exempt"},
    {"member_id", JSON_ID, OPTIONAL, offsetof(struct mark_input, member_id)},
    {"why", JSON_TEXT, OPTIONAL, offsetof(struct mark_input, why), .max = 200},
    {0},
};

static enum answered people_put(struct call *call)
{
    const struct mark_input *input = call->input;
    struct due_mark mark = {
        .list_id = call->ids[0],
        .line = input->line,
        .state = (enum due_state)(input->state + 1),
        .member_id = input->state + 1 == DUE_CAME ? input->member_id : 0,
        .why = input->why,
        .actor = call->who.account_id,
    };
    struct due_list list;
    struct error error;

    if (!find_list(call, call->ids[0], &list))
        return ANSWERED;
    if (mark.state == DUE_EXEMPT && mark.why.length == 0)
        return reply_bad_field(call, "/why", "missing", "why; nothing of health or hardship");
    switch (due_mark(call->db, &mark, call->now_us, &error)) {
    case PEOPLE_DONE: return reply_lines(call);
    case PEOPLE_NOT_FOUND: return reply_bad_field(call, "/line", "not_open", "one that is not in");
    case PEOPLE_NO_MEMBER: return reply_bad_field(call, "/member_id", "unknown", "who came");
    default: return reply_error(call, &error);
    }
}

const struct route due_list_routes[] = {
    {HTTP_GET, "/v1/due-lists", MAKERS, ON_QUERY, lists_get, .query_fields = lists_query_fields,
     .query_size = sizeof(struct lists_query)},
    {HTTP_POST, "/v1/due-lists", MAKERS, ON_QUERY, lists_post, .fields = list_fields,
     .input_size = sizeof(struct list_input)},
    {HTTP_GET, "/v1/due-lists/{id}", MAKERS, ON_QUERY, list_get},
    {HTTP_GET, "/v1/due-lists/{id}/people", MAKERS, ON_QUERY, people_get},
    {HTTP_PUT, "/v1/due-lists/{id}/people", MAKERS, ON_QUERY, people_put, .fields = mark_fields,
     .input_size = sizeof(struct mark_input)},
    {0},
};
