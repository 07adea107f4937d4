#include "people/who.h"

#include <string.h>

static const struct {
    enum role role;
    const char *name;
} roles[] = {
    {ROLE_MEMBER, "member"},
    {ROLE_COORDINATOR, "coordinator"},
    {ROLE_UNIT_READER, "unit_reader"},
    {ROLE_CLERK, "clerk"},
    {ROLE_MANAGER, "manager"},
    {ROLE_AUDITOR, "auditor"},
    {ROLE_ADMINISTRATOR, "administrator"},
};

const char *role_name(enum role role)
{
    for (size_t i = 0; i < ARRAY_LENGTH(roles); i++)
        if (roles[i].role == role)
            return roles[i].name;
    return "nobody";
}

bool role_parse(struct text text, enum role *role)
{
    for (size_t i = 0; i < ARRAY_LENGTH(roles); i++)
        if (strlen(roles[i].name) == text.length &&
            memcmp(roles[i].name, text.data, text.length) == 0) {
            *role = roles[i].role;
            return true;
        }
    return false;
}
