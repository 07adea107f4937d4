#include "http/fault.h"

static const struct http_fault_answer answers[] = {
#define FAULT_ANSWER(name, number, title, word)                                                    \
    [HTTP_FAULT_##name] = {                                                                        \
        .status = (number),                                                                        \
        .code = (word),                                                                            \
        .body = {"{\"type\":\"about:blank\",\"title\":\"" title "\",\"status\":" #number           \
                 ",\"code\":\"" word "\"}",                                                        \
                 sizeof("{\"type\":\"about:blank\",\"title\":\"" title "\",\"status\":" #number    \
                        ",\"code\":\"" word "\"}") -                                               \
                     1},                                                                           \
        .retry = (number) == 429 || (number) == 503,                                               \
    },
    HTTP_FAULTS(FAULT_ANSWER)
#undef FAULT_ANSWER
};

const struct http_fault_answer *http_fault_answer(enum http_fault fault)
{
    ASSERT(fault < HTTP_FAULT_COUNT);
    return &answers[fault];
}

struct text http_fault_shed_answer(void)
{
    return TEXT("HTTP/1.1 503 Service Unavailable\r\n"
                "Content-Type: " HTTP_FAULT_TYPE "\r\n"
                "Content-Length: 79\r\n"
                "Retry-After: 1\r\n"
                "Connection: close\r\n"
                "\r\n"
                "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503,"
                "\"code\":\"busy\"}");
}

const char *http_status_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {423, "Locked"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(phrases); i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "";
}
