/*
 * Anybody checks a certificate by its code, without an account: is it genuine, does it still stand.
 * Every code that is none gets one answer, and guessing is limited.
 */
#include <string.h>

#include "api/app.h"
#include "api/call.h"
#include "api/certificate_paper.h"
#include "api/guesses.h"
#include "api/resources.h"
#include "people/members.h"

enum check_format { CHECK_JSON, CHECK_HTML };

struct check_query {
    int format; /* enum check_format */
};

static const struct json_field check_query_fields[] = {
    {"format", JSON_CHOICE, OPTIONAL, offsetof(struct check_query, format), .choices = "json|html"},
    {0},
};

/* What cannot be a code is looked for all the same: it takes as long as one that could. */
static enum find find_by_code(struct call *call, struct certificate_view *view, struct error *error)
{
    struct paper_code code = {0};
    bool readable = paper_code_parse(call->word, &code);
    enum find found =
        certificate_find_by_code(call->db, call->app->keyring, &code, call->arena, view, error);

    if (found == FIND_FOUND && !readable)
        found = FIND_NOTHING;
    if (found == FIND_NOTHING)
        guesses_count_wrong(call);
    return found;
}

/* Only where the member agreed when it was made, and while they are not erased. */
static bool masked_name(struct call *call, const struct certificate_view *view, const char **name,
                        struct error *error)
{
    char *whole = NULL, *masked = arena_take(call->arena, NAME_MASK_SIZE);

    *name = NULL;
    if (!view->certificate.shows_name)
        return true;
    if (!member_names(call->db, call->app->keyring, &view->owner_id, 1, call->arena, &whole, error))
        return false;
    if (whole == NULL)
        return true;
    name_mask((struct text){whole, strlen(whole)}, masked);
    *name = masked;
    return true;
}

static json_t *check_json(const struct call *call, const struct certificate_facts *facts)
{
    const struct certificate *certificate = &facts->view->certificate;
    json_t *body = json_pack("{s:s, s:o, s:o}", "state", certificate_state_name(facts->view->state),
                             "issued_at", json_time(certificate->issued_us), "withdrawn_at",
                             json_time(certificate->withdrawn_us));
    json_t *stated;

    if (facts->view->state == CERTIFICATE_WITHDRAWN)
        return body;
    json_object_set_new(body, "member", facts->name ? json_string(facts->name) : json_null());
    stated = certificate_facts_json(facts, call->language == LANGUAGE_EN);
    json_object_update(body, stated);
    json_decref(stated);
    return body;
}

static enum answered reply_check(struct call *call, const struct certificate_facts *facts)
{
    const struct check_query *query = call->query;

    if (query->format == CHECK_HTML)
        return reply_html_as(
            call, facts != NULL ? 200 : 404,
            paper_html(call->arena,
                       certificate_check_paper(call->arena, facts,
                                               (int)call->app->programme->utc_offset_minutes)));
    if (facts == NULL)
        return reply_problem(call, PROBLEM_NOT_FOUND);
    return reply_json(call, 200, check_json(call, facts));
}

static enum answered check_get(struct call *call)
{
    struct certificate_view view;
    struct certificate_facts facts;
    struct error error;
    const char *name;
    enum find found;

    if (guesses_too_many(call))
        return reply_too_many(call, GUESSES_WINDOW_US);
    found = find_by_code(call, &view, &error);
    if (found == FIND_NOTHING)
        return reply_check(call, NULL);
    if (found == FIND_FAILED || !masked_name(call, &view, &name, &error) ||
        !certificate_facts_read(call->db, &view, name, call->arena, &facts, &error))
        return reply_error(call, &error);
    return reply_check(call, &facts);
}

const struct route check_routes[] = {
    {HTTP_GET, "/v1/checks/{word}", ANYONE, ON_QUERY, check_get, .query_fields = check_query_fields,
     .query_size = sizeof(struct check_query)},
    {0},
};
