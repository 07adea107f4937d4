#include "http/clients.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash_map.h"

static const uint8_t v4_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const struct http_address *address)
{
    return memcmp(address->bytes, v4_prefix, sizeof(v4_prefix)) == 0;
}

void http_address_from_socket(const struct sockaddr_storage *socket, struct http_address *address)
{
    if (socket->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)socket;
        memcpy(address->bytes, &v6->sin6_addr, sizeof(address->bytes));
        return;
    }
    const struct sockaddr_in *v4 = (const void *)socket;
    memcpy(address->bytes, v4_prefix, sizeof(v4_prefix));
    memcpy(address->bytes + sizeof(v4_prefix), &v4->sin_addr, 4);
}

bool http_address_parse(struct text text, struct http_address *address)
{
    char copy[HTTP_ADDRESS_TEXT_SIZE];

    if (text.length == 0 || text.length >= sizeof(copy) || memchr(text.data, '\0', text.length))
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    if (inet_pton(AF_INET6, copy, address->bytes) == 1)
        return true;
    memcpy(address->bytes, v4_prefix, sizeof(v4_prefix));
    return inet_pton(AF_INET, copy, address->bytes + sizeof(v4_prefix)) == 1;
}

void http_address_format(const struct http_address *address, char out[HTTP_ADDRESS_TEXT_SIZE])
{
    bool v4 = is_v4(address);
    const uint8_t *bytes = v4 ? address->bytes + sizeof(v4_prefix) : address->bytes;

    ASSERT(inet_ntop(v4 ? AF_INET : AF_INET6, bytes, out, HTTP_ADDRESS_TEXT_SIZE));
}

/* ---- networks ---- */

struct network {
    struct http_address address;
    unsigned bits; /* of the mapped address: 96 more than written for IPv4 */
};

struct http_networks {
    struct network *items;
    size_t count;
};

static bool parse_bits(struct text text, unsigned most, unsigned *bits)
{
    unsigned value = 0;

    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || i >= 3)
            return false;
        value = value * 10 + (unsigned)(text.data[i] - '0');
    }
    *bits = value;
    return text.length > 0 && value <= most;
}

static bool parse_network(struct text text, struct network *network)
{
    const char *slash = memchr(text.data, '/', text.length);
    size_t length = slash ? (size_t)(slash - text.data) : text.length;

    network->bits = 128;
    if (!http_address_parse((struct text){text.data, length}, &network->address))
        return false;
    if (!slash)
        return true;
    unsigned shift = is_v4(&network->address) ? 96 : 0;
    struct text bits = {slash + 1, text.length - length - 1};
    if (!parse_bits(bits, 128 - shift, &network->bits))
        return false;
    network->bits += shift;
    return true;
}

struct http_networks *http_networks_parse(const char *list, struct error *error)
{
    struct http_networks *networks = memory_new(sizeof(*networks));
    const char *separators = ", \t";

    list += strspn(list, separators);
    while (*list) {
        struct text item = {list, strcspn(list, separators)};
        networks->items =
            memory_resize(networks->items, networks->count + 1, sizeof(*networks->items));
        if (!parse_network(item, &networks->items[networks->count++])) {
            error_set(error, "http.bad_proxy", "proxy.trusted: \"%.*s\" is no address or network",
                      TEXT_ARGS(item));
            http_networks_free(networks);
            return NULL;
        }
        list += item.length;
        list += strspn(list, separators);
    }
    return networks;
}

void http_networks_free(struct http_networks *networks)
{
    if (networks)
        free(networks->items);
    free(networks);
}

static bool network_contains(const struct network *network, const struct http_address *address)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;

    if (memcmp(network->address.bytes, address->bytes, whole) != 0)
        return false;
    return rest == 0 || (network->address.bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

bool http_networks_contain(const struct http_networks *networks, const struct http_address *address)
{
    for (size_t i = 0; i < networks->count; i++)
        if (network_contains(&networks->items[i], address))
            return true;
    return false;
}

/* ---- behind a proxy ---- */

/* Takes the last item off a comma-separated list; false when nothing is left. */
static bool pop_last(struct text *list, struct text *item)
{
    if (!list->data)
        return false;
    const char *comma = list->length ? memrchr(list->data, ',', list->length) : NULL;
    size_t start = comma ? (size_t)(comma - list->data) + 1 : 0;
    *item = (struct text){list->data + start, list->length - start};
    *list = comma ? (struct text){list->data, start - 1} : (struct text){0};
    while (item->length > 0 && strchr(" \t", item->data[0])) {
        item->data++;
        item->length--;
    }
    while (item->length > 0 && strchr(" \t", item->data[item->length - 1]))
        item->length--;
    return true;
}

struct http_address http_client_find(const struct http_networks *trusted,
                                     const struct http_address *peer,
                                     const struct http_message *message)
{
    struct http_address client = *peer, hop;
    struct text item;

    for (size_t i = message->header_count; i-- > 0;) {
        const struct http_header *header = &message->headers[i];
        struct text list = header->value;
        if (header->name.length != sizeof("x-forwarded-for") - 1 ||
            strncasecmp(header->name.data, "x-forwarded-for", header->name.length) != 0)
            continue;
        while (pop_last(&list, &item)) {
            if (!http_address_parse(item, &hop))
                return client;
            client = hop;
            if (!http_networks_contain(trusted, &hop))
                return client;
        }
    }
    return client;
}

/* ---- counts ---- */

struct http_counts {
    pthread_mutex_t lock;
    struct hash_map map; /* keyed by SipHash, so that nobody can choose colliding addresses */
    uint8_t key[crypto_shorthash_KEYBYTES];
};

struct http_counts *http_counts_new(void)
{
    struct http_counts *counts = memory_new(sizeof(*counts));

    pthread_mutex_init(&counts->lock, NULL);
    randombytes_buf(counts->key, sizeof(counts->key));
    return counts;
}

void http_counts_free(struct http_counts *counts)
{
    if (!counts)
        return;
    hash_map_free(&counts->map);
    pthread_mutex_destroy(&counts->lock);
    free(counts);
}

static uint64_t count_key(const struct http_counts *counts, const struct http_address *address)
{
    uint64_t key;

    crypto_shorthash((uint8_t *)&key, address->bytes, is_v4(address) ? 16 : 8, counts->key);
    return key;
}

bool http_counts_add(struct http_counts *counts, const struct http_address *address, int64_t most)
{
    uint64_t key = count_key(counts, address);

    pthread_mutex_lock(&counts->lock);
    struct hash_map_entry *entry = hash_map_insert(&counts->map, key, NULL);
    bool fits = (int64_t)entry->number < most;
    if (fits)
        entry->number++;
    else if (entry->number == 0)
        hash_map_remove(&counts->map, key);
    pthread_mutex_unlock(&counts->lock);
    return fits;
}

void http_counts_remove(struct http_counts *counts, const struct http_address *address)
{
    uint64_t key = count_key(counts, address);

    pthread_mutex_lock(&counts->lock);
    struct hash_map_entry *entry = hash_map_find(&counts->map, key);
    ASSERT(entry && entry->number > 0);
    if (--entry->number == 0)
        hash_map_remove(&counts->map, key);
    pthread_mutex_unlock(&counts->lock);
}
