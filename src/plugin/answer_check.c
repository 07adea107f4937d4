/*
 * What an answer may say. An answer that its table refuses is a fault of the plugin, never a
 * decision.
 */
#include <string.h>

#include "plugin/wire.h"

static bool nonsense(struct error *why, const char *what)
{
    return error_set(why, "plugin.nonsense", "%s", what);
}

static bool is_within(int64_t value, int64_t least, int64_t most)
{
    return value >= least && value <= most;
}

static bool has_reason(const struct linli_reason *reason)
{
    return reason->code[0] && reason->zh.length > 0 && reason->en.length > 0;
}

static bool check_opinion(const struct plugin_call *call, struct error *why)
{
    const struct linli_opinion *opinion = &call->answer.opinion;

    if (opinion->verdict > LINLI_DENY)
        return nonsense(why, "a verdict that does not exist");
    if (opinion->verdict != LINLI_ALLOW && !has_reason(&opinion->reason))
        return nonsense(why, "a flag or denial without a code and a sentence in each language");
    return true;
}

static bool check_award(const struct plugin_call *call, struct error *why)
{
    const struct linli_award *award = &call->answer.award;

    if (!is_within(award->points, 0, WIRE_POINTS_MOST))
        return nonsense(why, "points for one record beyond 0 to 1,000,000");
    if (!is_within(award->daily_cap, 0, WIRE_POINTS_MOST))
        return nonsense(why, "a daily cap beyond 0 to 1,000,000 points");
    if (award->expires_us != 0 &&
        !is_within(award->expires_us, call->question.award.started_us, WIRE_TIME_MOST))
        return nonsense(why, "points that end before the service, or after the year 2200");
    return true;
}

static bool is_rating(const struct manifest *manifest, const char *code)
{
    for (size_t i = 0; i < manifest->assessment.rating_count; i++) {
        if (strcmp(manifest->assessment.ratings[i].code, code) == 0)
            return true;
    }
    return false;
}

static bool check_rating(const struct plugin_call *call, struct error *why)
{
    const struct linli_rating *rating = call->answer.rating;

    if (rating->code[0] && !is_rating(call->plugin->manifest, rating->code))
        return nonsense(why, "a rating that the policy does not list");
    if (rating->reason_count > LINLI_MOST_REASONS)
        return nonsense(why, "more reasons than there is room for");
    for (size_t i = 0; i < rating->reason_count; i++) {
        if (!has_reason(&rating->reasons[i]))
            return nonsense(why, "a reason without a code and a sentence in each language");
        if (!is_within(rating->missing[i], 0, WIRE_MISSING_MOST))
            return nonsense(why, "an absurd number of what is missing");
    }
    if (rating->code[0] && rating->reason_count == 0)
        return nonsense(why, "a rating without a reason");
    return true;
}

/* Printable: neither control characters nor anything beyond ASCII where `ascii`. */
static bool is_printable(const struct linli_room *room, bool ascii)
{
    for (size_t i = 0; i < room->length; i++) {
        unsigned char c = (unsigned char)room->bytes[i];
        if (c < ' ' || c == 0x7f || (ascii && c > 0x7f))
            return false;
    }
    return true;
}

static bool room_is(const struct linli_room *room, const char *text)
{
    size_t length = strlen(text);

    return room->length == length && memcmp(room->bytes, text, length) == 0;
}

static bool room_begins(const struct linli_room *room, const char *text)
{
    size_t length = strlen(text);

    return room->length > length && memcmp(room->bytes, text, length) == 0;
}

static bool check_request(const struct linli_http *http, struct error *why)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    bool known = false;

    for (size_t i = 0; i < ARRAY_LENGTH(methods); i++)
        known |= room_is(&http->method, methods[i]);
    if (!known)
        return nonsense(why, "a request whose method is not GET, POST, PUT, PATCH or DELETE");
    if (!room_begins(&http->url, "https://") && !room_begins(&http->url, "http://"))
        return nonsense(why, "a request whose URL does not begin with https://");
    if (!is_printable(&http->url, true) || memchr(http->url.bytes, ' ', http->url.length))
        return nonsense(why, "a request whose URL has spaces, controls or letters beyond ASCII");
    if (!is_printable(&http->type, true) || !is_printable(&http->credential, true))
        return nonsense(why, "a request whose type or credential is not printable");
    return true;
}

static bool check_step(const struct plugin_call *call, struct error *why)
{
    const struct linli_step *step = call->answer.step;
    uint32_t operation = call->question.step.operation;

    if (step->outcome < LINLI_DONE || step->outcome > LINLI_ABSENT)
        return nonsense(why, "an outcome that does not exist");
    if (step->outcome == LINLI_ABSENT && operation != LINLI_QUERY)
        return nonsense(why, "`absent` answers a query only");
    if (!is_printable(&step->voucher, false))
        return nonsense(why, "a voucher that cannot be printed");
    if (step->outcome == LINLI_RETRY && !is_within(step->retry_s, 1, 86400))
        return nonsense(why, "a retry after less than a second or more than a day");
    if (step->expires_us != 0 && !is_within(step->expires_us, 1, WIRE_TIME_MOST))
        return nonsense(why, "a voucher that ends before 1970 or after 2200");
    if (step->outcome == LINLI_DECLINED && !has_reason(&step->reason))
        return nonsense(why, "a refusal without a code and a sentence in each language");
    if (step->outcome != LINLI_CALL)
        return true;
    if (operation == LINLI_RESERVE && call->plugin->manifest->merchant.issues_at_once)
        return nonsense(why, "it issues at once, yet asks for a call");
    return check_request(&step->http, why);
}

bool answer_check(const struct plugin_call *call, struct error *why)
{
    switch (call->operation) {
    case PLUGIN_CHECK: return check_opinion(call, why);
    case PLUGIN_AWARD: return check_award(call, why);
    case PLUGIN_RATE: return check_rating(call, why);
    case PLUGIN_STEP: return check_step(call, why);
    }
    return nonsense(why, "an operation that does not exist");
}
