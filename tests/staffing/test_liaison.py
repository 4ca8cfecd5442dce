"""Liaison officers: who is missing, whose number nobody has confirmed, who may keep it, and the two requests of the year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.deadlines.calendar import Calendar
from portal.importing.reading import read_rows
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


def test_vacancies_and_unconfirmed_numbers_are_flagged(world: World) -> None:
    keep(world, "health.liaison")
    vacant, unsaid = shown(world, show="vacant"), shown(world, show="unconfirmed")
    assert "温州市" in vacant and "桥头镇" not in vacant
    assert "市卫生健康委员会" not in unsaid
    assert "桥头镇" in unsaid
    with world.work():
        db.session.get_one(Contact, world.posts["health.liaison"]).confirmed_on = clock.today() - timedelta(days=200)
    assert "市卫生健康委员会" in shown(world, show="unconfirmed")


def test_the_list_is_of_a_subtree(world: World) -> None:
    county = shown(world, unit="330324")
    assert "永嘉县卫生健康局" in county and "市财政局" not in county
    assert "市财政局" in shown(world, "health.liaison")
    assert look(world, "city.secretariat", "network/liaison-officers?unit=没有").status_code == 404
    assert look(world, "city.auditor", "network/liaison-officers").status_code == 403


def test_the_workbook_holds_what_the_list_shows(world: World) -> None:
    keep(world, "health.liaison")
    answer = look(world, "city.secretariat", "network/liaison-officers.xlsx?unit=330300&show=all")
    assert answer.status_code == 200
    sheet = read_rows(answer.data)
    rows = {sheet.cell(row, "单位").text: sheet.cell(row, "状态").text for row in sheet.rows}
    assert rows["市卫生健康委员会"] == "已核对"
    assert rows["桥头镇"] == "未核对"
    assert rows["温州市"] == "空缺"


def test_the_list_costs_the_same_however_many_units(world: World) -> None:
    from sqlalchemy import event

    browser, seen = world.browser("city.secretariat"), []
    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
    browser.get(world.url("network/liaison-officers"))
    assert len(seen) <= 10, seen


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
