/* Members by CSV, all or nothing; each import that was, and how far the one under way is. */
#include "people/import.h"

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"

#define SHOWN 50

static json_t *faults_json(const struct call *call, const struct import_report *report)
{
    json_t *items = json_array();

    for (size_t i = 0; i < report->fault_count; i++) {
        const struct import_fault *fault = &report->faults[i];
        json_array_append_new(
            items, json_pack("{s:I, s:s?, s:s, s:s}", "line", (json_int_t)fault->line, "column",
                             fault->column, "code", fault->code, "text",
                             import_fault_text(fault->code, call->language == LANGUAGE_EN)));
    }
    return items;
}

static enum answered reply_report(struct call *call, int status, const struct import_report *report)
{
    return reply_json(call, status,
                      json_pack("{s:o, s:I, s:I, s:o}", "import_id", id_or_null(report->import_id),
                                "rows", (json_int_t)report->rows, "faulty_rows",
                                (json_int_t)report->faulty_rows, "faults",
                                faults_json(call, report)));
}

struct import_query {
    bool dry_run, consented;
};

static const struct json_field import_query_fields[] = {
    {"dry_run", JSON_FLAG, OPTIONAL, offsetof(struct import_query, dry_run)},
    {"consented", JSON_FLAG, OPTIONAL, offsetof(struct import_query, consented)},
    {0},
};

static enum answered imports_post(struct call *call)
{
    const struct import_query *query = call->query;
    struct import_wanted wanted = {
        .csv = http_request_body(call->request),
        .scope_id = call->who.scope_id,
        .dry_run = query->dry_run,
        .actor = call->who.account_id,
    };
    struct import_report report;
    struct error error;

    if (!query->dry_run && !query->consented)
        return reply_bad_field(call, "/consented", "consent_needed", "true");
    switch (members_import(call->db, call->app->keyring, call->app->ids, &wanted, call->arena,
                           &report, &error)) {
    case IMPORT_DONE: return reply_report(call, 200, &report);
    case IMPORT_FAULTY: return reply_report(call, 422, &report);
    case IMPORT_BUSY: return reply_problem(call, PROBLEM_BUSY);
    case IMPORT_BROKEN: break;
    }
    return reply_error(call, &error);
}

static enum answered imports_get(struct call *call)
{
    struct import_state *imports;
    struct error error;
    size_t count;

    if (!import_list(call->db, call->arena, SHOWN, &imports, &count, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            items,
            json_pack("{s:o, s:o, s:s, s:I, s:I, s:o, s:o}", "id", json_id(imports[i].import_id),
                      "actor", id_or_null(imports[i].actor), "state", imports[i].state, "rows",
                      (json_int_t)imports[i].rows, "staged", (json_int_t)imports[i].staged,
                      "began_at", json_time(imports[i].began_us), "ended_at",
                      json_time(imports[i].ended_us)));
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

const struct route import_routes[] = {
    {HTTP_GET, "/v1/imports", ROLE_AUDITOR | ROLE_ADMINISTRATOR, ON_QUERY, imports_get},
    {HTTP_POST, "/v1/imports", ROLE_COORDINATOR | ROLE_ADMINISTRATOR, ON_QUERY, imports_post,
     .query_fields = import_query_fields, .query_size = sizeof(struct import_query),
     .takes_csv = true},
    {0},
};
