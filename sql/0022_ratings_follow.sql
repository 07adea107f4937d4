-- A rating whose account was erased, or merged into another, says so: 0 it stands, else as in
-- assess/runs.h. A run that has been drafted may wait for its policy: `waits` says why.
ALTER TABLE ratings
    ADD COLUMN IF NOT EXISTS state TINYINT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS merged_into BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ADD KEY IF NOT EXISTS by_merged (merged_into, run_id);
ALTER TABLE assessment_runs
    ADD COLUMN IF NOT EXISTS waits VARCHAR(400) NOT NULL DEFAULT '';
