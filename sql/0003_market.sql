-- Merchants, rewards, stock and redemptions.
CREATE TABLE IF NOT EXISTS merchants (
    merchant_id BIGINT UNSIGNED NOT NULL,
    name        VARCHAR(200) NOT NULL,
    sector      TINYINT UNSIGNED NOT NULL,
    address     VARCHAR(400) NOT NULL,
    state       TINYINT UNSIGNED NOT NULL,
    created_us  BIGINT NOT NULL,
    PRIMARY KEY (merchant_id)
);

CREATE TABLE IF NOT EXISTS rewards (
    reward_id   BIGINT UNSIGNED NOT NULL,
    merchant_id BIGINT UNSIGNED NOT NULL,
    title       VARCHAR(200) NOT NULL,
    description VARCHAR(4000) NOT NULL,
    created_us  BIGINT NOT NULL,
    updated_us  BIGINT NOT NULL,
    PRIMARY KEY (reward_id),
    KEY by_merchant (merchant_id)
);

-- What a redemption locks. The teller changes the counts; the terms change by an ordinary
-- statement that raises terms_version. initial = free + held + sold, always.
CREATE TABLE IF NOT EXISTS stock (
    reward_id      BIGINT UNSIGNED NOT NULL,
    merchant_id    BIGINT UNSIGNED NOT NULL,
    state          TINYINT UNSIGNED NOT NULL,
    price          BIGINT NOT NULL,
    reimburse_fen  BIGINT NOT NULL,
    terms_version  INT UNSIGNED NOT NULL,
    limit_count    INT NOT NULL,
    limit_days     INT NOT NULL,
    valid_us       BIGINT NOT NULL,
    initial        BIGINT NOT NULL,
    free           BIGINT NOT NULL,
    held           BIGINT NOT NULL,
    sold           BIGINT NOT NULL,
    PRIMARY KEY (reward_id)
);

-- `allocation` says which lots paid how much (ledger/book.h).
CREATE TABLE IF NOT EXISTS redemptions (
    redemption_id BIGINT UNSIGNED NOT NULL,
    member_id     BIGINT UNSIGNED NOT NULL,
    reward_id     BIGINT UNSIGNED NOT NULL,
    merchant_id   BIGINT UNSIGNED NOT NULL,
    state         TINYINT UNSIGNED NOT NULL,
    points        BIGINT NOT NULL,
    reimburse_fen BIGINT NOT NULL,
    terms_version INT UNSIGNED NOT NULL,
    code_hash     BINARY(16) NOT NULL,
    code_key      INT UNSIGNED NOT NULL,
    limit_period  INT NOT NULL,
    created_us    BIGINT NOT NULL,
    expires_us    BIGINT NOT NULL,
    confirmed_us  BIGINT NOT NULL,
    confirmed_by  BIGINT UNSIGNED NOT NULL,
    closed_us     BIGINT NOT NULL,
    allocation    VARBINARY(16384) NOT NULL,
    PRIMARY KEY (redemption_id),
    UNIQUE KEY by_code (code_hash),
    KEY by_member (member_id),
    KEY by_expiry (expires_us),
    KEY by_merchant (merchant_id, confirmed_us)
);
