-- Merchants whose vouchers others issue: which plugin speaks for them, what is to be said to them,
-- and what they answered.

-- A merchant's plugin with the merchant's own settings (JSON, sealed with key_id). `current`: what is
-- redeemed now goes through it; older ones stay for the vouchers that they issued. `calls`: what
-- the plugin wants to hear of (market/calls.h). The circuit breaker: `failures` in a row without an
-- answer, and until when the merchant is left alone.
CREATE TABLE IF NOT EXISTS integrations (
    integration_id BIGINT UNSIGNED NOT NULL,
    merchant_id    BIGINT UNSIGNED NOT NULL,
    plugin         VARCHAR(40) NOT NULL,
    current        TINYINT UNSIGNED NOT NULL,
    calls          INT UNSIGNED NOT NULL,
    key_id         INT UNSIGNED NOT NULL,
    settings       VARBINARY(16384) NOT NULL,
    changed_by     BIGINT UNSIGNED NOT NULL,
    changed_us     BIGINT NOT NULL,
    failures       INT NOT NULL DEFAULT 0,
    rest_until_us  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (integration_id),
    UNIQUE KEY by_merchant (merchant_id, plugin)
);

-- item: the reward's article number at its merchant.
ALTER TABLE rewards ADD COLUMN IF NOT EXISTS item VARCHAR(120) NOT NULL DEFAULT '';

-- Of the merchant's current integration; 0: the voucher is Linli's own.
ALTER TABLE stock
    ADD COLUMN IF NOT EXISTS integration_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS calls INT UNSIGNED NOT NULL DEFAULT 0;

-- Fixed when the points are held: integration, calls, what the member agreed to tell (`agreed`).
-- operation_id: the one operation that is open, of the kind `asking`; meanwhile what people want of
-- the voucher is kept as `intent` of `intent_by`, until the merchant has answered.
ALTER TABLE redemptions
    ADD COLUMN IF NOT EXISTS integration_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS calls INT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS agreed TINYINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS operation_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS asking TINYINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS intent TINYINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS intent_by BIGINT UNSIGNED NOT NULL DEFAULT 0;

-- The outbox: one row an operation, written in the batch that makes it necessary. The teller writes
-- `state` and who decided; dispatch all the rest. due_us: not before, and while somebody has it
-- (leased_by), when the lease ends; by the database's clock, like deadline_us (0: not begun).
-- querying: an answer is missing, so it is asked for first. sent: the merchant may have seen it.
CREATE TABLE IF NOT EXISTS operations (
    operation_id   BIGINT UNSIGNED NOT NULL,
    redemption_id  BIGINT UNSIGNED NOT NULL,
    merchant_id    BIGINT UNSIGNED NOT NULL,
    integration_id BIGINT UNSIGNED NOT NULL,
    kind           TINYINT UNSIGNED NOT NULL,
    state          TINYINT UNSIGNED NOT NULL,
    created_us     BIGINT NOT NULL,
    closed_us      BIGINT NOT NULL DEFAULT 0,
    decided_by     BIGINT UNSIGNED NOT NULL DEFAULT 0,
    attempt        INT NOT NULL DEFAULT 0,
    leased_by      INT UNSIGNED NOT NULL DEFAULT 0,
    due_us         BIGINT NOT NULL DEFAULT 0,
    deadline_us    BIGINT NOT NULL DEFAULT 0,
    querying       TINYINT UNSIGNED NOT NULL DEFAULT 0,
    sent           TINYINT UNSIGNED NOT NULL DEFAULT 0,
    status         INT NOT NULL DEFAULT 0,
    fault          VARCHAR(60) NOT NULL DEFAULT '',
    reason         VARCHAR(1000) NOT NULL DEFAULT '',
    plugin_state   VARBINARY(2048) NOT NULL DEFAULT '',
    PRIMARY KEY (operation_id),
    KEY by_redemption (redemption_id, operation_id),
    KEY by_due (state, integration_id, due_us)
);

-- The code that the merchant gave, sealed with key_id. Beside it stands Linli's own.
CREATE TABLE IF NOT EXISTS merchant_vouchers (
    redemption_id BIGINT UNSIGNED NOT NULL,
    key_id        INT UNSIGNED NOT NULL,
    code          VARBINARY(700) NOT NULL,
    PRIMARY KEY (redemption_id)
);

-- Codes that a third party sold in advance; redemption_id 0: free. `hash` is keyed.
CREATE TABLE IF NOT EXISTS coupon_codes (
    code_id       BIGINT UNSIGNED NOT NULL,
    reward_id     BIGINT UNSIGNED NOT NULL,
    redemption_id BIGINT UNSIGNED NOT NULL,
    hash          BINARY(16) NOT NULL,
    key_id        INT UNSIGNED NOT NULL,
    code          VARBINARY(700) NOT NULL,
    imported_us   BIGINT NOT NULL,
    taken_us      BIGINT NOT NULL,
    PRIMARY KEY (code_id),
    UNIQUE KEY by_hash (reward_id, hash),
    KEY by_reward (reward_id, redemption_id, code_id),
    KEY by_redemption (redemption_id)
);

-- Secrets with which the server signs calls. hosts: where they may go, separated by spaces.
-- merchant_id 0: for calls of any merchant.
CREATE TABLE IF NOT EXISTS credentials (
    name        VARCHAR(40) NOT NULL,
    kind        TINYINT UNSIGNED NOT NULL,
    merchant_id BIGINT UNSIGNED NOT NULL,
    hosts       VARCHAR(1000) NOT NULL,
    key_id      INT UNSIGNED NOT NULL,
    secret      VARBINARY(1100) NOT NULL,
    changed_by  BIGINT UNSIGNED NOT NULL,
    changed_us  BIGINT NOT NULL,
    PRIMARY KEY (name)
);

-- A line of a statement with which the merchant does not agree. due_us: when it should be answered.
CREATE TABLE IF NOT EXISTS disputes (
    dispute_id    BIGINT UNSIGNED NOT NULL,
    statement_id  BIGINT UNSIGNED NOT NULL,
    redemption_id BIGINT UNSIGNED NOT NULL,
    merchant_id   BIGINT UNSIGNED NOT NULL,
    state         TINYINT UNSIGNED NOT NULL,
    fen           BIGINT NOT NULL,
    reason        VARCHAR(1600) NOT NULL,
    opened_by     BIGINT UNSIGNED NOT NULL,
    opened_us     BIGINT NOT NULL,
    due_us        BIGINT NOT NULL,
    answer        VARCHAR(1600) NOT NULL DEFAULT '',
    decided_by    BIGINT UNSIGNED NOT NULL DEFAULT 0,
    decided_us    BIGINT NOT NULL DEFAULT 0,
    corrected_on  BIGINT UNSIGNED NOT NULL DEFAULT 0,
    PRIMARY KEY (dispute_id),
    UNIQUE KEY by_line (redemption_id),
    KEY by_state (state, dispute_id),
    KEY by_statement (statement_id)
);
