-- Indexes that bound what facts read by time, in place of those that only named whose rows they are:
-- no row has more entries than before, but confirming and reviewing move one more of them.
ALTER TABLE redemptions
    DROP KEY IF EXISTS by_member,
    ADD KEY by_member (member_id, confirmed_us, confirmed_by, points, created_us),
    DROP KEY IF EXISTS by_merchant,
    ADD KEY by_merchant (merchant_id, confirmed_us, confirmed_by);
ALTER TABLE records
    DROP KEY IF EXISTS by_member,
    ADD KEY by_member (member_id, reviewed_us, reviewed_by, state, minutes),
    DROP KEY IF EXISTS by_reviewer,
    ADD KEY by_reviewer (reviewed_by, reviewed_us, state);
