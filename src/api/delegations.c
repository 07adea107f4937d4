/* People of one office who register with a community together. */
#include "people/delegations.h"

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"

struct delegate_input {
    struct text name, phone;
    int age;
    bool guardian_consent;
};

static const struct json_field delegate_fields[] = {
    {"name", JSON_NAME, REQUIRED, offsetof(struct delegate_input, name), .min = 1,
     .max = MEMBER_NAME_MOST},
    {"phone", JSON_TEXT, OPTIONAL, offsetof(struct delegate_input, phone), .max = 30},
    {"age", JSON_CHOICE, OPTIONAL, offsetof(struct delegate_input, age), .choices = AGE_CHOICES},
    {"guardian_consent", JSON_FLAG, OPTIONAL, offsetof(struct delegate_input, guardian_consent)},
    {0},
};

struct delegation_input {
    uint64_t unit_id, work_unit_id;
    bool consent;
    struct json_list people;
};

static const struct json_field delegation_fields[] = {
    {"unit_id", JSON_ID, REQUIRED, offsetof(struct delegation_input, unit_id)},
    {"work_unit_id", JSON_ID, OPTIONAL, offsetof(struct delegation_input, work_unit_id)},
    {"consent", JSON_FLAG, REQUIRED, offsetof(struct delegation_input, consent)},
    {"people", JSON_OBJECTS, REQUIRED, offsetof(struct delegation_input, people), .min = 1,
     .max = DELEGATION_MOST, .table = delegate_fields, .size = sizeof(struct delegate_input)},
    {0},
};

/* False: answered. */
static bool read_person(struct call *call, const struct delegation_input *input, size_t at,
                        struct new_member *person)
{
    const struct delegate_input *given = (const struct delegate_input *)input->people.items + at;

    *person = (struct new_member){
        .name = given->name,
        .unit_id = input->unit_id,
        .work_unit_id = input->work_unit_id,
        .consented_us = call->now_us,
        .actor = call->who.account_id,
        .together = true,
    };
    if (!age_admits(call, given->age, given->guardian_consent, &person->age))
        return false;
    person->guardian_us = person->age == AGE_YOUTH ? call->now_us : 0;
    if (given->phone.length == 0 || phone_parse(given->phone, &person->phone))
        return true;
    reply_bad_field(call, arena_printf(call->arena, "/people/%zu/phone", at), "bad_phone",
                    "13812345678 or +8613812345678");
    return false;
}

static enum answered reply_delegates(struct call *call, uint64_t unit_id,
                                     const struct delegate *delegates, size_t count)
{
    char number[RECEIPT_NUMBER_SIZE];
    json_t *items = json_array();

    for (size_t i = 0; i < count; i++) {
        receipt_number(call->app->keyring, delegates[i].member_id, unit_id, number);
        json_array_append_new(items, json_pack("{s:o, s:b, s:s}", "member_id",
                                               json_id(delegates[i].member_id), "new",
                                               delegates[i].is_new, "receipt_number", number));
    }
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

static enum answered delegations_post(struct call *call)
{
    const struct delegation_input *input = call->input;
    size_t count = input->people.count;
    struct new_member *people = arena_take(call->arena, count * sizeof(*people));
    struct delegate *delegates = arena_take(call->arena, count * sizeof(*delegates));
    struct delegation delegation = {people, count, input->unit_id, call->who.account_id};
    struct error error;

    if (!input->consent)
        return reply_bad_field(call, "/consent", "consent_needed", "true");
    if (!unit_contains(call->db, call->who.scope_id, input->unit_id) ||
        (input->work_unit_id && !unit_contains(call->db, 0, input->work_unit_id)))
        return reply_problem(call, PROBLEM_NOT_FOUND);
    for (size_t i = 0; i < count; i++)
        if (!read_person(call, input, i, &people[i]))
            return ANSWERED;
    switch (delegation_register(call->db, call->app->keyring, call->app->ids, &delegation,
                                call->now_us, delegates, &error)) {
    case PEOPLE_DONE: return reply_delegates(call, input->unit_id, delegates, count);
    case PEOPLE_NO_UNIT: return reply_problem(call, PROBLEM_NOT_FOUND);
    case PEOPLE_BUSY: return reply_problem(call, PROBLEM_BUSY);
    case PEOPLE_PHONE_TAKEN:
        return reply_bad_field(call, "/people", "phone_twice", "each phone once");
    default: return reply_error(call, &error);
    }
}

const struct route delegation_routes[] = {
    {HTTP_POST, "/v1/delegations", ROLE_COORDINATOR | ROLE_ADMINISTRATOR, ON_QUERY,
     delegations_post, .fields = delegation_fields, .input_size = sizeof(struct delegation_input)},
    {0},
};
