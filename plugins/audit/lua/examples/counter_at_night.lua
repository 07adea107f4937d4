-- Marks vouchers that are confirmed while shops are closed, but for those that never close.
-- 商家夜间打烊后的核销做标记；通宵营业的除外。
local OPENS, CLOSES = 7, 22
local never_closes = {
    -- A merchant's number as this plugin sees it: it stands in what an earlier flag said.
    -- [7310411230511] = true,
}

function check(event, facts)
    if event.kind ~= "confirm" or never_closes[event.merchant] then
        return
    end
    if event.hour < OPENS or event.hour >= CLOSES then
        return "flag", "confirmed_at_night",
            string.format("%d 点核销，商家编号 %d", event.hour, event.merchant),
            string.format("confirmed at %d o'clock by merchant %d", event.hour, event.merchant)
    end
end
