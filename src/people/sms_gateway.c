#include "people/sms_gateway.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <string.h>

#define ANSWER_MOST 4096 /* of the gateway's answer is looked at */

/* --- what is asked --- */

static bool is_loopback(const char *url)
{
    static const char *const allowed[] = {"http://127.0.0.1:", "http://127.0.0.1/",
                                          "http://[::1]:", "http://[::1]/"};

    for (size_t i = 0; i < ARRAY_LENGTH(allowed); i++)
        if (strncmp(url, allowed[i], strlen(allowed[i])) == 0)
            return true;
    return false;
}

bool sms_gateway_check(const struct sms_options *options, struct error *error)
{
    if (strncmp(options->url, "https://", 8) != 0 && !is_loopback(options->url))
        return error_set(error, "sms.url", "sms.url must be an https address");
    if (!strstr(options->body, "{code}") ||
        (!strstr(options->body, "{phone}") && !strstr(options->body, "{national}")))
        return error_set(error, "sms.body",
                         "sms.body must contain {code}, and {phone} or {national}");
    if (strpbrk(options->header, "\r\n"))
        return error_set(error, "sms.header", "sms.header must be one line");
    return true;
}

void sms_body_write(const char *body, const struct phone *phone, const char *code,
                    struct buffer *out)
{
    const struct {
        const char *place, *value;
    } places[] = {
        {"{phone}", phone->text},
        {"{national}", strncmp(phone->text, "+86", 3) == 0 ? phone->text + 3 : phone->text},
        {"{code}", code},
    };

    while (*body) {
        size_t i = 0;
        while (i < ARRAY_LENGTH(places) &&
               strncmp(body, places[i].place, strlen(places[i].place)) != 0)
            i++;
        if (i == ARRAY_LENGTH(places)) {
            buffer_add_char(out, *body++);
        } else {
            buffer_add_text(out, places[i].value);
            body += strlen(places[i].place);
        }
    }
}

/* --- the call --- */

static size_t keep_answer(char *data, size_t size, size_t count, void *context)
{
    struct buffer *answer = context;
    size_t room = ANSWER_MOST - answer->length, length = size * count;

    buffer_add(answer, data, length < room ? length : room);
    return length;
}

/* No proxy, no redirect, nothing but HTTP: a code goes where the configuration says or nowhere. */
static void set_options(CURL *curl, const struct sms_options *options,
                        const struct curl_slist *headers, const struct buffer *body,
                        struct buffer *answer)
{
    curl_easy_setopt(curl, CURLOPT_URL, options->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_loopback(options->url) ? "http" : "https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(options->timeout_us / 1000));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->data);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body->length);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
}

static enum code_sent judge_answer(CURL *curl, const struct sms_options *options,
                                   const struct buffer *answer, struct error *error)
{
    long status = 0;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 2 &&
        (options->success[0] == '\0' || (answer->data && strstr(answer->data, options->success))))
        return CODE_SENT;
    error_set(error, "sms.refused", "the SMS gateway answered %ld", status);
    return CODE_FAILED;
}

static enum code_sent post(const struct sms_options *options, const struct buffer *body,
                           struct error *error)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    struct buffer answer = {0};
    CURL *curl = curl_easy_init();
    enum code_sent sent = CODE_FAILED;

    if (options->header[0] != '\0')
        headers = curl_slist_append(headers, options->header);
    ASSERT(curl && headers);
    set_options(curl, options, headers, body, &answer);
    CURLcode done = curl_easy_perform(curl);
    if (done == CURLE_OK)
        sent = judge_answer(curl, options, &answer, error);
    else
        error_set(error, "sms.failed", "the SMS gateway: %s", curl_easy_strerror(done));
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    buffer_free(&answer);
    return sent;
}

enum code_sent sms_gateway_send(const struct sms_options *options, const struct phone *phone,
                                const char *code, struct error *error)
{
    static _Atomic int64_t sending;
    struct buffer body = {0};
    enum code_sent sent = CODE_NOT_NOW;

    if (atomic_fetch_add(&sending, 1) < options->at_once) {
        sms_body_write(options->body, phone, code, &body);
        sent = post(options, &body, error);
    }
    atomic_fetch_sub(&sending, 1);
    if (body.data)
        crypto_wipe(body.data, body.length);
    buffer_free(&body);
    return sent;
}
