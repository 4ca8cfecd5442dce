"""推荐联络员: units are asked by a date, name somebody, are urged and reminded; the secretariat appoints or sends back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.access.roles import Role
from portal.collections.models import Collection, CollectionUnit
from portal.kernel import clock
from portal.kernel.db import db
from portal.liaisons.service.drives import remind
from portal.network.models import Post
from portal.network.queries import holders
from portal.notify.models import Message
from portal.staffing.models import Contact
from tests.at_the_door import flat
from tests.staffing.sending import look, send
from tests.staffing.test_appointing import county_secretariat
from tests.world import World

DAY = timedelta(days=1)


def opened(world: World, by: str = "city.secretariat", **fields: object):  # type: ignore[no-untyped-def]
    form = {
        "unit": "330300",
        "levels": ["city", "county", "township"],
        "kinds": ["department", "township"],
        "title": "推荐督查工作联络员",
        "until": (clock.today() + 20 * DAY).isoformat(),
    }
    return send(world, by, "network/drives/new", **form | fields)


def drive_of(world: World) -> int:
    with world.work():
        return (
            db.session.scalars(select(Collection.id).where(Collection.city_id == world.id).order_by(Collection.id.desc())).first()
            or 0
        )


def nomination_of(world: World, unit: str = "health") -> int:
    with world.work():
        return (
            db.session.scalars(
                select(CollectionUnit.id).where(CollectionUnit.unit_id == world.units[unit]).order_by(CollectionUnit.id.desc())
            ).first()
            or 0
        )


def told(world: World, person: str) -> list[str]:
    with world.work():
        return list(
            db.session.scalars(
                select(Message.kind).where(Message.person_id == world.people[person]).order_by(Message.at, Message.id)
            )
        )


def answer(world: World, by: str = "health.director", unit: str = "health", **fields: object):  # type: ignore[no-untyped-def]
    form = {"person": "nobody", "telephone": "0577-88961234", "leader": "林副主任"}
    return send(world, by, f"network/nominations/{nomination_of(world, unit)}", **form | fields)


def accept(world: World, by: str = "city.secretariat", unit: str = "health", **fields: object):  # type: ignore[no-untyped-def]
    return send(world, by, f"network/nominations/{nomination_of(world, unit)}/accept", **fields)


def liaisons(world: World, unit: str = "health") -> set[int]:
    with world.work():
        return {one.person_id for one in holders(world.units[unit], Role.LIAISON_OFFICER)}


def test_units_in_which_nobody_is_told_are_named(world: World) -> None:
    with world.work():
        for person in ("health.director", "health.leader"):
            post = db.session.get(Post, world.posts[person])
            assert post is not None
            post.to_on = clock.today()
    opened(world)
    client, drive = world.browser("city.secretariat"), world.url(f"network/drives/{drive_of(world)}")
    assert client.post(f"{drive}/urge", data={"csrf_token": world.token(client)}).status_code == 303
    page = client.get(drive).get_data(as_text=True)
    assert "市卫生健康委员会没有办公室主任，也没有主要领导，收不到消息" in page
    marked = re.search(r'<a href="[^"]+" aria-current="page">.*?</a>', page, re.S)
    assert marked is not None and "联络员" in marked[0]


def test_the_chosen_units_are_asked_and_who_has_not_answered_is_shown(world: World) -> None:
    assert opened(world).status_code == 303
    assert told(world, "health.director") == ["nominate"]
    assert told(world, "county.director") == []
    page = f"network/drives/{drive_of(world)}"
    shown = look(world, "city.secretariat", page).get_data(as_text=True)
    assert "市卫生健康委员会" in shown and "桥头镇" in shown and "县委督查室" not in shown
    assert "待推荐" in look(world, "health.director", "network/liaison-officers").get_data(as_text=True)
    assert answer(world).status_code == 303
    assert "市卫生健康委员会" not in look(world, "city.secretariat", page).get_data(as_text=True)
    assert "市卫生健康委员会" in look(world, "city.secretariat", page + "?show=answered").get_data(as_text=True)


def test_the_nominee_is_appointed_with_his_contact_and_takes_over(world: World) -> None:
    opened(world)
    answer(world)
    page = look(world, "city.secretariat", f"network/nominations/{nomination_of(world)}/accept").get_data(as_text=True)
    with world.work():
        present = holders(world.units["health"], Role.LIAISON_OFFICER)[0].name
    assert f"<dt>现任联络员</dt><dd>{present}</dd>" in flat(page), "who would leave is named"
    assert accept(world, replace="y").status_code == 303
    assert liaisons(world) == {world.people["nobody"]}
    with world.work():
        post = db.session.scalars(select(Post.id).where(Post.person_id == world.people["nobody"])).one()
        assert db.session.get_one(Contact, post).telephone == "0577-88961234"
    assert told(world, "health.director")[-1] == "nomination_accepted"
    assert accept(world).status_code == 409
    assert answer(world).status_code == 409


def test_a_new_person_gets_a_sign_in_name_and_a_password_once(world: World) -> None:
    opened(world)
    assert answer(world, person="", name="吴新").status_code == 303
    assert accept(world, sign_in_name="").status_code == 422
    done = accept(world, sign_in_name="wu.xin")
    assert done.status_code == 200
    assert 'class="once"' in done.get_data(as_text=True)
    assert len(liaisons(world)) == 2


def test_the_officer_of_before_may_simply_be_named_again(world: World) -> None:
    opened(world)
    answer(world, person="health.liaison")
    assert accept(world, replace="y").status_code == 303
    assert liaisons(world) == {world.people["health.liaison"]}


def test_a_name_is_sent_back_with_a_reason(world: World) -> None:
    opened(world)
    answer(world)
    back = f"network/nominations/{nomination_of(world)}/return"
    assert send(world, "city.secretariat", back, reason="").status_code == 422
    assert send(world, "city.secretariat", back, reason="请推荐在编人员").status_code == 303
    assert told(world, "health.director")[-1] == "nomination_returned"
    assert "请推荐在编人员" in look(world, "health.director", f"network/nominations/{nomination_of(world)}").get_data(as_text=True)
    assert send(world, "city.secretariat", back, reason="再退").status_code == 409
    assert answer(world, person="health.handler2").status_code == 303


def test_who_has_not_answered_is_urged_and_reminded_once_before_the_end(world: World) -> None:
    opened(world)
    answer(world)
    assert send(world, "city.secretariat", f"network/drives/{drive_of(world)}/urge").status_code == 303
    assert told(world, "finance.director") == ["nominate", "nominate_urged"]
    assert told(world, "health.director") == ["nominate"]
    send(world, "city.secretariat", f"network/drives/{drive_of(world)}/urge", nomination=nomination_of(world, "township"))
    assert told(world, "township.director").count("nominate_urged") == 2
    assert told(world, "finance.director").count("nominate_urged") == 1
    for days in (16, 17, 18):
        with clock.set_to(clock.at(clock.today() + days * DAY, 9)), world.work():
            remind()
    assert told(world, "finance.director").count("nominate_urged") == 2


def test_an_ended_drive_takes_no_answers_and_reminds_nobody(world: World) -> None:
    opened(world)
    assert send(world, "city.secretariat", f"network/drives/{drive_of(world)}/close").status_code == 303
    assert answer(world).status_code == 422
    assert send(world, "city.secretariat", f"network/drives/{drive_of(world)}/urge").status_code == 422


def test_each_unit_answers_for_itself_alone(world: World, new_world) -> None:  # type: ignore[no-untyped-def]
    opened(world)
    for by in ("finance.director", "health.handler", "city.supervisor"):
        assert answer(world, by).status_code == 403
    assert answer(world, "health.leader").status_code == 303
    assert answer(world, "city.secretariat").status_code == 303
    other = new_world()
    opened(other)
    assert send(world, "health.director", f"network/nominations/{nomination_of(other)}", telephone="123456").status_code == 404
    assert look(world, "city.secretariat", f"network/drives/{drive_of(other)}").status_code == 404


def test_a_county_asks_its_own_units_alone(world: World) -> None:
    by = county_secretariat(world)
    assert opened(world, by).status_code == 403
    assert opened(world, by, unit="330324").status_code == 303
    assert told(world, "county_health.director") == ["nominate"]
    assert told(world, "health.director") == []
    mine = drive_of(world)
    assert look(world, by, f"network/drives/{mine}").status_code == 200
    assert look(world, "city.secretariat", f"network/drives/{mine}").status_code == 200
    opened(world)
    assert look(world, by, f"network/drives/{drive_of(world)}").status_code == 404
    assert look(world, "city.supervisor", "network/drives").status_code == 403


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"until": "2020-01-01"}, "须晚于今日"),
        ({"until": "2099-01-01"}, "最远 180 天"),
        ({"until": "2026-02-30"}, "截止日期"),
        ({"unit": "没有这个单位"}, "没有找到"),
        ({"kinds": []}, "请至少选择一项"),
        ({"levels": ["village"], "kinds": ["department"]}, ""),
        ({"title": ""}, "请填写标题"),
    ],
)
def test_bad_input_opens_nothing(world: World, fields: dict[str, object], sentence: str) -> None:
    refused = opened(world, **fields)
    assert refused.status_code == 422
    assert sentence in refused.get_data(as_text=True)
    assert drive_of(world) == 0
