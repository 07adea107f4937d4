#include "http/tls.h"

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct http_tls {
    pthread_mutex_t lock;
    SSL_CTX *context; /* under the lock; connections hold references of their own */
};

/* Only HTTP/1.1 is spoken here. A client that does not ask for ALPN is welcome too. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_length,
                           const unsigned char *in, unsigned int in_length, void *context)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;

    (void)ssl;
    (void)context;
    if (SSL_select_next_proto(&chosen, out_length, ours, sizeof(ours) - 1, in, in_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static bool refuse(struct error *error, const char *what, const char *file)
{
    char reason[160];

    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof(reason));
    ERR_clear_error();
    return error_set(error, "http.tls", "%s %s: %s", what, file, reason);
}

/* Forward secrecy and AEAD only; TLS 1.3 has nothing else. */
static void harden(SSL_CTX *context)
{
    ASSERT(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
    ASSERT(SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); /* an idle connection holds none */
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
}

static bool load(SSL_CTX *context, const char *cert, const char *key, struct error *error)
{
    if (SSL_CTX_use_certificate_chain_file(context, cert) != 1)
        return refuse(error, "certificate", cert);
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        return refuse(error, "private key", key);
    if (SSL_CTX_check_private_key(context) != 1)
        return refuse(error, "certificate and key do not belong together:", key);
    return true;
}

static SSL_CTX *context_new(const char *cert, const char *key, struct error *error)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    ASSERT(context);
    harden(context);
    if (load(context, cert, key, error))
        return context;
    SSL_CTX_free(context);
    return NULL;
}

static int64_t expiry_of(const X509 *leaf)
{
    struct tm utc;

    if (!leaf || ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &utc) != 1)
        return 0;
    return (int64_t)timegm(&utc) * SECOND_US;
}

bool http_tls_look(const char *cert, const char *key, int64_t *expires_us, struct error *error)
{
    SSL_CTX *context = context_new(cert, key, error);

    if (!context)
        return false;
    *expires_us = expiry_of(SSL_CTX_get0_certificate(context));
    SSL_CTX_free(context);
    return true;
}

struct http_tls *http_tls_new(const char *cert, const char *key, struct error *error)
{
    SSL_CTX *context = context_new(cert, key, error);

    if (!context)
        return NULL;
    struct http_tls *tls = memory_new(sizeof(*tls));
    pthread_mutex_init(&tls->lock, NULL);
    tls->context = context;
    return tls;
}

void http_tls_free(struct http_tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}

bool http_tls_reload(struct http_tls *tls, const char *cert, const char *key, struct error *error)
{
    SSL_CTX *fresh = context_new(cert, key, error);

    if (!fresh)
        return false;
    pthread_mutex_lock(&tls->lock);
    SSL_CTX *old = tls->context;
    tls->context = fresh;
    pthread_mutex_unlock(&tls->lock);
    SSL_CTX_free(old);
    return true;
}

struct bufferevent *http_tls_accept(struct http_tls *tls, struct event_base *base, int fd)
{
    pthread_mutex_lock(&tls->lock);
    SSL *ssl = SSL_new(tls->context);
    pthread_mutex_unlock(&tls->lock);
    if (!ssl)
        return NULL;
    struct bufferevent *bufferevent = bufferevent_openssl_socket_new(
        base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (!bufferevent) {
        SSL_free(ssl);
        return NULL;
    }
    /* Requests say themselves where they end: a missing close_notify cuts nothing off. */
    bufferevent_openssl_set_allow_dirty_shutdown(bufferevent, 1);
    return bufferevent;
}

void http_tls_say_goodbye(struct bufferevent *bufferevent)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bufferevent);

    if (ssl && SSL_is_init_finished(ssl))
        SSL_shutdown(ssl);
    ERR_clear_error();
}
