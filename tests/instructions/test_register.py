"""The register: what each reader sees and counts, order and paging, conditions, the export, acts on ticked rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from html import unescape
from io import BytesIO
from urllib.parse import urlencode
from uuid import UUID

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import event, insert, text

from portal.deadlines.rules import SourceLevel
from portal.instructions.rules import INSTRUCTION
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import lists
from portal.matters.lists import Conditions
from portal.matters.models import SearchEntry
from portal.matters.search import grams
from tests.at_the_door import flat
from tests.world import World

SECRET = "关于某干部有关问题的反映"
MOST_STATEMENTS = 8


def page(world: World, person: str, query: str = "") -> str:
    answer = world.browser(person).get(world.url("instructions") + query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def numbers(html: str) -> list[str]:
    return re.findall(r'<span class="num">([^<]+)</span>', html)


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "FROM city" not in statement:  # which a serving worker remembers, and one under test does not
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def many(world: World, count: int) -> None:
    """That many open matters of the health commission, all copies of one, due on different days."""
    copied(world, world.assign(world.register()), count - 1)


def copied(world: World, source: UUID, count: int, start: int = 2) -> None:
    """That many copies of an open matter, with their places in the index of viewers and of the search; their numbers begin with
    `start`."""
    words = world.matter(source)
    title = words.content.title  # type: ignore[union-attr]
    with world.work():
        for number in range(count):
            matter_id = UUID(int=number + start + world.id * 10_000)
            copy = {
                "source": source,
                "copy": matter_id,
                "days": number % 90 - 30,
                "sequence": number + start,
                "number": f"{words.number.partition('〔')[0]}〔2026〕{number + start}号",
            }
            for table, changed in (
                (
                    "record",
                    {"id": ":copy", "request_key": "gen_random_uuid()", "number": ":number", "sequence": ":sequence"},
                ),
                ("matter", {"id": ":copy", "due_on": "due_on + :days"}),
                ("content", {"id": "gen_random_uuid()", "record_id": ":copy"}),
                ("viewer", {"record_id": ":copy", "due_on": "due_on + :days"}),
            ):
                values = ", ".join(changed.get(column, column) for column in _columns(table))
                key = "id" if table in ("record", "matter") else "record_id"
                db.session.connection().execute(
                    text(f"insert into {table} ({', '.join(_columns(table))}) select {values} from {table} where {key} = :source"),
                    copy,
                )
            entry = {"city_id": world.id, "record_id": matter_id, "confidential": False}
            parts = {"shell": copy["number"], "text": title}
            rows = [entry | {"part": part, "grams": grams(str(said))} for part, said in parts.items()]
            db.session.execute(insert(SearchEntry), rows)


@cache
def _columns(table: str) -> list[str]:
    asked = text(
        "select column_name from information_schema.columns where table_name = :table"
        " and is_generated = 'NEVER' and table_schema = 'public'"
    )
    return list(db.session.execute(asked, {"table": table}).scalars())


def test_each_reader_sees_his_own_rows_and_an_outsider_none(world: World) -> None:
    world.assign(world.register(title="关于医院停车难的情况反映"))
    assert "关于医院停车难的情况反映" in page(world, "city.supervisor")
    assert "关于医院停车难的情况反映" in page(world, "health.liaison")
    assert numbers(page(world, "finance.liaison")) == []
    assert numbers(page(world, "health.handler")) == []


def test_a_confidential_one_shows_its_shell_to_the_office_and_nothing_to_others(world: World) -> None:
    world.assign(world.register(title=SECRET, confidential=True), handler="health.handler")
    office = page(world, "city.head")
    assert SECRET not in office and "内容受限" in office and "张书记" not in office and len(numbers(office)) == 1
    assert SECRET in page(world, "health.handler")
    assert numbers(page(world, "health.director")) == []


def test_a_shell_is_found_by_its_number_and_never_by_its_title_or_leader(world: World) -> None:
    matter = world.matter(world.assign(world.register(title=SECRET, confidential=True), handler="health.handler"))
    assert numbers(page(world, "city.head", f"?q={matter.number}")) == [matter.number]
    assert numbers(page(world, "city.head", "?q=某干部")) == []
    assert numbers(page(world, "city.head", "?leader=张书记")) == []


def test_an_outsiders_pages_are_the_same_with_and_without_a_confidential_matter(world: World) -> None:
    world.assign(world.register())
    browser = world.browser("health.director")

    def seen() -> list[str]:
        found = []
        for address in ("instructions", "instructions?q=反映", "instructions?state=assigned", ""):
            html = browser.get(world.url(address)).get_data(as_text=True)
            found.append(re.sub(r'(X-CSRFToken": |csrf_token" value=|content=)"[^"]+"|\d\d:\d\d', "", html))
        return found

    before = seen()
    world.assign(world.register(title=SECRET, confidential=True), handler="health.handler")
    assert seen() == before


@pytest.mark.parametrize("field", ["q", "leader", "unit"])
def test_a_number_that_is_hidden_costs_an_outsider_what_a_number_costs_that_there_is_not(world: World, field: str) -> None:
    hidden = world.matter(world.register(confidential=True)).number
    browser = world.browser("health.handler")
    work = []
    for typed in (hidden, hidden.replace("1号", "7号")):
        browser.get(world.url("instructions?q=x"))
        with world.app.app_context(), statements() as sent:
            assert browser.get(world.url(f"instructions?{urlencode({field: typed})}")).status_code == 200
        work.append(list(sent))
    assert work[0] == work[1]


def test_the_order_is_that_of_the_working_day(world: World) -> None:
    today = clock.today()
    names = {"late": 40, "today": 31, "soon": 28, "rest": 1}
    for name, ago in names.items():
        received = today - timedelta(days=ago)
        world.assign(world.register(title=f"关于{name}的反映", received_on=received))
    with world.work():
        actor = world.actor("city.supervisor")
        found = lists.page_of(actor, (INSTRUCTION,), Conditions())
        order = [(row.group, row.day) for row in found.rows]
        running = [row.day for row in found.rows if row.group == lists.LATE]
        assert [group for group, _day in order] == sorted(group for group, _day in order)
        assert all(day < today for day in running)
        assert {row.group for row in found.rows} >= {lists.LATE, lists.REST}
        assert found.total == 4


@pytest.mark.parametrize("sort", ["work", "due", "received"])
def test_paging_walks_every_row_once_forward_and_back(world: World, sort: lists.Sort) -> None:
    many(world, 60)
    with world.work():
        actor = world.actor("city.supervisor")
        place, walked, pages = None, [], []
        while True:
            found = lists.page_of(actor, (INSTRUCTION,), Conditions(), sort, place, 7)
            pages.append([row.matter.id for row in found.rows])
            walked += pages[-1]
            assert found.total == 60
            if found.next is None:
                break
            place = found.next
        assert len(walked) == len(set(walked)) == 60
        back = [found]
        while back[-1].previous is not None:
            back.append(lists.page_of(actor, (INSTRUCTION,), Conditions(), sort, back[-1].previous, 7))
        assert [row.matter.id for part in reversed(back) for row in part.rows] == walked


def test_conditions_narrow_the_list(world: World) -> None:
    world.assign(world.register(title="关于医院停车难的情况反映", level=SourceLevel.PROVINCE))
    world.assign(world.register(title="关于校车安全的情况反映"), to="county_health")
    asked = {
        "?q=停车": 1,
        "?q=停": 1,
        "?q=情况反映": 2,
        "?q=张书": 2,
        "?unit=330300-WJ": 1,
        "?unit=永嘉县": 0,
        "?unit=永嘉县&subtree=1": 1,
        "?unit=330300&subtree=1": 2,
        "?leader=张书记": 2,
        "?state=assigned": 2,
        "?state=closed": 0,
        "?source=high": 1,
        "?source=city": 1,
        "?task=any": 0,
        "?when=late": 0,
        "?returned=1": 0,
        "?open=1": 2,
        "?due_from=2100-01-01": 0,
        "?received_to=2100-01-01": 2,
        "?state=nonsense": 2,
        "?after=x": 2,
    }
    browser = world.browser("city.supervisor")
    found = {q: len(numbers(browser.get(world.url("instructions") + q).get_data(as_text=True))) for q in asked}
    assert found == asked


def test_a_condition_is_a_chip_that_takes_it_away_and_htmx_gets_the_list_alone(world: World) -> None:
    world.assign(world.register())
    browser = world.browser("city.supervisor")
    part = browser.get(world.url("instructions?state=assigned&q=电梯"), headers={"HX-Request-Type": "partial"})
    html = part.get_data(as_text=True)
    assert html.lstrip().startswith('<div id="register-list">')
    assert 'href="' + world.url("instructions?q=%E7%94%B5%E6%A2%AF") in html


def test_what_was_asked_for_stands_in_the_form_again_and_as_a_chip(world: World) -> None:
    asked = {"received_from": "2026-01-06", "received_to": "2100-01-01", "subtree": "1", "unit": "永嘉县", "leader": "张"}
    html = flat(page(world, "city.supervisor", "?" + urlencode(asked)))
    form = re.search(r'<form class="filters".*?</form>', html, re.S)
    assert form
    assert 'name="received_from" type="date" value="2026-01-06"' in form[0]
    assert 'name="received_to" type="date" value="2100-01-01"' in form[0]
    assert re.search(r'name="subtree" value="1" checked', form[0]) and '<details class="fold" open>' in form[0]
    chips = re.search(r'<ul class="chips">.*?</ul>', html, re.S)
    assert chips and all(word in chips[0] for word in ("收到日期 2026-01-06 起", "收到日期至 2100-01-01", "含下级单位"))
    assert '<details class="fold">' in flat(page(world, "city.supervisor"))


def test_a_new_filter_keeps_what_the_form_does_not_ask_for(world: World) -> None:
    form = re.search(r'<form class="filters".*?</form>', page(world, "city.supervisor", "?task=any&sort=due&size=50&q=x"), re.S)
    assert form
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
    assert hidden == {"task": "any", "sort": "due", "size": "50"}


def test_a_page_is_as_long_as_chosen_and_stays_so(world: World) -> None:
    many(world, 60)
    browser = world.browser("city.supervisor")
    for size, shown in (("", 25), ("?size=50", 50), ("?size=100", 60), ("?size=1000000", 25), ("?size=x", 25)):
        html = browser.get(world.url("instructions") + size).get_data(as_text=True)
        assert len(numbers(html)) == shown, size
    onward = re.search(r'rel="next" href="([^"]+)"', browser.get(world.url("instructions?size=50")).get_data(as_text=True))
    assert onward and "size=50" in onward[1]
    assert len(numbers(browser.get(onward[1].replace("&amp;", "&")).get_data(as_text=True))) == 10


def test_the_number_of_statements_does_not_grow_with_the_rows(new_world: Callable[[], World]) -> None:
    counted = []
    for count in (10, 300):
        world = new_world()
        many(world, count)
        browser = world.browser("city.supervisor")
        browser.get(world.url("instructions"))
        with world.app.app_context(), statements() as sent:
            assert browser.get(world.url("instructions")).status_code == 200
        counted.append(len(sent))
    assert counted[0] == counted[1] <= MOST_STATEMENTS, sent


def test_I55_what_one_may_not_see_makes_no_difference_to_a_search(world: World) -> None:
    source = world.register(by="county.supervisor", unit="county", title="关于督内作风的情况反映")
    copied(world, source, 964)
    browser, searched = world.browser("county.supervisor"), world.url("instructions?q=督内")
    now = clock.now()  # it stands on the page

    def search() -> tuple[str, int]:
        with clock.set_to(now), world.app.app_context(), statements() as sent:
            answer = browser.get(searched)
        shown = flat(answer.get_data(as_text=True))
        assert "共 965 件" in shown
        return re.sub(r'csrf_token" value="[^"]*"|X-CSRFToken": "[^"]*"', "", shown), len(sent)

    search()
    before = search()
    for _one in range(3):  # 温督内〔2026〕1号, whose number holds the pair
        world.register(confidential=True, title="关于青砚计划的情况反映")
    hidden = world.register(title="关于督内卫生的情况反映")
    copied(world, hidden, 1000, start=2000)
    after = search()
    assert after[1] == before[1]
    assert after[0] == before[0]


def test_the_export_holds_exactly_what_is_shown(world: World) -> None:
    world.assign(world.register(title="=关于医院停车难"))
    world.assign(world.register(title=SECRET, confidential=True), handler="health.handler")
    world.assign(world.register(title="关于校车安全"), to="county_health")
    browser = world.browser("city.head")
    for query in ("", "?unit=330300-WJ", "?q=停车"):
        shown = numbers(browser.get(world.url("instructions") + query).get_data(as_text=True))
        answer = browser.get(world.url("instructions/export") + query)
        assert answer.status_code == 200
        rows = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
        assert [row[0] for row in rows[1:]] == shown
        assert SECRET not in str(rows) and "张书记" not in str([r for r in rows if r[1] == "内容受限"])


def test_the_export_speaks_the_readers_language(world: World) -> None:
    world.assign(world.register())
    browser = world.browser("city.supervisor")

    def sheet() -> tuple[list[str], list[str]]:
        answer = browser.get(world.url("instructions/export"))
        first, row = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
        return [str(cell) for cell in first], [str(cell) for cell in row]

    assert sheet()[0][:2] == ["编号", "来文标题"] and sheet()[1][9] == "待签收"
    browser.post(world.url("language"), data={"csrf_token": world.token(browser), "language": "en"})
    header, row = sheet()
    assert re.findall(r"[\u4e00-\u9fff]+", "".join(header)) == []
    # What is left in Chinese was typed: number, title, leader, unit.
    words = [cell for place, cell in enumerate(row) if place not in (0, 1, 4, 8)]
    assert re.findall(r"[\u4e00-\u9fff]+", "".join(words)) == []


def test_ticked_rows_are_assigned_one_by_one_and_each_answers_for_itself(world: World) -> None:
    with world.work():
        unit = world.unit("health")
    good = world.register(lead_unit=unit)
    bad = world.register()
    done = world.assign(world.register())
    secret = world.register(confidential=True, by="city.head")
    browser = world.browser("city.supervisor")
    answer = browser.post(
        world.url("instructions/assign"),
        data={"csrf_token": world.token(browser), "pick": [str(good), str(bad), str(done), str(secret), "nonsense"]},
    )
    assert answer.status_code == 200
    assert world.matter(good).state == "assigned" and world.matter(bad).state == "registered"
    assert world.matter(secret).state == "registered"
    html = answer.get_data(as_text=True)
    assert "请选择主办单位" in html and world.matter(good).number in html


def test_who_has_no_business_has_no_register(world: World) -> None:
    for person in ("city.auditor", "city.secretariat", "nobody"):
        browser = world.browser(person)
        assert browser.get(world.url("instructions")).status_code == 403
        # and so no box to search it with
        assert 'role="search"' not in browser.get(world.url()).get_data(as_text=True)
    assert 'role="search"' in world.browser("city.supervisor").get(world.url()).get_data(as_text=True)
    answer = world.app.test_client().get(world.url("instructions"))
    assert answer.status_code in (302, 303) and "sign-in" in answer.headers["Location"]


def test_a_number_stands_beside_the_groups_that_are_whole_on_the_page(world: World) -> None:
    today = clock.today()
    for days, matters in ((60, 2), (1, 30)):
        for _number in range(matters):
            world.register(received_on=today - timedelta(days=days))
    browser = world.browser("city.supervisor")

    def headings(address: str) -> list[tuple[str, str]]:
        html = flat(browser.get(address).get_data(as_text=True))
        return re.findall(r'role="rowheader">([^<]+)<span class="soft fw-normal">([^<]*)</span>', html)

    first = world.url("instructions")
    assert headings(first) == [("超期", "2 件，久者在前"), ("其余在办", "")]
    onward = re.search(r'rel="next" href="([^"]+)"', browser.get(first).get_data(as_text=True))
    assert onward and headings(unescape(onward[1])) == [("其余在办", "")]
    assert headings(f"{first}?size=50") == [("超期", "2 件，久者在前"), ("其余在办", "30 件")]
