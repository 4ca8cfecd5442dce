"""The three consoles: each for its officer alone, with totals, accounts and journal, and no business content."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update

import portal
from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.identity.models import SignInSession
from portal.identity.service.accounts import make_person
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters.models import Matter
from portal.notify.models import Reminder
from portal.officers.labels import act_words
from portal.officers.service import note_sweep
from tests.world import World

PAGES = {
    "city.system": ("officers/health",),
    "city.security": ("officers/accounts", "officers/rules"),
    "city.auditor": ("officers/journal", "officers/journal/export"),
}
TITLE = "关于青砚计划的情况反映"


@pytest.mark.parametrize("name", [*PAGES, "city.secretariat", "city.head", "city.leader", "nobody"])
def test_a_console_is_its_officers_alone(world: World, name: str) -> None:
    client = world.browser(name)
    for owner, paths in PAGES.items():
        for path in paths:
            assert client.get(world.url(path)).status_code == (200 if owner == name else 403), path
    shown = client.get(world.url("messages")).get_data(as_text=True)
    assert ('/officers/acts"' in shown) == (name in PAGES)


def test_health_says_when_the_city_was_swept_and_what_waits(world: World) -> None:
    client = world.browser("city.system")
    assert "停顿" in client.get(world.url("officers/health")).get_data(as_text=True)
    with world.work():
        note_sweep()
    page = client.get(world.url("officers/health")).get_data(as_text=True)
    for words in ("巡检", "队列", "工作进程", "待发信件", "存疑信件", "磁盘", "数据库", "放假安排", "PostgreSQL"):
        assert words in page
    assert "停顿" not in page


def test_reminders_held_back_by_a_request_for_more_time_are_not_called_late(world: World) -> None:
    matter_id = world.at_work()
    with world.work():
        db.session.execute(update(Reminder).where(Reminder.record_id == matter_id).values(send_at=clock.now() - timedelta(hours=1)))
    client = world.browser("city.system")

    def late() -> str:
        page = client.get(world.url("officers/health")).get_data(as_text=True)
        line = re.search(r"<strong>未发提醒</strong>.*?</tr>", page, re.S)
        assert line is not None
        return line[0]

    assert 'class="lamp late"' in late()
    with world.work():
        db.session.execute(update(Matter).where(Matter.id == matter_id).values(extension_pending=True).options(as_seen_by(SYSTEM)))
    assert 'class="lamp ok"' in late()


def test_accounts_are_found_by_name_and_unit_and_their_sessions_ended(world: World) -> None:
    handler, security = world.browser("health.handler"), world.browser("city.security")
    page = security.get(world.url("officers/accounts?q=health.handler")).get_data(as_text=True)
    assert len(re.findall(r'officers/accounts/\d+"', page)) == 3  # health.handler, health.handler2, county_health.handler
    assert "市卫生健康委员会" in page
    assert security.get(world.url("officers/accounts?q=桥头")).get_data(as_text=True).count("township.") == 5
    assert "没有这样的账号" in security.get(world.url("officers/accounts?q=zzz")).get_data(as_text=True)
    one = world.url(f"officers/accounts/{world.people['health.handler']}")
    shown = security.get(one).get_data(as_text=True)
    assert "提出重置口令" in shown
    assert "1 处" in shown
    token = world.token(security)
    assert security.post(f"{one}/end-sessions", data={"csrf_token": token}).status_code == 303
    assert handler.get(world.url("sign-ins")).status_code == 303
    assert security.get(world.url("officers/accounts/999999999")).status_code == 404
    assert security.post(world.url("officers/accounts/999999999/end-sessions"), data={"csrf_token": token}).status_code == 404
    assert world.browser("city.system").post(f"{one}/end-sessions", data={"csrf_token": token}).status_code in (400, 403)


def test_accounts_are_listed_page_by_page(world: World) -> None:
    security = world.browser("city.security")
    with world.work():
        for number in range(60):
            make_person(f"extra.{number:03}", "某某", "柳浪闻莺-0577-春晓")
    page = security.get(world.url("officers/accounts")).get_data(as_text=True)
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following
    assert "extra.059" not in page
    seen = page + security.get(following[1].replace("&amp;", "&")).get_data(as_text=True)
    assert all(f"extra.{number:03}" in seen for number in range(50))


def test_an_end_of_sessions_leaves_no_session_of_his(world: World) -> None:
    world.browser("health.handler")
    security = world.browser("city.security")
    one = world.url(f"officers/accounts/{world.people['health.handler']}/end-sessions")
    security.post(one, data={"csrf_token": world.token(security)})
    with world.work():
        ends = db.session.scalars(select(SignInSession.ended_at).where(SignInSession.person_id == world.people["health.handler"]))
        assert all(ends)


def test_the_journal_is_filtered_and_restricted_entries_show_their_time_alone(world: World) -> None:
    world.at_work()
    secret = world.assign(world.register(confidential=True, title=TITLE, leader="city.leader"), handler="health.handler")
    auditor = world.browser("city.auditor")
    page = auditor.get(world.url("officers/journal")).get_data(as_text=True)
    assert "限定知悉条目" in page
    assert "签收" in page
    assert TITLE not in page
    assert str(secret) not in page
    assert "关于老旧小区" not in page
    number = re.search(r"限定知悉条目 (\d+) 条", page)
    assert number and int(number[1]) >= 2
    for asked in ("act=assign", "person=city.supervisor", "kind=matter", "officers=y"):
        answer = auditor.get(world.url(f"officers/journal?{asked}"))
        assert answer.status_code == 200
        assert "限定知悉条目" not in answer.get_data(as_text=True).split("<tbody", 1)[-1].split("</tbody>")[0]
        assert str(secret) not in answer.get_data(as_text=True)
    only = auditor.get(world.url("officers/journal?officers=y")).get_data(as_text=True)
    assert "签收" not in only.split("<tbody", 1)[1].split("</tbody>")[0]
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    assert "没有这样的条目" in auditor.get(world.url(f"officers/journal?until_day={yesterday}")).get_data(as_text=True)
    for nonsense in ("from_day=x", "until_day=9999-12-31", "act=zzz", "kind=%00", "endpoint=y&_external=1&person=q"):
        assert auditor.get(world.url(f"officers/journal?{nonsense}")).status_code == 200
    for nonsense in ("before=x", "after=-1", "before=99999999999999999999"):
        assert auditor.get(world.url(f"officers/journal?{nonsense}")).status_code == 404


def test_the_journal_pages_back_and_forth(world: World) -> None:
    for _time in range(15):
        world.at_work()
    auditor = world.browser("city.auditor")
    first = auditor.get(world.url("officers/journal")).get_data(as_text=True)
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    second = auditor.get(older[1].replace("&amp;", "&")).get_data(as_text=True)
    newer = re.search(r'rel="prev" href="([^"]+)"', second)
    assert newer
    back = auditor.get(newer[1].replace("&amp;", "&")).get_data(as_text=True)

    def rows(page: str) -> list[str]:
        return re.findall(r"<tr role=\"row\">\s*<td.*?</tr>", page.split("<tbody", 1)[1], re.S)

    assert rows(back)[-1] == rows(first)[-1]
    assert not set(rows(first)) & set(rows(second))


def test_the_export_says_what_the_page_says_and_is_an_entry_itself(world: World) -> None:
    world.register(confidential=True, title=TITLE)
    auditor = world.browser("city.auditor")
    answer = auditor.get(world.url("officers/journal/export"))
    rows = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert rows[0][:5] == ["时间", "何人", "岗位", "单位", "何事"]
    restricted = [row for row in rows if "限定知悉条目" in str(row[4])]
    assert restricted and all(not any(row[i] for i in (1, 2, 3, 5, 6, 7)) for row in restricted)
    assert TITLE not in str(rows)
    assert "导出日志" in auditor.get(world.url("officers/journal")).get_data(as_text=True)


def test_the_journal_has_a_word_for_every_act_that_is_recorded(world: World) -> None:
    code = "".join(path.read_text() for path in Path(portal.__file__).parent.rglob("*.py"))
    recorded = set(re.findall(r'journal\.(?:record|note)\(\s*(?:actor|SYSTEM,?|)\s*,?\s*"([a-z_]+)"', code))
    assert len(recorded) > 40
    with world.work():
        assert {act for act in recorded if act_words(act) == act} == set()
