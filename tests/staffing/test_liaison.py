"""How liaison officers are reached: who may keep it, who confirms it, and the two requests of the year."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal.deadlines.calendar import Calendar
from portal.kernel import clock
from portal.kernel.db import db
from portal.notify.models import Message
from portal.staffing.models import Contact
from portal.staffing.rules import asked_on
from portal.staffing.service.contacts import ask_to_confirm
from tests.staffing.sending import look, send
from tests.world import World


def keep(world: World, by: str, whose: str = "health.liaison", **fields: object):  # type: ignore[no-untyped-def]
    form = {"telephone": "0577-8896 1234", "fax": "0577-88961235", "email": "wj@localhost", "leader": "副主任林某"}
    return send(world, by, f"network/posts/{world.posts[whose]}/contact", **form | fields)


def contact(world: World, whose: str = "health.liaison") -> tuple[str, date | None] | None:
    with world.work():
        found = db.session.scalars(select(Contact).where(Contact.post_id == world.posts[whose])).one_or_none()
        return (found.telephone, found.confirmed_on) if found else None


def shown(world: World, by: str = "city.secretariat", **query: str) -> str:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = look(world, by, f"network/liaison-officers?{asked}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_what_the_officer_writes_himself_is_confirmed(world: World) -> None:
    assert keep(world, "health.liaison").status_code == 303
    assert contact(world) == ("0577-8896 1234", clock.today())
    assert "0577-8896 1234" in shown(world)


def test_what_the_secretariat_writes_waits_for_his_word(world: World) -> None:
    assert keep(world, "city.secretariat").status_code == 303
    assert contact(world) == ("0577-8896 1234", None)
    assert "未核对" in look(world, "city.leader", f"network/people/{world.people['health.liaison']}").get_data(as_text=True)
    confirm = f"network/posts/{world.posts['health.liaison']}/contact/confirm"
    assert send(world, "city.secretariat", confirm).status_code == 403
    assert send(world, "health.liaison", confirm).status_code == 303
    assert contact(world) == ("0577-8896 1234", clock.today())
    keep(world, "city.secretariat", telephone="0577-11112222")
    assert contact(world) == ("0577-11112222", None)


def test_others_may_not(world: World, new_world) -> None:  # type: ignore[no-untyped-def]
    for by in ("finance.liaison", "health.director", "city.leader"):
        assert keep(world, by).status_code == 403
    assert keep(world, "city.secretariat", "health.handler").status_code == 404
    other = new_world()
    assert (
        send(world, "city.secretariat", f"network/posts/{other.posts['health.liaison']}/contact", telephone="123456").status_code
        == 404
    )
    assert contact(world) is None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"telephone": ""}, "请填写联系电话"),
        ({"telephone": "call me"}, "电话号码由数字"),
        ({"fax": "１２３"}, "传真号码由数字"),
        ({"email": "nowhere"}, "邮箱地址不完整"),
        ({"leader": "很" * 61}, "最多 60"),
        ({"leader": "机密★1年"}, "国家秘密标志"),
    ],
)
def test_bad_input_changes_nothing(world: World, fields: dict[str, str], sentence: str) -> None:
    answer = keep(world, "health.liaison", **fields)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert contact(world) is None


def test_requests_fall_on_the_first_working_day_of_april_and_october() -> None:
    calendar = Calendar({})
    assert asked_on(date(2026, 4, 1), calendar) == date(2026, 4, 1)
    assert asked_on(date(2026, 3, 31), calendar) == date(2025, 10, 1)
    assert asked_on(date(2028, 4, 2), calendar) == date(2027, 10, 1)
    assert asked_on(date(2028, 4, 3), calendar) == date(2028, 4, 3)


def test_each_officer_is_asked_once_to_confirm(world: World) -> None:
    keep(world, "health.liaison")

    def asked(day: date) -> int:
        with clock.set_to(clock.at(day, 9)), world.work():
            ask_to_confirm()
            db.session.flush()
            return len(
                db.session.scalars(select(Message.id).where(Message.kind == "confirm_contact", Message.city_id == world.id)).all()
            )

    assert asked(date(2027, 3, 31)) == 0
    assert asked(date(2027, 4, 1)) == 5
    assert asked(date(2027, 4, 2)) == 5
    assert asked(date(2027, 5, 20)) == 5
    assert "请核对您的" in look(world, "health.liaison", "messages").get_data(as_text=True)
