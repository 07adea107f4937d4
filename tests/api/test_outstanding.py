"""Outstanding points against merchants' commitments: every figure leads back to its parts."""

from support.world import Market, World, hundredths


def figure(world):
    body = world.administrator.get("/v1/market/outstanding").expect(200)
    out, promised = body["outstanding"], body["commitments"]
    assert hundredths(out["total"]) == hundredths(out["spendable"]) + hundredths(out["held"])
    parts = hundredths(promised["offered"]["points"]) + hundredths(promised["vouchers"]["points"])
    assert hundredths(promised["total"]) == parts
    assert hundredths(body["uncovered"]) == hundredths(out["total"]) - parts
    return body


def test_from_nothing_to_a_paid_statement(fresh_server):
    world = World(fresh_server)
    empty = figure(world)
    assert (empty["uncovered"], empty["unpaid_fen"]) == ("0.00", 0)
    market = Market(world)
    member, other = world.members(2, points=10)
    reward = market.reward(stock=5, price=3, reimburse_fen=200)
    assert figure(world)["outstanding"]["total"] == "20.00"
    assert figure(world)["uncovered"] == "5.00"

    voucher = member.redeem(reward).expect(201)
    now = figure(world)
    assert now["outstanding"] == {"spendable": "17.00", "held": "3.00", "total": "20.00"}
    assert now["commitments"] == {
        "offered": {"pieces": 4, "points": "12.00", "reimburse_fen": 800},
        "vouchers": {"pieces": 1, "points": "3.00", "reimburse_fen": 200},
        "total": "15.00",
    }
    market.change_terms(reward, price="4")  # the voucher keeps its own
    assert figure(world)["commitments"]["total"] == "19.00"

    market.clerk.confirm(voucher).expect(200)
    now = figure(world)
    assert (now["outstanding"]["total"], now["unsettled_fen"]) == ("17.00", 200)
    fresh_server.options["programme.undo_window"] = "0s"
    fresh_server.restart()
    statement = market.settle()
    assert (figure(world)["unsettled_fen"], figure(world)["unpaid_fen"]) == (0, 200)
    market.manager.post(f"/v1/statements/{statement['id']}/sign").expect(200)
    note = {"note": "转账 17"}
    world.administrator.post(f"/v1/statements/{statement['id']}/pay", note).expect(200)
    assert figure(world)["unpaid_fen"] == 0

    budget = market.reward(stock=10, price=1, reimburse_fen=100, budget_fen=350)
    assert figure(world)["commitments"]["offered"]["pieces"] == 4 + 3
    other.redeem(budget).expect(201)
    assert figure(world)["commitments"]["offered"]["pieces"] == 4 + 2
    why = {"why": "合同到期"}
    world.administrator.post(f"/v1/merchants/{market.id}/leave", why).expect(200)
    assert figure(world)["commitments"]["offered"]["pieces"] == 0
    market.verify_ledger()


def test_only_those_who_answer_for_it_see_it(market, world):
    assert world.staff("auditor").get("/v1/market/outstanding").status == 200
    for person in (market.manager, market.clerk, world.coordinator, market.member()):
        assert person.get("/v1/market/outstanding").status == 403
