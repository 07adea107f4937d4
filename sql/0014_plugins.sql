-- Plugins: what there is, in which version and with which settings it is in force, and what it did
-- wrong. Files live here, pinned by their hash, so that every server runs the same.
CREATE TABLE IF NOT EXISTS plugins (
    plugin_id      BIGINT UNSIGNED NOT NULL,
    name           VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    kind           TINYINT UNSIGNED NOT NULL,
    built_in       BOOLEAN NOT NULL,
    mode           TINYINT UNSIGNED NOT NULL,
    plugin_rank    INT NOT NULL,
    version_id     BIGINT UNSIGNED NOT NULL,
    policy_id      BIGINT UNSIGNED NOT NULL,
    on_flag        TINYINT UNSIGNED NOT NULL,
    on_fault       TINYINT UNSIGNED NOT NULL,
    hold_from      BIGINT NOT NULL,
    change_id      BIGINT UNSIGNED NOT NULL,
    quarantined_us BIGINT NOT NULL,
    created_us     BIGINT NOT NULL,
    updated_us     BIGINT NOT NULL,
    PRIMARY KEY (plugin_id),
    UNIQUE KEY by_name (name)
);

-- A file. A built-in one has no image: it is a file of the installation. `manifest` is what it said
-- of itself in a throw-away host.
CREATE TABLE IF NOT EXISTS plugin_versions (
    version_id  BIGINT UNSIGNED NOT NULL,
    plugin_id   BIGINT UNSIGNED NOT NULL,
    version     VARCHAR(40) NOT NULL,
    sha256      BINARY(32) NOT NULL,
    signer      VARBINARY(32) NOT NULL,
    signature   VARBINARY(64) NOT NULL,
    manifest    MEDIUMTEXT NOT NULL,
    image       LONGBLOB NOT NULL,
    uploaded_by BIGINT UNSIGNED NOT NULL,
    uploaded_us BIGINT NOT NULL,
    PRIMARY KEY (version_id),
    UNIQUE KEY by_file (plugin_id, sha256)
);

-- Settings, never changed: another configuration is another row, so that a decision made last year
-- still says by which it was made. `settings` is JSON, sealed since secrets may be in it.
CREATE TABLE IF NOT EXISTS plugin_policies (
    policy_id  BIGINT UNSIGNED NOT NULL,
    plugin_id  BIGINT UNSIGNED NOT NULL,
    settings   MEDIUMBLOB NOT NULL,
    key_id     INT UNSIGNED NOT NULL,
    created_by BIGINT UNSIGNED NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (policy_id),
    KEY by_plugin (plugin_id)
);

-- What was in force, change by change: rolling back takes the one before.
CREATE TABLE IF NOT EXISTS plugin_changes (
    change_id   BIGINT UNSIGNED NOT NULL,
    plugin_id   BIGINT UNSIGNED NOT NULL,
    previous_id BIGINT UNSIGNED NOT NULL,
    mode        TINYINT UNSIGNED NOT NULL,
    plugin_rank INT NOT NULL,
    version_id  BIGINT UNSIGNED NOT NULL,
    policy_id   BIGINT UNSIGNED NOT NULL,
    on_flag     TINYINT UNSIGNED NOT NULL,
    on_fault    TINYINT UNSIGNED NOT NULL,
    hold_from   BIGINT NOT NULL,
    why         VARCHAR(800) NOT NULL,
    actor       BIGINT UNSIGNED NOT NULL,
    at_us       BIGINT NOT NULL,
    PRIMARY KEY (change_id),
    KEY by_plugin (plugin_id, change_id)
);

-- One row: raised by whatever changes the set, looked at by every server each second.
CREATE TABLE IF NOT EXISTS plugin_sets (
    one      TINYINT UNSIGNED NOT NULL,
    revision BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (one)
);
INSERT IGNORE INTO plugin_sets (one, revision) VALUES (1, 1);

-- The fault log: which call died, and how.
CREATE TABLE IF NOT EXISTS plugin_faults (
    fault_id   BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    plugin_id  BIGINT UNSIGNED NOT NULL,
    version_id BIGINT UNSIGNED NOT NULL,
    policy_id  BIGINT UNSIGNED NOT NULL,
    fault      TINYINT UNSIGNED NOT NULL,
    detail     INT NOT NULL,
    question   VARCHAR(2000) NOT NULL,
    at_us      BIGINT NOT NULL,
    PRIMARY KEY (fault_id),
    KEY by_plugin (plugin_id, at_us)
);
