-- What was served under two accounts of one person becomes that of the one that stays. `served_as` is
-- the other account, of a record whose activity the one that stays has a record of, too; else 0.
ALTER TABLE records
    ADD COLUMN IF NOT EXISTS served_as BIGINT UNSIGNED NOT NULL DEFAULT 0,
    DROP KEY IF EXISTS by_activity,
    ADD UNIQUE KEY by_activity (activity_id, member_id, served_as);

-- The staff accounts of a person.
ALTER TABLE accounts ADD KEY IF NOT EXISTS by_person (person_id);
