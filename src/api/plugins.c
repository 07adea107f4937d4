/*
 * Plugins, for administrators: uploaded, configured, put in shadow, enforced, rolled back, while
 * the server runs. Auditors see them. Secrets never come back out.
 */
#include "plugin/plugins.h"

#include <inttypes.h>
#include <string.h>

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "base/crypto.h"
#include "plugin/registry.h"

#define READERS          (ROLE_ADMINISTRATOR | ROLE_AUDITOR)
#define IMAGE_CHARACTERS (4 << 20) /* of base64url: 3 MiB */

/* --- Shown ------------------------------------------------------------------------------------ */

static json_t *effect_json(enum plugin_effect effect)
{
    return json_string(plugin_effect_name(effect));
}

static json_t *hold_from_json(int64_t hold_from)
{
    return hold_from == INT64_MAX ? json_null() : json_points(hold_from);
}

static json_t *plugin_json(const struct plugin_row *row)
{
    return json_pack(
        "{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
        json_id(row->plugin_id), "name", row->name, "kind", plugin_kind_name(row->kind), "version",
        row->manifest->version, "title_zh", row->manifest->title_zh, "title_en",
        row->manifest->title_en, "mode", plugin_mode_name(row->mode), "built_in", row->built_in,
        "rank", row->rank, "on_flag", effect_json(row->on_flag), "on_fault",
        effect_json(row->on_fault), "hold_from", hold_from_json(row->hold_from), "version_id",
        json_id(row->version_id), "policy_id", json_id(row->policy_id), "quarantined_at",
        json_time(row->quarantined_us), "updated_at", json_time(row->updated_us));
}

static enum answered plugins_get(struct call *call)
{
    struct plugin_row *rows;
    struct error error;
    size_t count;
    json_t *items;

    if (!registry_list(call->db, call->arena, &rows, &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, plugin_json(&rows[i]));
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

static json_t *version_json(struct call *call, const struct plugin_version *version)
{
    const char *signer = version->is_signed
                             ? hex_encode(call->arena, version->signer, sizeof version->signer)
                             : NULL;

    return json_pack("{s:o, s:s, s:s, s:s?, s:o}", "id", json_id(version->version_id), "version",
                     version->version, "sha256",
                     hex_encode(call->arena, version->sha256, sizeof version->sha256), "signer",
                     signer, "uploaded_at", json_time(version->uploaded_us));
}

/* Microseconds within which so many of a hundred answers came: a power of two. */
static int64_t within_us(const struct plugin_figures *figures, int64_t percent)
{
    int64_t all = 0, seen = 0;

    for (size_t i = 0; i < PLUGIN_TOOK; i++)
        all += figures->took[i];
    for (size_t i = 0; all > 0 && i < PLUGIN_TOOK; i++) {
        seen += figures->took[i];
        if (seen * 100 >= all * percent)
            return INT64_C(1) << i;
    }
    return 0;
}

/* On the server that answers: what runs, and how quick it is. */
static json_t *here_json(struct call *call, uint64_t plugin_id)
{
    struct plugin_here here = plugins_look(call->app->plugins, plugin_id);
    struct plugin_figures figures = plugins_figures(call->app->plugins, plugin_id);
    json_t *mode = here.runs ? json_string(plugin_mode_name(here.mode)) : json_null();

    return json_pack(
        "{s:b, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I}", "runs", here.runs, "mode", mode,
        "version_id", id_or_null(here.version_id), "policy_id", id_or_null(here.policy_id), "why",
        here.why[0] ? json_string(here.why) : json_null(), "questions", figures.questions, "faults",
        figures.faults, "mean_us", figures.mean_us, "half_within_us", within_us(&figures, 50),
        "most_within_us", within_us(&figures, 99));
}

/* The plugin with its versions, its schema and its settings: what a console draws its form from. */
static enum answered reply_plugin(struct call *call, int status, const struct plugin_row *row)
{
    struct plugin_version *versions;
    struct error error;
    size_t count;
    json_t *settings, *list, *body;

    if (!registry_versions(call->db, row->plugin_id, call->arena, &versions, &count, &error))
        return reply_error(call, &error);
    settings = registry_settings(call->db, row, &error);
    if (!settings)
        return reply_error(call, &error);
    list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, version_json(call, &versions[i]));
    body = plugin_json(row);
    json_object_set_new(body, "versions", list);
    json_object_set_new(body, "settings", settings);
    json_object_set_new(body, "manifest", manifest_to_json(row->manifest));
    json_object_set_new(body, "here", here_json(call, row->plugin_id));
    if (status == 201)
        return reply_created(
            call, arena_printf(call->arena, "/v1/plugins/%" PRIu64, row->plugin_id), body);
    return reply_json(call, status, body);
}

static enum answered show(struct call *call, int status, uint64_t plugin_id)
{
    struct plugin_row row;
    struct error error;
    enum find found = registry_find(call->db, plugin_id, call->arena, &row, &error);

    return found == FIND_FOUND ? reply_plugin(call, status, &row)
                               : reply_missing(call, found, &error);
}

static enum answered plugin_get(struct call *call)
{
    return show(call, 200, call->ids[0]);
}

/* --- Changing --------------------------------------------------------------------------------- */

/* 409 with the registry's own words: they are written for administrators. */
static enum answered reply_not_registered(struct call *call, enum registered answer,
                                          const struct error *error)
{
    const char *detail = arena_printf(call->arena, "%s", error->detail);

    switch (answer) {
    case REGISTER_NOT_FOUND: return reply_problem(call, PROBLEM_NOT_FOUND);
    case REGISTER_REFUSED: return reply_problem_detail(call, PROBLEM_CONFLICT, detail, detail);
    default: return reply_error(call, error);
    }
}

/* What was written is in force here before the answer goes out; where it does not come up, what was
 * in force stays in force here, and the administrator is told why. */
static enum answered in_force(struct call *call, enum registered answer, int status,
                              uint64_t plugin_id, struct error *error)
{
    if (answer != REGISTERED)
        return reply_not_registered(call, answer, error);
    if (!plugins_reload(call->app->plugins, error))
        return reply_not_registered(call, REGISTER_REFUSED, error);
    return show(call, status, plugin_id);
}

struct upload_input {
    struct text image, signature, why;
};

static const struct json_field upload_fields[] = {
    {"image", JSON_TEXT, REQUIRED, offsetof(struct upload_input, image), .min = 1,
     .max = IMAGE_CHARACTERS},
    {"signature", JSON_TEXT, OPTIONAL, offsetof(struct upload_input, signature), .max = 255},
    {"why", JSON_TEXT, REQUIRED, offsetof(struct upload_input, why), .min = 1, .max = 400},
    {0},
};

static enum answered plugin_post(struct call *call)
{
    const struct upload_input *input = call->input;
    uint8_t *bytes = arena_take(call->arena, input->image.length);
    struct plugin_upload upload = {.actor = call->who.account_id, .why = input->why};
    uint64_t plugin_id, version_id;
    struct error error = {0};
    size_t length;

    if (!base64url_decode(input->image, bytes, input->image.length, &length))
        return reply_bad_field(call, "/image", "bad_image", "the file as base64url, no padding");
    upload.image = (struct text){(char *)bytes, length};
    if (input->signature.length > 0)
        upload.signature = arena_copy(call->arena, input->signature.data, input->signature.length);
    enum registered answer = registry_upload(call->db, call->app->registry, &upload, call->now_us,
                                             &plugin_id, &version_id, &error);
    if (answer != REGISTERED)
        return reply_not_registered(call, answer, &error);
    return show(call, 201, plugin_id);
}

struct change_input {
    struct text why, settings;
    uint64_t version_id;
    int mode, on_flag, on_fault;
    int64_t rank, hold_from;
    bool has_settings, has_version, has_mode, has_on_flag, has_on_fault, has_rank, has_hold_from;
};

static const struct json_field change_fields[] = {
    {"why", JSON_TEXT, REQUIRED, offsetof(struct change_input, why), .min = 1, .max = 400},
    {"version_id", JSON_ID, OPTIONAL, offsetof(struct change_input, version_id),
     .seen = offsetof(struct change_input, has_version)},
    {"settings", JSON_DOCUMENT, OPTIONAL, offsetof(struct change_input, settings),
     .seen = offsetof(struct change_input, has_settings)},
    {"mode", JSON_CHOICE, OPTIONAL, offsetof(struct change_input, mode),
     .choices = "off|shadow|enforced", .seen = offsetof(struct change_input, has_mode)},
    {"rank", JSON_INT, OPTIONAL, offsetof(struct change_input, rank), .max = 10000,
     .seen = offsetof(struct change_input, has_rank)},
    {"on_flag", JSON_CHOICE, OPTIONAL, offsetof(struct change_input, on_flag),
     .choices = "mark|hold", .seen = offsetof(struct change_input, has_on_flag)},
    {"on_fault", JSON_CHOICE, OPTIONAL, offsetof(struct change_input, on_fault),
     .choices = "pass|mark|hold|deny", .seen = offsetof(struct change_input, has_on_fault)},
    {"hold_from", JSON_POINTS, OPTIONAL, offsetof(struct change_input, hold_from),
     .seen = offsetof(struct change_input, has_hold_from)},
    {0},
};

static struct plugin_wish wish_of(const struct call *call, const json_t *settings)
{
    static const enum plugin_mode modes[] = {PLUGIN_OFF, PLUGIN_SHADOW, PLUGIN_ENFORCED};
    static const enum plugin_effect flags[] = {EFFECT_MARK, EFFECT_HOLD};
    static const enum plugin_effect faults[] = {EFFECT_PASS, EFFECT_MARK, EFFECT_HOLD, EFFECT_DENY};
    const struct change_input *input = call->input;

    return (struct plugin_wish){
        .plugin_id = call->ids[0],
        .actor = call->who.account_id,
        .why = input->why,
        .has_version = input->has_version,
        .version_id = input->version_id,
        .has_mode = input->has_mode,
        .mode = modes[input->mode],
        .has_rank = input->has_rank,
        .rank = (int)input->rank,
        .has_on_flag = input->has_on_flag,
        .on_flag = flags[input->on_flag],
        .has_on_fault = input->has_on_fault,
        .on_fault = faults[input->on_fault],
        .has_hold_from = input->has_hold_from,
        .hold_from = input->hold_from,
        .settings = settings,
    };
}

static enum answered change_post(struct call *call)
{
    const struct change_input *input = call->input;
    json_t *settings = input->has_settings
                           ? json_loadb(input->settings.data, input->settings.length, 0, NULL)
                           : NULL;
    struct plugin_wish wish = wish_of(call, settings);
    struct error error = {0};
    enum registered answer =
        registry_change(call->db, call->app->registry, &wish, call->now_us, &error);

    json_decref(settings);
    return in_force(call, answer, 200, call->ids[0], &error);
}

struct back_input {
    struct text why;
};

static const struct json_field back_fields[] = {
    {"why", JSON_TEXT, REQUIRED, offsetof(struct back_input, why), .min = 1, .max = 400},
    {0},
};

static enum answered roll_back_post(struct call *call)
{
    const struct back_input *input = call->input;
    struct error error = {0};
    enum registered answer =
        registry_roll_back(call->db, call->app->registry, call->ids[0], call->who.account_id,
                           input->why, call->now_us, &error);

    return in_force(call, answer, 200, call->ids[0], &error);
}

/* --- What was, and what went wrong ------------------------------------------------------------ */

static json_t *change_json(const struct plugin_change_row *row)
{
    return json_pack("{s:o, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "id",
                     json_id(row->change_id), "mode", plugin_mode_name(row->mode), "rank",
                     row->rank, "version_id", json_id(row->version_id), "policy_id",
                     json_id(row->policy_id), "on_flag", effect_json(row->on_flag), "on_fault",
                     effect_json(row->on_fault), "hold_from", hold_from_json(row->hold_from), "why",
                     row->why, "actor_id", row->actor ? json_id(row->actor) : json_null(), "at",
                     json_time(row->at_us));
}

/* One more than the page is asked for, to see whether another follows. */
static enum answered changes_get(struct call *call)
{
    const struct page_query *query = call->query;
    size_t limit = (size_t)page_limit(&query->page), count;
    struct plugin_change_row *rows;
    struct plugin_row row;
    struct error error;
    enum find found = registry_find(call->db, call->ids[0], call->arena, &row, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!registry_changes(call->db, call->ids[0], query->page.after, limit + 1, call->arena, &rows,
                          &count, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count && i < limit; i++)
        json_array_append_new(items, change_json(&rows[i]));
    return reply_json(call, 200, page_json(items, count > limit ? rows[limit - 1].change_id : 0));
}

static json_t *fault_json(const struct plugin_fault_row *row)
{
    return json_pack("{s:o, s:o, s:o, s:s, s:i, s:s, s:o}", "id", json_id(row->fault_id),
                     "plugin_id", json_id(row->plugin_id), "version_id", json_id(row->version_id),
                     "fault", plugin_fault_name(row->fault), "detail", row->detail, "question",
                     row->question, "at", json_time(row->at_us));
}

static enum answered faults_get(struct call *call)
{
    const struct page_query *query = call->query;
    size_t limit = (size_t)page_limit(&query->page), count;
    struct plugin_fault_row *rows;
    struct plugin_row row;
    struct error error;
    enum find found = registry_find(call->db, call->ids[0], call->arena, &row, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!registry_faults(call->db, call->ids[0], query->page.after, limit + 1, call->arena, &rows,
                         &count, &error))
        return reply_error(call, &error);
    json_t *items = json_array();
    for (size_t i = 0; i < count && i < limit; i++)
        json_array_append_new(items, fault_json(&rows[i]));
    return reply_json(call, 200, page_json(items, count > limit ? rows[limit - 1].fault_id : 0));
}

const struct route plugin_routes[] = {
    {HTTP_GET, "/v1/plugins", READERS, ON_QUERY, plugins_get},
    {HTTP_POST, "/v1/plugins", ROLE_ADMINISTRATOR, ON_QUERY, plugin_post, .fields = upload_fields,
     .input_size = sizeof(struct upload_input)},
    {HTTP_GET, "/v1/plugins/{id}", READERS, ON_QUERY, plugin_get},
    {HTTP_GET, "/v1/plugins/{id}/changes", READERS, ON_QUERY, changes_get,
     .query_fields = page_query_fields, .query_size = sizeof(struct page_query)},
    {HTTP_POST, "/v1/plugins/{id}/changes", ROLE_ADMINISTRATOR, ON_QUERY, change_post,
     .fields = change_fields, .input_size = sizeof(struct change_input)},
    {HTTP_POST, "/v1/plugins/{id}/roll-back", ROLE_ADMINISTRATOR, ON_QUERY, roll_back_post,
     .fields = back_fields, .input_size = sizeof(struct back_input)},
    {HTTP_GET, "/v1/plugins/{id}/faults", READERS, ON_QUERY, faults_get,
     .query_fields = page_query_fields, .query_size = sizeof(struct page_query)},
    {0},
};
