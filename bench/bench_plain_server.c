/*
 * What Linli's teller is measured against: a plain server that runs each redemption as one
 * transaction on a connection of its own, over the same schema, behind the same HTTP room, with the
 * same tokens, checks and idempotency. It keeps no chain, which favours it.
 *
 *   bench_plain_server --state_dir=DIR --port=0
 */
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_fields.h"
#include "base/queue.h"
#include "bench_database.h"
#include "http/server.h"
#include "ledger/book.h"
#include "market/voucher.h"
#include "people/tokens.h"

#define WORKERS 32 /* connections: more gained nothing here */

struct job {
    struct queue_item item;
    struct loop_item posted;
    struct http_request *request;
    struct http_response response;
};

struct plain {
    struct bench_database database;
    struct queue *queue;
};

struct redemption {
    uint64_t id, member_id, reward_id, lot_id, merchant_id;
    int64_t price, expires_us;
    uint8_t request_key[16], fingerprint[8], code_hash[PAPER_CODE_HASH_SIZE];
};

/* --- One redemption, one transaction --------------------------------------------------------- */

static bool lock_rows(struct db *db, struct redemption *redemption, bool *affordable,
                      struct error *error)
{
    struct rows *rows = db_query(db, "SELECT refusal FROM answers WHERE request_key = ?",
                                 DB_BYTES(redemption->request_key, 16));

    if (rows_next(rows))
        *affordable = false;
    if (!rows_end(rows, error))
        return false;
    rows = db_query(db,
                    "SELECT merchant_id, price, terms_version, free, limit_count FROM stock"
                    " WHERE reward_id = ? AND state = 0 FOR UPDATE",
                    DB_ID(redemption->reward_id));
    if (!rows_next(rows) || rows_int(rows, 1) != redemption->price || rows_int(rows, 3) == 0)
        *affordable = false;
    else
        redemption->merchant_id = rows_id(rows, 0);
    if (!rows_end(rows, error))
        return false;
    rows =
        db_query(db, "SELECT available FROM wallets WHERE member_id = ? AND state = 0 FOR UPDATE",
                 DB_ID(redemption->member_id));
    if (!rows_next(rows) || rows_int(rows, 0) < redemption->price)
        *affordable = false;
    return rows_end(rows, error);
}

/* The lot that expires first; the bench's lots are never used up. */
static bool pick_lot(struct db *db, struct redemption *redemption, struct error *error)
{
    struct rows *rows =
        db_query(db,
                 "SELECT lot_id, remaining, expires_us FROM lots WHERE member_id = ?"
                 " AND remaining > 0 ORDER BY expires_us, lot_id",
                 DB_ID(redemption->member_id));

    redemption->lot_id = rows_next(rows) ? rows_id(rows, 0) : 0;
    if (!rows_end(rows, error))
        return false;
    rows = db_query(db, "SELECT used FROM limit_uses WHERE member_id = ? AND subject = ?",
                    DB_ID(redemption->member_id), DB_ID(redemption->reward_id));
    rows_next(rows);
    return rows_end(rows, error);
}

static bool move_points(struct db *db, const struct redemption *redemption, struct error *error)
{
    return db_run(db, error,
                  "UPDATE stock SET free = free - 1, held = held + 1 WHERE reward_id = ?",
                  DB_ID(redemption->reward_id)) >= 0 &&
           db_run(db, error,
                  "UPDATE wallets SET available = available - ?, held = held + ?,"
                  " version = version + 1 WHERE member_id = ?",
                  DB_INT(redemption->price), DB_INT(redemption->price),
                  DB_ID(redemption->member_id)) >= 0 &&
           db_run(db, error,
                  "UPDATE lots SET remaining = remaining - ? WHERE member_id = ? AND lot_id = ?",
                  DB_INT(redemption->price), DB_ID(redemption->member_id),
                  DB_ID(redemption->lot_id)) >= 0;
}

static bool write_rows(struct db *db, const struct redemption *redemption, int64_t now_us,
                       struct error *error)
{
    static const uint8_t allocation[28], seal[8];

    return db_run(db, error,
                  "INSERT INTO redemptions (redemption_id, member_id, reward_id, merchant_id,"
                  " state, points, reimburse_fen, terms_version, code_hash, code_key, limit_period,"
                  " created_us, expires_us, confirmed_us, confirmed_by, closed_us, allocation)"
                  " VALUES (?, ?, ?, ?, 3, ?, 100, 1, ?, 1, -1, ?, ?, 0, 0, 0, ?)",
                  DB_ID(redemption->id), DB_ID(redemption->member_id), DB_ID(redemption->reward_id),
                  DB_ID(redemption->merchant_id), DB_INT(redemption->price),
                  DB_BYTES(redemption->code_hash, PAPER_CODE_HASH_SIZE), DB_INT(now_us),
                  DB_INT(redemption->expires_us), DB_BYTES(allocation, sizeof allocation)) >= 0 &&
           db_run(db, error,
                  "INSERT INTO transfers (transfer_id, kind, from_account, to_account, points,"
                  " member_id, ref, subject, pieces, actor, detail, seal)"
                  " VALUES (?, 2, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)",
                  DB_ID(redemption->id), DB_ID(account_of(ACCOUNT_WALLET, redemption->member_id)),
                  DB_ID(account_of(ACCOUNT_HELD, redemption->member_id)), DB_INT(redemption->price),
                  DB_ID(redemption->member_id), DB_ID(redemption->id), DB_ID(redemption->reward_id),
                  DB_ID(redemption->member_id), DB_BYTES(allocation, sizeof allocation),
                  DB_BYTES(seal, sizeof seal)) >= 0 &&
           db_run(
               db, error,
               "INSERT INTO answers (request_key, fingerprint, refusal, state, ref, points,"
               " available, held, until_us, at_us, extra) VALUES (?, ?, 0, 3, ?, ?, 0, 0, ?, ?, 1)",
               DB_BYTES(redemption->request_key, 16), DB_BYTES(redemption->fingerprint, 8),
               DB_ID(redemption->id), DB_INT(redemption->price), DB_INT(redemption->expires_us),
               DB_INT(now_us)) >= 0;
}

static bool redeem(struct db *db, void *context, struct error *error)
{
    struct redemption *redemption = context;
    int64_t now_us = clock_now_us();
    bool affordable = true;

    redemption->expires_us = now_us + 30 * DAY_US;
    if (!lock_rows(db, redemption, &affordable, error))
        return false;
    if (!affordable)
        return error_set(error, "bench.refused", "the bench never refuses");
    return pick_lot(db, redemption, error) && move_points(db, redemption, error) &&
           write_rows(db, redemption, now_us, error);
}

/* --- Requests -------------------------------------------------------------------------------- */

struct redeem_request {
    uint64_t reward_id;
    int64_t price, terms_version;
};

static const struct json_field redeem_fields[] = {
    {"reward_id", JSON_ID, REQUIRED, offsetof(struct redeem_request, reward_id)},
    {"price", JSON_POINTS, REQUIRED, offsetof(struct redeem_request, price), .min = 1},
    {"terms_version", JSON_INT, REQUIRED, offsetof(struct redeem_request, terms_version), .min = 1},
    {0},
};

static bool read_body(struct http_request *request, struct redemption *redemption)
{
    struct text text = http_request_body(request);
    json_t *body = json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, NULL);
    struct redeem_request input = {0};
    struct json_fault fault;
    bool read = body != NULL &&
                json_fields_read(redeem_fields, body, http_request_arena(request), &input, &fault);

    json_decref(body);
    redemption->reward_id = input.reward_id;
    redemption->price = input.price;
    return read;
}

static bool read_request(struct plain *plain, struct http_request *request,
                         struct redemption *redemption)
{
    struct text token = http_request_header(request, "authorization");
    struct text key = http_request_header(request, "idempotency-key");
    struct text body = http_request_body(request);
    struct who who;
    uint8_t hash[HASH_SIZE];

    if (token.length < 7 || key.length == 0)
        return false;
    token = (struct text){token.data + 7, token.length - 7};
    if (access_token_read(plain->database.keyring, token, clock_now_us(), &who) != TOKEN_GOOD ||
        !read_body(request, redemption))
        return false;
    redemption->member_id = who.account_id;
    crypto_sha256(key.data, key.length, hash);
    memcpy(redemption->request_key, hash, sizeof redemption->request_key);
    crypto_sha256(body.data, body.length, hash);
    memcpy(redemption->fingerprint, hash, sizeof redemption->fingerprint);
    return true;
}

static void answer(struct plain *plain, struct db *db, struct job *job)
{
    struct arena *arena = http_request_arena(job->request);
    struct redemption redemption = {.id = id_next(&plain->database.ids)};
    struct paper_code code;
    struct error error;

    job->response = (struct http_response){.status = 500, .content_type = "application/json"};
    voucher_code_make(keyring_current(plain->database.keyring, KEY_VOUCHER)->secret, redemption.id,
                      &code);
    paper_code_hash(keyring_current(plain->database.keyring, KEY_INDEX)->secret, &code,
                    redemption.code_hash);
    if (!read_request(plain, job->request, &redemption) ||
        !db_transaction(db, redeem, &redemption, &error))
        return;
    char *body = arena_printf(arena, "{\"id\":\"%" PRIu64 "\",\"code\":\"%s\"}", redemption.id,
                              paper_code_for_people(arena, &code));
    job->response.status = 201;
    job->response.body = (struct text){body, strlen(body)};
}

static void respond(struct loop_item *item)
{
    struct job *job = CONTAINER_OF(item, struct job, posted);

    http_respond(job->request, &job->response);
}

static void *work(void *context)
{
    struct plain *plain = context;
    struct db *db = db_new(&plain->database.options);
    struct queue_item *item;

    while ((item = queue_take(plain->queue, -1)) != NULL) {
        struct job *job = CONTAINER_OF(item, struct job, item);

        answer(plain, db, job);
        job->posted.run = respond;
        loop_post(http_request_loop(job->request), &job->posted);
    }
    db_free(db);
    return NULL;
}

static void take_request(struct http_request *request, void *context)
{
    struct plain *plain = context;
    struct job *job = arena_take(http_request_arena(request), sizeof *job);

    job->request = request;
    if (!queue_push(plain->queue, &job->item))
        http_respond(request, &(struct http_response){.status = 503});
}

static const struct config_entry port_config[] = {
    {.name = "port", .type = CONFIG_INT, .initial = "0", .max = 65535, .help = "to listen on"},
    {0},
};

int main(int argc, char **argv)
{
    static struct plain plain;
    static struct http_options options;
    struct config *config = config_new();
    pthread_t workers[WORKERS];
    struct error error = {0};
    int64_t port = 0;
    sigset_t signals;
    int number, none = 1;

    bench_open(&plain.database, argc, argv, port_config, &port);
    config_add(config, http_config, &options);
    if (!config_load(config, &none, argv, &error))
        bench_fail("options", &error);
    options.listen = arena_printf(arena_new(), "127.0.0.1:%" PRId64, port);
    options.max_connections_per_address = options.max_connections;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    plain.queue = queue_new(10000);
    for (int i = 0; i < WORKERS; i++)
        pthread_create(&workers[i], NULL, work, &plain);
    struct http_server *server = http_server_start(&options, take_request, &plain, &error);
    if (server == NULL)
        bench_fail("listen", &error);
    printf("%s\n", http_server_address(server));
    fflush(stdout);
    sigwait(&signals, &number);

    http_server_drain(server);
    queue_close(plain.queue);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i], NULL);
    http_server_free(server);
    queue_free(plain.queue);
    bench_close(&plain.database);
    return 0;
}
