"""The secretariat appoints and ends posts in its parent's subtree: not above, not beside, no officers, not itself."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.access.roles import Role
from portal.audit.models import JournalEntry
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.network.models import Post
from portal.network.queries import holders
from portal.notify.models import Message
from portal.staffing.service import agreeing
from tests.staffing.sending import look, send
from tests.world import PASSWORD, World

DAY = timedelta(days=1)


def appoint(world: World, by: str = "city.secretariat", unit: str = "health", **fields: object):  # type: ignore[no-untyped-def]
    form = {"role": "handler", "person": "nobody", "from_on": clock.today().isoformat(), "reason": "温卫干〔2026〕3号"}
    return send(world, by, f"network/units/{world.units[unit]}/appoint", **form | fields)


def agreed(world: World, by: str) -> None:
    """Whoever is at the head agrees to what waits."""
    with world.work(by):
        waiting = [asked.appointment.id for asked, _decision in agreeing.waiting(world.actor(by))]
        agreeing.decide(world.actor(by), waiting, agree=True)


def posts(world: World, person: str = "nobody") -> list[tuple[Role, bool]]:
    with world.work():
        found = db.session.scalars(select(Post).where(Post.person_id == world.people[person]).order_by(Post.id)).all()
        return [(post.role, post.to_on is None) for post in found]


def county_secretariat(world: World) -> str:
    """Makes the nobody of the world the county's secretariat; he signs in as `nobody`."""
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["nobody"],
                unit_id=world.units["county_office"],
                for_unit_id=world.units["county"],
                role=Role.SECRETARIAT,
                from_on=clock.today(),
            )
        )
    return "nobody"


def test_the_secretariat_appoints_somebody_of_the_city(world: World) -> None:
    answer = appoint(world)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert posts(world) == [(Role.HANDLER, True)]
    assert "温卫干〔2026〕3号" in look(world, "city.secretariat", f"network/people/{world.people['nobody']}").get_data(as_text=True)
    with world.work():
        assert db.session.scalars(select(Message.kind).where(Message.person_id == world.people["nobody"])).all() == ["appointed"]
        entry = db.session.scalars(select(JournalEntry).where(JournalEntry.act == "appoint")).all()[-1]
        assert (entry.person_id, entry.post_id) == (world.people["city.secretariat"], world.posts["city.secretariat"])


def test_a_new_person_gets_a_password_that_is_shown_once(world: World) -> None:
    answer = appoint(world, person="", name="吴新", sign_in_name="wu.xin", email="wu@localhost")
    assert answer.status_code == 200
    once = re.search(r'class="once">([^<]+)<', answer.get_data(as_text=True))
    assert once
    with world.work():
        made = db.session.scalars(select(Person).where(Person.city_id == world.id, Person.sign_in_name == "wu.xin")).one()
        assert made.must_change_password
        made_id = made.id
    assert once[1] not in look(world, "city.secretariat", f"network/people/{made_id}").get_data(as_text=True)
    again = appoint(world, person="", name="吴新", sign_in_name="wu.xin")
    assert again.status_code == 422
    assert "登录名已有人使用" in again.get_data(as_text=True)


def test_a_new_leader_is_not_said_to_hold_what_waits_for_agreement(world: World) -> None:
    shown = appoint(world, role="deputy_leader", person="", name="吴新", sign_in_name="wu.xin").get_data(as_text=True)
    assert 'class="once"' in shown
    assert "吴新拟任市卫生健康委员会分管领导，同意后生效" in shown
    assert "已任" not in shown


def test_a_post_may_begin_later_and_ends_on_its_day(world: World) -> None:
    first, last = clock.today() + 3 * DAY, clock.today() + 10 * DAY
    assert appoint(world, role="deputy_leader", from_on=first.isoformat(), to_on=last.isoformat()).status_code == 303
    agreed(world, "health.leader")

    def held(day: object) -> bool:
        with clock.set_to(clock.at(day, 9)), world.work():  # type: ignore[arg-type]
            names = {one.person_id for one in holders(world.units["health"], Role.DEPUTY_LEADER)}
            return world.people["nobody"] in names

    assert [held(day) for day in (first - DAY, first, last - DAY, last)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"role": "auditor"}, "不由秘书处任命"),
        ({"role": "system_admin"}, "不由秘书处任命"),
        ({"role": "supervisor"}, "不设督查员"),
        ({"role": "emperor"}, "请选择岗位"),
        ({"person": "谁也不是"}, "没有找到"),
        ({"person": ""}, "请选择人员"),
        ({"person": "city.auditor"}, "不能兼任业务岗位"),
        ({"person": "health.handler"}, "已担任"),
        ({"from_on": "2026-02-30"}, "任职日期"),
        ({"to_on": "2020-01-01"}, "离任日期须晚于任职日期"),
        ({"reason": ""}, "请填写"),
        ({"person": "", "name": "新\u202e人", "sign_in_name": "x.y"}, "隐藏字符"),
        ({"person": "", "name": "新人", "sign_in_name": "有 空格"}, "登录名由字母"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_changes_nothing(
    world: World, fields: dict[str, object], sentence: str
) -> None:
    with world.work():
        before = db.session.scalars(select(Post.id).where(Post.city_id == world.id)).all()
    answer = appoint(world, **fields)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    with world.work():
        assert db.session.scalars(select(Post.id).where(Post.city_id == world.id)).all() == before


def test_nobody_appoints_himself(world: World) -> None:
    answer = appoint(world, unit="city_supervision", role="supervisor", person="city.secretariat")
    assert answer.status_code == 422
    assert "不能任命自己" in answer.get_data(as_text=True)


def test_a_countys_secretariat_keeps_its_county_and_nothing_beside_or_above(world: World) -> None:
    by = county_secretariat(world)
    assert appoint(world, by, "county_health", person="health.handler2").status_code == 303
    for unit in ("city", "health", "city_office"):
        assert appoint(world, by, unit, person="county.handler").status_code == 403
    assert (
        send(
            world, by, f"network/posts/{world.posts['health.handler']}/end", to_on=clock.today().isoformat(), reason="x"
        ).status_code
        == 403
    )
    assert (
        send(
            world, by, f"network/posts/{world.posts['township.handler']}/end", to_on=clock.today().isoformat(), reason="调离"
        ).status_code
        == 303
    )


def test_others_may_not_and_strangers_find_nothing(world: World, new_world) -> None:  # type: ignore[no-untyped-def]
    for person in ("health.director", "city.supervisor", "city.leader", "city.system"):
        assert appoint(world, person).status_code == 403
        assert look(world, person, f"network/units/{world.units['health']}/appoint").status_code == 403
    other = new_world()
    assert send(world, "city.secretariat", f"network/units/{other.units['health']}/appoint", role="handler").status_code == 404
    assert send(world, "city.secretariat", f"network/posts/{other.posts['health.handler']}/end").status_code == 404
    assert look(world, "city.secretariat", f"network/people/{other.people['health.handler']}").status_code == 404


def end(world: World, person: str, by: str = "city.secretariat", **fields: object):  # type: ignore[no-untyped-def]
    form = {"to_on": clock.today().isoformat(), "reason": "工作调动", "successor": ""}
    return send(world, by, f"network/posts/{world.posts[person]}/end", **form | fields)


def test_a_post_ends_today_at_once_and_twice_is_stale(world: World) -> None:
    answer = end(world, "health.handler2")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert posts(world, "health.handler2") == [(Role.HANDLER, False)]
    assert end(world, "health.handler2").status_code == 409


def test_the_only_holder_of_a_seat_leaves_only_with_a_word_about_its_chains(world: World) -> None:
    refused = end(world, "health.deputy")
    assert refused.status_code == 422
    assert "请先任命继任者" in refused.get_data(as_text=True)
    assert posts(world, "health.deputy") == [(Role.DEPUTY_LEADER, True)]
    appoint(world, role="deputy_leader")
    assert end(world, "health.deputy").status_code == 422  # nobody has agreed to the other yet
    agreed(world, "health.leader")
    assert end(world, "health.deputy").status_code == 303
    assert end(world, "health.director", chains_wait="y").status_code == 303


@pytest.mark.parametrize(
    ("person", "fields", "sentence"),
    [
        ("health.handler2", {"to_on": "2020-01-01"}, "不能早于今日"),
        ("health.handler2", {"reason": ""}, "请填写"),
        ("health.handler2", {"successor": "999999"}, "接手人须在同一单位"),
    ],
)
def test_an_impossible_end_is_refused(world: World, person: str, fields: dict[str, object], sentence: str) -> None:
    answer = end(world, person, **fields)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert posts(world, person)[0][1]


def test_officers_and_oneself_are_not_the_secretariats_to_end(world: World) -> None:
    for person in ("city.auditor", "city.system", "city.secretariat"):
        assert end(world, person).status_code == 403


def test_who_holds_no_post_any_more_reads_nothing(world: World) -> None:
    matter_id = world.at_work()
    assert look(world, "health.handler", f"matters/{matter_id}").status_code == 200
    assert end(world, "health.handler", successor=str(world.posts["health.handler2"])).status_code == 303
    assert look(world, "health.handler", f"matters/{matter_id}").status_code == 404
    assert world.matter(matter_id).content.handler_id == world.people["health.handler2"]  # type: ignore[union-attr]
    assert PASSWORD
