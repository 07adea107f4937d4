/*
 * Fills an empty database for the redemption bench: members with four lots of points each, or as
 * many as --lots says, rewards with plenty of stock. Writes `bench_tokens` (an access token a line)
 * and `bench_rewards` (an id a line) into the state directory. Rows are written directly, not by
 * the ledger: what is measured are redemptions, and `linli ledger verify` is not meant to pass
 * here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "bench_database.h"
#include "people/tokens.h"
#include "store/sql.h"

#define MEMBERS 20000
#define REWARDS 64
#define SLICE   500
#define POINTS  INT64_C(1000000000)

static void run(struct bench_database *database, struct sql *sql)
{
    struct error error = {0};

    if (!db_batch(database->db, sql, &error) || !db_batch_end(database->db, &error))
        bench_fail("prepare", &error);
    sql_clear(sql);
}

static void add_account(struct sql *sql, uint64_t id, int64_t lots)
{
    sql_add(sql, "INSERT INTO accounts (account_id, role, state, epoch, scope_id, person_id, login,"
                 " password_hash, display_name, created_us, updated_us) VALUES (");
    sql_add_id(sql, id);
    sql_add(sql, ",1,0,0,0,0,NULL,'','',0,0)");
    sql_end(sql);
    sql_add(sql, "INSERT INTO wallets (member_id, version, available, held, owed, state,"
                 " merged_into) VALUES (");
    sql_add_id(sql, id);
    sql_add(sql, ",0,");
    sql_add_int(sql, lots * POINTS);
    sql_add(sql, ",0,0,0,0)");
    sql_end(sql);
}

static void add_lots(struct bench_database *database, struct sql *sql, uint64_t member_id,
                     int64_t lots, int64_t expires_us)
{
    sql_add(sql, "INSERT INTO lots (member_id, lot_id, points, remaining, gone, expires_us, source,"
                 " grade, state) VALUES ");
    for (int64_t lot = 0; lot < lots; lot++) {
        if (lot > 0)
            sql_add(sql, ",");
        sql_add(sql, "(");
        sql_add_id(sql, member_id);
        sql_add(sql, ",");
        sql_add_id(sql, id_next(&database->ids));
        sql_add(sql, ",");
        sql_add_int(sql, POINTS);
        sql_add(sql, ",");
        sql_add_int(sql, POINTS);
        sql_add(sql, ",0,");
        sql_add_int(sql, expires_us + lot * DAY_US);
        sql_add(sql, ",1,3,0)");
    }
    sql_end(sql);
}

static FILE *open_file(const struct bench_database *database, const char *name)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", database->embedded_options.state_dir, name);
    return fopen(path, "w");
}

static void make_members(struct bench_database *database, int64_t lots)
{
    int64_t now_us = clock_now_us();
    FILE *tokens = open_file(database, "bench_tokens");
    struct sql sql = {0};

    for (int i = 0; i < MEMBERS; i++) {
        struct who who = {.account_id = id_next(&database->ids), .role = ROLE_MEMBER};
        char token[ACCESS_TOKEN_LENGTH + 1];

        if (i % SLICE == 0)
            sql_add(&sql, "BEGIN;");
        add_account(&sql, who.account_id, lots);
        add_lots(database, &sql, who.account_id, lots, now_us + 300 * DAY_US);
        access_token_write(database->keyring, &who, now_us + DAY_US, token);
        fprintf(tokens, "%s\n", token);
        if (i % SLICE == SLICE - 1) {
            sql_add(&sql, "COMMIT;");
            run(database, &sql);
        }
    }
    sql_free(&sql);
    fclose(tokens);
}

static void make_rewards(struct bench_database *database)
{
    FILE *rewards = open_file(database, "bench_rewards");
    struct sql sql = {0};

    for (int i = 0; i < REWARDS; i++) {
        uint64_t id = id_next(&database->ids);

        sql_add(&sql, "INSERT INTO stock (reward_id, merchant_id, state, price, reimburse_fen,"
                      " terms_version, limit_count, limit_days, valid_us, initial, free, held,"
                      " sold) VALUES (");
        sql_add_id(&sql, id);
        sql_add(&sql, ",1,0,100,100,1,0,1,2592000000000,1000000000,1000000000,0,0)");
        sql_end(&sql);
        fprintf(rewards, "%" PRIu64 "\n", id);
    }
    run(database, &sql);
    sql_free(&sql);
    fclose(rewards);
}

int main(int argc, char **argv)
{
    static const struct config_entry own_config[] = {
        {.name = "lots", .type = CONFIG_INT, .initial = "4", .min = 1, .max = 600, .help = "each"},
        {0},
    };
    struct bench_database database;
    int64_t lots;

    bench_open(&database, argc, argv, own_config, &lots);
    make_members(&database, lots);
    make_rewards(&database);
    bench_close(&database);
    return 0;
}
