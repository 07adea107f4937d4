#include "store/db_url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes percent-encoding in place; a NUL in it would cut the text short, so none is taken. */
static bool percent_decode(char *text)
{
    char *out = text;

    for (const char *in = text; *in; in++) {
        if (*in != '%') {
            *out++ = *in;
            continue;
        }
        int high = hex_digit(in[1]);
        int low = high < 0 ? -1 : hex_digit(in[2]);
        if (low < 0 || high + low == 0)
            return false;
        *out++ = (char)(high * 16 + low);
        in += 2;
    }
    *out = 0;
    return true;
}

/* Cuts `text` at the first `c` and returns what follows, or "" when there is none. */
static char *cut(char *text, char c)
{
    char *at = strchr(text, c);

    if (!at)
        return text + strlen(text);
    *at = 0;
    return at + 1;
}

static bool parse_port(const char *text, unsigned *port)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || value == 0 || value > 65535)
        return false;
    *port = (unsigned)value;
    return true;
}

/* host, host:port or [v6]:port */
static bool parse_authority(char *text, struct db_url *parsed)
{
    char *port;

    parsed->host = text;
    if (*text == '[') {
        parsed->host = text + 1;
        port = cut(text, ']');
        if (*port == ':')
            port++;
        else if (*port)
            return false;
    } else {
        port = cut(text, ':');
    }
    return !*port || parse_port(port, &parsed->port);
}

static bool parse_query(char *query, struct db_url *parsed)
{
    while (*query) {
        char *next = cut(query, '&');
        char *value = cut(query, '=');
        if (strcmp(query, "socket") != 0)
            return false;
        parsed->socket = value;
        query = next;
    }
    return true;
}

static bool parse(char *text, struct db_url *parsed)
{
    char *empty = text + strlen(text);
    char *query = cut(text, '?');
    char *at = strrchr(text, '@');

    parsed->user = parsed->password = parsed->socket = empty;
    /* The name follows the first slash after the '@': a password may hold an encoded one only. */
    parsed->name = cut(at ? at + 1 : text, '/');
    if (at) {
        *at = 0;
        parsed->user = text;
        parsed->password = cut(text, ':');
        text = at + 1;
    }
    return parse_authority(text, parsed) && parse_query(query, parsed) &&
           percent_decode(parsed->user) && percent_decode(parsed->password) &&
           percent_decode(parsed->host) && percent_decode(parsed->name) &&
           percent_decode(parsed->socket);
}

bool db_url_parse(const char *url, struct db_url *parsed, struct error *error)
{
    const char *rest = NULL;

    *parsed = (struct db_url){0};
    if (strncasecmp(url, "mysql://", 8) == 0)
        rest = url + 8;
    else if (strncasecmp(url, "mariadb://", 10) == 0)
        rest = url + 10;
    if (rest) {
        parsed->memory = memory_new(strlen(rest) + 1);
        memcpy(parsed->memory, rest, strlen(rest));
    }
    if (rest && parse(parsed->memory, parsed) && *parsed->name)
        return true;
    db_url_free(parsed);
    return error_set(error, "store.url",
                     "database.url must be mysql://user:password@host:port/name or "
                     "mysql://user@/name?socket=/path, special characters percent-encoded");
}

void db_url_free(struct db_url *parsed)
{
    if (parsed->password)
        crypto_wipe(parsed->password, strlen(parsed->password));
    free(parsed->memory);
    *parsed = (struct db_url){0};
}
