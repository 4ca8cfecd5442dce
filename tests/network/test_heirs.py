"""A unit that is no more has an heir: it keeps the former unit's register, reads what has ended there, and is shown."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, select

from portal.access.policy import allowed
from portal.access.roles import Role
from portal.deadlines.rules import SourceLevel, Urgency
from portal.instructions import service
from portal.instructions.rules import Registration
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Invalid
from portal.matters import verbs
from portal.matters.acts import AMEND, GRANT_READING, READ_READINGS
from portal.matters.models import State
from portal.matters.queries import get_matter
from portal.matters.workflow import enact
from portal.network import queries
from portal.network.models import ChangeKind, Kind, Level, Post, Unit, UnitChange
from portal.network.service import changing
from portal.network.service.wanted import Wanted
from portal.notify.models import Message
from portal.registry.acts import Act
from portal.staffing.jobs import carry_out_changes
from portal.workflow.verbs import Said
from tests.network.test_changes import BY, all_follows_from_the_rules, do, found, indexed, sees, unit
from tests.world import World

K = ChangeKind


def said(lead_unit: Unit) -> Registration:
    """What is typed anew."""
    return Registration(
        source_level=SourceLevel.COUNTY,
        urgency=Urgency.NORMAL,
        confidential=False,
        instructed_on=clock.today(),
        received_on=clock.today(),
        title="关于农村饮用水的情况反映",
        text="请跟踪督办。",
        leader="李书记",
        lead_unit=lead_unit,
    )


def counties(world: World) -> None:
    """A second county with its supervision office and its people, into which the first will be merged."""
    found(world, "county2", "city", "瑞安市", Kind.PARTY_COMMITTEE, Level.COUNTY, "330381")
    found(world, "county2_supervision", "county2", "瑞安市委督查室", Kind.SUPERVISION_OFFICE, Level.COUNTY, "330381-DC")
    for role, name in ((Role.SUPERVISOR, "nobody"), (Role.SUPERVISION_HEAD, "health.handler2")):
        with world.work():
            place = world.unit("county2_supervision")
            db.session.add(
                Post(
                    person_id=world.people[name], unit_id=place.id, for_unit_id=place.acts_for_id, role=role, from_on=clock.today()
                )
            )


def merge(world: World, gone: str = "county", into: str = "county2") -> None:
    """Nobody of the county's offices comes along: what the heir may it may by itself."""
    for name in ("county.supervisor", "county.head", "county.director", "county.liaison", "county.handler"):
        with world.work():
            post = db.session.get(Post, world.posts[name])
            assert post is not None
            post.to_on = clock.today()
    do(world, K.MERGE, gone, into_id=world.units[into], moving=[])


def registered(world: World, **more: object) -> UUID:
    return world.register("county.supervisor", unit="county", level=SourceLevel.COUNTY, **more)  # type: ignore[arg-type]


def closed(world: World, **more: object) -> UUID:
    """A matter of the county's register, led by its health bureau, that has ended."""
    matter_id = world.assign(registered(world, **more), "county_health", "county.supervisor")
    world.progress(
        world.acknowledge(world.name_handler(matter_id, "county_health.handler", "county_health.liaison"), "county_health.handler"),
        "county_health.handler",
    )
    report = world.submit(matter_id, "county_health.handler")
    world.sign(report, "county_health.director", "county_health.deputy")
    with world.work("county.supervisor"):
        enact(world.actor("county.supervisor"), verbs.CLOSE, matter_id, Said())
    return matter_id


def may(world: World, person: str, act: Act, matter_id: UUID) -> bool:
    with world.work(person):
        actor = world.actor(person)
        return bool(allowed(actor, act, get_matter(actor, matter_id)))


# ----------------------------------------------------------------------------------------------------- the register kept


def test_the_heir_corrects_withdraws_and_makes_confidential_what_the_former_unit_registered(world: World) -> None:
    counties(world)
    open_ones = [registered(world) for _time in range(3)]
    numbers = [world.matter(one_id).number for one_id in open_ones]
    merge(world)
    amended, withdrawn, sealed = open_ones
    with world.work("nobody"):
        actor = world.actor("nobody")
        service.amend(actor, amended, said(world.unit("township")), None)
        enact(actor, verbs.WITHDRAW, withdrawn, Said(words="上级另有安排"))
        made = enact(actor, verbs.MAKE_CONFIDENTIAL, sealed, Said(words="涉及个人隐私")).result.id
    assert world.matter(amended).content.title == "关于农村饮用水的情况反映"
    assert world.matter(withdrawn).state == State.WITHDRAWN
    assert [world.matter(one_id).number for one_id in open_ones] == numbers
    assert {world.matter(one_id).registering_unit_id for one_id in open_ones} == {world.units["county"]}
    assert world.matter(made).registering_unit_id == world.matter(made).supervising_unit_id == world.units["county2"]
    all_follows_from_the_rules(world)


def test_a_new_round_is_numbered_in_the_heirs_own_series_and_its_desk_is_told(world: World) -> None:
    counties(world)
    former = closed(world)
    number, lead = world.matter(former).number, world.units["county_health"]
    found(world, "bureau2", "county2", "瑞安市卫健局", Kind.DEPARTMENT, Level.COUNTY)
    merge(world)
    keep = [world.posts["county_health.liaison"]]
    do(world, K.MERGE, "county_health", into_id=world.units["bureau2"], moving=keep)
    with world.work("nobody"):
        again = service.new_round(world.actor("nobody"), former, said(world.unit("bureau2"))).id
    made, before = world.matter(again), world.matter(former)
    assert (made.registering_unit_id, made.supervising_unit_id) == (world.units["county2"],) * 2
    assert (made.number, made.round, made.previous_id) == (f"瑞安市督〔{made.record.year}〕1号", 2, former)
    assert (before.number, before.registering_unit_id, before.lead_unit_id) == (number, world.units["county"], lead)
    with world.work():
        told = set(db.session.scalars(select(Message.person_id).where(Message.record_id == former, Message.kind == "new_round")))
    assert world.people["county_health.liaison"] in told
    all_follows_from_the_rules(world)


def test_a_lead_unit_outside_the_heirs_reach_is_refused_as_ever(world: World) -> None:
    counties(world)
    matter_id = registered(world)
    merge(world)
    with world.work("nobody"), pytest.raises(Invalid) as refusal:
        service.amend(world.actor("nobody"), matter_id, said(world.unit("finance")), None)
    assert "lead_unit" in refusal.value.fields


# ------------------------------------------------------------------------------------------------------- who reads ended


def test_the_heir_reads_what_has_ended_as_the_former_unit_read_it_and_others_do_not(world: World) -> None:
    counties(world)
    matter_id = closed(world)
    found(world, "bureau2", "county2", "瑞安市卫健局", Kind.DEPARTMENT, Level.COUNTY)
    found(world, "bureau3", "county2", "瑞安市教育局", Kind.DEPARTMENT, Level.COUNTY)
    with world.work():
        for name, key in (("finance.director", "bureau2"), ("finance.deputy", "bureau3")):
            db.session.add(
                Post(
                    person_id=world.people[name],
                    unit_id=world.units[key],
                    for_unit_id=world.units[key],
                    role=Role.OFFICE_DIRECTOR,
                    from_on=clock.today(),
                )
            )
    assert not any(sees(world, name, matter_id) for name in ("nobody", "finance.director", "finance.deputy"))
    merge(world)
    index = indexed(world)
    do(world, K.MERGE, "county_health", into_id=world.units["bureau2"], moving=[])
    assert indexed(world) == index  # nothing is written for it, however much has ended
    assert sees(world, "nobody", matter_id)
    assert sees(world, "finance.director", matter_id)
    assert not sees(world, "finance.deputy", matter_id)
    all_follows_from_the_rules(world)


def test_of_what_is_confidential_the_heir_has_the_shell_and_its_head_grants_readings(world: World) -> None:
    counties(world)
    secret = world.assign(
        registered(world, confidential=True), "county_health", "county.supervisor", handler="county_health.handler"
    )
    with world.work("county.supervisor"):
        enact(world.actor("county.supervisor"), verbs.WITHDRAW, secret, Said(words="另行处理"))
    found(world, "bureau2", "county2", "瑞安市卫健局", Kind.DEPARTMENT, Level.COUNTY)
    with world.work():
        for name, role in (("finance.director", Role.OFFICE_DIRECTOR), ("finance.leader", Role.PRINCIPAL_LEADER)):
            db.session.add(
                Post(
                    person_id=world.people[name],
                    unit_id=world.units["bureau2"],
                    role=role,
                    for_unit_id=world.units["bureau2"],
                    from_on=clock.today(),
                )
            )
    merge(world)
    do(world, K.MERGE, "county_health", into_id=world.units["bureau2"], moving=[])
    assert not any(sees(world, name, secret) for name in ("finance.director", "finance.leader"))
    with world.work("nobody"):
        assert get_matter(world.actor("nobody"), secret).content is None
    assert may(world, "health.handler2", GRANT_READING, secret)
    assert may(world, "health.handler2", READ_READINGS, secret)
    assert not may(world, "nobody", GRANT_READING, secret)


# --------------------------------------------------------------------------------------------- chains, splits, no heirs


def heir_of(world: World, key: str) -> int | None:
    return unit(world, key).heir_id


def test_a_chain_of_mergers_leads_to_the_unit_that_exists(world: World) -> None:
    for key in ("b", "c", "d"):
        found(world, key, "city", f"市{key.upper()}局", Kind.DEPARTMENT, Level.CITY)
    do(world, K.MERGE, "finance", into_id=world.units["b"], moving=[])
    do(world, K.RETIRE, "b", heir_id=world.units["c"], moving=[])
    assert (heir_of(world, "finance"), heir_of(world, "b")) == (world.units["c"],) * 2
    row = do(world, K.SPLIT, "c", code="C2", name="市新局", kind="department", level="city", goes=True, moving=[])
    assert {heir_of(world, key) for key in ("finance", "b", "c")} == {row.other_id}
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["nobody"],
                unit_id=row.other_id,
                for_unit_id=row.other_id,
                role=Role.LIAISON_OFFICER,
                from_on=clock.today(),
            )
        )
        db.session.flush()
        [standing] = queries.standings_of(world.people["nobody"])
    assert standing.former == tuple(sorted(world.units[key] for key in ("finance", "b", "c")))


def test_a_split_that_leaves_the_unit_leaves_it_its_register(world: World) -> None:
    matter_id = registered(world)
    do(
        world,
        K.SPLIT,
        "county",
        code="330383",
        name="龙港市",
        kind="party_committee",
        level="county",
        children=[],
        moving=[world.posts["county.deputy"]],
    )
    assert heir_of(world, "county") is None
    assert may(world, "county.supervisor", AMEND, matter_id)
    assert not sees(world, "county.deputy", matter_id)


def test_an_organ_without_one_that_takes_over_has_no_heir_nor_have_those_before_it(world: World) -> None:
    found(world, "duty2", "city", "市第二总值班室", Kind.DUTY_OFFICE, Level.CITY)
    do(world, K.MERGE, "duty2", into_id=world.units["city_duty"], moving=[])
    assert heir_of(world, "duty2") == world.units["city_duty"]
    do(world, K.RETIRE, "city_duty")
    assert heir_of(world, "duty2") is heir_of(world, "city_duty") is None


def test_a_merger_that_is_planned_foreseen_cancelled_or_refused_makes_no_heir(world: World) -> None:
    counties(world)
    matter_id = registered(world)
    day = clock.today() + timedelta(days=3)
    with world.work(BY):
        changing.foresee(
            world.actor(BY),
            Wanted(K.MERGE, world.units["county"], clock.today(), "调整", {"into_id": world.units["county2"], "moving": []}),
            None,
        )
    cancelled = do(world, K.MERGE, "county", on=day, into_id=world.units["county2"], moving=[])
    with world.work(BY):
        changing.cancel(world.actor(BY), cancelled.id)
    refused = do(world, K.MERGE, "county", on=day, into_id=world.units["county2"], moving=[])
    do(world, K.MERGE, "county2_supervision", into_id=world.units["county_supervision"], moving=[])
    do(world, K.RETIRE, "county2", heir_id=world.units["county"], moving=[])
    with clock.set_to(clock.at(day, 1)), world.work():
        carry_out_changes()
    with world.work():
        assert db.session.scalars(select(UnitChange.refused).where(UnitChange.id == refused.id)).one()
    assert heir_of(world, "county") is None
    assert not sees(world, "nobody", matter_id)


def test_knowing_whose_heir_one_is_costs_no_statement(world: World) -> None:
    counties(world)
    registered(world)
    merge(world)
    with world.work("nobody"):
        seen: list[str] = []
        listener = lambda *said: seen.append(said[2])
        event.listen(db.engine, "before_cursor_execute", listener)
        try:
            queries.standings_of(world.people["nobody"])
        finally:
            event.remove(db.engine, "before_cursor_execute", listener)
    assert sum(not statement.startswith("SELECT set_config") for statement in seen) == 1


# ------------------------------------------------------------------------------------------------------------ where shown


def test_the_heir_is_shown_on_the_page_in_the_search_and_by_pickers(world: World) -> None:
    found(world, "township2", "county", "岩头镇")
    do(world, K.RETIRE, "township", heir_id=world.units["township2"], moving=[])
    browser = world.browser("county.supervisor")
    heir = world.url(f"network/units/{world.units['township2']}")
    link = f'href="{heir}">岩头镇</a> 承接'
    for page in (f"network/units/{world.units['township']}", f"network/units/{world.units['county']}", "network?q=桥头&retired=1"):
        assert link in browser.get(world.url(page)).get_data(as_text=True), page
    answer = browser.get(world.url("network/suggest?q=桥头"), headers={"Accept": "application/json"})
    assert answer.json == [{"value": "岩头镇 (N-township2)", "label": "岩头镇", "note": "N-township2　承接桥头镇"}]


def test_a_picker_offers_no_unit_that_is_no_more(world: World) -> None:
    do(world, K.RETIRE, "city_duty")
    answer = world.browser("county.supervisor").get(world.url("network/suggest?q=总值班室&organs=1"))
    assert answer.json == []
