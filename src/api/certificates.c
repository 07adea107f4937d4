/*
 * Certificates: a member takes their service away, as a page or a PDF, free; staff print one for a
 * member without a phone. checks.c is for those whom it is shown to.
 */
#include "service/certificates.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "api/app.h"
#include "api/call.h"
#include "api/certificate_paper.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "base/clock.h"
#include "base/log.h"
#include "people/audit.h"

static int offset_of(const struct call *call)
{
    return (int)call->app->programme->utc_offset_minutes;
}

static bool is_staff(const struct call *call)
{
    return call->who.role != ROLE_MEMBER;
}

static bool note(struct db *db, const struct call *call, const char *action,
                 uint64_t certificate_id, struct error *error)
{
    const struct audit audit = {
        .actor = call->who.account_id, .action = action, .object_id = certificate_id};

    return !is_staff(call) || audit_append(db, &audit, call->now_us, error);
}

/* --- Whose it is ------------------------------------------------------------------------------ */

/* Staff see those that staff made, for a member of their unit: never what members made themselves.
 * FIND_NOTHING as well for what the caller may not see. `member`: who it is about by now. */
static enum find find_visible(struct call *call, struct certificate_view *view,
                              struct member *member, struct error *error)
{
    enum find found = certificate_find(call->db, call->ids[0], call->arena, view, error);

    if (found != FIND_FOUND)
        return found;
    if (is_staff(call) && view->certificate.issued_by == view->certificate.member_id)
        return FIND_NOTHING;
    found = member_find(call->db, call->app->keyring, view->owner_id, call->arena, member, error);
    return found == FIND_FOUND && !member_may_see(call, member) ? FIND_NOTHING : found;
}

/* --- What it shows ---------------------------------------------------------------------------- */

/* The code, and the address where it is checked. False for a key that this server is about to
 * learn. */
static bool add_code(struct call *call, struct certificate_facts *facts)
{
    const struct certificate *certificate = &facts->view->certificate;
    const struct key *key = keyring_find(call->app->keyring, certificate->code_key);
    const char *site = call->app->programme->public_url;
    struct paper_code code;

    if (key == NULL)
        return false;
    certificate_code(key->secret, certificate, &code);
    facts->code = paper_code_for_people(call->arena, &code);
    if (site[0] != '\0')
        facts->address =
            arena_printf(call->arena, "%s/v1/checks/%s?format=html", site, facts->code);
    return true;
}

static const char *text_or_null(const char *text, bool shown)
{
    return shown ? text : NULL;
}

/* A withdrawn one says nothing any more, its code neither. */
static json_t *certificate_json(const struct call *call, const struct certificate_facts *facts)
{
    const struct certificate *certificate = &facts->view->certificate;
    bool states = certificate->line_count > 0;
    json_t *body = json_pack(
        "{s:o, s:o, s:o, s:s, s:b, s:o, s:o, s:s?, s:s?}", "id", json_id(certificate->id),
        "member_id", json_id(facts->view->owner_id), "unit_id", json_id(certificate->unit_id),
        "state", certificate_state_name(facts->view->state), "shows_name", certificate->shows_name,
        "issued_at", json_time(certificate->issued_us), "withdrawn_at",
        json_time(certificate->withdrawn_us), "code", text_or_null(facts->code, states),
        "check_url", text_or_null(facts->address, states));
    json_t *stated = certificate_facts_json(facts, call->language == LANGUAGE_EN);

    json_object_update(body, stated);
    json_decref(stated);
    return body;
}

static enum answered reply_certificate(struct call *call, int status,
                                       const struct certificate_view *view)
{
    struct certificate_facts facts;
    struct error error;

    if (!certificate_facts_read(call->db, view, NULL, call->arena, &facts, &error))
        return reply_error(call, &error);
    if (!add_code(call, &facts))
        return reply_problem(call, PROBLEM_BUSY);
    if (status == 201)
        return reply_created(
            call, arena_printf(call->arena, "/v1/certificates/%" PRIu64, view->certificate.id),
            certificate_json(call, &facts));
    return reply_json(call, status, certificate_json(call, &facts));
}

static enum answered certificate_get(struct call *call)
{
    struct certificate_view view;
    struct member member;
    struct error error;
    enum find found = find_visible(call, &view, &member, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_certificate(call, 200, &view);
}

static enum answered certificates_get(struct call *call)
{
    const struct page *page = &((const struct page_query *)call->query)->page;
    int64_t limit = page_limit(page);
    uint64_t ids[PAGE_LIMIT_MOST];
    struct error error;
    size_t count;
    json_t *items;

    if (!certificate_list(call->db, call->who.account_id, page->after, limit, ids, &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++) {
        struct certificate_view view;
        struct certificate_facts facts;
        enum find found = certificate_find(call->db, ids[i], call->arena, &view, &error);

        if (found == FIND_NOTHING)
            continue;
        if (found == FIND_FAILED ||
            !certificate_facts_read(call->db, &view, NULL, call->arena, &facts, &error)) {
            json_decref(items);
            return reply_error(call, &error);
        }
        if (add_code(call, &facts))
            json_array_append_new(items, certificate_json(call, &facts));
    }
    return reply_json(call, 200, page_json(items, (int64_t)count == limit ? ids[count - 1] : 0));
}

/* --- Making one ------------------------------------------------------------------------------- */

struct certificate_input {
    uint64_t member_id;
    int32_t from, through;
    bool from_seen, through_seen, shows_name;
};

static const struct json_field certificate_fields[] = {
    {"member_id", JSON_ID, OPTIONAL, offsetof(struct certificate_input, member_id)},
    {"from", JSON_DAY, OPTIONAL, offsetof(struct certificate_input, from),
     .seen = offsetof(struct certificate_input, from_seen)},
    {"through", JSON_DAY, OPTIONAL, offsetof(struct certificate_input, through),
     .seen = offsetof(struct certificate_input, through_seen)},
    {"shows_name", JSON_FLAG, OPTIONAL, offsetof(struct certificate_input, shows_name)},
    {0},
};

/* Members make their own; staff name the member. False: answered. */
static bool read_member(struct call *call, uint64_t *member_id)
{
    const struct certificate_input *input = call->input;
    struct member member;
    struct error error;
    enum find found;

    *member_id = input->member_id != 0 ? input->member_id : call->who.account_id;
    if (!is_staff(call)) {
        if (*member_id == call->who.account_id)
            return true;
        reply_problem(call, PROBLEM_NOT_FOUND);
        return false;
    }
    if (input->member_id == 0) {
        reply_bad_field(call, "/member_id", "missing", "whom it is for");
        return false;
    }
    found = member_find(call->db, call->app->keyring, *member_id, call->arena, &member, &error);
    if (found == FIND_FOUND)
        return member_admits_proxy(call, &member);
    reply_missing(call, found, &error);
    return false;
}

/* False: answered. */
static bool read_period(struct call *call, struct new_certificate *wanted)
{
    const struct certificate_input *input = call->input;
    int32_t today = calendar_day(call->now_us, offset_of(call));

    wanted->from_day = input->from_seen ? input->from : 0;
    wanted->through_day = input->through_seen ? input->through : today;
    if (wanted->through_day > today)
        reply_bad_field(call, "/through", "in_the_future", "today or before");
    else if (input->from_seen && (input->from < 1 || input->from > wanted->through_day))
        reply_bad_field(call, "/from", "bad_period", "not after through");
    else
        return true;
    return false;
}

struct making {
    struct call *call;
    struct new_certificate wanted;
    uint64_t certificate_id;
    enum certificate_answer answer;
};

static bool make(struct db *db, void *context, struct error *error)
{
    struct making *making = context;
    struct call *call = making->call;

    making->answer = certificate_issue(db, call->app->keyring, call->app->ids, &making->wanted,
                                       call->now_us, &making->certificate_id, error);
    if (making->answer != CERTIFICATE_ISSUED)
        return making->answer != CERTIFICATE_BROKEN;
    return note(db, call, "certificate.issue", making->certificate_id, error);
}

static enum answered reply_made(struct call *call, uint64_t certificate_id)
{
    struct certificate_view view;
    struct error error;
    enum find found = certificate_find(call->db, certificate_id, call->arena, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_certificate(call, 201, &view);
}

static enum answered certificates_post(struct call *call)
{
    const struct certificate_input *input = call->input;
    struct making making = {.call = call,
                            .wanted = {.shows_name = input->shows_name,
                                       .issued_by = call->who.account_id,
                                       .utc_offset_minutes = offset_of(call)}};
    struct error error;

    if (!read_member(call, &making.wanted.member_id) || !read_period(call, &making.wanted))
        return ANSWERED;
    if (!db_transaction(call->db, make, &making, &error))
        return reply_error(call, &error);
    switch (making.answer) {
    case CERTIFICATE_ISSUED: return reply_made(call, making.certificate_id);
    case CERTIFICATE_NO_MEMBER: return reply_problem(call, PROBLEM_NOT_FOUND);
    case CERTIFICATE_TOO_LONG:
        return reply_bad_field(call, "/from", "too_much", "a shorter period");
    case CERTIFICATE_TOO_MANY:
        return reply_problem_detail(call, PROBLEM_CONFLICT, "证明过多，请先撤回一些",
                                    "There are too many certificates: withdraw some first");
    default: return reply_problem(call, PROBLEM_NOTHING_TO_CERTIFY);
    }
}

/* --- On paper --------------------------------------------------------------------------------- */

#define PDFS_AT_ONCE 2 /* of a process; the next is answered 503 */

enum paper_format { PAPER_HTML, PAPER_PDF };

struct paper_query {
    int format; /* enum paper_format */
};

static const struct json_field paper_query_fields[] = {
    {"format", JSON_CHOICE, OPTIONAL, offsetof(struct paper_query, format), .choices = "html|pdf"},
    {0},
};

/* Long ones cost some 100 ms of a query thread: they never take all of those. */
static bool write_pdf(struct call *call, const struct paper *paper, struct text *pdf,
                      struct error *error)
{
    static _Atomic int under_way;
    bool written = false;

    if (atomic_fetch_add(&under_way, 1) < PDFS_AT_ONCE)
        written = paper_pdf(call->arena, paper, pdf, error);
    else
        error_set(error, "paper.busy", "%d are being made", PDFS_AT_ONCE);
    atomic_fetch_sub(&under_way, 1);
    return written;
}

static enum answered reply_pdf(struct call *call, const struct paper *paper)
{
    struct error error;
    struct text pdf;

    if (write_pdf(call, paper, &pdf, &error))
        return reply_bytes(call, 200, "application/pdf", pdf);
    if (strcmp(error.code, "paper.busy") == 0)
        return reply_problem(call, PROBLEM_BUSY);
    if (strcmp(error.code, "paper.no_font") != 0)
        return reply_error(call, &error);
    LOG(ERROR, "paper.no_font", LOG_STR("detail", error.detail));
    return reply_problem(call, PROBLEM_NO_FONT);
}

/* What does not hold any more is not printed again: the member makes a new one. */
static enum answered reply_not_current(struct call *call)
{
    return reply_problem_detail(call, PROBLEM_CONFLICT, "本证明已不再有效，请重新开具",
                                "This certificate does not hold any more: make a new one");
}

static enum answered certificate_paper_get(struct call *call)
{
    const struct paper_query *query = call->query;
    struct certificate_view view;
    struct certificate_facts facts;
    struct member member;
    struct error error;
    enum find found = find_visible(call, &view, &member, &error);
    const struct paper *paper;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (view.state > CERTIFICATE_SUPERSEDED || member.name == NULL)
        return reply_not_current(call);
    if (!certificate_facts_read(call->db, &view, member.name, call->arena, &facts, &error))
        return reply_error(call, &error);
    facts.titles = arena_take(call->arena, view.certificate.line_count * sizeof *facts.titles);
    if (!certificate_titles(call->db, &view, call->arena, facts.titles, &error) ||
        !note(call->db, call, "certificate.print", view.certificate.id, &error))
        return reply_error(call, &error);
    if (!add_code(call, &facts))
        return reply_problem(call, PROBLEM_BUSY);
    paper = certificate_paper(call->arena, &facts, offset_of(call));
    return query->format == PAPER_PDF ? reply_pdf(call, paper)
                                      : reply_html(call, paper_html(call->arena, paper));
}

/* --- Withdrawing ------------------------------------------------------------------------------ */

static bool withdraw(struct db *db, void *context, struct error *error)
{
    struct call *call = context;

    return certificate_withdraw(db, call->ids[0], call->now_us, error) &&
           note(db, call, "certificate.withdraw", call->ids[0], error);
}

static enum answered certificate_withdraw_post(struct call *call)
{
    struct certificate_view view;
    struct member member;
    struct error error;
    enum find found = find_visible(call, &view, &member, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!db_transaction(call->db, withdraw, call, &error))
        return reply_error(call, &error);
    return certificate_get(call);
}

#define SEE_THEM (ROLE_MEMBER | ROLE_COORDINATOR | ROLE_ADMINISTRATOR)

const struct route certificate_routes[] = {
    {HTTP_GET, "/v1/certificates", ROLE_MEMBER, ON_QUERY, certificates_get,
     .query_fields = page_query_fields, .query_size = sizeof(struct page_query)},
    {HTTP_POST, "/v1/certificates", SEE_THEM, ON_QUERY, certificates_post,
     .fields = certificate_fields, .input_size = sizeof(struct certificate_input)},
    {HTTP_GET, "/v1/certificates/{id}", SEE_THEM, ON_QUERY, certificate_get},
    {HTTP_GET, "/v1/certificates/{id}/paper", SEE_THEM, ON_QUERY, certificate_paper_get,
     .query_fields = paper_query_fields, .query_size = sizeof(struct paper_query)},
    {HTTP_POST, "/v1/certificates/{id}/withdraw", SEE_THEM, ON_QUERY, certificate_withdraw_post},
    {0},
};
