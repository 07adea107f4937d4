/*
 * Merchants whose vouchers others issue: which plugin speaks for a merchant, with its own settings;
 * the credentials with which the server signs calls; pools of codes that were bought in advance.
 */
#include "market/integrations.h"

#include <string.h>

#include "api/app.h"
#include "api/call.h"
#include "api/people_json.h"
#include "api/resources.h"
#include "base/csv_read.h"
#include "market/coupon_codes.h"
#include "market/merchant_code.h"
#include "market/merchants.h"
#include "market/rehearsal.h"
#include "market/rewards.h"
#include "market/step_desk.h"
#include "outbox/addresses.h"

/* --- A merchant's plugin ---------------------------------------------------------------------- */

/* Secrets that are set are `true`. */
static json_t *shown_settings(const struct manifest *manifest, const json_t *settings)
{
    json_t *shown = json_object();
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)settings, name, value)
    {
        bool secret = false;

        for (size_t i = 0; i < manifest->setting_count; i++)
            secret = secret || (manifest->settings[i].secret &&
                                strcmp(manifest->settings[i].name, name) == 0);
        json_object_set_new(shown, name, secret ? json_true() : json_incref(value));
    }
    return shown;
}

/* Of a plugin that is not in force any more nothing is known to be no secret. */
static json_t *integration_json(struct call *call, const struct integration *integration)
{
    const struct step_desk *desk = call->app->merchant_desk;
    struct manifest *manifest = arena_take(call->arena, sizeof *manifest);
    bool in_force = desk->find(desk->context, integration->plugin, call->arena, manifest);

    return json_pack(
        "{s:o, s:s, s:b, s:o, s:o, s:i, s:o, s:o, s:o}", "merchant_id",
        json_id(integration->merchant_id), "plugin", integration->plugin, "in_force", in_force,
        "settings", in_force ? shown_settings(manifest, integration->settings) : json_object(),
        "discloses", disclosures_json(calls_tells(integration->calls)), "failures",
        (int)integration->failures, "rests_until", json_time(integration->rest_until_us),
        "changed_by", id_or_null(integration->changed_by), "changed_at",
        json_time(integration->changed_us));
}

static bool may_see(const struct who *who, uint64_t merchant_id)
{
    return who->role != ROLE_MANAGER || who->scope_id == merchant_id;
}

static enum answered plugin_get(struct call *call)
{
    struct integration integration;
    struct merchant merchant;
    struct error error;
    json_t *settings, *body;
    enum find found = merchant_find(call->db, call->ids[0], call->arena, &merchant, &error);

    if (found == FIND_FOUND && !may_see(&call->who, call->ids[0]))
        found = FIND_NOTHING;
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (integration_find(call->db, call->app->keyring, call->ids[0], call->arena, &integration,
                         &settings, &error) == FIND_FAILED)
        return reply_error(call, &error);
    body = integration_json(call, &integration);
    json_decref(settings);
    return reply_json(call, 200, body);
}

struct plugin_input {
    struct text plugin, settings, why;
};

static const struct json_field plugin_fields[] = {
    {"plugin", JSON_TEXT, REQUIRED, offsetof(struct plugin_input, plugin), .max = 40},
    {"settings", JSON_DOCUMENT, OPTIONAL, offsetof(struct plugin_input, settings)},
    {"why", JSON_TEXT, REQUIRED, offsetof(struct plugin_input, why), .min = 4, .max = 400},
    {0},
};

/* A secret that is sent as `true`, as it was shown, stays what it was. */
static bool keep_secrets(struct call *call, const char *plugin, json_t *settings,
                         struct error *error)
{
    struct integration before;
    json_t *old, *value;
    const char *name;
    void *next;

    if (integration_find(call->db, call->app->keyring, call->ids[0], call->arena, &before, &old,
                         error) == FIND_FAILED)
        return false;
    json_object_foreach_safe(settings, next, name, value)
    {
        json_t *kept = json_object_get(old, name);

        if (json_is_true(value) && json_is_string(kept) && strcmp(before.plugin, plugin) == 0)
            json_object_set(settings, name, kept);
    }
    json_decref(old);
    return true;
}

static enum answered put_integration(struct call *call, const struct integration *integration)
{
    const struct plugin_input *input = call->input;
    struct error error;
    enum find found =
        integration_put(call->db, call->app->keyring, integration, input->why, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return plugin_get(call);
}

/* What a member would wait for in vain is refused here. */
static enum answered try_integration(struct call *call, const struct integration *integration,
                                     const struct manifest *manifest,
                                     const struct linli_value *values, size_t count)
{
    const struct rehearsal rehearsal = {
        .keyring = call->app->keyring,
        .desk = call->app->merchant_desk,
        .manifest = manifest,
        .merchant_id = integration->merchant_id,
        .values = values,
        .value_count = count,
        .now_us = call->now_us,
        .arena = call->arena,
    };
    struct rehearsal_slip slip;
    struct error error;

    if (!rehearse(call->db, &rehearsal, &slip, &error))
        return reply_error(call, &error);
    if (slip.code)
        return reply_bad_field(call, "/settings", slip.code,
                               call->language == LANGUAGE_EN ? slip.en : slip.zh);
    return put_integration(call, integration);
}

static enum answered put_plugin(struct call *call, const char *plugin, json_t *settings)
{
    const struct step_desk *desk = call->app->merchant_desk;
    struct manifest *manifest = arena_take(call->arena, sizeof *manifest);
    struct integration integration = {
        .id = id_next(call->app->ids),
        .merchant_id = call->ids[0],
        .plugin = plugin,
        .settings = settings,
        .changed_by = call->who.account_id,
        .changed_us = call->now_us,
    };
    struct linli_value *values;
    struct error error = {0};
    size_t count;

    if (plugin[0] == '\0')
        return put_integration(call, &integration);
    if (!desk->find(desk->context, plugin, call->arena, manifest))
        return reply_bad_field(call, "/plugin", "no_such_plugin",
                               "the name of a merchant plugin that is enforced");
    if (!keep_secrets(call, plugin, settings, &error))
        return reply_error(call, &error);
    if (!desk->values(desk->context, plugin, settings, call->arena, &values, &count, &error))
        return reply_bad_field(call, "/settings", "bad_setting",
                               arena_printf(call->arena, "%s", error.detail));
    integration.calls = calls_of(manifest);
    return try_integration(call, &integration, manifest, values, count);
}

static enum answered plugin_put(struct call *call)
{
    const struct plugin_input *input = call->input;
    const char *plugin = arena_copy(call->arena, input->plugin.data, input->plugin.length);
    json_t *settings = input->settings.length > 0
                           ? json_loadb(input->settings.data, input->settings.length, 0, NULL)
                           : json_object();
    enum answered answered = put_plugin(call, plugin, settings);

    json_decref(settings);
    return answered;
}

/* --- Credentials ------------------------------------------------------------------------------ */

struct credential_input {
    int kind;
    uint64_t merchant_id;
    struct text hosts, secret, why;
};

static const struct json_field credential_fields[] = {
    {"kind", JSON_CHOICE, REQUIRED, offsetof(struct credential_input, kind),
     .choices = CREDENTIAL_KINDS},
    {"merchant_id", JSON_ID, OPTIONAL, offsetof(struct credential_input, merchant_id)},
    {"hosts", JSON_TEXT, REQUIRED, offsetof(struct credential_input, hosts), .min = 1, .max = 400},
    {"secret", JSON_TEXT, REQUIRED, offsetof(struct credential_input, secret), .min = 8,
     .max = 1000},
    {"why", JSON_TEXT, REQUIRED, offsetof(struct credential_input, why), .min = 4, .max = 400},
    {0},
};

static json_t *credential_json(const struct credential_row *row)
{
    return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o}", "name", row->name, "kind",
                     credential_kind_name(row->kind), "merchant_id", id_or_null(row->merchant_id),
                     "hosts", row->hosts, "changed_by", id_or_null(row->changed_by), "changed_at",
                     json_time(row->changed_us));
}

static bool name_is_valid(struct text name)
{
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return name.length > 0 && name.length <= 40;
}

/* It becomes a header's line. */
static bool secret_is_valid(struct text secret)
{
    for (size_t i = 0; i < secret.length; i++)
        if (secret.data[i] <= ' ' || secret.data[i] > '~')
            return false;
    return true;
}

static enum answered credential_put_one(struct call *call)
{
    const struct credential_input *input = call->input;
    struct credential_row row = {
        .name = arena_copy(call->arena, call->word.data, call->word.length),
        .kind = (enum credential_kind)(input->kind + 1),
        .merchant_id = input->merchant_id,
        .hosts = arena_copy(call->arena, input->hosts.data, input->hosts.length),
        .secret = input->secret,
        .changed_by = call->who.account_id,
        .changed_us = call->now_us,
    };
    struct text wrong;
    struct error error;

    if (!name_is_valid(call->word))
        return reply_bad_field(call, "/name", "bad_name", "1 to 40 of a-z 0-9 _ -");
    if (!host_list_is_valid(input->hosts, &wrong))
        return reply_bad_field(call, "/hosts", "bad_hosts",
                               arena_printf(call->arena,
                                            "host or host:port (1..65535), by spaces; not '%.*s'",
                                            TEXT_ARGS(wrong)));
    if (!secret_is_valid(input->secret))
        return reply_bad_field(call, "/secret", "bad_secret", "visible ASCII characters");
    if (row.kind == CREDENTIAL_BASIC && !memchr(input->secret.data, ':', input->secret.length))
        return reply_bad_field(call, "/secret", "bad_secret", "user:password");
    if (!credential_put(call->db, call->app->keyring, &row, input->why, &error))
        return reply_error(call, &error);
    return reply_json(call, 200, credential_json(&row));
}

#define CREDENTIALS_MOST 500

static enum answered credentials_get(struct call *call)
{
    struct credential_row *rows;
    struct error error;
    size_t count;
    json_t *items;

    if (!credential_list(call->db, "", CREDENTIALS_MOST, call->arena, &rows, &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, credential_json(&rows[i]));
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

struct why_input {
    struct text why;
};

static const struct json_field why_fields[] = {
    {"why", JSON_TEXT, REQUIRED, offsetof(struct why_input, why), .min = 4, .max = 400},
    {0},
};

static enum answered credential_remove_post(struct call *call)
{
    const struct why_input *input = call->input;
    const char *name = arena_copy(call->arena, call->word.data, call->word.length);
    struct error error;
    enum find found =
        credential_remove(call->db, name, call->who.account_id, input->why, call->now_us, &error);

    return found == FIND_FOUND ? reply_empty(call) : reply_missing(call, found, &error);
}

/* --- Rewards: article numbers and pools of codes ---------------------------------------------- */

static enum find find_own(struct call *call, struct reward *reward, struct error *error)
{
    enum find found = reward_find(call->db, call->ids[0], call->arena, reward, error);

    return found == FIND_FOUND && !may_see(&call->who, reward->merchant_id) ? FIND_NOTHING : found;
}

struct item_input {
    struct text item;
};

static const struct json_field item_fields[] = {
    {"item", JSON_TEXT, REQUIRED, offsetof(struct item_input, item), .max = 100},
    {0},
};

static enum answered item_put(struct call *call)
{
    const struct item_input *input = call->input;
    struct reward reward;
    struct error error;
    enum find found = find_own(call, &reward, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!reward_set_item(call->db, reward.id, input->item, &error))
        return reply_error(call, &error);
    return reply_json(
        call, 200,
        json_pack("{s:o, s:o}", "id", json_id(reward.id), "item", json_text(input->item)));
}

static json_t *counts_json(uint64_t reward_id, const struct coupon_counts *counts)
{
    return json_pack("{s:o, s:I, s:I}", "reward_id", json_id(reward_id), "left",
                     (json_int_t)counts->left, "taken", (json_int_t)counts->taken);
}

static enum answered codes_get(struct call *call)
{
    struct coupon_counts counts;
    struct reward reward;
    struct error error;
    enum find found = find_own(call, &reward, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!coupon_codes_count(call->db, reward.id, &counts, &error))
        return reply_error(call, &error);
    return reply_json(call, 200, counts_json(reward.id, &counts));
}

/* The first cell of every row; a first row "code" is a heading. NULL: `line` cannot be one. */
static struct text *read_codes(struct call *call, size_t *count, size_t *line)
{
    struct text *codes = arena_take(call->arena, COUPON_SLICE_MOST * sizeof *codes);
    struct csv_reader reader;
    struct text cells[8];
    enum csv_row row;
    size_t cell_count;

    *count = 0;
    csv_open(&reader, http_request_body(call->request), call->arena);
    while ((row = csv_read(&reader, cells, ARRAY_LENGTH(cells), &cell_count)) == CSV_ROW) {
        bool heading =
            reader.line == 1 && cells[0].length == 4 && memcmp(cells[0].data, "code", 4) == 0;

        *line = reader.line;
        if (heading)
            continue;
        if (cells[0].length == 0 || cells[0].length > MERCHANT_CODE_MOST ||
            *count == COUPON_SLICE_MOST)
            return NULL;
        codes[(*count)++] = cells[0];
    }
    return row == CSV_END && *count > 0 ? codes : NULL;
}

static enum answered codes_post(struct call *call)
{
    struct coupon_import import = {.keyring = call->app->keyring,
                                   .ids = call->app->ids,
                                   .actor = call->who.account_id,
                                   .now_us = call->now_us};
    struct coupon_counts counts;
    struct reward reward;
    struct error error;
    size_t line = 0;
    enum find found = find_own(call, &reward, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    import.reward_id = reward.id;
    import.codes = read_codes(call, &import.count, &line);
    if (import.codes == NULL)
        return reply_bad_field(call, arena_printf(call->arena, "/%zu", line), "bad_code",
                               "rows with a code of 1 to 128 bytes first, 10,000 at most");
    if (!coupon_codes_add(call->db, &import, &error) ||
        !coupon_codes_count(call->db, reward.id, &counts, &error))
        return reply_error(call, &error);
    json_t *body = counts_json(reward.id, &counts);
    json_object_set_new(body, "added", json_integer((json_int_t)import.added));
    return reply_json(call, 200, body);
}

#define MANAGE (ROLE_MANAGER | ROLE_ADMINISTRATOR)

const struct route integration_routes[] = {
    {HTTP_GET, "/v1/merchants/{id}/plugin", MANAGE | ROLE_AUDITOR, ON_QUERY, plugin_get},
    {HTTP_PUT, "/v1/merchants/{id}/plugin", ROLE_ADMINISTRATOR, ON_QUERY, plugin_put,
     .fields = plugin_fields, .input_size = sizeof(struct plugin_input)},
    {HTTP_GET, "/v1/credentials", ROLE_ADMINISTRATOR, ON_QUERY, credentials_get},
    {HTTP_PUT, "/v1/credentials/{word}", ROLE_ADMINISTRATOR, ON_QUERY, credential_put_one,
     .fields = credential_fields, .input_size = sizeof(struct credential_input)},
    {HTTP_POST, "/v1/credentials/{word}/remove", ROLE_ADMINISTRATOR, ON_QUERY,
     credential_remove_post, .fields = why_fields, .input_size = sizeof(struct why_input)},
    {HTTP_PUT, "/v1/rewards/{id}/item", MANAGE, ON_QUERY, item_put, .fields = item_fields,
     .input_size = sizeof(struct item_input)},
    {HTTP_GET, "/v1/rewards/{id}/codes", MANAGE, ON_QUERY, codes_get},
    {HTTP_POST, "/v1/rewards/{id}/codes", MANAGE, ON_QUERY, codes_post, .takes_csv = true},
    {0},
};
