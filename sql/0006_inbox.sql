-- Notices inside the app. `details` is JSON: what the text of the kind names (outbox/inbox.h), never
-- a personal value. The number gives the order, so it is the database's to give.
CREATE TABLE IF NOT EXISTS notices (
    notice_id  BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    account_id BIGINT UNSIGNED NOT NULL,
    kind       SMALLINT UNSIGNED NOT NULL,
    ref        BIGINT UNSIGNED NOT NULL,
    details    VARCHAR(2000) NOT NULL,
    created_us BIGINT NOT NULL,
    read_us    BIGINT NOT NULL,
    PRIMARY KEY (notice_id),
    KEY by_account (account_id, notice_id),
    KEY by_time (created_us)
);
