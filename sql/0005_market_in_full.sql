-- The market in full: statements that both sides can check, shops, sponsors and their budgets.

-- A statement is filled by the teller, which counts its lines as it settles them; then it changes
-- no more. state: enum statement_state. Times are 0 until it has happened.
CREATE TABLE IF NOT EXISTS statements (
    statement_id  BIGINT UNSIGNED NOT NULL,
    merchant_id   BIGINT UNSIGNED NOT NULL,
    state         TINYINT UNSIGNED NOT NULL,
    from_us       BIGINT NOT NULL,
    cut_off_us    BIGINT NOT NULL,
    line_count    BIGINT NOT NULL,
    points        BIGINT NOT NULL,
    reimburse_fen BIGINT NOT NULL,
    opened_by     BIGINT UNSIGNED NOT NULL,
    opened_us     BIGINT NOT NULL,
    drafted_us    BIGINT NOT NULL DEFAULT 0,
    signed_by     BIGINT UNSIGNED NOT NULL DEFAULT 0,
    signed_us     BIGINT NOT NULL DEFAULT 0,
    paid_by       BIGINT UNSIGNED NOT NULL DEFAULT 0,
    paid_us       BIGINT NOT NULL DEFAULT 0,
    pay_note      VARCHAR(800) NOT NULL DEFAULT '',
    PRIMARY KEY (statement_id),
    UNIQUE KEY by_cut_off (merchant_id, cut_off_us),
    KEY by_state (state, statement_id)
);

-- Which confirmation stands on which statement; what was confirmed says the redemption, which does
-- not change once it is settled. In the order in which statements are read.
CREATE TABLE IF NOT EXISTS statement_lines (
    statement_id  BIGINT UNSIGNED NOT NULL,
    confirmed_us  BIGINT NOT NULL,
    redemption_id BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (statement_id, confirmed_us, redemption_id),
    UNIQUE KEY by_redemption (redemption_id)
);

-- Where a merchant's vouchers are taken.
CREATE TABLE IF NOT EXISTS shops (
    shop_id     BIGINT UNSIGNED NOT NULL,
    merchant_id BIGINT UNSIGNED NOT NULL,
    state       TINYINT UNSIGNED NOT NULL,
    name        VARCHAR(200) NOT NULL,
    address     VARCHAR(400) NOT NULL,
    phone       VARCHAR(60) NOT NULL,
    created_us  BIGINT NOT NULL,
    PRIMARY KEY (shop_id),
    KEY by_merchant (merchant_id, shop_id)
);

-- weekday 1 (Monday) to 7; minutes of the local day, closes up to 1440.
CREATE TABLE IF NOT EXISTS shop_hours (
    shop_id BIGINT UNSIGNED NOT NULL,
    weekday TINYINT UNSIGNED NOT NULL,
    opens   SMALLINT UNSIGNED NOT NULL,
    closes  SMALLINT UNSIGNED NOT NULL,
    PRIMARY KEY (shop_id, weekday, opens)
);

-- Who pays for rewards beside the programme.
CREATE TABLE IF NOT EXISTS sponsors (
    sponsor_id BIGINT UNSIGNED NOT NULL,
    name       VARCHAR(200) NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (sponsor_id)
);

-- shop_id 0: every shop of the merchant takes it.
ALTER TABLE rewards ADD COLUMN IF NOT EXISTS shop_id BIGINT UNSIGNED NOT NULL DEFAULT 0;

-- committed_fen: what issued, confirmed and settled vouchers take of budget_fen (0: no budget).
-- sell_until_us 0: no end.
ALTER TABLE stock
    ADD COLUMN IF NOT EXISTS sponsor_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS budget_fen BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS committed_fen BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS sell_until_us BIGINT NOT NULL DEFAULT 0;

-- Fixed when it is issued: who pays for it. Noted when it is confirmed: in which shop.
ALTER TABLE redemptions
    ADD COLUMN IF NOT EXISTS sponsor_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS shop_id BIGINT UNSIGNED NOT NULL DEFAULT 0;

UPDATE stock s JOIN (
    SELECT reward_id, SUM(reimburse_fen) AS fen FROM redemptions WHERE state IN (1, 2, 3, 4, 5)
    GROUP BY reward_id) r ON r.reward_id = s.reward_id
SET s.committed_fen = r.fen;
