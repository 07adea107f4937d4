/*
 * The http room alone: answers every request with a few bytes (or its body), so that requests a
 * second and the memory of idle connections can be measured without a database.
 *
 *   http_echo --http.listen=127.0.0.1:8081 --http.loops=1
 *   wrk -t1 -c64 -d10 http://127.0.0.1:8081/
 */
#include <signal.h>
#include <stdio.h>

#include "base/config.h"
#include "base/crypto.h"
#include "base/log.h"
#include "http/server.h"

static void echo(struct http_request *request, void *context)
{
    struct text body = http_request_body(request);

    (void)context;
    http_respond(request, &(struct http_response){
                              .status = 200,
                              .content_type = "text/plain",
                              .body = body.length > 0 ? body : TEXT("hello\n"),
                          });
}

static void wait_for_signal(const sigset_t *signals)
{
    int signal;

    sigwait(signals, &signal);
}

int main(int argc, char **argv)
{
    static struct http_options options;
    struct config *config = config_new();
    struct error error = {0};
    sigset_t signals;

    crypto_start();
    config_add(config, http_config, &options);
    if (!config_load(config, &argc, argv, &error)) {
        fprintf(stderr, "%s\n", error.detail);
        return 2;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    struct http_server *server = http_server_start(&options, echo, NULL, &error);
    if (!server) {
        fprintf(stderr, "%s\n", error.detail);
        return 1;
    }
    printf("http://%s\n", http_server_address(server));
    fflush(stdout);
    wait_for_signal(&signals);
    http_server_drain(server);
    http_server_free(server);
    config_free(config);
    return 0;
}
