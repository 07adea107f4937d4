-- What members take away of their service, and what staff redeem for those without a phone.

-- A certificate is what was stated on a day: which records, with how many minutes each, packed
-- (service/certificate.h). No name and no title: those are read when it is shown. The code is made
-- of all this and not stored. An erased member's have no lines any more.
CREATE TABLE IF NOT EXISTS certificates (
    certificate_id BIGINT UNSIGNED NOT NULL,
    member_id      BIGINT UNSIGNED NOT NULL,
    unit_id        BIGINT UNSIGNED NOT NULL,
    shows_name     TINYINT UNSIGNED NOT NULL,
    from_day       INT NOT NULL,
    through_day    INT NOT NULL,
    issued_us      BIGINT NOT NULL,
    issued_by      BIGINT UNSIGNED NOT NULL,
    withdrawn_us   BIGINT NOT NULL,
    code_hash      BINARY(16) NOT NULL,
    code_key       INT UNSIGNED NOT NULL,
    service        MEDIUMBLOB NOT NULL,
    PRIMARY KEY (certificate_id),
    UNIQUE KEY by_code (code_hash),
    KEY by_member (member_id, certificate_id)
);

-- What staff redeemed for members, or asked the ledger for: a row without its redemption was refused
-- and goes. Times are 0 until the voucher was printed, the member told.
CREATE TABLE IF NOT EXISTS proxy_redemptions (
    redemption_id BIGINT UNSIGNED NOT NULL,
    actor         BIGINT UNSIGNED NOT NULL,
    asked_us      BIGINT NOT NULL,
    printed_us    BIGINT NOT NULL,
    told_us       BIGINT NOT NULL,
    PRIMARY KEY (redemption_id),
    KEY by_told (told_us, redemption_id)
);
