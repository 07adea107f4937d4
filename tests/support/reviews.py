"""The review queue in tests."""

from support import plugins


def hold_and_deny(member, market):
    """
    The member's next redemption is held by `velocity`, the one after it denied; all that can be asked
    about both is asked, and the first is released. Whose ids answer which reads.
    """
    administrator = market.world.administrator
    market.world.give([member], 50)
    made = len(member.get("/v1/redemptions", query={"limit": 100}).expect(200)["items"])
    strict = {"most_24h": made + 1, "deny_24h": made + 2}
    wanted = {"mode": "enforced", "on_flag": "hold", "settings": strict}
    plugins.change(administrator, "velocity", **wanted).expect(200)
    reward = market.reward(stock=5, price=10)
    member.redeem(reward).expect(201)
    held = member.redeem(reward).expect(201)
    member.get(f"/v1/redemptions/{held['id']}").expect(200)
    member.get(f"/v1/redemptions/{held['id']}/qr").expect(409)
    denied = member.redeem(reward).expect(409)["decision_id"]
    plugins.change(administrator, "velocity", mode="off").expect(200)
    check = member.get("/v1/reviews").expect(200)["items"][0]
    path = f"/v1/reviews/{check['id']}"
    member.get(path).expect(200)
    member.post(f"{path}/words", {"words": "给家人"}).expect(204)
    decision = {"decision": "release", "reason": "问过本人"}
    administrator.post(f"{path}/decision", decision, key=True).expect(200)
    administrator.post(f"{path}/decision", decision, key=True).expect(409)
    member.get(f"/v1/decisions/{denied}").expect(200)
    return {"/v1/reviews/{id}": check["id"], "/v1/decisions/{id}": denied}
