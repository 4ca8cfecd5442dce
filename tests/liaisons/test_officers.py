"""The list of liaison officers: who is missing, whose number nobody has confirmed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event

from portal.importing.reading import read_rows
from portal.kernel import clock
from portal.kernel.db import db
from portal.staffing.models import Contact
from tests.staffing.sending import look
from tests.staffing.test_liaison import keep, shown
from tests.world import World


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
    browser, seen = world.browser("city.secretariat"), []
    with world.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
    browser.get(world.url("network/liaison-officers"))
    assert len(seen) <= 10, seen
