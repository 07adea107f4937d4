/* The teller when things break: connections, servers, lanes, commands. Nothing is lost or doubled.
 */
#include "teller.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

/* --- A proxy that cuts a connection at the COMMIT -------------------------------------------- */

enum cut { CUT_NEVER, CUT_BEFORE, CUT_AFTER };

static struct {
    struct db_options options; /* to connect through it */
    char path[108], url[200];
    int listener;
    pthread_t thread;
    _Atomic int cut; /* what to do at the next COMMIT */
} proxy;

static int connect_to_server(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/db/socket", database.state_dir);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The server works on and says everything; nobody hears it. */
static void drain(int server)
{
    struct pollfd end = {.fd = server, .events = POLLIN};
    char bytes[4096];

    while (poll(&end, 1, 300) > 0 && read(server, bytes, sizeof(bytes)) > 0)
        ;
}

/* Passes on what one end says; false when the connection is over. */
static bool pass(int from, int to, bool from_client)
{
    static char bytes[1 << 20];
    ssize_t length = read(from, bytes, sizeof(bytes));

    if (length <= 0)
        return false;
    bool commit =
        from_client && proxy.cut != CUT_NEVER && memmem(bytes, (size_t)length, "COMMIT", 6);
    if (commit && atomic_exchange(&proxy.cut, CUT_NEVER) == CUT_BEFORE)
        return false;
    if (write(to, bytes, (size_t)length) != length)
        return false;
    if (commit)
        drain(to);
    return !commit;
}

static void *run_proxy(void *unused)
{
    int client;

    (void)unused;
    while ((client = accept4(proxy.listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        int server = connect_to_server();
        struct pollfd ends[] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        bool open = server >= 0;
        while (open && poll(ends, 2, -1) > 0) {
            if (ends[0].revents)
                open = pass(client, server, true);
            if (open && ends[1].revents)
                open = pass(server, client, false);
        }
        close(client);
        if (server >= 0)
            close(server);
    }
    return NULL;
}

static void proxy_name(void)
{
    snprintf(proxy.path, sizeof(proxy.path), "%s/proxy", database.state_dir);
    snprintf(proxy.url, sizeof(proxy.url), "mysql://linli@localhost/linli?socket=%s", proxy.path);
    proxy.options = database.options;
    proxy.options.url = proxy.url;
}

/* A teller may be trying to connect meanwhile. */
static void proxy_start(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", proxy.path);
    proxy.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(proxy.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(proxy.listener, 5), 0);
    pthread_create(&proxy.thread, NULL, run_proxy, NULL);
}

static void proxy_stop(void)
{
    shutdown(proxy.listener, SHUT_RDWR);
    pthread_join(proxy.thread, NULL);
    close(proxy.listener);
    unlink(proxy.path);
}

/* --- Unknown commits ------------------------------------------------------------------------- */

static void cut_one(struct teller *teller, uint64_t member_id, enum cut cut)
{
    struct credit credit = credit_to(member_id, 9);
    int64_t before = wallet_points(member_id);

    proxy.cut = cut;
    run_credit(teller, &credit, ACCEPTED);
    assert_int_equal(proxy.cut, CUT_NEVER);
    assert_false(credit.command.replayed);
    assert_int_equal(wallet_points(member_id), before + 9);
    assert_int_equal(credit.command.outcome.available, before + 9);
}

static void test_a_commit_whose_answer_was_lost_is_looked_for(void **state)
{
    (void)state;
    proxy_start();
    int64_t found = teller_metrics[TELLER_UNKNOWN_FOUND].value;
    int64_t missing = teller_metrics[TELLER_UNKNOWN_MISSING].value;
    struct teller *teller = start_teller(&teller_defaults, &proxy.options, NULL);
    cut_one(teller, 1, CUT_AFTER);
    assert_int_equal(teller_metrics[TELLER_UNKNOWN_FOUND].value, found + 1);
    cut_one(teller, 1, CUT_BEFORE);
    assert_int_equal(teller_metrics[TELLER_UNKNOWN_MISSING].value, missing + 1);
    cut_one(teller, 1, CUT_NEVER);

    /* A refusal that is kept makes no block: it runs again and finds its own answer. */
    struct credit refused = credit_to(1, 1000001);
    set_key(&refused, 1, 1);
    proxy.cut = CUT_AFTER;
    run_credit(teller, &refused, REFUSED_TOO_MUCH);
    teller_stop(teller);
    proxy_stop();
    check_books();
}

/* The lane is another's by the time the database is back: what was committed still counts once. */
static void test_a_lost_answer_and_a_lost_lane(void **state)
{
    struct credit credit = credit_to(2, 9);
    struct gate gate;
    sem_t done;

    (void)state;
    proxy_start();
    gate_start(&gate, true);
    sem_init(&done, 0, 0);
    struct teller *teller = start_teller(&teller_defaults, &proxy.options, &gate);
    uint8_t lane = teller_lane(teller);
    submit(teller, &credit, &done);
    wait_for(&gate.entered, 1);
    proxy.cut = CUT_AFTER; /* 300 ms of silence */
    gate_open(&gate);
    while (wallet_points(2) == 0)
        ;
    assert_int_equal(
        db_run(db, &error, "UPDATE lanes SET instance_id = 999999 WHERE lane = ?", DB_INT(lane)),
        1);
    wait_for(&done, 1);
    assert_null(credit.command.failure);
    assert_int_equal(wallet_points(2), 9);
    struct credit next = credit_to(2, 1);
    run_credit(teller, &next, ACCEPTED);
    assert_int_not_equal(teller_lane(teller), lane);
    teller_stop(teller);
    proxy_stop();
    check_books();
}

static void test_a_stolen_lane_is_left_alone(void **state)
{
    struct teller *teller = start_teller(&teller_defaults, &database.options, NULL);
    uint8_t lane = teller_lane(teller);
    struct credit credit = credit_to(3, 5), next = credit_to(3, 5);

    (void)state;
    run_credit(teller, &credit, ACCEPTED);
    assert_int_equal(
        db_run(db, &error, "UPDATE lanes SET instance_id = 999999 WHERE lane = ?", DB_INT(lane)),
        1);
    run_credit(teller, &next, ACCEPTED);
    assert_int_not_equal(teller_lane(teller), lane);
    assert_int_equal(wallet_points(3), 10);
    teller_stop(teller);
    check_books();
}

/* --- Load while things break ----------------------------------------------------------------- */

#define CLIENTS 4

struct client {
    struct teller *teller;
    pthread_t thread;
    uint64_t first_member, first_key;
    int rounds; /* ends early when `stop` */
    int accepted, failed, unknown;
};
static _Atomic bool stop_clients;

/* One command after the other, each with a key, each again with the same key until it is answered:
 * at the end every one is there once. */
static void *run_client(void *context)
{
    struct client *client = context;
    struct error why;

    for (int i = 0; i < client->rounds && !stop_clients; i++) {
        struct credit credit = credit_to(client->first_member + (uint64_t)i % 5, 1);
        set_key(&credit, client->first_key + (uint64_t)i, 1);
        for (int tries = 0; !teller_run(client->teller, &credit.command, &why) && tries < 1000;
             tries++)
            client->failed++;
        if (!credit.command.failure && credit.command.outcome.refusal == ACCEPTED)
            client->accepted++;
    }
    return NULL;
}

static void start_clients(struct client *clients, struct teller *teller, int rounds, uint64_t base)
{
    stop_clients = false;
    for (uint64_t i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.teller = teller,
                                     .first_member = 20 + i * 5,
                                     .first_key = base + i * 1000000,
                                     .rounds = rounds};
        pthread_create(&clients[i].thread, NULL, run_client, &clients[i]);
    }
}

static int64_t join_clients(struct client *clients)
{
    int64_t accepted = 0;

    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        accepted += clients[i].accepted;
    }
    return accepted;
}

static void sleep_us(int64_t us)
{
    struct timespec pause = {us / SECOND_US, us % SECOND_US * 1000};

    nanosleep(&pause, NULL);
}

static void kill_connections_of_the_teller(void)
{
    char sql[64];
    int64_t id = number("SELECT COALESCE(MAX(id), 0) FROM information_schema.processlist"
                        " WHERE id <> CONNECTION_ID() AND user = 'linli'");

    snprintf(sql, sizeof(sql), "KILL %d", (int)id);
    if (id > 0)
        (void)!db_run(db, &error, sql); /* it may be gone by itself */
}

static void test_connections_killed_under_load(void **state)
{
    struct client clients[CLIENTS];
    int64_t before = number("SELECT SUM(available) FROM wallets");
    struct teller *teller = start_teller(&teller_defaults, &database.options, NULL);

    (void)state;
    start_clients(clients, teller, 100000, 10000000);
    for (int i = 0; i < 60; i++) {
        sleep_us(20000 + i * 100);
        kill_connections_of_the_teller();
    }
    stop_clients = true;
    int64_t accepted = join_clients(clients);
    teller_stop(teller);
    assert_true(accepted > 100);
    assert_int_equal(number("SELECT SUM(available) FROM wallets") - before, accepted);
    check_books();
}

static void test_the_database_killed_under_load(void **state)
{
    struct client clients[CLIENTS];
    int64_t before = number("SELECT SUM(available) FROM wallets");
    struct teller *teller = start_teller(&teller_defaults, &database.options, NULL);

    (void)state;
    start_clients(clients, teller, 100000, 20000000);
    for (int i = 0; i < 2; i++) {
        sleep_us(300000);
        assert_int_equal(kill(database_pid(database.state_dir), SIGKILL), 0);
        sleep_us(3 * SECOND_US);
    }
    stop_clients = true;
    int64_t accepted = join_clients(clients);
    teller_stop(teller);
    assert_true(accepted > 100);
    assert_int_equal(number("SELECT SUM(available) FROM wallets") - before, accepted);
    check_books();
}

/* Both are sent the same keys at once: whoever is second waits and replays. */
static void test_two_tellers_and_the_same_keys(void **state)
{
    struct client one[CLIENTS], two[CLIENTS];
    int64_t before = number("SELECT SUM(available) FROM wallets");
    int64_t replayed = teller_metrics[TELLER_REPLAYED].value;
    struct teller *first = start_teller(&teller_defaults, &database.options, NULL);
    struct teller *second = start_teller(&teller_defaults, &database.options, NULL);

    (void)state;
    start_clients(one, first, 200, 30000000);
    start_clients(two, second, 200, 30000000);
    assert_int_equal(join_clients(one), CLIENTS * 200);
    assert_int_equal(join_clients(two), CLIENTS * 200);
    assert_int_equal(teller_metrics[TELLER_REPLAYED].value - replayed, CLIENTS * 200);
    teller_stop(first);
    teller_stop(second);
    assert_int_equal(number("SELECT SUM(available) FROM wallets") - before, CLIENTS * 200);
    check_books();
}

/* --- Commands that break --------------------------------------------------------------------- */

/* A kind whose rows cannot be written: `key` 1 is a row that exists, 2 a table that does not. */
static void faulty_lock(struct sql *sql, struct row_keys keys)
{
    (void)keys;
    sql_add(sql, "SELECT 1 FOR UPDATE");
    sql_end(sql);
}

static void faulty_fill(struct book *book, struct rows *rows)
{
    (void)book;
    (void)!rows_next(rows);
}

static void faulty_write(struct sql *sql, struct row *const *rows, size_t count)
{
    (void)count;
    if (rows[0]->key == 1)
        sql_add(sql, "INSERT INTO instances (instance_id, started_us, name) VALUES (1, 0, '')");
    else
        sql_add(sql, "INSERT INTO nowhere (nothing) VALUES (0)");
    sql_end(sql);
}

static const struct row_kind faulty_rows = {.name = "faulty",
                                            .size = sizeof(struct row),
                                            .lock_order = 90,
                                            .lock = faulty_lock,
                                            .fill = faulty_fill,
                                            .write = faulty_write};

static void faulty_keys(const struct command *command, struct key_set *keys)
{
    key_set_add(keys, &faulty_rows, ((const struct credit *)command)->lot_id);
}

static enum refusal faulty_apply(struct book *book, const struct command *command,
                                 struct outcome *out)
{
    (void)out;
    (void)book_create(book, &faulty_rows, ((const struct credit *)command)->lot_id);
    return ACCEPTED;
}

static const struct command_kind command_faulty = {"faulty", faulty_keys, faulty_apply};

static void break_one(uint64_t how)
{
    struct gate gate;
    struct credit first = credit_to(50, 1), good[3], bad = credit_to(0, 0);
    sem_t done;

    gate_start(&gate, true);
    sem_init(&done, 0, 0);
    struct teller *teller = start_teller(&teller_defaults, &database.options, &gate);
    bad.command.kind = &command_faulty;
    bad.lot_id = how;
    submit(teller, &first, &done);
    wait_for(&gate.entered, 1);
    for (uint64_t i = 0; i < 3; i++) {
        good[i] = credit_to(51 + i, 1);
        submit(teller, &good[i], &done);
        if (i == 1)
            submit(teller, &bad, &done);
    }
    gate_open(&gate);
    wait_for(&done, 5);
    assert_int_equal(gate.looks, 2);
    for (int i = 0; i < 3; i++)
        assert_null(good[i].command.failure);
    assert_string_equal(bad.command.failure, "broken");
    teller_stop(teller);
    check_books();
}

static void test_only_the_culprit_breaks(void **state)
{
    (void)state;
    break_one(1);
    break_one(2);
}

/* --- Locks and outages ----------------------------------------------------------------------- */

static void test_a_lock_held_for_a_while_delays(void **state)
{
    struct teller *teller = start_teller(&teller_defaults, &database.options, NULL);
    struct credit credit = credit_to(60, 1);
    sem_t done;

    (void)state;
    sem_init(&done, 0, 0);
    assert_true(db_begin(db, &error));
    run_sql("UPDATE wallets SET held = held WHERE member_id = 60");
    submit(teller, &credit, &done);
    sleep_us(6 * SECOND_US); /* longer than one lock wait */
    db_rollback(db);
    wait_for(&done, 1);
    assert_null(credit.command.failure);
    assert_int_equal(wallet_points(60), 1);
    teller_stop(teller);
}

static void test_an_outage_is_waited_for_and_then_busy(void **state)
{
    struct teller_options options = teller_defaults;
    struct credit first = credit_to(61, 1), second = credit_to(61, 1), third = credit_to(61, 1);

    (void)state;
    options.outage_us = SECOND_US;
    proxy_start();
    struct teller *teller = start_teller(&options, &proxy.options, NULL);
    run_credit(teller, &first, ACCEPTED);
    proxy.cut = CUT_BEFORE;                  /* drops the connection… */
    assert_int_equal(unlink(proxy.path), 0); /* … and no new one can be made */
    int64_t began_us = clock_monotonic_us();
    struct credit unknown = credit_to(62, 1);
    sem_t done;
    sem_init(&done, 0, 0);
    submit(teller, &unknown, &done);
    sleep_us(100000);
    /* Whoever waits behind one whose fate is unknown is told to come again. */
    assert_false(teller_run(teller, &second.command, &error));
    assert_string_equal(second.command.failure, "busy");
    assert_true(clock_monotonic_us() - began_us < 4 * SECOND_US);
    proxy_stop();
    proxy_start();
    wait_for(&done, 1); /* the one whose fate was unknown: it is known again */
    assert_null(unknown.command.failure);
    assert_int_equal(wallet_points(62), 1);
    run_credit(teller, &third, ACCEPTED);
    assert_int_equal(wallet_points(61), 2);
    teller_stop(teller);
    proxy_stop();
    check_books();
}

static void test_stopping_without_a_database(void **state)
{
    struct teller_options options = teller_defaults;
    struct credit unknown = credit_to(63, 1);
    sem_t done;

    (void)state;
    options.outage_us = SECOND_US;
    sem_init(&done, 0, 0);
    proxy_start();
    struct teller *teller = start_teller(&options, &proxy.options, NULL);
    proxy.cut = CUT_BEFORE;
    assert_int_equal(unlink(proxy.path), 0);
    submit(teller, &unknown, &done);
    int64_t began_us = clock_monotonic_us();
    teller_stop(teller);
    assert_true(clock_monotonic_us() - began_us < 4 * SECOND_US);
    wait_for(&done, 1);
    assert_string_equal(unknown.command.failure, "unknown");
    proxy_stop();
    check_books();
}

static int set_up_with_proxy(void **state)
{
    int result = set_up(state);

    proxy_name();
    return result;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_commit_whose_answer_was_lost_is_looked_for),
        cmocka_unit_test(test_a_lost_answer_and_a_lost_lane),
        cmocka_unit_test(test_a_stolen_lane_is_left_alone),
        cmocka_unit_test(test_only_the_culprit_breaks),
        cmocka_unit_test(test_connections_killed_under_load),
        cmocka_unit_test(test_two_tellers_and_the_same_keys),
        cmocka_unit_test(test_a_lock_held_for_a_while_delays),
        cmocka_unit_test(test_an_outage_is_waited_for_and_then_busy),
        cmocka_unit_test(test_stopping_without_a_database),
        cmocka_unit_test(test_the_database_killed_under_load),
    };

    return cmocka_run_group_tests(tests, set_up_with_proxy, tear_down);
}
