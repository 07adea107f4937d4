-- Denies a refund of a voucher that was made long ago; marks one that is only late.
-- 出券多日之后的退券不予办理；较晚的做标记。
local DAY = 24 * 60 * 60
local LATE, TOO_LATE = 7, 30

function check(event, facts)
    local since = facts["redemption.seconds_since_issue"]

    if event.kind ~= "refund" or not since then
        return
    end
    local days = since // DAY
    if days > TOO_LATE then
        return "deny", "refund_too_late", string.format("出券已 %d 天，不再退券", days),
            string.format("the voucher is %d days old: too late for a refund", days)
    elseif days > LATE then
        return "flag", "late_refund", string.format("出券已 %d 天才退券", days),
            string.format("refunded %d days after the voucher was made", days)
    end
end
