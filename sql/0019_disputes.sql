-- What a manager said that a line should be worth (NULL: by an older server), so that the difference
-- can be verified; and when a dispute that was not answered in time was escalated, once; 0: never.
ALTER TABLE disputes
    ADD COLUMN IF NOT EXISTS claimed_fen BIGINT NULL,
    ADD COLUMN IF NOT EXISTS escalated_us BIGINT NOT NULL DEFAULT 0,
    ADD KEY IF NOT EXISTS by_due (state, escalated_us, due_us);
