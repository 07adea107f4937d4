-- Assessments: a policy asked about the members of a unit, and then about its work units, over a
-- period. Each run is a draft of its own: nothing is ever rated over.
CREATE TABLE IF NOT EXISTS assessment_runs (
    run_id           BIGINT UNSIGNED NOT NULL,
    plugin_id        BIGINT UNSIGNED NOT NULL,
    version_id       BIGINT UNSIGNED NOT NULL,
    policy_id        BIGINT UNSIGNED NOT NULL,
    unit_id          BIGINT UNSIGNED NOT NULL,
    affiliation      TINYINT UNSIGNED NOT NULL,
    revision         INT UNSIGNED NOT NULL,
    from_day         INT NOT NULL,
    to_day           INT NOT NULL,
    from_us          BIGINT NOT NULL,
    until_us         BIGINT NOT NULL,
    asked_us         BIGINT NOT NULL,
    forecast         BOOLEAN NOT NULL,
    state            TINYINT UNSIGNED NOT NULL,
    step             TINYINT UNSIGNED NOT NULL,
    last_id          BIGINT UNSIGNED NOT NULL,
    members          INT NOT NULL,
    members_done     INT NOT NULL,
    faults           INT NOT NULL,
    failure          VARCHAR(400) NOT NULL,
    created_by       BIGINT UNSIGNED NOT NULL,
    finished_us      BIGINT NOT NULL,
    shown_us         BIGINT NOT NULL,
    appeals_until_us BIGINT NOT NULL,
    signed_by        BIGINT UNSIGNED NOT NULL,
    signed_name      VARCHAR(200) NOT NULL,
    signed_us        BIGINT NOT NULL,
    published_us     BIGINT NOT NULL,
    PRIMARY KEY (run_id),
    KEY by_state (state, run_id),
    KEY by_period (plugin_id, unit_id, from_day, to_day, revision)
);

-- A rating as it stands, and as the policy gave it. `reasons` and `facts` are JSON: what it was
-- given for, line by line. It names nobody: the subject is a number.
CREATE TABLE IF NOT EXISTS ratings (
    run_id     BIGINT UNSIGNED NOT NULL,
    scope      TINYINT UNSIGNED NOT NULL,
    subject_id BIGINT UNSIGNED NOT NULL,
    unit_id    BIGINT UNSIGNED NOT NULL,
    rating     VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    drafted    VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    counts     BOOLEAN NOT NULL,
    fails      BOOLEAN NOT NULL,
    reasons    TEXT NOT NULL,
    facts      TEXT NOT NULL,
    PRIMARY KEY (run_id, scope, subject_id),
    KEY by_unit (run_id, scope, unit_id),
    KEY by_subject (subject_id, run_id)
);

-- What a member says against a draft, and what a person answered.
CREATE TABLE IF NOT EXISTS appeals (
    run_id     BIGINT UNSIGNED NOT NULL,
    member_id  BIGINT UNSIGNED NOT NULL,
    state      TINYINT UNSIGNED NOT NULL,
    words      VARCHAR(4000) NOT NULL,
    made_us    BIGINT NOT NULL,
    decided_by BIGINT UNSIGNED NOT NULL,
    decided_us BIGINT NOT NULL,
    answer     VARCHAR(4000) NOT NULL,
    PRIMARY KEY (run_id, member_id),
    KEY by_state (state, run_id, member_id)
);
