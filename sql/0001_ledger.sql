-- The ledger. `blocks` and `transfers` are the sealed history; every other table here is what that
-- history adds up to, and `linli ledger verify` recomputes it row by row.
-- No foreign keys, no AUTO_INCREMENT on hot tables, narrow rows, few secondary indexes: see
-- docs/architecture.md.

-- One row a server start; its number makes that process's ids unique (base/ids.h).
CREATE TABLE IF NOT EXISTS instances (
    instance_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    started_us  BIGINT NOT NULL,
    name        VARCHAR(120) NOT NULL,
    PRIMARY KEY (instance_id)
);

-- One chain of blocks a lane; a running teller holds one lane by lease (database time).
CREATE TABLE IF NOT EXISTS lanes (
    lane        TINYINT UNSIGNED NOT NULL,
    height      BIGINT UNSIGNED NOT NULL,
    head_hash   BINARY(32) NOT NULL,
    instance_id INT UNSIGNED NOT NULL,
    lease_until_us BIGINT NOT NULL,
    PRIMARY KEY (lane)
);

CREATE TABLE IF NOT EXISTS blocks (
    lane          TINYINT UNSIGNED NOT NULL,
    height        BIGINT UNSIGNED NOT NULL,
    previous_hash BINARY(32) NOT NULL,
    root          BINARY(32) NOT NULL,
    transfers     SMALLINT UNSIGNED NOT NULL,
    time_us       BIGINT NOT NULL,
    key_id        INT UNSIGNED NOT NULL,
    signature     BINARY(64) NOT NULL,
    PRIMARY KEY (lane, height)
);

-- transfer_id = lane 8 bits | height 40 | index 16. Accounts: ledger/account.h.
-- `detail` is packed: which lots were touched, by how much (ledger/book.h). `seal` is the beginning
-- of the leaf's hash: it tells which row of a block was changed, the block's root only that one was.
CREATE TABLE IF NOT EXISTS transfers (
    transfer_id  BIGINT UNSIGNED NOT NULL,
    kind         TINYINT UNSIGNED NOT NULL,
    from_account BIGINT UNSIGNED NOT NULL,
    to_account   BIGINT UNSIGNED NOT NULL,
    points       BIGINT NOT NULL,
    member_id    BIGINT UNSIGNED NOT NULL,
    ref          BIGINT UNSIGNED NOT NULL,
    subject      BIGINT UNSIGNED NOT NULL,
    pieces       INT NOT NULL,
    actor        BIGINT UNSIGNED NOT NULL,
    detail       VARBINARY(16384) NOT NULL,
    seal         BINARY(8) NOT NULL,
    PRIMARY KEY (transfer_id),
    KEY by_member (member_id)
);

CREATE TABLE IF NOT EXISTS wallets (
    member_id BIGINT UNSIGNED NOT NULL,
    version   INT UNSIGNED NOT NULL,
    available BIGINT NOT NULL,
    held      BIGINT NOT NULL,
    owed      BIGINT NOT NULL,
    state     TINYINT UNSIGNED NOT NULL,
    merged_into BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (member_id)
);

-- points = remaining + gone + what vouchers have of it; `gone` left for no voucher: expired,
-- adjusted away, clawed back, repaid. state: enum lot_state. A merge changes member_id.
CREATE TABLE IF NOT EXISTS lots (
    member_id  BIGINT UNSIGNED NOT NULL,
    lot_id     BIGINT UNSIGNED NOT NULL,
    points     BIGINT NOT NULL,
    remaining  BIGINT NOT NULL,
    gone       BIGINT NOT NULL,
    expires_us BIGINT NOT NULL,
    source     TINYINT UNSIGNED NOT NULL,
    grade      TINYINT UNSIGNED NOT NULL,
    state      TINYINT UNSIGNED NOT NULL,
    PRIMARY KEY (member_id, lot_id),
    KEY by_expiry (expires_us)
);

-- How often a member has used something that is limited within a period: pieces of a reward, or
-- points earned on a day. Rows whose period is over are pruned.
CREATE TABLE IF NOT EXISTS limit_uses (
    member_id BIGINT UNSIGNED NOT NULL,
    subject   BIGINT UNSIGNED NOT NULL,
    period    INT NOT NULL,
    used      BIGINT NOT NULL,
    ends_us   BIGINT NOT NULL,
    PRIMARY KEY (member_id, subject, period)
);

-- System and merchant accounts, one row a lane so that no row serialises two servers.
CREATE TABLE IF NOT EXISTS balances (
    account BIGINT UNSIGNED NOT NULL,
    lane    TINYINT UNSIGNED NOT NULL,
    balance BIGINT NOT NULL,
    PRIMARY KEY (account, lane)
);

-- What was answered to an Idempotency-Key: enough to render the same answer again, never the body.
-- request_key = first 16 bytes of SHA-256(actor, key).
CREATE TABLE IF NOT EXISTS answers (
    request_key BINARY(16) NOT NULL,
    fingerprint BINARY(8) NOT NULL,
    refusal     SMALLINT UNSIGNED NOT NULL,
    state       TINYINT UNSIGNED NOT NULL,
    ref         BIGINT UNSIGNED NOT NULL,
    points      BIGINT NOT NULL,
    available   BIGINT NOT NULL,
    held        BIGINT NOT NULL,
    until_us    BIGINT NOT NULL,
    at_us       BIGINT NOT NULL,
    extra       INT UNSIGNED NOT NULL,
    PRIMARY KEY (request_key)
);

-- Signed heads of all lanes, one a minute while there is something new.
CREATE TABLE IF NOT EXISTS checkpoints (
    checkpoint_id BIGINT UNSIGNED NOT NULL,
    time_us       BIGINT NOT NULL,
    heads         VARBINARY(12288) NOT NULL,
    key_id        INT UNSIGNED NOT NULL,
    signature     BINARY(64) NOT NULL,
    PRIMARY KEY (checkpoint_id)
);

-- What two people must agree on before the ledger moves: adjust, waive, claw back.
CREATE TABLE IF NOT EXISTS proposals (
    proposal_id BIGINT UNSIGNED NOT NULL,
    kind        TINYINT UNSIGNED NOT NULL,
    state       TINYINT UNSIGNED NOT NULL,
    member_id   BIGINT UNSIGNED NOT NULL,
    subject     BIGINT UNSIGNED NOT NULL,
    points      BIGINT NOT NULL,
    reason      VARCHAR(800) NOT NULL,
    proposed_by BIGINT UNSIGNED NOT NULL,
    proposed_us BIGINT NOT NULL,
    decided_by  BIGINT UNSIGNED NOT NULL,
    decided_us  BIGINT NOT NULL,
    PRIMARY KEY (proposal_id),
    KEY by_member (member_id)
);
