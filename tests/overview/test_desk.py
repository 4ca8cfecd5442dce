"""The desk: what waits for whom, counts that open the list, and as many statements for many rows as for few."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.access.actor import SYSTEM
from portal.access.models import Viewer
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from tests.at_the_door import flat
from tests.instructions.test_register import MOST_STATEMENTS, SECRET, many, statements
from tests.world import World


def desk(world: World, person: str) -> str:
    answer = world.browser(person).get(world.url())
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def counts(html: str) -> dict[str, str]:
    part = re.search(r'<ul class="counts.*?</ul>', html, re.S)
    return {label: n for n, label in re.findall(r"<b>([^<]+)</b>([^<]+)</a>", flat(part[0]))} if part else {}


def test_each_post_finds_what_waits_for_it(world: World) -> None:
    waiting = world.register(title="关于医院停车难的情况反映")
    assert counts(desk(world, "city.supervisor"))["待交办"] == "1"
    world.assign(waiting)
    assert counts(desk(world, "city.supervisor"))["待交办"] == "0"
    assert counts(desk(world, "health.liaison"))["待指定承办人"] == "1"
    world.name_handler(waiting)
    html = desk(world, "health.handler")
    assert counts(html)["待签收"] == "1" and "轮到我签收" in html and "关于医院停车难的情况反映" in html
    world.progress(world.acknowledge(waiting))
    assert counts(desk(world, "health.handler"))["办理中"] == "1"
    world.submit(waiting)
    assert counts(desk(world, "health.director"))["待签批"] == "1"
    assert counts(desk(world, "finance.director"))["待签批"] == "0"


def test_a_count_opens_the_list_of_exactly_those(world: World) -> None:
    for _number in range(3):
        world.assign(world.register(received_on=clock.today() - timedelta(days=60)))
    browser = world.browser("health.liaison")
    html = browser.get(world.url()).get_data(as_text=True)
    for label, address in (("待指定承办人", "?task=name_handler"), ("超期", "?when=late")):
        assert counts(html)[label] == "3"
        listed = browser.get(world.url("instructions") + address).get_data(as_text=True)
        assert listed.count('<span class="num">') == 3


def headings(html: str) -> dict[str, str]:
    """What stands beside each group's heading, the link to its list included."""
    found = re.findall(r'<section class="group"><h2>([^<]+)(.*?)</h2>', flat(html))
    return {title.strip(): " ".join(re.sub(r"<[^>]+>", " ", rest).split()) for title, rest in found}


def test_beside_each_group_stands_how_many_its_list_holds(world: World) -> None:
    for _number in range(7):
        world.assign(world.register())
    late = world.assign(world.register(received_on=clock.today() - timedelta(days=60)))
    world.assign(world.register(received_on=clock.today() - timedelta(days=59)))
    assert headings(desk(world, "health.liaison")) == {"待我办": "9 件 全部 9 件"}
    world.name_handler(late)
    assert headings(desk(world, "health.liaison")) == {
        "待我办": "8 件 全部 8 件",
        "超期": "2 件，其中待我办 1 件，久者在前 全部 2 件",
    }
    assert headings(desk(world, "city.supervisor")) == {"超期": "2 件，久者在前", "其余在办": "7 件 全部 7 件"}
    browser = world.browser("health.liaison")
    for address, held in (("?task=any", 8), ("?when=late", 2), ("?when=rest", 7)):
        assert browser.get(world.url("instructions") + address).get_data(as_text=True).count('<span class="num">') == held


def test_a_confidential_one_is_its_handlers_work_and_nobody_elses_in_his_unit(world: World) -> None:
    before = {person: desk(world, person) for person in ("health.director", "health.liaison", "health.handler2")}
    world.assign(world.register(title=SECRET, confidential=True), handler="health.handler")
    assert SECRET in desk(world, "health.handler")
    assert SECRET not in desk(world, "city.head") and "内容受限" in desk(world, "city.head")
    for person, html in before.items():
        assert counts(desk(world, person)) == counts(html)
        assert "内容受限" not in desk(world, person)


def test_officers_have_a_desk_without_business(world: World) -> None:
    world.assign(world.register())
    for person in ("city.auditor", "city.security", "city.system", "nobody"):
        html = desk(world, person)
        assert counts(html) == {} and "fortnight" not in html


def test_the_desk_asks_no_more_for_many_rows_than_for_few(new_world: object) -> None:
    counted = []
    for rows in (10, 300):
        world = new_world()  # type: ignore[operator]
        many(world, rows)
        browser = world.browser("city.supervisor")
        browser.get(world.url())
        with world.app.app_context(), statements() as sent:
            assert browser.get(world.url()).status_code == 200
        counted.append(len(sent))
    assert counted[0] == counted[1] <= MOST_STATEMENTS, sent


@pytest.mark.parametrize(
    ("held", "shown", "of_the_day"), [(99, "99", "99"), (100, "100", "99+"), (101, "100+", "99+"), (130, "100+", "99+")]
)
def test_what_is_beyond_a_hundred_is_said_to_be_and_its_list_says_how_many(
    world: World, held: int, shown: str, of_the_day: str
) -> None:
    many(world, held)
    today = clock.today()
    with world.work():
        db.session.execute(update(Viewer).values(due_on=today).where(Viewer.city_id == world.id).options(as_seen_by(SYSTEM)))
    html = desk(world, "health.liaison")
    assert counts(html)["待指定承办人"] == counts(html)["今日到期"] == shown
    assert headings(html) == {"待我办": f"{shown} 件 全部 {shown} 件"}
    assert f"今日 {shown} 件到期。" in flat(html)
    assert re.search(r'<ol class="days.*?</ol>', flat(html), re.S)[0].count(f"<b>{of_the_day} 件</b>") == 1  # type: ignore[index]
    browser = world.browser("health.liaison")
    for address in ("?task=name_handler", "?when=today", "?task=any", f"?due_from={today}&due_to={today}&open=1"):
        assert f"共 {held} 件" in flat(browser.get(world.url("instructions") + address).get_data(as_text=True))
