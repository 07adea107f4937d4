/*
 * Statements: what a merchant is owed for the confirmations before a cut-off. An administrator
 * opens one, which fills it; the merchant's manager signs it; an administrator notes the payment.
 */
#include "market/statements.h"

#include "api/app.h"
#include "api/call.h"
#include "api/resources.h"
#include "api/statement_json.h"
#include "base/clock.h"
#include "jobs/statement_fill.h"

#define SLICES_MOST 10 /* a call; the keeper goes on with what is left */

/* A manager sees those of their own merchant. */
static bool may_see(const struct who *who, const struct statement_view *view)
{
    return who->role != ROLE_MANAGER || who->scope_id == view->merchant_id;
}

/* FIND_NOTHING as well for what the caller may not see: it does not exist for them. */
static enum find find_visible(struct call *call, struct statement_view *view, struct error *error)
{
    enum find found = statement_find(call->db, call->ids[0], call->arena, view, error);

    return found == FIND_FOUND && !may_see(&call->who, view) ? FIND_NOTHING : found;
}

static enum answered show(struct call *call, int status, uint64_t statement_id)
{
    struct statement_view view;
    struct error error;
    enum find found = statement_find(call->db, statement_id, call->arena, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, status, statement_json(&view));
}

/* --- Opening -------------------------------------------------------------------------------- */

struct opening_input {
    int32_t through;
    int64_t cut_off_us;
    bool through_seen, cut_off_seen;
};

static const struct json_field opening_fields[] = {
    {"through", JSON_DAY, OPTIONAL, offsetof(struct opening_input, through),
     .seen = offsetof(struct opening_input, through_seen)},
    {"cut_off", JSON_TIME, OPTIONAL, offsetof(struct opening_input, cut_off_us),
     .seen = offsetof(struct opening_input, cut_off_seen)},
    {0},
};

/* The cut-off is the end of the day `through`, or the second `cut_off`; it has passed. Whole
 * seconds: as they are shown, so that what was shown names the same statement again. */
static bool read_cut_off(const struct call *call, int64_t *cut_off_us)
{
    const struct opening_input *input = call->input;
    int offset = (int)call->app->programme->utc_offset_minutes;

    if (input->through_seen == input->cut_off_seen)
        return false;
    if (input->cut_off_seen)
        *cut_off_us = input->cut_off_us - input->cut_off_us % SECOND_US;
    else
        *cut_off_us = calendar_day_start_us(input->through + 1, offset);
    return *cut_off_us > 0 && *cut_off_us <= call->now_us;
}

static enum answered reply_not_opened(struct call *call, const struct statement_opening *opening)
{
    if (opening->verdict == OPENING_NO_MERCHANT)
        return reply_problem(call, PROBLEM_NOT_FOUND);
    if (opening->verdict == OPENING_UNFINISHED)
        return reply_problem_detail(call, PROBLEM_CONFLICT, "上一张结算单尚未完成",
                                    "The statement before this one takes lines still");
    return reply_problem_detail(call, PROBLEM_CONFLICT, "已有截止时间更晚的结算单",
                                "An earlier statement goes further than this cut-off");
}

static bool fill_now(struct call *call, uint64_t statement_id, struct error *error)
{
    const struct fill fill = {
        .db = call->db,
        .teller = call_teller(call),
        .arena = call->arena,
        .ids = call->app->ids,
        .actor = call->who.account_id,
        .actor_epoch = call->who.epoch,
        .now_us = call->now_us,
        .undo_window_us = call->app->programme->undo_window_us,
        .slices_most = SLICES_MOST,
    };
    struct statement_view view;

    return statement_find(call->db, statement_id, call->arena, &view, error) == FIND_FOUND &&
           statement_fill(&fill, &view, error);
}

/* Again with the same cut-off: the same statement, filled further. */
static enum answered statement_post(struct call *call)
{
    struct statement_opening opening = {
        .id = id_next(call->app->ids),
        .merchant_id = call->ids[0],
        .actor = call->who.account_id,
        .now_us = call->now_us,
    };
    struct outcome claim = {0};
    struct error error;

    if (!read_cut_off(call, &opening.cut_off_us))
        return reply_bad_field(call, "/through", "bad_cut_off",
                               "through (a day) or cut_off (a time), in the past");
    if (!call_keep(call, 0, &claim))
        return ANSWERED;
    if (!statement_open(call->db, &opening, &error))
        return reply_error(call, &error);
    if (opening.verdict != OPENING_DONE)
        return reply_not_opened(call, &opening);
    if (!fill_now(call, opening.id, &error))
        return reply_error(call, &error);
    return show(call, 200, opening.id);
}

/* --- Signing and paying --------------------------------------------------------------------- */

static enum answered reply_wrong_state(struct call *call)
{
    return reply_problem_detail(call, PROBLEM_CONFLICT, "结算单当前状态不能这样做",
                                "The statement is not in the state for this");
}

/* Done already counts as done: a second tap gets the same answer. */
static enum answered take_step(struct call *call, struct text note, enum statement_state goal,
                               enum find (*step_to)(struct db *, const struct statement_step *,
                                                    struct error *))
{
    struct statement_step step = {.statement_id = call->ids[0],
                                  .actor = call->who.account_id,
                                  .now_us = call->now_us,
                                  .note = note};
    struct statement_view view;
    struct error error;
    enum find found = find_visible(call, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    found = step_to(call->db, &step, &error);
    if (found == FIND_FAILED)
        return reply_error(call, &error);
    if (found == FIND_NOTHING && view.state != goal)
        return reply_wrong_state(call);
    return show(call, 200, view.id);
}

static enum answered statement_sign_post(struct call *call)
{
    return take_step(call, (struct text){0}, STATEMENT_SIGNED, statement_sign);
}

struct pay_input {
    struct text note;
};

static const struct json_field pay_fields[] = {
    {"note", JSON_TEXT, REQUIRED, offsetof(struct pay_input, note), .min = 2, .max = 400},
    {0},
};

static enum answered statement_pay_post(struct call *call)
{
    const struct pay_input *input = call->input;

    return take_step(call, input->note, STATEMENT_PAID, statement_pay);
}

/* --- Looking -------------------------------------------------------------------------------- */

static enum answered statement_get(struct call *call)
{
    struct statement_view view;
    struct error error;
    enum find found = find_visible(call, &view, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, statement_json(&view));
}

struct statements_query {
    uint64_t merchant_id;
    int state;
    bool state_seen;
    struct page page;
};

static const struct json_field statements_query_fields[] = {
    {"merchant_id", JSON_ID, OPTIONAL, offsetof(struct statements_query, merchant_id)},
    {"state", JSON_CHOICE, OPTIONAL, offsetof(struct statements_query, state),
     .choices = STATEMENT_STATES, .seen = offsetof(struct statements_query, state_seen)},
    PAGE_FIELDS(struct statements_query, page),
    {0},
};

/* A manager gets their own merchant's, whatever they ask for. */
static enum answered statements_get(struct call *call)
{
    const struct statements_query *query = call->query;
    struct statement_filter filter = {
        .merchant_id = call->who.role == ROLE_MANAGER ? call->who.scope_id : query->merchant_id,
        .state = query->state_seen ? query->state : -1,
    };
    int64_t limit = page_limit(&query->page);
    struct statement_view *views;
    struct error error;
    size_t count;
    json_t *items;

    if (!statement_list(call->db, &filter, query->page.after, limit, call->arena, &views, &count,
                        &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, statement_json(&views[i]));
    return reply_json(call, 200,
                      page_json(items, (int64_t)count == limit ? views[count - 1].id : 0));
}

enum format { FORMAT_JSON, FORMAT_CSV };
#define FORMATS "json|csv"

struct lines_query {
    int format; /* enum format */
    struct page page;
};

static const struct json_field lines_query_fields[] = {
    {"format", JSON_CHOICE, OPTIONAL, offsetof(struct lines_query, format), .choices = FORMATS},
    PAGE_FIELDS(struct lines_query, page),
    {0},
};

/* Frees the buffer. */
static enum answered reply_csv(struct call *call, struct buffer *csv)
{
    enum answered answered =
        reply_bytes(call, 200, "text/csv; charset=utf-8", (struct text){csv->data, csv->length});

    buffer_free(csv);
    return answered;
}

static enum answered reply_lines_csv(struct call *call, uint64_t statement_id)
{
    int offset = (int)call->app->programme->utc_offset_minutes;
    struct buffer csv = {0};
    struct error error;

    if (statement_csv(call->db, statement_id, offset, &csv, &error))
        return reply_csv(call, &csv);
    buffer_free(&csv);
    return reply_error(call, &error);
}

/* CSV is whole; JSON comes by pages, whose cursor is a line's redemption. */
static enum answered statement_lines_get(struct call *call)
{
    const struct lines_query *query = call->query;
    int64_t limit = page_limit(&query->page);
    struct statement_view view;
    struct statement_line_view *lines;
    struct error error;
    size_t count;
    enum find found = find_visible(call, &view, &error);
    json_t *items;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (query->format == FORMAT_CSV)
        return reply_lines_csv(call, view.id);
    if (!statement_lines(call->db, view.id, query->page.after, limit, call->arena, &lines, &count,
                         &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, statement_line_json(&lines[i]));
    return reply_json(
        call, 200, page_json(items, (int64_t)count == limit ? lines[count - 1].redemption_id : 0));
}

/* --- By sponsor ------------------------------------------------------------------------------ */

struct totals_query {
    uint64_t statement_id, merchant_id;
    int state, format;
    bool state_seen;
};

static const struct json_field totals_query_fields[] = {
    {"statement_id", JSON_ID, OPTIONAL, offsetof(struct totals_query, statement_id)},
    {"merchant_id", JSON_ID, OPTIONAL, offsetof(struct totals_query, merchant_id)},
    {"state", JSON_CHOICE, OPTIONAL, offsetof(struct totals_query, state),
     .choices = STATEMENT_STATES, .seen = offsetof(struct totals_query, state_seen)},
    {"format", JSON_CHOICE, OPTIONAL, offsetof(struct totals_query, format), .choices = FORMATS},
    {0},
};

static enum answered reply_totals_csv(struct call *call, const struct statement_total *totals,
                                      size_t count)
{
    struct buffer csv = {0};

    statement_totals_csv(totals, count, &csv);
    return reply_csv(call, &csv);
}

/* What each sponsor owes. A manager gets what their own merchant is owed. */
static enum answered statements_by_sponsor_get(struct call *call)
{
    const struct totals_query *query = call->query;
    const struct statement_totals_of of = {
        .statement_id = query->statement_id,
        .filter = {.merchant_id =
                       call->who.role == ROLE_MANAGER ? call->who.scope_id : query->merchant_id,
                   .state = query->state_seen ? query->state : -1},
    };
    struct statement_total *totals;
    struct error error;
    size_t count;
    json_t *items;

    if (!statement_totals(call->db, &of, call->arena, &totals, &count, &error))
        return reply_error(call, &error);
    if (query->format == FORMAT_CSV)
        return reply_totals_csv(call, totals, count);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, statement_total_json(&totals[i]));
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

#define SEE_THEM (ROLE_MANAGER | ROLE_AUDITOR | ROLE_ADMINISTRATOR)

const struct route statement_routes[] = {
    {HTTP_POST, "/v1/merchants/{id}/statements", ROLE_ADMINISTRATOR, ON_QUERY, statement_post,
     .fields = opening_fields, .input_size = sizeof(struct opening_input), .idempotent = true},
    {HTTP_GET, "/v1/statements", SEE_THEM, ON_QUERY, statements_get,
     .query_fields = statements_query_fields, .query_size = sizeof(struct statements_query)},
    {HTTP_GET, "/v1/statements/by-sponsor", SEE_THEM, ON_QUERY, statements_by_sponsor_get,
     .query_fields = totals_query_fields, .query_size = sizeof(struct totals_query)},
    {HTTP_GET, "/v1/statements/{id}", SEE_THEM, ON_QUERY, statement_get},
    {HTTP_GET, "/v1/statements/{id}/lines", SEE_THEM, ON_QUERY, statement_lines_get,
     .query_fields = lines_query_fields, .query_size = sizeof(struct lines_query)},
    {HTTP_POST, "/v1/statements/{id}/sign", ROLE_MANAGER, ON_QUERY, statement_sign_post},
    {HTTP_POST, "/v1/statements/{id}/pay", ROLE_ADMINISTRATOR, ON_QUERY, statement_pay_post,
     .fields = pay_fields, .input_size = sizeof(struct pay_input)},
    {0},
};
