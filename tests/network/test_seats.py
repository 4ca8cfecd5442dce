"""Who holds a seat, who may be named, who is told; units found by what people type."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from portal.access.roles import Role
from portal.kernel import clock
from portal.kernel.db import db
from portal.network import queries
from portal.network.models import Post, Unit
from tests.network.small_network import Network


def names(holders: list[queries.Holder]) -> list[str]:
    return [holder.name for holder in holders]


def appoint(network: Network, sign_in_name: str, code: str, role: Role) -> Post:
    unit = network.unit(code)
    post = Post(person_id=network.person(sign_in_name).id, unit_id=unit.id, for_unit_id=unit.acts_for_id, role=role,
                from_on=clock.today())  # fmt: skip
    db.session.add(post)
    db.session.flush()
    return post


def test_a_seat_is_looked_up_in_the_unit_then_in_its_general_office(network: Network) -> None:
    city = network.unit("33")
    assert names(queries.holders(city.id, Role.DEPUTY_LEADER)) == ["副书记", "秘书长"]
    assert names(queries.holders(city.id, Role.OFFICE_DIRECTOR)) == ["市委办主任"]
    appoint(network, "deputy2", "33", Role.OFFICE_DIRECTOR)
    assert names(queries.holders(city.id, Role.OFFICE_DIRECTOR)) == ["秘书长"]


def test_a_seat_is_never_sought_above_or_beside(network: Network) -> None:
    assert queries.holders(network.unit("330101").id, Role.OFFICE_DIRECTOR) == []
    assert queries.holders(network.unit("33-01").id, Role.OFFICE_DIRECTOR) == []


def test_posts_begin_end_and_lapse_with_their_holder(network: Network) -> None:
    city = network.unit("33")
    today = clock.today()
    db.session.execute(update(Post).where(Post.person_id == network.person("deputy").id).values(from_on=today + timedelta(1)))
    network.person("deputy2").active = False
    db.session.flush()
    assert queries.holders(city.id, Role.DEPUTY_LEADER) == []
    with clock.set_to(clock.at(today + timedelta(1))):
        assert names(queries.holders(city.id, Role.DEPUTY_LEADER)) == ["副书记"]
    leader = network.person("leader")
    db.session.execute(update(Post).where(Post.person_id == leader.id).values(to_on=today))
    assert queries.holders(city.id, Role.PRINCIPAL_LEADER) == []
    assert network.actor("leader").standings == ()


def test_a_vacant_supervision_office_does_not_count(network: Network) -> None:
    assert queries.has_supervision_office(network.unit("33").id)
    assert not queries.has_supervision_office(network.unit("3301").id)
    appoint(network, "county.director", "3301-02", Role.SUPERVISION_HEAD)
    assert queries.has_supervision_office(network.unit("3301").id)


def test_a_unit_without_handlers_names_its_liaison_officer(network: Network) -> None:
    assert names(queries.handlers_of(network.unit("3301-17").id)) == ["教育局承办人"]
    assert names(queries.handlers_of(network.unit("330101").id)) == ["柳林镇联络员"]
    assert queries.handlers_of(network.unit("3301").id) == []


def test_recipients_are_persons_each_once(network: Network) -> None:
    bureau = network.unit("3301-17")
    appoint(network, "edu.liaison", "3301-17", Role.OFFICE_DIRECTOR)
    roles = (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR, Role.HANDLER)
    expected = {network.person(name).id for name in ("edu.liaison", "edu.handler")}
    found = queries.recipients(bureau.id, roles)
    assert set(found) == expected
    assert len(found) == 2


def test_business_goes_down_to_units_but_not_to_organs(network: Network) -> None:
    below = [unit.code for unit in queries.children_units(network.unit("33").id)]
    assert below == ["3301", "3301-17", "330101"]
    assert [unit.code for unit in queries.children_units(network.unit("33").id, direct=True)] == ["3301"]
    assert queries.children_units(network.unit("330101").id) == []


def test_an_actor_has_his_posts_of_today_in_one_statement(network: Network) -> None:
    person = network.person("deputy2")
    second = appoint(network, "deputy2", "33-01", Role.OFFICE_DIRECTOR)
    first = db.session.scalar(select(Post.id).where(Post.person_id == person.id).order_by(Post.id).limit(1))
    sent: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: sent.append(a[2]))
    actor = network.actor("deputy2")
    assert len([s for s in sent if "post" in s]) == 1
    assert [s.post_id for s in actor.standings] == [first, second.id]
    chosen = network.actor("deputy2", second.id)
    assert chosen.acting is not None
    assert (chosen.acting.post_id, chosen.acting.unit_name) == (second.id, "江南市委办公室")
    assert chosen.acting.path == (network.unit("33").id,)
    assert network.actor("deputy2", 999_999_999).acting == actor.acting


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("教育", "3301-17"),
        ("qxxjyj", "3301-17"),
        ("jyj", "3301-17"),
        ("jiaoyuju", "3301-17"),
        ("Jiao Yu Ju", "3301-17"),
        ("柳林", "330101"),
        ("liulinzhen", "330101"),
        ("LLZ", "330101"),
        ("3301-17", "3301-17"),
        ("330101", "330101"),
        ("清溪县教育局 (3301-17)", "3301-17"),
        ("清溪县", "3301"),
    ],
)
def test_units_are_found_by_name_short_name_code_and_pinyin(network: Network, typed: str, code: str) -> None:
    assert queries.units_matching(typed)[0].code == code


@pytest.mark.parametrize("typed", ["", "  ", "%", "_", "不存在", "\\", "zzzz"])
def test_what_matches_nothing_finds_nothing(network: Network, typed: str) -> None:
    assert queries.units_matching(typed) == []


def test_organs_and_retired_units_are_not_proposed(network: Network) -> None:
    assert [u.code for u in queries.units_matching("督查室")] == []
    assert [u.code for u in queries.units_matching("督查室", organs=True)] == ["33-02", "3301-02"]
    network.unit("3301-17").retired_on = clock.today()
    db.session.flush()
    assert queries.units_matching("教育局") == []


def test_the_unit_meant_is_one_or_none(network: Network) -> None:
    bureau = network.unit("3301-17")
    for typed in ("3301-17", "清溪县教育局", "教育局", "清溪县教育局 (3301-17)", "清溪县教育局（3301-17）"):
        assert queries.resolve_unit(typed) is bureau, typed
    assert queries.resolve_unit("县") is None
    db.session.add(Unit(code="9", name="另一教育局", short_name="教育局", level="county", kind="department", path=[]))
    db.session.flush()
    assert queries.resolve_unit("教育局") is None


def test_a_picker_for_leaders_shows_those_of_committees_alone(network: Network) -> None:
    assert [p.name for p in queries.leaders_matching("书记")] == ["书记", "副书记"]
    assert queries.leaders_matching("教育局局长") == []
    meant = queries.leader_meant("书记")
    assert meant is not None
    assert meant.sign_in_name == "leader"
    assert queries.leader_meant("书") is None
