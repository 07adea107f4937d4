-- Adds up small doubts about a service record; each alone would be no reason to ask.
-- 单项不足以核对的疑点累计到一定程度时请人工核对。
local ENOUGH = 3

local function doubts(event, facts)
    local count, zh, en = 0, {}, {}
    local function doubt(yes, weight, in_zh, in_en)
        if yes then
            count = count + weight
            zh[#zh + 1], en[#en + 1] = in_zh, in_en
        end
    end

    doubt(facts["record.in_range"] == false, 1, "签到不在地点范围内", "checked in out of range")
    doubt(facts["record.stated"], 1, "离开时间为事后补报", "said afterwards when they had left")
    doubt(facts["record.backfilled"], 1, "事后补录", "entered afterwards")
    doubt((facts["record.minutes_today"] or 0) + event.minutes > 600, 1, "当日超过十小时",
        "more than ten hours that day")
    doubt((facts["actor.approvals_1h"] or 0) >= 40, 2, "审核人一小时内审核很多",
        "one of many approved within an hour")
    return count, table.concat(zh, "，"), table.concat(en, ", ")
end

function check(event, facts)
    if event.kind ~= "earn" then
        return
    end
    local count, zh, en = doubts(event, facts)
    if count >= ENOUGH then
        return "flag", "several_doubts", zh, en
    end
end
