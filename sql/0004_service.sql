-- Activities, attendance and service records.

-- What kinds of service there are, and what an hour of each is worth in percent of the plain rate.
CREATE TABLE IF NOT EXISTS categories (
    category_id         TINYINT UNSIGNED NOT NULL,
    code                VARCHAR(40) NOT NULL,
    name_zh             VARCHAR(80) NOT NULL,
    name_en             VARCHAR(80) NOT NULL,
    coefficient_percent INT NOT NULL,
    PRIMARY KEY (category_id)
);
INSERT IGNORE INTO categories (category_id, code, name_zh, name_en, coefficient_percent) VALUES
    (1, 'epidemic_control', '疫情防控', 'Epidemic control', 150),
    (2, 'poverty_relief', '扶贫助困', 'Poverty relief', 120),
    (3, 'clean_homes', '洁净家园', 'Clean homes', 100),
    (4, 'public_safety', '守护平安', 'Public safety', 120),
    (5, 'civil_travel', '文明出行', 'Civil travel', 100),
    (6, 'good_neighbours', '和睦邻里', 'Good neighbours', 100),
    (7, 'culture_and_sport', '文体活动', 'Culture and sport', 100),
    (8, 'joint_building', '社区共建', 'Joint building', 100),
    (9, 'joint_governing', '社区共治', 'Joint governing', 100),
    (10, 'sharing', '社区共享', 'Sharing', 100);

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
