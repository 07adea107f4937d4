-- Activities, attendance and service records.
CREATE TABLE IF NOT EXISTS activities (
    activity_id BIGINT UNSIGNED NOT NULL,
    unit_id     BIGINT UNSIGNED NOT NULL,
    category    TINYINT UNSIGNED NOT NULL,
    state       TINYINT UNSIGNED NOT NULL,
    title       VARCHAR(200) NOT NULL,
    description VARCHAR(4000) NOT NULL,
    place       VARCHAR(400) NOT NULL,
    starts_us   BIGINT NOT NULL,
    ends_us     BIGINT NOT NULL,
    capacity    INT NOT NULL,
    signed_up   INT NOT NULL,
    created_by  BIGINT UNSIGNED NOT NULL,
    created_us  BIGINT NOT NULL,
    PRIMARY KEY (activity_id),
    KEY by_unit (unit_id, starts_us),
    KEY by_start (starts_us)
);

CREATE TABLE IF NOT EXISTS sign_ups (
    activity_id BIGINT UNSIGNED NOT NULL,
    member_id   BIGINT UNSIGNED NOT NULL,
    state       TINYINT UNSIGNED NOT NULL,
    at_us       BIGINT NOT NULL,
    PRIMARY KEY (activity_id, member_id),
    KEY by_member (member_id)
);

-- One record a member and activity; it becomes a lot of the same number when it is approved.
CREATE TABLE IF NOT EXISTS records (
    record_id    BIGINT UNSIGNED NOT NULL,
    activity_id  BIGINT UNSIGNED NOT NULL,
    member_id    BIGINT UNSIGNED NOT NULL,
    state        TINYINT UNSIGNED NOT NULL,
    grade        TINYINT UNSIGNED NOT NULL,
    started_us   BIGINT NOT NULL,
    ended_us     BIGINT NOT NULL,
    minutes      INT NOT NULL,
    points       BIGINT NOT NULL,
    reviewed_by  BIGINT UNSIGNED NOT NULL,
    reviewed_us  BIGINT NOT NULL,
    note         VARCHAR(800) NOT NULL,
    PRIMARY KEY (record_id),
    UNIQUE KEY by_activity (activity_id, member_id),
    KEY by_member (member_id)
);
