-- A clerk finds a voucher by its merchant's own code too. hash: keyed, of the merchant and the code
-- as people type it (market/merchant_code.h); not unique, since codes are others' to choose.
ALTER TABLE merchant_vouchers
    ADD COLUMN IF NOT EXISTS hash BINARY(16) NOT NULL DEFAULT '',
    ADD KEY IF NOT EXISTS by_hash (hash);
