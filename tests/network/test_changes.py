"""A secretariat changes the tree: what follows, what is refused, and what stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.access.actor import SYSTEM
from portal.access.models import Viewer
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.audit.models import JournalEntry
from portal.deadlines.rules import SourceLevel
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Stale
from portal.matters import verbs
from portal.matters.models import CoUnit, Entry, Matter
from portal.matters.queries import get_matter
from portal.matters.rebuild import rebuild_viewers
from portal.matters.service import assigning
from portal.matters.workflow import enact
from portal.network import previews, queries, rules
from portal.network.models import ChangeKind, Kind, Level, Post, Unit, UnitChange
from portal.network.plan import UNITS
from portal.network.service import changing
from portal.network.service.wanted import Wanted
from portal.notify.models import Message
from portal.staffing.jobs import carry_out_changes
from tests.network.small_network import table
from tests.world import World

K = ChangeKind
BY = "city.secretariat"


def do(
    world: World,
    what: ChangeKind,
    unit: str,
    by: str = BY,
    /,
    *,
    on: date | None = None,
    version: int | None = None,
    reason: str = "市委编办〔2026〕3号",
    **facts: Any,
) -> UnitChange:
    """The change is made by the service; what it left."""
    with world.work(by):
        wanted = Wanted(what, world.units[unit], on or clock.today(), reason, facts)
        return changing.change(world.actor(by), wanted, version)


def found(
    world: World,
    key: str,
    parent: str,
    name: str,
    kind: Kind = Kind.TOWNSHIP,
    level: Level = Level.TOWNSHIP,
    code: str | None = None,
) -> int:
    """One more unit; its id."""
    row = do(world, K.FOUND, parent, code=code or f"N-{key}", name=name, kind=str(kind), level=str(level))
    assert row.unit_id is not None
    world.units[key] = row.unit_id
    return row.unit_id


def unit(world: World, key: str) -> Unit:
    with world.work():
        found = world.unit(key)
        db.session.expunge(found)
    return found


def indexed(world: World) -> set[tuple[Any, ...]]:
    with world.work():
        rows = db.session.execute(select(Viewer.record_id, Viewer.principal, Viewer.view, Viewer.task, Viewer.unit_id))
        return {tuple(row) for row in rows}


def all_follows_from_the_rules(world: World) -> None:
    """Paths are what the parents' links say, and making the viewers anew changes nothing."""
    with world.work():
        units = {one.id: one for one in db.session.scalars(select(Unit))}
        for one in units.values():
            above = units[one.parent_id].path if one.parent_id else []
            assert one.path == [*above, one.id], one.code
    before = indexed(world)
    with world.work():
        rebuild_viewers()
    assert indexed(world) == before


def sees(world: World, person: str, matter_id: UUID) -> bool:
    with world.work(person):
        try:
            get_matter(world.actor(person), matter_id)
        except Invisible:
            return False
        return True


def post_in(world: World, role: Role, person: str, key: str) -> int:
    with world.work():
        held = Post(
            person_id=world.people[person],
            unit_id=world.units[key],
            for_unit_id=world.units[key],
            role=role,
            from_on=date(2020, 1, 1),
        )
        db.session.add(held)
        db.session.flush()
        return held.id


# --------------------------------------------------------------------------------------------------- found and rename


def test_a_unit_is_founded_with_its_words_and_its_history(world: World) -> None:
    new = found(world, "port", "city", "市港航局", Kind.DEPARTMENT, Level.CITY)
    made = unit(world, "port")
    assert made.path == [world.units["city"], new]
    assert made.founded_on == clock.today()
    with world.work():
        assert [one.id for one in queries.units_matching("ganghang")] == [new]
        [row] = queries.history_of(new)
        assert (row.kind, row.person_id, row.other_id) == (K.FOUND, world.people[BY], world.units["city"])
        assert db.session.scalar(select(JournalEntry.act).where(JournalEntry.subject_kind == "unit")) == "unit_found"


def test_a_matter_shows_the_name_that_the_unit_bore_then(world: World) -> None:
    matter_id = world.at_work()
    do(world, K.RENAME, "health", name="市卫生健康局", short_name="市卫健局", document_prefix="温卫健")
    assert world.matter(matter_id).lead_unit_name == "市卫生健康委员会"
    assert world.matter(world.assign(world.register())).lead_unit_name == "市卫生健康局"
    with world.work():
        assert queries.units_matching("卫健局")[0].name == "市卫生健康局"
        assert queries.units_matching("卫生健康委员会") == []
    all_follows_from_the_rules(world)


@pytest.mark.parametrize(("facts", "field"), [
    ({"code": "330324"}, "code"), ({"code": "含空格 1"}, "code"), ({"kind": "department", "level": "county"}, None),
    ({"name": ""}, "name"), ({"document_prefix": "温卫"}, "document_prefix"),
])  # fmt: skip
def test_what_cannot_be_founded_is_said_beside_its_field(world: World, facts: dict[str, Any], field: str | None) -> None:
    given = {"code": "X1", "name": "某局", "kind": "department", "level": "city"} | facts
    if field is None:
        do(world, K.FOUND, "city", **given)
        return
    with pytest.raises(Invalid) as refusal:
        do(world, K.FOUND, "city", **given)
    assert field in refusal.value.fields


def test_a_code_of_a_retired_unit_is_not_given_again(world: World) -> None:
    do(world, K.RETIRE, "finance", heir_id=world.units["health"])
    with pytest.raises(Invalid) as refusal:
        do(world, K.FOUND, "city", code="330300-CZ", name="新财政局", kind="department", level="city")
    assert "已撤销" in refusal.value.fields["code"]


def test_an_organ_has_no_units_below_it(world: World) -> None:
    with pytest.raises(Invalid) as refusal:
        do(world, K.FOUND, "city_office", code="X1", name="某科", kind="department", level="city")
    assert "内设机构" in refusal.value.fields["kind"]


# --------------------------------------------------------------------------------------------------------------- move


def test_a_move_takes_the_subtree_along_and_the_readers_change(world: World) -> None:
    found(world, "county2", "city", "瑞安市", Kind.PARTY_COMMITTEE, Level.COUNTY)
    matter_id = world.assign(world.register(), to="township")
    assert sees(world, "county.head", matter_id)
    do(world, K.MOVE, "township", parent_id=world.units["county2"])
    assert unit(world, "township").path == [world.units[k] for k in ("city", "county2", "township")]
    assert not sees(world, "county.head", matter_id)
    assert sees(world, "city.head", matter_id)
    all_follows_from_the_rules(world)


@pytest.mark.parametrize("to", ["county", "township", "city_office", "city"])
def test_no_unit_moves_below_itself_an_organ_or_where_it_is(world: World, to: str) -> None:
    with pytest.raises(Invalid) as refusal:
        do(world, K.MOVE, "county", parent_id=world.units[to])
    assert "parent" in refusal.value.fields
    all_follows_from_the_rules(world)


def test_an_organs_posts_act_for_its_new_parent(world: World) -> None:
    found(world, "county2", "city", "瑞安市", Kind.PARTY_COMMITTEE, Level.COUNTY)
    do(world, K.MOVE, "county_office", parent_id=world.units["county2"])
    with world.work():
        post = db.session.get(Post, world.posts["county.director"])
        assert post is not None
        assert post.for_unit_id == world.units["county2"]


# -------------------------------------------------------------------------------------------------------------- merge


def _two_townships(world: World) -> None:
    found(world, "township2", "county", "岩头镇")
    found(world, "village", "township", "下村", Kind.VILLAGE, Level.VILLAGE)


def test_open_business_goes_on_with_the_unit_that_takes_over(world: World) -> None:
    _two_townships(world)
    led = world.assign(world.register(), to="township")
    helped = world.assign(world.register(), co=("township",))
    secret = world.assign(world.register(confidential=True), to="township", handler="township.handler")
    keep = [world.posts[f"township.{word}"] for word in ("liaison", "handler", "director", "deputy", "leader")]
    do(world, K.MERGE, "township", into_id=world.units["township2"], moving=keep)
    gone, heir = unit(world, "township"), world.units["township2"]
    assert (gone.heir_id, gone.retired_on) == (heir, clock.today())
    assert unit(world, "village").path[-2:] == [heir, world.units["village"]]
    for matter_id in (led, secret):
        assert (world.matter(matter_id).lead_unit_id, world.matter(matter_id).lead_unit_name) == (heir, "岩头镇")
    with world.work():
        assert set(db.session.scalars(select(CoUnit.unit_id).where(CoUnit.matter_id == helped).options(as_seen_by(SYSTEM)))) == {
            heir
        }
        entry = db.session.scalars(
            select(Entry).where(Entry.record_id == led, Entry.kind == "unit_followed").options(as_seen_by(SYSTEM))
        ).one()
        assert entry.facts == {"unit": "岩头镇", "former": "桥头镇"}
    world.name_handler(led, "township.handler", "township.liaison")
    assert sees(world, "township.handler", secret)
    all_follows_from_the_rules(world)


def test_a_sign_off_under_way_is_signed_in_the_new_units_seats(world: World) -> None:
    found(world, "bureau", "city", "市大卫生局", Kind.DEPARTMENT, Level.CITY)
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    world.sign(report_id, "health.director")
    post_in(world, Role.DEPUTY_LEADER, "health.deputy", "bureau")  # as whoever has to agree has agreed
    keep = [world.posts[f"health.{word}"] for word in ("handler", "director", "deputy")]
    do(world, K.MERGE, "health", into_id=world.units["bureau"], moving=keep)
    world.sign(report_id, "health.deputy")
    assert world.matter(matter_id).state == "under_review"
    all_follows_from_the_rules(world)


def test_the_only_holder_of_a_seat_in_a_running_chain_does_not_end(world: World) -> None:
    found(world, "bureau", "city", "市大卫生局", Kind.DEPARTMENT, Level.CITY)
    world.sign(world.submit(world.at_work()), "health.director")
    with pytest.raises(Invalid) as refusal:
        do(world, K.MERGE, "health", into_id=world.units["bureau"], moving=[world.posts["health.handler"]])
    assert "分管领导" in refusal.value.fields["moving"]
    assert unit(world, "health").retired_on is None
    all_follows_from_the_rules(world)


def test_a_confidential_chain_is_no_reason_that_anybody_is_told(world: World) -> None:
    found(world, "bureau", "city", "市大卫生局", Kind.DEPARTMENT, Level.CITY)
    secret = world.assign(world.register(confidential=True), handler="health.handler")
    world.progress(world.acknowledge(secret))
    world.sign(world.submit(secret), "health.director")
    do(world, K.MERGE, "health", into_id=world.units["bureau"], moving=[])
    assert not sees(world, "health.deputy", secret)
    all_follows_from_the_rules(world)


def test_posts_that_do_not_move_end_and_their_matters_wait_for_a_new_handler(world: World) -> None:
    _two_townships(world)
    matter_id = world.assign(world.register(), to="township")
    world.name_handler(matter_id, "township.handler", "township.liaison")
    world.acknowledge(matter_id, "township.handler")
    row = do(world, K.MERGE, "township", into_id=world.units["township2"], moving=[world.posts["township.liaison"]])
    assert row.after is not None
    assert len(row.after["ended"]) == 4
    assert not sees(world, "township.handler", matter_id)
    handler = post_in(world, Role.HANDLER, "nobody", "township2")
    world.posts["nobody"] = handler
    world.name_handler(matter_id, "nobody", "township.liaison")
    assert sees(world, "nobody", matter_id)


@pytest.mark.parametrize("into", ["county", "township", "county_office", "nothing"])
def test_a_unit_is_not_merged_into_itself_its_child_an_organ_or_nothing(world: World, into: str) -> None:
    with pytest.raises(Invalid) as refusal:
        do(world, K.MERGE, "county", into_id=world.units.get(into))
    assert "into" in refusal.value.fields
    assert unit(world, "county").retired_on is None


# ------------------------------------------------------------------------------------------------------ split, retire


def test_a_split_takes_the_chosen_units_and_posts_and_leaves_the_business(world: World) -> None:
    matter_id = world.assign(world.register(), to="county")
    row = do(
        world,
        K.SPLIT,
        "county",
        code="330383",
        name="龙港市",
        kind="party_committee",
        level="county",
        children=[world.units["township"]],
        moving=[world.posts["county.deputy"]],
    )
    assert unit(world, "township").path == [world.units["city"], row.other_id, world.units["township"]]
    assert world.matter(matter_id).lead_unit_id == world.units["county"]
    with world.work():
        assert [holder.name for holder in queries.holders(row.other_id or 0, Role.DEPUTY_LEADER)] != []
    all_follows_from_the_rules(world)


def test_a_split_may_leave_nothing_of_the_old_unit(world: World) -> None:
    matter_id = world.assign(world.register(), to="finance")
    row = do(
        world,
        K.SPLIT,
        "finance",
        code="F2",
        name="市财税局",
        kind="department",
        level="city",
        goes=True,
        moving=[world.posts["finance.liaison"]],
    )
    assert world.matter(matter_id).lead_unit_id == row.other_id
    assert unit(world, "finance").retired_on == clock.today()
    all_follows_from_the_rules(world)


def test_nothing_is_retired_without_one_that_takes_over_and_the_answer_tells_of_no_business(world: World) -> None:
    with pytest.raises(Invalid) as without:
        do(world, K.RETIRE, "finance")
    world.assign(world.register(confidential=True), to="finance", handler="finance.handler")
    with pytest.raises(Invalid) as with_secret:
        do(world, K.RETIRE, "finance")
    assert without.value.fields == with_secret.value.fields
    assert set(without.value.fields) == {"heir"}


def test_an_organ_is_retired_with_its_posts(world: World) -> None:
    do(world, K.RETIRE, "city_duty")
    with world.work():
        assert queries.holders(world.units["city"], Role.DUTY_OFFICER) == []
        assert queries.units_matching("总值班室", organs=True) == []
        assert len(queries.units_matching("总值班室", organs=True, retired=True)) == 1


def test_the_three_officers_posts_are_not_ended_with_the_organ_in_which_they_sit(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        do(world, K.RETIRE, "city_office")
    assert "三员" in refused.value.fields["heir"] or "系统管理员" in refused.value.fields["heir"]
    found(world, "office2", "city", "市委第二办公室", Kind.GENERAL_OFFICE, Level.CITY)
    do(world, K.RETIRE, "city_office", heir_id=world.units["office2"], moving=[])
    with world.work():
        for name in ("city.system", "city.security", "city.auditor"):
            post = db.session.scalars(select(Post).where(Post.person_id == world.people[name])).one()
            assert (post.unit_id, post.to_on) == (world.units["office2"], None)


def test_who_helped_and_did_not_come_along_helps_no_more(world: World) -> None:
    _two_townships(world)
    helped = world.assign(world.register(), co=("township",))
    with world.work("township.liaison"):
        enact(
            world.actor("township.liaison"),
            verbs.NAME_CO_HANDLER,
            helped,
            assigning.Naming(post_id=world.posts["township.handler"]),
        )
    keep = [world.posts[f"township.{word}"] for word in ("liaison", "director", "deputy", "leader")]
    do(world, K.MERGE, "township", into_id=world.units["township2"], moving=keep)
    with world.work():
        part = db.session.scalars(select(CoUnit).where(CoUnit.matter_id == helped).options(as_seen_by(SYSTEM))).one()
        assert (part.unit_id, part.handler_id) == (world.units["township2"], None)
        told = set(db.session.scalars(select(Message.person_id).where(Message.kind == "co_assigned")))
        assert world.people["township.liaison"] in told
    assert not sees(world, "township.handler", helped)
    all_follows_from_the_rules(world)


def test_one_change_that_fails_does_not_keep_the_others_from_their_day(
    world: World, at_day: Callable[[int], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = clock.today() + timedelta(days=1)
    bad = do(world, K.RENAME, "finance", on=tomorrow, name="市财政金融局").id
    do(world, K.RENAME, "health", on=tomorrow, name="市卫生健康局")
    carry_out = changing.carry_out

    def failing(change_id: int) -> UnitChange | None:
        if change_id == bad:
            raise RuntimeError("the disk is full")
        return carry_out(change_id)

    monkeypatch.setattr(changing, "carry_out", failing)
    with at_day(1), world.work():
        carry_out_changes()
    assert unit(world, "health").name == "市卫生健康局"


def test_the_root_stays(world: World) -> None:
    for kind in (K.MOVE, K.MERGE, K.RETIRE):
        with pytest.raises((Invalid, Forbidden)):
            do(world, kind, "city", parent_id=world.units["county"], into_id=world.units["county"])


# ----------------------------------------------------------------------------------------- who, when, on which page


def test_a_countys_secretariat_keeps_its_own_part_and_nothing_beside_or_above(world: World) -> None:
    post_in(world, Role.SECRETARIAT, "county.handler", "county_office")
    with world.work():
        post = db.session.scalars(
            select(Post).where(Post.role == Role.SECRETARIAT, Post.unit_id == world.units["county_office"])
        ).one()
        post.for_unit_id = world.units["county"]
    by = "county.handler"
    do(world, K.RENAME, "township", by, name="桥头街道")
    do(world, K.RENAME, "county", by, name="永嘉市")
    for kind, key in ((K.RENAME, "health"), (K.RENAME, "city"), (K.RETIRE, "county"), (K.MOVE, "county")):
        with pytest.raises(Forbidden):
            do(world, kind, key, by, name="别的", heir_id=world.units["health"], parent_id=world.units["city"])
    with pytest.raises(Invalid) as refusal:
        do(world, K.MOVE, "township", by, parent_id=world.units["city"])
    assert "不在您管理的范围内" in refusal.value.fields["parent"]


def test_nobody_else_changes_the_tree(world: World) -> None:
    for by in ("city.head", "city.leader", "health.director", "city.system"):
        with pytest.raises(Forbidden):
            do(world, K.RENAME, "health", by, name="别的")


def test_a_page_that_shows_the_unit_as_it_was_changes_nothing(world: World) -> None:
    before = unit(world, "health").version
    do(world, K.RENAME, "health", name="市卫生局", version=before)
    with pytest.raises(Stale) as refusal:
        do(world, K.RENAME, "health", name="别的", version=before)
    assert "更名" in refusal.value.changes[0]
    assert unit(world, "health").name == "市卫生局"


def test_a_planned_change_is_carried_out_on_its_day(world: World, at_day: Callable[[int], Any]) -> None:
    later = clock.today() + timedelta(days=3)
    row = do(world, K.RENAME, "health", on=later, name="市卫生局")
    assert unit(world, "health").name == "市卫生健康委员会"
    for days, name in ((2, "市卫生健康委员会"), (3, "市卫生局"), (4, "市卫生局")):
        with at_day(days), world.work():
            carry_out_changes()
        assert unit(world, "health").name == name
    with world.work():
        done = db.session.get(UnitChange, row.id)
        assert done is not None
        assert done.carried_out_at is not None


def test_a_planned_change_is_cancelled_until_its_day(world: World, at_day: Callable[[int], Any]) -> None:
    row = do(world, K.FOUND, "city", on=clock.today() + timedelta(days=3), code="X1", name="某局", kind="department", level="city")
    with world.work(BY):
        changing.cancel(world.actor(BY), row.id)
    with at_day(3), world.work():
        carry_out_changes()
        assert queries.unit_by_code("X1") is None
    with pytest.raises(Stale), world.work(BY):
        changing.cancel(world.actor(BY), row.id)
    with pytest.raises(Invisible), world.work(BY):
        changing.cancel(world.actor(BY), 2**31 - 1)


def test_a_planned_change_that_cannot_be_any_more_is_refused_and_said(world: World, at_day: Callable[[int], Any]) -> None:
    row = do(world, K.RENAME, "finance", on=clock.today() + timedelta(days=3), name="市财税局")
    do(world, K.RETIRE, "finance", heir_id=world.units["health"])
    with at_day(3), world.work():
        carry_out_changes()
    with world.work():
        done = db.session.get(UnitChange, row.id)
        assert done is not None
        assert "已经撤销" in (done.refused or "")
        kinds = select(Message.kind).where(Message.person_id == world.people[BY])
        assert set(db.session.scalars(kinds)) == {"change_refused"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"on": date(2020, 1, 1)}, "from_on"),
        ({"on": date(2999, 1, 1)}, "from_on"),
        ({"reason": "理" * 201}, "reason"),
    ],
)
def test_a_change_has_a_reason_and_a_day_to_come(world: World, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        do(world, K.RENAME, "health", name="别的", **given)
    assert field in refusal.value.fields


def test_foreseeing_says_what_will_change_and_changes_nothing(world: World) -> None:
    _two_townships(world)
    matter_id = world.assign(world.register(), to="township")
    before, index = unit(world, "township").version, indexed(world)
    with world.work(BY):
        wanted = Wanted(
            K.MERGE,
            world.units["township"],
            clock.today(),
            "调整",
            {"into_id": world.units["township2"], "moving": [world.posts["township.handler"]]},
        )
        case = changing.foresee(world.actor(BY), wanted, before)
    said = {(effect.what, effect.after) for effect in case.effects}
    assert ("下村", "岩头镇") in said
    assert sum(after == "岗位到期结束" for _what, after in said) == 4
    assert unit(world, "township").version == before
    assert unit(world, "township").retired_on is None
    assert indexed(world) == index
    assert world.matter(matter_id).lead_unit_id == world.units["township"]
    with world.work():
        merged = select(func.count()).select_from(UnitChange).where(UnitChange.kind == K.MERGE)
        assert db.session.scalar(merged) == 0


def test_a_matter_registered_for_the_unit_follows_before_it_is_assigned(world: World) -> None:
    with world.work():
        lead = world.unit("finance")
        db.session.expunge(lead)
    matter_id = world.register(level=SourceLevel.CITY)
    with world.work():
        found = db.session.scalars(select(Matter).where(Matter.id == matter_id).options(as_seen_by(SYSTEM))).one()
        found.lead_unit_id, found.lead_unit_name = lead.id, lead.name
    do(world, K.RETIRE, "finance", heir_id=world.units["health"])
    assert world.matter(matter_id).lead_unit_name == "市卫生健康委员会"


def test_a_plan_ends_where_its_maker_keeps_the_unit_no_more(world: World, at_day: Callable[[int], Any]) -> None:
    """A county plans to take a township over; before the day the city takes the township away from the county."""
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["nobody"],
                unit_id=world.units["county_office"],
                for_unit_id=world.units["county"],
                role=Role.SECRETARIAT,
                from_on=date(2020, 1, 1),
            )
        )
    later = clock.today() + timedelta(days=3)
    mine = do(world, K.RENAME, "county_health", "nobody", on=later, name="永嘉县卫生局")
    taken = do(world, K.MERGE, "township", "nobody", on=later, into_id=world.units["county_health"])
    do(world, K.MOVE, "township", parent_id=world.units["city"])
    with at_day(3), world.work():
        carry_out_changes()
    with world.work():
        assert world.unit("township").retired_on is None
        assert world.unit("township").heir_id is None
        assert world.unit("county_health").name == "永嘉县卫生局"
        refused = db.session.get(UnitChange, taken.id)
        assert refused is not None
        assert "不归" in (refused.refused or "")
        done = db.session.get(UnitChange, mine.id)
        assert done is not None
        assert done.carried_out_at is not None


def test_a_plan_ends_where_its_maker_keeps_the_other_unit_no_more(world: World, at_day: Callable[[int], Any]) -> None:
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["nobody"],
                unit_id=world.units["county_office"],
                for_unit_id=world.units["county"],
                role=Role.SECRETARIAT,
                from_on=date(2020, 1, 1),
            )
        )
    row = do(world, K.MERGE, "county_health", "nobody", on=clock.today() + timedelta(days=3), into_id=world.units["township"])
    do(world, K.MOVE, "township", parent_id=world.units["city"])
    with at_day(3), world.work():
        carry_out_changes()
    with world.work():
        assert world.unit("county_health").retired_on is None
        refused = db.session.get(UnitChange, row.id)
        assert refused is not None
        assert "不归" in (refused.refused or "")


def test_a_plan_outlasts_the_office_of_who_made_it(world: World, at_day: Callable[[int], Any]) -> None:
    row = do(world, K.RENAME, "health", on=clock.today() + timedelta(days=3), name="市卫生局")
    with world.work():
        db.session.scalars(select(Post).where(Post.person_id == world.people[BY])).one().to_on = clock.today()
    with at_day(3), world.work():
        carry_out_changes()
    with world.work():
        done = db.session.get(UnitChange, row.id)
        assert done is not None
        assert done.carried_out_at is not None


@pytest.mark.parametrize(
    ("kind", "what", "facts"),
    [
        (K.MOVE, "county_supervision", {"parent_id": "city"}),
        (K.MERGE, "county_supervision", {"into_id": "city_supervision", "moving": ["county.supervisor"]}),
        (K.MERGE, "health", {"into_id": "county"}),
        (K.RETIRE, "health", {"heir_id": "county"}),
    ],
    ids=["organ", "own-post", "merged-into", "taken-over"],
)
def test_nobody_widens_his_own_post_by_way_of_the_tree(world: World, kind: ChangeKind, what: str, facts: dict[str, Any]) -> None:
    """A secretary of the city who is a county's supervisor too."""
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["county.supervisor"],
                unit_id=world.units["city_office"],
                for_unit_id=world.units["city"],
                role=Role.SECRETARIAT,
                from_on=date(2020, 1, 1),
            )
        )
    given = {
        name: [world.posts[one] for one in value] if isinstance(value, list) else world.units[value]
        for name, value in facts.items()
    }
    with pytest.raises(Invalid) as refusal:
        do(world, kind, what, "county.supervisor", **given)
    assert "本人" in "".join(refusal.value.fields.values())
    do(world, kind, what, **given)  # another does it


def test_nobody_widens_his_own_post_by_workbook(world: World) -> None:
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["county_health.leader"],
                unit_id=world.units["county_office"],
                for_unit_id=world.units["county"],
                role=Role.SECRETARIAT,
                from_on=date(2020, 1, 1),
            )
        )
        db.session.add(
            Post(
                person_id=world.people["nobody"],
                unit_id=world.units["county_office"],
                for_unit_id=world.units["county"],
                role=Role.SECRETARIAT,
                from_on=date(2020, 1, 1),
            )
        )
    for by, faults in (("county_health.leader", 1), ("nobody", 0)):
        with world.work(by):
            actor = world.actor(by)
            words = [list(row) for row in previews._units_out(previews.reach_of(actor)) if row[0] == "330324101"]
            words[0][rules.UNIT_COLUMNS.index(rules.PARENT)] = "330324-WJ"
            judged = previews.IMPORTS[UNITS].judge(actor, table(rules.UNIT_COLUMNS, words))
            assert [fault.why for fault in judged.faults if "本人" not in fault.why] == []
            assert (len(judged.faults), len(judged.changed)) == (faults, 1 - faults)
