"""Activities that are not published yet are their own unit's."""


def test_a_draft_of_another_unit_does_not_exist(world):
    sibling = world.make("/v1/units", kind="community", name="邻近社区")["id"]
    stranger = world.staff("coordinator", sibling)
    draft = world.make(
        "/v1/activities",
        unit_id=world.unit_id,
        category="clean_homes",
        title="尚未公布",
        starts_at="2040-03-01T09:00:00+08:00",
        ends_at="2040-03-01T11:00:00+08:00",
        capacity=3,
    )["id"]

    def sees(person):
        listed = person.get("/v1/activities", query={"q": "尚未公布"}).expect(200)["items"]
        shown = person.get(f"/v1/activities/{draft}").status
        assert shown == (200 if draft in [item["id"] for item in listed] else 404)
        return shown == 200

    assert sees(world.coordinator) and sees(world.administrator)
    assert not sees(stranger) and not sees(world.member())
