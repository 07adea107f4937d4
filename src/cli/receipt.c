/*
 * linli receipt: whether a receipt is good, for anybody, with no database and no server.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_fields.h"
#include "cli/cli.h"
#include "cli/proof.h"
#include "ledger/transfer_id.h"

static void print_hex(const char *what, const uint8_t *bytes, size_t length)
{
    printf("%s ", what);
    for (size_t i = 0; i < length; i++)
        printf("%02x", bytes[i]);
    putchar('\n');
}

static void print_receipt(const struct receipt *receipt, enum receipt_proof proof,
                          const struct receipt_trust *trust)
{
    const struct transfer *transfer = &receipt->transfer;
    char id[TRANSFER_ID_TEXT_SIZE], points[24], at[CLOCK_RFC3339_SIZE];

    transfer_id_format(transfer->id, id);
    points_format(transfer->points, points);
    clock_format(receipt->block.block.time_us, 0, at);
    printf("Good: transfer %s, %s of %s points of member %" PRIu64 ", %s\n", id,
           transfer_kind_name(transfer->kind), points, transfer->member_id, at);
    if (proof == RECEIPT_IN_CHECKPOINT)
        printf("In checkpoint %" PRIu64 "%s\n", receipt->checkpoint.id,
               trust->kept ? ", and in the history of the one that you kept" : "");
    else
        puts("In no checkpoint yet: signed by the server, and may still be taken back by it");
    if (!trust->public_key)
        print_hex("Compare the public key with the programme's own:",
                  proof == RECEIPT_IN_CHECKPOINT ? receipt->checkpoint_key : receipt->block_key,
                  SIGN_PUBLIC_SIZE);
}

static bool verify(const char *path, const struct receipt_trust *trust, struct arena *arena,
                   struct error *error)
{
    struct receipt receipt;
    enum receipt_proof proof;
    json_t *json = proof_read(path, error);

    if (!json)
        return false;
    bool good = receipt_verify(json, trust, arena, &receipt, &proof, error);
    if (good)
        print_receipt(&receipt, proof, trust);
    json_decref(json);
    return good;
}

/* Reads what the caller trusts, then the receipt. */
static bool run(const char *path, const char *kept_file, const char *key, struct arena *arena,
                struct error *error)
{
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    struct checkpoint kept = {0};
    struct receipt_trust trust = {.public_key = key ? public_key : NULL,
                                  .kept = kept_file ? &kept : NULL};

    if (key && !hex_decode((struct text){key, strlen(key)}, public_key, sizeof public_key))
        return error_set(error, "receipt.key", "--key has %d hexadecimal digits",
                         2 * SIGN_PUBLIC_SIZE);
    if (kept_file && !proof_read_checkpoint(kept_file, arena, &kept, error))
        return false;
    return verify(path, &trust, arena, error);
}

enum exit_status cli_receipt_verify(struct cli *cli)
{
    const char *path = cli_word(cli), *kept_file = cli_option(cli, "checkpoint");
    const char *key = cli_option(cli, "key");
    struct arena *arena;
    struct error error = {0};

    if (!path)
        path = cli_word(cli); /* behind the options */
    if (!path)
        return cli_misused(cli, "which FILE?");
    if (!cli_nothing_left(cli))
        return EXIT_USAGE;
    arena = arena_new();
    bool good = run(path, kept_file, key, arena, &error);
    arena_free(arena);
    return good ? EXIT_FINE : cli_fail(&error);
}
