-- Waitlists, shifts, series, places, statements, backfilled records, evidence and counts.

-- `part_of`: this is a shift of that activity, with a post, a time and a capacity of its own; what
-- it is called is its post. `in_line` is the last number given to somebody who waits.
-- The place is the activity's, in millionths of a degree, and public; radius 0: no place check.
ALTER TABLE activities
    ADD COLUMN IF NOT EXISTS part_of       BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS series_id     BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS waiting       INT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS in_line       INT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS skill         VARCHAR(40) NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS age_note      VARCHAR(200) NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS insurance_note VARCHAR(400) NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS latitude_e6   INT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS longitude_e6  INT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS radius_m      INT NOT NULL DEFAULT 0,
    ADD KEY IF NOT EXISTS by_whole (part_of, activity_id);

-- `in_line` orders those who wait.
ALTER TABLE sign_ups
    ADD COLUMN IF NOT EXISTS in_line INT NOT NULL DEFAULT 0,
    ADD KEY IF NOT EXISTS by_line (activity_id, state, in_line);

-- An activity that is published every week; `next_week` is the first that is not made yet, counted
-- from the first occurrence, which is the pattern of all. until_us 0: without an end.
CREATE TABLE IF NOT EXISTS activity_series (
    series_id   BIGINT UNSIGNED NOT NULL,
    pattern_id  BIGINT UNSIGNED NOT NULL,
    state       TINYINT UNSIGNED NOT NULL,
    weeks_ahead INT NOT NULL,
    next_week   INT NOT NULL,
    until_us    BIGINT NOT NULL,
    created_by  BIGINT UNSIGNED NOT NULL,
    created_us  BIGINT NOT NULL,
    PRIMARY KEY (series_id),
    UNIQUE KEY by_pattern (pattern_id)
);

-- place_check: enum place_check; never a position. `stated`: the member said when they left.
-- proposed_by and notice_until_us are of backfilled records (grade D).
ALTER TABLE records
    ADD COLUMN IF NOT EXISTS place_check        TINYINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS stated             TINYINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS statement_until_us BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS proposed_by        BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS notice_until_us    BIGINT NOT NULL DEFAULT 0;

-- What is shown for a record: notes and photos, without anything that the camera wrote into them.
CREATE TABLE IF NOT EXISTS evidence (
    evidence_id BIGINT UNSIGNED NOT NULL,
    record_id   BIGINT UNSIGNED NOT NULL,
    added_by    BIGINT UNSIGNED NOT NULL,
    added_us    BIGINT NOT NULL,
    media_type  VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    note        VARCHAR(2000) NOT NULL,
    photo       MEDIUMBLOB NOT NULL,
    PRIMARY KEY (evidence_id),
    KEY by_record (record_id, evidence_id)
);

-- The five counts, kept apart, as the coordinator entered them when it was over.
CREATE TABLE IF NOT EXISTS activity_counts (
    activity_id BIGINT UNSIGNED NOT NULL,
    volunteers  INT NOT NULL,
    attendances INT NOT NULL,
    residents   INT NOT NULL,
    households  INT NOT NULL,
    cases       INT NOT NULL,
    entered_by  BIGINT UNSIGNED NOT NULL,
    entered_us  BIGINT NOT NULL,
    PRIMARY KEY (activity_id)
);
