#include "outbox/addresses.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* --- Ranges ----------------------------------------------------------------------------------- */

/* IANA's special-purpose registries, and what is reserved or multicast. */
static const struct {
    uint32_t network;
    int bits;
} closed_v4[] = {
    {0x00000000, 8},  /* this network */
    {0x0A000000, 8},  /* private */
    {0x64400000, 10}, /* shared, carriers' NAT */
    {0x7F000000, 8},  /* loopback */
    {0xA9FE0000, 16}, /* link local, metadata of clouds */
    {0xAC100000, 12}, /* private */
    {0xC0000000, 24}, /* protocol assignments */
    {0xC0000200, 24}, /* documentation */
    {0xC0586300, 24}, /* 6to4 relays */
    {0xC0A80000, 16}, /* private */
    {0xC6120000, 15}, /* benchmarks */
    {0xC6336400, 24}, /* documentation */
    {0xCB007100, 24}, /* documentation */
    {0xE0000000, 3},  /* multicast, reserved, broadcast */
};

static bool v4_is_public(uint32_t address)
{
    for (size_t i = 0; i < ARRAY_LENGTH(closed_v4); i++)
        if ((address ^ closed_v4[i].network) >> (32 - closed_v4[i].bits) == 0)
            return false;
    return true;
}

static uint32_t v4_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Global unicast is 2000::/3; what of it leads back into IPv4 or nowhere is closed too. */
static bool v6_is_public(const uint8_t bytes[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

    if (memcmp(bytes, mapped, sizeof mapped) == 0)
        return v4_is_public(v4_at(bytes + 12));
    if (bytes[0] >> 5 != 1) /* loopback, ::/96, 64:ff9b::, unique local, link local, multicast */
        return false;
    if (bytes[0] == 0x20 && bytes[1] == 0x02) /* 6to4 */
        return v4_is_public(v4_at(bytes + 2));
    if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 2) /* Teredo, ORCHID, benchmarks */
        return false;
    if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0D && bytes[3] == 0xB8)
        return false;                                                  /* documentation */
    return !(bytes[0] == 0x3F && bytes[1] == 0xFF && bytes[2] < 0x10); /* documentation, RFC 9637 */
}

bool address_is_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;

        memcpy(&v4, address, sizeof v4);
        return v4_is_public(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;

        memcpy(&v6, address, sizeof v6);
        return v6_is_public(v6.sin6_addr.s6_addr);
    }
    return false;
}

/* --- Addresses -------------------------------------------------------------------------------- */

static bool copy_part(CURLU *url, CURLUPart part, unsigned flags, char *out, size_t size)
{
    char *value = NULL;
    bool fits = curl_url_get(url, part, &value, flags) == CURLUE_OK && strlen(value) < size;

    if (fits)
        memcpy(out, value, strlen(value) + 1);
    curl_free(value);
    return fits;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    bool has = curl_url_get(url, part, &value, 0) == CURLUE_OK;

    curl_free(value);
    return has;
}

static bool read_path(CURLU *url, struct target *target)
{
    char query[sizeof target->path];
    size_t length;

    if (!copy_part(url, CURLUPART_PATH, 0, target->path, sizeof target->path))
        return false;
    if (!has_part(url, CURLUPART_QUERY))
        return true;
    length = strlen(target->path);
    if (!copy_part(url, CURLUPART_QUERY, 0, query, sizeof query) ||
        length + 1 + strlen(query) >= sizeof target->path)
        return false;
    target->path[length] = '?';
    memcpy(target->path + length + 1, query, strlen(query) + 1);
    return true;
}

/* Brackets and the dot of a fully qualified name away, so that one host has one name. */
static void normalise_host(char *host)
{
    size_t length = strlen(host);

    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        memmove(host, host + 1, length - 2);
        host[length - 2] = '\0';
    } else if (length > 1 && host[length - 1] == '.') {
        host[length - 1] = '\0';
    }
    for (char *c = host; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
}

static const char *fault_in(CURLU *url, struct target *target)
{
    char scheme[16], port[16];

    if (!copy_part(url, CURLUPART_SCHEME, 0, scheme, sizeof scheme) || strcmp(scheme, "https") != 0)
        return "not_https";
    if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD) ||
        has_part(url, CURLUPART_FRAGMENT) || has_part(url, CURLUPART_ZONEID))
        return "bad_url";
    if (!copy_part(url, CURLUPART_HOST, 0, target->host, sizeof target->host) ||
        !copy_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT, port, sizeof port) ||
        !read_path(url, target))
        return "bad_url";
    normalise_host(target->host);
    target->port = (int)strtol(port, NULL, 10);
    return NULL;
}

bool target_read(struct text url, struct target *target, const char **why)
{
    char copy[4096];
    CURLU *handle;

    *why = "bad_url";
    if (url.length == 0 || url.length >= sizeof copy)
        return false;
    for (size_t i = 0; i < url.length; i++)
        if (url.data[i] <= ' ' || url.data[i] == 0x7F)
            return false;
    memcpy(copy, url.data, url.length);
    copy[url.length] = '\0';
    handle = curl_url();
    ASSERT(handle);
    if (curl_url_set(handle, CURLUPART_URL, copy, 0) == CURLUE_OK)
        *why = fault_in(handle, target);
    curl_url_cleanup(handle);
    return *why == NULL;
}

/* --- Lists ------------------------------------------------------------------------------------ */

static const char *const between = " ,\t\n";

/* "host" or "host:port"; an IPv6 address is in brackets where it has a port. */
static bool entry_matches(const char *entry, size_t length, const struct target *target)
{
    char wanted[300];
    size_t host = strlen(target->host);
    bool is_v6 = strchr(target->host, ':') != NULL;
    const char *tail;

    if (length >= sizeof wanted)
        return false;
    memcpy(wanted, entry, length);
    wanted[length] = '\0';
    if (is_v6 && wanted[0] == '[') {
        if (strncmp(wanted + 1, target->host, host) != 0 || wanted[host + 1] != ']')
            return false;
        tail = wanted + host + 2;
    } else {
        if (strncasecmp(wanted, target->host, host) != 0)
            return false;
        tail = wanted + host;
    }
    if (*tail == '\0')
        return target->port == 443;
    return *tail == ':' && strtol(tail + 1, NULL, 10) == target->port;
}

bool target_is_listed(const struct target *target, const char *list)
{
    for (const char *entry = list + strspn(list, between); *entry;) {
        size_t length = strcspn(entry, between);

        if (entry_matches(entry, length, target))
            return true;
        entry += length;
        entry += strspn(entry, between);
    }
    return false;
}

bool host_list_is_valid(struct text list)
{
    size_t words = 0, length = 0;

    for (size_t i = 0; i < list.length; i++) {
        char c = list.data[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                       c == ':' || c == '[' || c == ']';

        if (!is_word && !strchr(between, c))
            return false;
        length = is_word ? length + 1 : 0;
        words += length == 1;
        if (length > 260)
            return false;
    }
    return words > 0;
}
