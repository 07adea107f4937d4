-- What plugins decided, and what waits for a person because of it.

-- Facts that are asked for at the counter: which of a member's redemptions are recent, and what a
-- person has approved lately.
ALTER TABLE redemptions
    ADD KEY IF NOT EXISTS by_member_time (member_id, created_us, points);
ALTER TABLE records
    ADD KEY IF NOT EXISTS by_reviewer (reviewed_by, reviewed_us);

-- The review queue: what a rule asked a person to look at. `held`: the effect waits (points on hold
-- without a voucher, nothing awarded); else it went through with a mark. kind: linli/plugin.h, enum
-- linli_event_kind; ref: the redemption, record or proposal; state: ledger/check.h. For an award the
-- terms under which it will be made: points, daily_cap, day, day_ends_us, expires_us. said: what the
-- member adds while it is open.
CREATE TABLE IF NOT EXISTS checks (
    check_id    BIGINT UNSIGNED NOT NULL,
    kind        TINYINT UNSIGNED NOT NULL,
    state       TINYINT UNSIGNED NOT NULL,
    held        TINYINT UNSIGNED NOT NULL,
    member_id   BIGINT UNSIGNED NOT NULL,
    ref         BIGINT UNSIGNED NOT NULL,
    subject     BIGINT UNSIGNED NOT NULL,
    merchant_id BIGINT UNSIGNED NOT NULL,
    asked_by    BIGINT UNSIGNED NOT NULL,
    points      BIGINT NOT NULL,
    opened_us   BIGINT NOT NULL,
    due_us      BIGINT NOT NULL,
    daily_cap   BIGINT NOT NULL,
    day         INT NOT NULL,
    day_ends_us BIGINT NOT NULL,
    expires_us  BIGINT NOT NULL,
    decided_by  BIGINT UNSIGNED NOT NULL,
    decided_us  BIGINT NOT NULL,
    reason      VARCHAR(800) NOT NULL,
    said        VARCHAR(800) NOT NULL DEFAULT '',
    reminded_us BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (check_id),
    KEY by_ref (ref),
    KEY by_member (member_id, check_id),
    KEY by_state (state, due_us)
);

-- What plugins said, but for what they allowed. effect: plugin/plugins.h, enum plugin_effect, after
-- the rules of ledger/judge.h; of a shadow rule, what it would have been. check_id 0: none came of
-- it. fault 0: none.
CREATE TABLE IF NOT EXISTS decisions (
    decision_id BIGINT UNSIGNED NOT NULL,
    check_id    BIGINT UNSIGNED NOT NULL,
    at_us       BIGINT NOT NULL,
    kind        TINYINT UNSIGNED NOT NULL,
    ref         BIGINT UNSIGNED NOT NULL,
    member_id   BIGINT UNSIGNED NOT NULL,
    actor       BIGINT UNSIGNED NOT NULL,
    merchant_id BIGINT UNSIGNED NOT NULL,
    subject     BIGINT UNSIGNED NOT NULL,
    points      BIGINT NOT NULL,
    plugin_id   BIGINT UNSIGNED NOT NULL,
    version_id  BIGINT UNSIGNED NOT NULL,
    policy_id   BIGINT UNSIGNED NOT NULL,
    mode        TINYINT UNSIGNED NOT NULL,
    verdict     TINYINT UNSIGNED NOT NULL,
    effect      TINYINT UNSIGNED NOT NULL,
    fault       TINYINT UNSIGNED NOT NULL,
    code        VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    words_zh    VARCHAR(1000) NOT NULL,
    words_en    VARCHAR(1000) NOT NULL,
    PRIMARY KEY (decision_id),
    KEY by_check (check_id),
    KEY by_member (member_id, decision_id),
    KEY by_plugin (plugin_id, decision_id)
);

-- One row a batch that was judged: under which set of plugins, and how many were asked about. What
-- they allowed is every other event of that batch.
CREATE TABLE IF NOT EXISTS judgements (
    judgement_id BIGINT UNSIGNED NOT NULL,
    at_us        BIGINT NOT NULL,
    revision     BIGINT UNSIGNED NOT NULL,
    lane         TINYINT UNSIGNED NOT NULL,
    height       BIGINT UNSIGNED NOT NULL,
    events       INT NOT NULL,
    questions    INT NOT NULL,
    answers      INT NOT NULL,
    PRIMARY KEY (judgement_id),
    KEY by_block (lane, height),
    KEY by_time (at_us)
);
