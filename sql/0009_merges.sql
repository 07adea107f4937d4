-- Two accounts of one person become one: asked for here, done once the ledger has merged the wallets
-- (done_us 0: not yet).
CREATE TABLE IF NOT EXISTS merges (
    member_id BIGINT UNSIGNED NOT NULL,
    into_id   BIGINT UNSIGNED NOT NULL,
    actor     BIGINT UNSIGNED NOT NULL,
    asked_us  BIGINT NOT NULL,
    done_us   BIGINT NOT NULL,
    PRIMARY KEY (member_id),
    KEY by_state (done_us, member_id)
);
