-- People and places in full: affiliations, registration, imports, consent, profiles, erasure.

-- age_class: enum age_class; guardian_us: when a guardian's consent was recorded (14 to 17 only).
-- likeness: a keyed hash of unit and name, by which two accounts of one person are suspected.
-- free_times: bits of weekday and part of the day. import_id: the import that brought the row; one
-- that is not finished hides it. merged_into: who this account went into; 0: nobody.
ALTER TABLE members
    ADD COLUMN IF NOT EXISTS age_class TINYINT UNSIGNED NOT NULL DEFAULT 1,
    ADD COLUMN IF NOT EXISTS guardian_us BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS likeness BINARY(16) NULL,
    ADD COLUMN IF NOT EXISTS free_times INT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS import_id BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS erased_us BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS merged_into BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD KEY IF NOT EXISTS by_likeness (likeness, member_id),
    ADD KEY IF NOT EXISTS by_import (import_id, member_id);

-- Who was erased, when and by whom: a restored backup replays them. No personal value.
CREATE TABLE IF NOT EXISTS erasures (
    member_id BIGINT UNSIGNED NOT NULL,
    at_us     BIGINT NOT NULL,
    actor     BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (member_id)
);

-- purpose: enum consent_purpose. withdrawn_us 0: it stands.
CREATE TABLE IF NOT EXISTS consents (
    member_id    BIGINT UNSIGNED NOT NULL,
    purpose      TINYINT UNSIGNED NOT NULL,
    given_us     BIGINT NOT NULL,
    withdrawn_us BIGINT NOT NULL,
    PRIMARY KEY (member_id, purpose)
);

-- Where a member lives (kind 1) and works (kind 2), from a time until just before another;
-- 9223372036854775807: still. members.unit_id is the present residence.
CREATE TABLE IF NOT EXISTS affiliations (
    member_id BIGINT UNSIGNED NOT NULL,
    kind      TINYINT UNSIGNED NOT NULL,
    from_us   BIGINT NOT NULL,
    to_us     BIGINT NOT NULL,
    unit_id   BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (member_id, kind, from_us),
    KEY by_unit (unit_id, kind, from_us)
);
INSERT IGNORE INTO affiliations (member_id, kind, from_us, to_us, unit_id)
    SELECT member_id, 1, joined_us, 9223372036854775807, unit_id FROM members;

-- What the kinds of unit are called here.
CREATE TABLE IF NOT EXISTS unit_kinds (
    code     VARCHAR(40) NOT NULL,
    name_zh  VARCHAR(80) NOT NULL,
    name_en  VARCHAR(80) NOT NULL,
    position INT NOT NULL,
    PRIMARY KEY (code)
);
INSERT IGNORE INTO unit_kinds (code, name_zh, name_en, position) VALUES
    ('district', '区', 'District', 10),
    ('street', '街道', 'Street', 20),
    ('town', '镇', 'Town', 21),
    ('community', '社区', 'Community', 30),
    ('village', '村', 'Village', 31),
    ('grid', '网格', 'Grid', 40),
    ('group', '小组', 'Group', 50),
    ('household_area', '责任区', 'Household area', 60),
    ('office', '单位', 'Work unit', 70);

-- A member reported to a community. way: enum registration_way.
CREATE TABLE IF NOT EXISTS registrations (
    member_id BIGINT UNSIGNED NOT NULL,
    unit_id   BIGINT UNSIGNED NOT NULL,
    way       TINYINT UNSIGNED NOT NULL,
    at_us     BIGINT NOT NULL,
    actor     BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (member_id, unit_id),
    KEY by_unit (unit_id, member_id)
);
INSERT IGNORE INTO registrations (member_id, unit_id, way, at_us, actor)
    SELECT member_id, unit_id, 1, joined_us, 0 FROM members;

-- Who is due to register with a unit, by when. Invitations only: names are sealed under the list's
-- own key, which is wrapped under the key `key_id` and goes with the last of them.
CREATE TABLE IF NOT EXISTS due_lists (
    list_id    BIGINT UNSIGNED NOT NULL,
    unit_id    BIGINT UNSIGNED NOT NULL,
    title      VARCHAR(200) NOT NULL,
    due_day    INT NOT NULL,
    key_id     INT UNSIGNED NOT NULL,
    list_key   VARBINARY(128) NOT NULL,
    created_by BIGINT UNSIGNED NOT NULL,
    created_us BIGINT NOT NULL,
    PRIMARY KEY (list_id),
    KEY by_unit (unit_id, list_id),
    KEY by_time (created_us)
);

-- state: enum due_state. Who came is a member; of them no name stays here.
CREATE TABLE IF NOT EXISTS due_people (
    list_id     BIGINT UNSIGNED NOT NULL,
    line        INT NOT NULL,
    state       TINYINT UNSIGNED NOT NULL,
    phone_index BINARY(16) NULL,
    name        VARBINARY(600) NOT NULL,
    member_id   BIGINT UNSIGNED NOT NULL,
    at_us       BIGINT NOT NULL,
    why         VARCHAR(800) NOT NULL,
    PRIMARY KEY (list_id, line),
    KEY by_phone (phone_index),
    KEY by_member (member_id)
);

-- state: enum import_state. While it stages, its rows are hidden; once the lease has passed without
-- an end, they are taken away.
CREATE TABLE IF NOT EXISTS imports (
    import_id      BIGINT UNSIGNED NOT NULL,
    state          TINYINT UNSIGNED NOT NULL,
    row_count      INT NOT NULL,
    staged         INT NOT NULL,
    actor          BIGINT UNSIGNED NOT NULL,
    began_us       BIGINT NOT NULL,
    ended_us       BIGINT NOT NULL,
    lease_until_us BIGINT NOT NULL,
    PRIMARY KEY (import_id),
    KEY by_state (state, import_id)
);

-- Neutral labels of what people can do.
CREATE TABLE IF NOT EXISTS skills (
    skill_id SMALLINT UNSIGNED NOT NULL,
    code     VARCHAR(40) NOT NULL,
    name_zh  VARCHAR(80) NOT NULL,
    name_en  VARCHAR(80) NOT NULL,
    PRIMARY KEY (skill_id)
);
INSERT IGNORE INTO skills (skill_id, code, name_zh, name_en) VALUES
    (1, 'homework_help', '课业辅导', 'Help with homework'),
    (2, 'first_aid', '急救', 'First aid'),
    (3, 'repairs', '家电维修', 'Repairs'),
    (4, 'hairdressing', '理发', 'Hairdressing'),
    (5, 'driving', '驾驶', 'Driving'),
    (6, 'cooking', '烹饪', 'Cooking'),
    (7, 'legal_advice', '法律咨询', 'Legal advice'),
    (8, 'counselling', '心理疏导', 'Counselling'),
    (9, 'music', '音乐', 'Music'),
    (10, 'calligraphy', '书法绘画', 'Calligraphy and painting'),
    (11, 'sport', '体育健身', 'Sport'),
    (12, 'photography', '摄影摄像', 'Photography'),
    (13, 'computers', '电脑手机', 'Computers and telephones'),
    (14, 'languages', '外语手语', 'Languages and signing'),
    (15, 'gardening', '园艺', 'Gardening'),
    (16, 'mediation', '调解', 'Mediation');

CREATE TABLE IF NOT EXISTS member_skills (
    member_id BIGINT UNSIGNED NOT NULL,
    skill_id  SMALLINT UNSIGNED NOT NULL,
    PRIMARY KEY (member_id, skill_id),
    KEY by_skill (skill_id, member_id)
);
