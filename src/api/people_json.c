#include "api/people_json.h"

#include <linli/plugin.h>

#include "base/json_fields.h"

json_t *disclosures_json(uint32_t tells)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } all[] = {
        {LINLI_TELLS_NAME, "name"}, {LINLI_TELLS_PHONE, "phone"}, {LINLI_TELLS_OPENID, "openid"}};
    json_t *names = json_array();

    for (size_t i = 0; i < ARRAY_LENGTH(all); i++)
        if (tells & all[i].bit)
            json_array_append_new(names, json_string(all[i].name));
    return names;
}

json_t *id_or_null(uint64_t id)
{
    return id ? json_id(id) : json_null();
}

json_t *unit_json(const struct unit *unit)
{
    return json_pack("{s:o, s:o, s:s, s:s, s:o}", "id", json_id(unit->unit_id), "parent_id",
                     id_or_null(unit->parent_id), "kind", unit->kind, "name", unit->name,
                     "created_at", json_time(unit->created_us));
}

json_t *staff_json(const struct staff *staff)
{
    return json_pack("{s:o, s:s, s:o, s:o, s:s, s:s, s:b, s:o}", "id",
                     json_id(staff->who.account_id), "role", role_name(staff->who.role), "scope_id",
                     id_or_null(staff->who.scope_id), "person_id", id_or_null(staff->who.person_id),
                     "login", staff->login, "display_name", staff->display_name, "active",
                     staff->state == ACCOUNT_IS_ACTIVE, "created_at", json_time(staff->created_us));
}

json_t *member_json(const struct member *member, const struct who *viewer)
{
    bool named = viewer->role != ROLE_AUDITOR;
    char masked[PHONE_SIZE];

    if (member->phone.text[0] != '\0')
        phone_mask(&member->phone, masked);
    return json_pack("{s:o, s:o, s:s?, s:s?, s:b, s:o}", "id", json_id(member->member_id),
                     "unit_id", json_id(member->unit_id), "name", named ? member->name : NULL,
                     "phone", named && member->phone.text[0] != '\0' ? masked : NULL, "active",
                     member->active, "joined_at", json_time(member->joined_us));
}

bool age_admits(struct call *call, int choice, bool guardian_consent, enum age_class *age)
{
    enum { ADULT, YOUTH, CHILD };

    *age = choice == YOUTH ? AGE_YOUTH : AGE_ADULT;
    if (choice == CHILD)
        reply_bad_field(call, "/age", "too_young", "14 or older");
    else if (choice == YOUTH && !guardian_consent)
        reply_bad_field(call, "/guardian_consent", "guardian_needed", "true");
    else
        return true;
    return false;
}
