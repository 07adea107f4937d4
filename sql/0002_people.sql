-- Units, accounts, members, sign-in, keys and the audit trail. Personal values are sealed under a
-- key per person (DESIGN: people before records), so that erasing the key erases them everywhere.

-- One table of keys for all servers of this database, sealed under the master key, which is not
-- in the database. key_id = purpose * 65536 + generation: two servers that make the same one collide.
CREATE TABLE IF NOT EXISTS `keys` (
    key_id     INT UNSIGNED NOT NULL,
    purpose    TINYINT UNSIGNED NOT NULL,
    sealed     VARBINARY(128) NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (key_id)
);

-- The tree. `path` is "/1/5/9/": the ids from the root to the unit itself.
CREATE TABLE IF NOT EXISTS units (
    unit_id    BIGINT UNSIGNED NOT NULL,
    parent_id  BIGINT UNSIGNED NOT NULL,
    kind       VARCHAR(40) NOT NULL,
    name       VARCHAR(200) NOT NULL,
    path       VARCHAR(512) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (unit_id),
    KEY by_parent (parent_id, unit_id),
    KEY by_path (path)
);

-- Everybody who can sign in. A member's account_id is the member's id. `login`, `password_hash`
-- and `display_name` are for staff; `epoch` is raised to revoke every token of the account.
CREATE TABLE IF NOT EXISTS accounts (
    account_id    BIGINT UNSIGNED NOT NULL,
    role          TINYINT UNSIGNED NOT NULL,
    state         TINYINT UNSIGNED NOT NULL,
    epoch         INT UNSIGNED NOT NULL,
    scope_id      BIGINT UNSIGNED NOT NULL,
    person_id     BIGINT UNSIGNED NOT NULL,
    login         VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    password_hash VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    display_name  VARCHAR(100) NOT NULL,
    created_us    BIGINT NOT NULL,
    updated_us    BIGINT NOT NULL,
    PRIMARY KEY (account_id),
    UNIQUE KEY by_login (login)
);

-- `personal_key` is wrapped under the key `key_id`; name and phone are sealed under it.
-- `phone_index` is a keyed hash, to find a member by phone without storing one.
CREATE TABLE IF NOT EXISTS members (
    member_id    BIGINT UNSIGNED NOT NULL,
    unit_id      BIGINT UNSIGNED NOT NULL,
    key_id       INT UNSIGNED NOT NULL,
    personal_key VARBINARY(128) NOT NULL,
    name         VARBINARY(600) NOT NULL,
    phone        VARBINARY(128) NOT NULL,
    phone_index  BINARY(16) NULL,
    consented_us BIGINT NOT NULL,
    joined_us    BIGINT NOT NULL,
    PRIMARY KEY (member_id),
    UNIQUE KEY by_phone (phone_index),
    KEY by_unit (unit_id, member_id)
);

-- Each use of a refresh token replaces it by the next of its family; one used twice ends the family.
CREATE TABLE IF NOT EXISTS refresh_tokens (
    token_hash BINARY(32) NOT NULL,
    family     BINARY(16) NOT NULL,
    account_id BIGINT UNSIGNED NOT NULL,
    epoch      INT UNSIGNED NOT NULL,
    used       TINYINT UNSIGNED NOT NULL,
    expires_us BIGINT NOT NULL,
    PRIMARY KEY (token_hash),
    KEY by_family (family),
    KEY by_account (account_id),
    KEY by_expiry (expires_us)
);

-- Tokens of the account with a lower epoch are void. Rows matter while such tokens could live.
CREATE TABLE IF NOT EXISTS revocations (
    account_id BIGINT UNSIGNED NOT NULL,
    epoch      INT UNSIGNED NOT NULL,
    at_us      BIGINT NOT NULL,
    PRIMARY KEY (account_id),
    KEY by_time (at_us)
);

CREATE TABLE IF NOT EXISTS sign_in_codes (
    phone_index BINARY(16) NOT NULL,
    code_hash   BINARY(32) NOT NULL,
    tries       TINYINT UNSIGNED NOT NULL,
    expires_us  BIGINT NOT NULL,
    PRIMARY KEY (phone_index),
    KEY by_expiry (expires_us)
);

-- Rate limits: `bucket` is a keyed hash of what is limited; empty again at `full_us`
-- (people/throttle.h).
CREATE TABLE IF NOT EXISTS sign_in_attempts (
    bucket  BINARY(16) NOT NULL,
    full_us BIGINT NOT NULL,
    PRIMARY KEY (bucket),
    KEY by_time (full_us)
);

-- Append-only: who did what to what, what it was before and after, and why. No personal value is
-- written here but masked.
CREATE TABLE IF NOT EXISTS audit_trail (
    audit_id     BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    at_us        BIGINT NOT NULL,
    actor        BIGINT UNSIGNED NOT NULL,
    action       VARCHAR(60) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    object_id    BIGINT UNSIGNED NOT NULL,
    value_before VARCHAR(2000) NOT NULL,
    value_after  VARCHAR(2000) NOT NULL,
    reason       VARCHAR(800) NOT NULL,
    PRIMARY KEY (audit_id),
    KEY by_object (object_id),
    KEY by_actor (actor)
);
