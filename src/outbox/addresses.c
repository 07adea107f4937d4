#include "outbox/addresses.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
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

/* Labels as DNS has them, and the "_" that some have. IPv6 was checked by the parser. */
static bool host_is_sound(const char *host)
{
    static const char *const of = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t length;

    if (strchr(host, ':'))
        return true;
    for (const char *label = host;; label += length + 1) {
        length = strspn(label, of);
        if (length == 0 || length > 63 || label[0] == '-' || label[length - 1] == '-')
            return false;
        if (label[length] != '.')
            return label[length] == '\0';
    }
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
    return target->port > 0 && host_is_sound(target->host) ? NULL : "bad_url";
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

/* The next word of a list, by spaces or commas; an empty one at its end. */
static struct text next_word(struct text *rest)
{
    static const char between[] = " ,\t\n";
    struct text word = *rest;
    size_t length = 0;

    while (word.length > 0 && memchr(between, word.data[0], sizeof between - 1))
        word = (struct text){word.data + 1, word.length - 1};
    while (length < word.length && !memchr(between, word.data[length], sizeof between - 1))
        length++;
    *rest = (struct text){word.data + length, word.length - length};
    return (struct text){word.data, length};
}

/* "host" or "host:port"; an IPv6 address is in brackets where it has a port. It is what an address
 * of that host would be, so that both are read in one way. */
static bool read_entry(struct text word, struct target *target)
{
    static const char *const of = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "-_.:[]";
    const char *colon = memchr(word.data, ':', word.length), *why;
    bool is_bare_v6 = colon && word.data[0] != '[' && colon < word.data + word.length - 1 &&
                      memchr(colon + 1, ':', word.length - (size_t)(colon + 1 - word.data));
    char url[300];
    size_t length = (size_t)snprintf(
        url, sizeof url, is_bare_v6 ? "https://[%.*s]" : "https://%.*s", TEXT_ARGS(word));

    if (length >= sizeof url || url[length - 1] == ':' || memchr(word.data, '\0', word.length) ||
        strspn(url + strlen("https://"), of) != length - strlen("https://"))
        return false;
    return target_read((struct text){url, length}, target, &why);
}

bool target_is_listed(const struct target *target, const char *list)
{
    struct text rest = {list, strlen(list)}, word;
    struct target entry;

    while ((word = next_word(&rest)).length > 0)
        if (read_entry(word, &entry) && entry.port == target->port &&
            strcmp(entry.host, target->host) == 0)
            return true;
    return false;
}

bool host_list_is_valid(struct text list, struct text *wrong)
{
    struct target entry;

    *wrong = next_word(&list);
    while (wrong->length > 0 && read_entry(*wrong, &entry)) {
        *wrong = next_word(&list);
        if (wrong->length == 0)
            return true;
    }
    return false;
}
