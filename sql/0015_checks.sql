-- What plugins decided, and what waits for a person because of it.

-- Facts that are asked for at the counter: which of a member's redemptions are recent, and what a
-- person has approved lately.
ALTER TABLE redemptions
    ADD KEY IF NOT EXISTS by_member_time (member_id, created_us, points);
ALTER TABLE records
    ADD KEY IF NOT EXISTS by_reviewer (reviewed_by, reviewed_us);
