/* Notes and photos of a record, and the five counts of an activity. */
#include "service/evidence.h"

#include <inttypes.h>
#include <string.h>

#include "api/activity_calls.h"
#include "api/app.h"
#include "api/record_calls.h"
#include "api/resources.h"
#include "base/crypto.h"
#include "service/photo.h"

#define PHOTO_CHARACTERS_MOST (PHOTO_BYTES_MOST / 3 * 4 + 4)

struct evidence_input {
    struct text note, photo;
};

static const struct json_field evidence_fields[] = {
    {"note", JSON_TEXT, OPTIONAL, offsetof(struct evidence_input, note), .max = 500},
    {"photo", JSON_TEXT, OPTIONAL, offsetof(struct evidence_input, photo),
     .max = PHOTO_CHARACTERS_MOST},
    {0},
};

static json_t *evidence_json(const struct evidence *evidence)
{
    bool has_photo = evidence->media_type[0] != '\0';

    return json_pack("{s:o, s:o, s:o, s:o, s:s?}", "id", json_id(evidence->id), "record_id",
                     json_id(evidence->record_id), "added_at", json_time(evidence->added_us),
                     "note", json_text(evidence->note), "photo",
                     has_photo ? evidence->media_type : NULL);
}

/* The member's own record, or one of a coordinator's units. */
static enum find find_shown(struct call *call, uint64_t record_id, struct error *error)
{
    struct record_view view;

    return record_find_visible(call, record_id, &view, error);
}

/* Into the arena, without what the camera wrote. False: it is no photo that is taken here. */
static bool take_photo(struct call *call, struct text encoded, struct evidence *evidence)
{
    uint8_t *bytes = arena_take(call->arena, PHOTO_BYTES_MOST);
    struct buffer clean = {0};
    size_t length;

    evidence->media_type = "";
    evidence->photo = TEXT("");
    if (encoded.length == 0)
        return true;
    if (!base64url_decode(encoded, bytes, PHOTO_BYTES_MOST, &length))
        return false;
    evidence->media_type = photo_clean((struct text){(char *)bytes, length}, &clean);
    if (evidence->media_type)
        evidence->photo =
            (struct text){arena_copy(call->arena, clean.data, clean.length), clean.length};
    buffer_free(&clean);
    return evidence->media_type != NULL;
}

static enum answered evidence_post(struct call *call)
{
    const struct evidence_input *input = call->input;
    struct evidence evidence = {
        .id = id_next(call->app->ids),
        .record_id = call->ids[0],
        .added_by = call->who.account_id,
        .added_us = call->now_us,
        .note = input->note.data ? input->note : TEXT(""),
    };
    enum refusal refusal;
    struct error error;
    enum find found = find_shown(call, call->ids[0], &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (input->note.length == 0 && input->photo.length == 0)
        return reply_bad_field(call, "/note", "missing", "note or photo");
    if (!take_photo(call, input->photo, &evidence))
        return reply_bad_field(call, "/photo", "bad_photo", "JPEG or PNG as base64url, 2 MiB");
    if (!evidence_add(call->db, &evidence, &refusal, &error))
        return reply_error(call, &error);
    if (refusal != ACCEPTED)
        return reply_refused(call, refusal);
    return reply_created(call, arena_printf(call->arena, "/v1/evidence/%" PRIu64, evidence.id),
                         evidence_json(&evidence));
}

static enum answered evidence_get(struct call *call)
{
    struct evidence *list;
    struct error error;
    enum find found = find_shown(call, call->ids[0], &error);
    size_t count;
    json_t *items;

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!evidence_list(call->db, call->ids[0], call->arena, &list, &count, &error))
        return reply_error(call, &error);
    items = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(items, evidence_json(&list[i]));
    return reply_json(call, 200, json_pack("{s:o}", "items", items));
}

/* That of the path; FIND_NOTHING as well for a record that the caller may not see. */
static enum find find_evidence(struct call *call, struct evidence *evidence, struct error *error)
{
    enum find found = evidence_find(call->db, call->ids[0], call->arena, evidence, error);

    return found == FIND_FOUND ? find_shown(call, evidence->record_id, error) : found;
}

static enum answered photo_get(struct call *call)
{
    struct evidence evidence;
    struct error error;
    enum find found = find_evidence(call, &evidence, &error);

    if (found == FIND_FOUND && evidence.photo.length == 0)
        found = FIND_NOTHING;
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_bytes(call, 200, evidence.media_type, evidence.photo);
}

/* By who added it, or a coordinator. */
static enum answered evidence_delete(struct call *call)
{
    struct evidence evidence;
    struct error error;
    enum find found = find_evidence(call, &evidence, &error);

    if (found == FIND_FOUND && call->who.role == ROLE_MEMBER &&
        evidence.added_by != call->who.account_id)
        found = FIND_NOTHING;
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!evidence_remove(call->db, evidence.id, &error))
        return reply_error(call, &error);
    return reply_empty(call);
}

/* --- Counts ---------------------------------------------------------------------------------- */

struct counts_input {
    int64_t volunteers, attendances, residents, households, cases;
};

#define COUNT(name)                                                                                \
    {                                                                                              \
#name, JSON_INT, REQUIRED, offsetof(struct counts_input, name), .max = 1000000             \
    }
static const struct json_field counts_fields[] = {
    COUNT(volunteers), COUNT(attendances), COUNT(residents), COUNT(households), COUNT(cases), {0},
};
#undef COUNT

static json_t *counts_json(const struct activity_counts *counts)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:o}", "volunteers", counts->volunteers,
                     "attendances", counts->attendances, "residents", counts->residents,
                     "households", counts->households, "cases", counts->cases, "entered_at",
                     json_time(counts->entered_us));
}

static enum answered counts_put(struct call *call)
{
    const struct counts_input *input = call->input;
    struct activity_counts counts = {
        .activity_id = call->ids[0],
        .volunteers = (int32_t)input->volunteers,
        .attendances = (int32_t)input->attendances,
        .residents = (int32_t)input->residents,
        .households = (int32_t)input->households,
        .cases = (int32_t)input->cases,
        .entered_by = call->who.account_id,
        .entered_us = call->now_us,
    };
    struct activity activity;
    enum refusal refusal;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);

    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    if (!activity_counts_enter(call->db, &counts, &refusal, &error))
        return reply_error(call, &error);
    return refusal != ACCEPTED ? reply_refused(call, refusal)
                               : reply_json(call, 200, counts_json(&counts));
}

static enum answered counts_get(struct call *call)
{
    struct activity_counts counts;
    struct activity activity;
    struct error error;
    enum find found = activity_find_led(call, call->ids[0], &activity, &error);

    if (found == FIND_FOUND)
        found = activity_counts_find(call->db, activity.id, &counts, &error);
    if (found != FIND_FOUND)
        return reply_missing(call, found, &error);
    return reply_json(call, 200, counts_json(&counts));
}

const struct route evidence_routes[] = {
    {HTTP_POST, "/v1/records/{id}/evidence", ROLE_MEMBER | REVIEWERS, ON_QUERY, evidence_post,
     .fields = evidence_fields, .input_size = sizeof(struct evidence_input)},
    {HTTP_GET, "/v1/records/{id}/evidence", ROLE_MEMBER | STAFF, ON_QUERY, evidence_get},
    {HTTP_GET, "/v1/evidence/{id}/photo", ROLE_MEMBER | STAFF, ON_QUERY, photo_get},
    {HTTP_DELETE, "/v1/evidence/{id}", ROLE_MEMBER | REVIEWERS, ON_QUERY, evidence_delete},
    {HTTP_PUT, "/v1/activities/{id}/counts", LEADERS, ON_QUERY, counts_put, .fields = counts_fields,
     .input_size = sizeof(struct counts_input)},
    {HTTP_GET, "/v1/activities/{id}/counts", LEADERS, ON_QUERY, counts_get},
    {0},
};
