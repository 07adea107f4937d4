/* TLS: versions, the handshake's deadline, certificates that change, and a clean end. */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>

#include "http_client.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static char folder[] = "/tmp/linli-tls-XXXXXX";
static char cert_path[64], key_path[64];

/* A certificate for itself; the serial number tells it from others. */
static void write_certificate(long serial)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    FILE *file = fopen(cert_path, "w");

    assert_true(key && cert && file);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    PEM_write_X509(file, cert);
    fclose(file);
    file = fopen(key_path, "w");
    assert_non_null(file);
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
}

static struct fixture *serve_tls(const char *option)
{
    static char cert[96], key[96];

    snprintf(cert, sizeof(cert), "--http.tls_cert=%s", cert_path);
    snprintf(key, sizeof(key), "--http.tls_key=%s", key_path);
    return serve((const char *[]){cert, key, option, NULL});
}

struct peer {
    int fd;
    SSL_CTX *context;
    SSL *ssl;
};

static bool shake_hands(const struct fixture *fixture, int version, struct peer *peer)
{
    peer->fd = dial(fixture);
    peer->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(peer->context, 0);
    SSL_CTX_set_min_proto_version(peer->context, version);
    SSL_CTX_set_max_proto_version(peer->context, version);
    peer->ssl = SSL_new(peer->context);
    SSL_set_fd(peer->ssl, peer->fd);
    bool agreed = SSL_connect(peer->ssl) == 1;
    ERR_clear_error();
    return agreed;
}

static void hang_up(struct peer *peer)
{
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->context);
    close(peer->fd);
}

static void tell(struct peer *peer, const char *text)
{
    assert_int_equal(SSL_write(peer->ssl, text, (int)strlen(text)), (int)strlen(text));
}

static void listen_for(struct peer *peer, const char *until, char *out, size_t size)
{
    size_t length = 0;

    out[0] = '\0';
    while (!until || !strstr(out, until)) {
        int got = SSL_read(peer->ssl, out + length, (int)(size - length - 1));
        if (got <= 0) {
            if (until)
                fail_msg("expected \"%s\", got \"%s\"", until, out);
            return;
        }
        length += (size_t)got;
        out[length] = '\0';
    }
}

static void test_both_versions_answer(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct fixture *fixture = serve_tls(NULL);
    char out[4096];

    (void)state;
    for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
        struct peer peer;
        assert_true(shake_hands(fixture, versions[i], &peer));
        tell(&peer, GET("/?a") GET("/later?b"));
        listen_for(&peer, "\r\n\r\nb", out, sizeof(out));
        assert_int_equal(count_of(out, "HTTP/1.1 200"), 2);
        tell(&peer, "GET /?c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        listen_for(&peer, NULL, out, sizeof(out));
        assert_non_null(strstr(out, "Connection: close\r\n\r\nc"));
        /* A close_notify: nobody has cut the answer short. */
        assert_true(SSL_get_shutdown(peer.ssl) & SSL_RECEIVED_SHUTDOWN);
        hang_up(&peer);
    }
    stop(fixture);
}

static void test_older_versions_are_refused(void **state)
{
    struct fixture *fixture = serve_tls(NULL);
    struct peer peer;

    (void)state;
    assert_false(shake_hands(fixture, TLS1_1_VERSION, &peer));
    hang_up(&peer);
    assert_false(shake_hands(fixture, TLS1_VERSION, &peer));
    hang_up(&peer);
    stop(fixture);
}

static void test_large_answer_and_silent_reader(void **state)
{
    struct fixture *fixture = serve_tls("--http.write_deadline=300ms");
    char *out = calloc(1, 32 << 20);
    struct peer peer, silent;

    (void)state;
    assert_true(shake_hands(fixture, TLS1_3_VERSION, &silent));
    tell(&silent, GET("/large?30000000"));
    assert_true(shake_hands(fixture, TLS1_3_VERSION, &peer));
    tell(&peer, "GET /large?5000000 HTTP/1.0\r\n\r\n");
    listen_for(&peer, NULL, out, 32 << 20);
    assert_true(strlen(out) > 5000000);
    hang_up(&peer);
    usleep(900000);
    listen_for(&silent, NULL, out, 32 << 20);
    assert_true(strlen(out) < 30000000);
    hang_up(&silent);
    free(out);
    stop(fixture);
}

static void test_leaving_is_noticed(void **state)
{
    struct fixture *fixture = serve_tls(NULL);
    struct peer peer;

    (void)state;
    assert_true(shake_hands(fixture, TLS1_3_VERSION, &peer));
    tell(&peer, GET("/hold"));
    struct http_request *request = wait_for_held(fixture);
    hang_up(&peer);
    wait_for(&fixture->gone, 1);
    release_held(request);
    stop(fixture);
}

static void test_handshake_has_a_deadline(void **state)
{
    struct fixture *fixture = serve_tls("--http.tls_handshake_deadline=200ms");
    int64_t start_us = clock_monotonic_us();

    (void)state;
    expect_end(dial(fixture));
    assert_true(clock_monotonic_us() - start_us >= SECOND_US / 5);
    stop(fixture);
}

static void test_plain_http_is_cut(void **state)
{
    struct fixture *fixture = serve_tls(NULL);
    int fd = dial(fixture);

    (void)state;
    say(fd, GET("/"));
    char out[256] = "";
    hear(fd, NULL, out, sizeof(out), PATIENCE_MS);
    assert_null(strstr(out, "HTTP"));
    close(fd);
    assert_int_equal(atomic_load(&fixture->asked), 0);
    stop(fixture);
}

static long serial_of(const struct fixture *fixture)
{
    struct peer peer;

    assert_true(shake_hands(fixture, TLS1_3_VERSION, &peer));
    X509 *cert = SSL_get1_peer_certificate(peer.ssl);
    long serial = ASN1_INTEGER_get(X509_get0_serialNumber(cert));
    X509_free(cert);
    hang_up(&peer);
    return serial;
}

static void test_certificate_is_reloaded(void **state)
{
    struct fixture *fixture = serve_tls(NULL);
    struct error error = {0};
    struct peer before;
    char out[4096];

    (void)state;
    assert_true(shake_hands(fixture, TLS1_3_VERSION, &before));
    assert_int_equal(serial_of(fixture), 1);
    write_certificate(2);
    assert_true(http_server_reload_tls(fixture->server, &error));
    assert_int_equal(serial_of(fixture), 2);
    tell(&before, GET("/?a"));
    listen_for(&before, "\r\n\r\na", out, sizeof(out));
    hang_up(&before);
    FILE *file = fopen(cert_path, "w");
    fputs("nonsense", file);
    fclose(file);
    assert_false(http_server_reload_tls(fixture->server, &error));
    assert_string_equal(error.code, "http.tls");
    assert_int_equal(serial_of(fixture), 2);
    stop(fixture);
}

static void test_certificate_without_key_is_an_error(void **state)
{
    struct http_options options = {
        .listen = (char *)(uintptr_t) "127.0.0.1:0", .tls_cert = cert_path, .loops = 1};
    struct error error = {0};

    (void)state;
    assert_null(http_server_start(&options, obey, NULL, &error));
    assert_string_equal(error.code, "http.tls");
}

static int set_up(void **state)
{
    (void)state;
    write_certificate(1);
    return 0;
}

static int start_group(void **state)
{
    (void)state;
    crypto_start();
    log_configure(LOG_ERROR, LOG_JSON);
    signal(SIGPIPE, SIG_IGN);
    if (!mkdtemp(folder))
        return -1;
    snprintf(cert_path, sizeof(cert_path), "%s/cert.pem", folder);
    snprintf(key_path, sizeof(key_path), "%s/key.pem", folder);
    return 0;
}

static int end_group(void **state)
{
    (void)state;
    unlink(cert_path);
    unlink(key_path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_both_versions_answer, set_up),
        cmocka_unit_test_setup(test_older_versions_are_refused, set_up),
        cmocka_unit_test_setup(test_large_answer_and_silent_reader, set_up),
        cmocka_unit_test_setup(test_leaving_is_noticed, set_up),
        cmocka_unit_test_setup(test_handshake_has_a_deadline, set_up),
        cmocka_unit_test_setup(test_plain_http_is_cut, set_up),
        cmocka_unit_test_setup(test_certificate_is_reloaded, set_up),
        cmocka_unit_test_setup(test_certificate_without_key_is_an_error, set_up),
    };

    return cmocka_run_group_tests(tests, start_group, end_group);
}
