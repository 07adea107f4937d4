-- Asks a person when an account of a few days spends much at once.
-- 新开账户短期内大额兑换时请人工核对。
local DAYS = 7
local POINTS = 5000 -- hundredths: 50 points

function check(event, facts)
    local age = facts["member.age_days"]
    local spent = facts["member.points_spent_30d"] or 0

    if event.kind ~= "redeem" or not age or age >= DAYS then
        return
    end
    if spent + event.points > POINTS then
        return "flag", "new_account_spends",
            string.format("账户建立 %d 天，已兑换 %d 分", age, (spent + event.points) // 100),
            string.format("the account is %d days old and has spent %d points", age,
                (spent + event.points) // 100)
    end
end
