"""Every page that can be opened, as somebody whose page it is: WCAG 2.2 AA and nothing wider than the window, on a desk
and on a telephone; and in English nothing is wider either."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.collections.queries import units_of
from portal.identity.models import SignInSession
from portal.importing import service as importing
from portal.instructions import previews
from portal.instructions.previews import IMPORT
from portal.kernel import clock
from portal.kernel.db import db
from portal.liaisons.service import drives, nominations
from portal.matters import verbs
from portal.matters.service import extending, granting, reporting
from portal.matters.workflow import enact
from portal.network.models import ChangeKind
from portal.network.previews import IMPORTS
from portal.network.queries import resolve_person
from portal.network.rules import POST_COLUMNS, UNIT_COLUMNS
from portal.network.service import changing
from portal.network.service.wanted import Wanted
from portal.officers import service as officers
from portal.officers.rules import Kind
from portal.papers.models import Paper
from portal.staffing.service import contacts, leaving
from portal.web.cities import OUTSIDE
from portal.workflow.verbs import Said
from tests.at_the_door import PASSWORD
from tests.instructions.test_importing import book, row
from tests.network.test_network_workbooks import book as network_book
from tests.world import World

TELEPHONE = 360
# No pages: files, what a script asks, what only leads on.
NOT_PAGES = {
    "demonstration",
    "network.absences",
    "instructions.export",
    "instructions.import_report",
    "instructions.empty_workbook",
    "matters.attachment",
    "network.suggest",
    "network.suggest_leaders",
    "network.suggest_people",
    "notify.badge",
    "notify.open_message",
    "bylaws.empty_calendar_workbook",
    "network.export",
    "network.empty_workbook",
    "network.import_report",
    "liaisons.export_liaisons",
    "officers.export_journal",
}
# Where no channel is open there are none of these: see test_message_settings.
WITH_MAIL = {"notify.change_address", "notify.address_code"}


def _at_both_widths(visitor: Any, path: str, status: int = 200, *, look: bool = True) -> None:
    """It fits both; axe looks at it on the desk, and on the telephone unless told otherwise."""
    page = visitor.page
    page.set_viewport_size({"width": 1280, "height": 900})
    answer = page.goto(f"{visitor.address}/{visitor.world.slug}/{path}")
    assert answer.status == status, path
    assert "sign-in" in path or "/sign-in" not in page.url, f"{path} asked {visitor.name} to sign in"
    visitor.look()
    page.set_viewport_size({"width": TELEPHONE, "height": 780})
    (visitor.look if look else visitor.fits)()


def _in_english(visitor: Any, paths: list[str]) -> None:
    """Labels are longer, and break no page."""
    page = visitor.page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{visitor.address}/{visitor.world.slug}/{paths[0]}")
    page.locator("button[name=language]").first.click()
    page.wait_for_load_state()
    for path in paths:
        page.goto(f"{visitor.address}/{visitor.world.slug}/{path}")
        for width in (1280, TELEPHONE):
            page.set_viewport_size({"width": width, "height": 900})
            there = page.evaluate("document.documentElement.scrollWidth")
            assert there <= width, f"{path} in English is {there} wide at {width}"
    # A person keeps his language, and what comes after speaks Chinese.
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{visitor.address}/{visitor.world.slug}/{paths[0]}")
    page.locator("button[name=language]").first.click()
    page.wait_for_load_state()


def _sent_back(world: World) -> tuple[UUID, UUID]:
    """A matter whose report was sent back once, and the new draft of it."""
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    with world.work("health.director"):
        reporting.send_back(world.actor("health.director"), report_id, step=1, reason="请写明责任人。")
    with world.work("health.handler"):
        reporting.open_draft(world.actor("health.handler"), matter_id)
        newest = select(Paper.id).where(Paper.record_id == matter_id).order_by(Paper.draft.desc())
        return matter_id, db.session.scalars(newest.options(as_seen_by(SYSTEM))).first() or report_id


def _asks_for_more_time(world: World) -> UUID:
    matter_id = world.at_work()
    until = world.matter(matter_id).due_on + timedelta(days=5)
    with world.work("health.handler"):
        enact(
            world.actor("health.handler"),
            verbs.ASK_EXTENSION,
            matter_id,
            extending.Asking(until=until, words="工程未完", progress="已完成八成"),
        )
    return matter_id


def _ended_with_a_grant(world: World) -> UUID:
    """A confidential matter that was withdrawn, and a reading of it that the head granted."""
    matter_id = world.assign(world.register(confidential=True), handler="health.handler")
    with world.work("city.supervisor"):
        enact(world.actor("city.supervisor"), verbs.WITHDRAW, matter_id, Said(words="并入上一件办理"))
    with world.work("city.head"):
        granting.grant_reading(
            world.actor("city.head"),
            matter_id,
            person=resolve_person("finance.director"),
            last_day=clock.today(),
            reason="审计核对需要",
        )
    return matter_id


def _imports(world: World) -> tuple[UUID, UUID]:
    """A workbook judged, and one imported."""
    with world.work("city.supervisor"):
        actor = world.actor("city.supervisor")
        judged = importing.upload(actor, IMPORT, "登记表.xlsx", book(row(), row(主办单位代码="330300-WX", 来文标题="另一件")))
        done = importing.upload(actor, IMPORT, "登记表二.xlsx", book(row(来文标题="第三件", 来文字号=None)))
        importing.carry_out(actor, IMPORT, done.id)
        previews.assign_as_in_workbook(actor, done.id)
        return judged.id, done.id


def _network_imports(world: World) -> list[str]:
    """Workbooks of units and posts, one judged, one imported; and a change that waits for its day."""
    by = "city.secretariat"
    with world.work(by):
        actor = world.actor(by)
        units = network_book(
            UNIT_COLUMNS,
            [
                ["N1", "市数据局", "数据局", "市", "部门", "330300", "温数"],
                ["N2", "孤儿", "", "市", "部门", "没有", ""],
                ["330300-WJ", "市卫生局", "市卫健委", "市", "部门", "330300", "温卫"],
            ],
        )
        judged = importing.upload(actor, IMPORTS["units"], "单位表.xlsx", units)
        posts = network_book(POST_COLUMNS, [["new.one", "新人甲", "330300-WJ", "承办人", ""]])
        done = importing.upload(actor, IMPORTS["posts"], "岗位表.xlsx", posts)
        importing.carry_out(actor, IMPORTS["posts"], done.id)
        later = clock.today() + timedelta(days=20)
        changing.change(actor, Wanted(ChangeKind.RENAME, world.units["county"], later, "民政厅批复", {"name": "永嘉市"}), None)
        return [f"network/import/units/{judged.id}", f"network/import/posts/{done.id}"]


def _people(world: World) -> tuple[int, dict[str, int]]:
    """A handover, and a drive with one nomination to settle, one to make."""
    with world.work("city.secretariat"):
        actor = world.actor("city.secretariat")
        left = leaving.hand_over(
            actor, world.people["finance.handler"], {world.posts["finance.handler"]: None}, reason="调离", chains_wait=True
        ).id
        drive = drives.open_drive(
            actor,
            world.units["city"],
            levels=["city"],
            kinds=["department"],
            title="推荐督查工作联络员",
            words="请推荐在编人员。",
            until=clock.today() + timedelta(days=20),
        )
        asked = {one.unit_id: one.id for one in units_of(drive, "all")[0]}
        answered, waiting = asked[world.units["health"]], asked[world.units["finance"]]
        nominations.answer(actor, answered, None, "吴新", contacts.Reached("0577-88961234"))
        return left, {"drive": drive.id, "answered": answered, "waiting": waiting}


@pytest.fixture(scope="module")
def world(new_world: Callable[[], World]) -> World:
    """One world for all these pages, which are only looked at."""
    return new_world()


@pytest.fixture(scope="module")
def walk(world: World) -> dict[str, list[str]]:
    """Who opens which pages."""
    return walk_of(world)


def walk_of(world: World) -> dict[str, list[str]]:
    """All pages, each by somebody whose page it is, with what is on them."""
    registered, assigned, at_work = world.register(), world.assign(world.register(), co=("finance",)), world.at_work()
    secret = world.assign(world.register(confidential=True), handler="health.handler")
    reviewed, (returned, draft), asking = world.under_review(), _sent_back(world), _asks_for_more_time(world)
    signing, ended = world.submit(world.at_work()), _ended_with_a_grant(world)
    judged, done = _imports(world)
    network_imports = _network_imports(world)
    left, asked = _people(world)
    act = _proposed(world)
    m = "matters/{}/{}".format
    return {
        "city.supervisor": [
            "",
            "instructions",
            "instructions?unit=330300&subtree=1&received_from=2026-01-01&size=50",
            "instructions?q=zz",
            "instructions?q=电梯",
            "search",
            "instructions/register",
            "instructions/import",
            f"instructions/import/{judged}",
            f"instructions/import/{done}",
            f"instructions/import/{done}/assigned",
            f"instructions/{registered}/amend",
            f"instructions/{reviewed}/new-round",
            f"matters/{registered}",
            m(registered, "assign"),
            m(registered, "attach"),
            f"matters/{secret}",
            m(at_work, "reassign-unit"),
            m(at_work, "withdraw"),
            m(at_work, "make-confidential"),
            m(at_work, "urge"),
            m(at_work, "slip"),
            m(reviewed, "close"),
            m(reviewed, "return-for-rework"),
            "messages",
            "messages/settings",
            "password",
            "sign-ins",
        ],
        "city.head": [
            m(asking, "extension-decision"),
            m(secret, "readings"),
            m(secret, "name-reviewer"),
            f"matters/{ended}",
            m(ended, "grants"),
            "rules",
            "rules/ladder",
            "rules/deadlines/edit",
            "rules/ladder/edit",
            "rules/limits/edit",
        ],
        "city.leader": [m(at_work, "instruct-again")],
        "health.liaison": [m(assigned, "name-handler"), m(assigned, "decline")],
        "county.liaison": [m(world.assign(world.register(), to="county"), "forward")],
        "finance.liaison": [m(assigned, "name-co-handler"), m(assigned, "co-progress")],
        "health.handler": [
            "",
            f"matters/{at_work}",
            f"matters/{secret}",
            m(at_work, "progress"),
            m(at_work, "extension"),
            m(returned, "report"),
            f"reports/{draft}/changes",
            f"reports/{signing}/recall",
        ],
        "health.director": [f"reports/{signing}"],
        "city.secretariat": [
            "network",
            f"network/units/{world.units['health']}",
            "network?q=卫",
            "network?q=zz",
            "delegations",
            f"network/branches/{world.units['county']}",
            f"network/units/{world.units['county']}",
            "network/import",
            "calendar",
            "calendar/import",
            *network_imports,
            *(f"network/units/{world.units['county']}/{kind}" for kind in ChangeKind),
            f"network/people/{world.people['health.deputy']}",
            f"network/units/{world.units['health']}/appoint",
            f"network/posts/{world.posts['health.deputy']}/end",
            f"network/posts/{world.posts['health.deputy']}/delegate",
            f"network/people/{world.people['health.deputy']}/hand-over",
            f"network/handovers/{left}",
            "network/liaison-officers",
            f"network/posts/{world.posts['health.liaison']}/contact",
            "network/appointments",
            "network/drives",
            "network/drives/new",
            f"network/drives/{asked['drive']}",
            f"network/drives/{asked['drive']}?show=answered",
            f"network/nominations/{asked['waiting']}",
            f"network/nominations/{asked['answered']}/accept",
        ],
        "city.auditor": ["", "officers/journal", "officers/journal?officers=y&from_day=2026-01-01"],
        "city.system": ["officers/health"],
        "city.security": [
            "officers/accounts",
            "officers/accounts?q=zzz",
            f"officers/accounts/{world.people['health.handler']}",
            "officers/rules",
            "officers/acts",
            f"officers/acts/{act}",
            "officers/acts/new?kind=appoint_officer",
            "confirm",
            f"officers/acts/new?kind=deactivate&person={world.people['health.handler']}",
            "second-factor",
        ],
    }


# Each walks by himself, so that several processes share the way.
WALKERS = (
    "city.supervisor",
    "city.head",
    "city.leader",
    "health.liaison",
    "county.liaison",
    "finance.liaison",
    "health.handler",
    "health.director",
    "city.secretariat",
    "city.auditor",
    "city.system",
    "city.security",
)
AT_THE_DOOR = {"identity.sign_in", "identity.carry_on", "identity.second_step", "identity.second_factor"}


def test_every_page_is_opened_by_somebody(walk: dict[str, list[str]], world: World, app: Flask) -> None:
    routes = app.url_map.bind("")
    opened = {routes.match(f"/{world.slug}/{path.partition('?')[0]}")[0] for paths in walk.values() for path in paths}
    pages = {
        rule.endpoint for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in OUTSIDE | NOT_PAGES | WITH_MAIL
    }  # fmt: skip
    assert opened | AT_THE_DOOR == pages
    assert set(walk) == set(WALKERS)


# On the telephone axe looks at every second page, and in English every second is opened; all of them: make test-all.
@pytest.mark.parametrize("nth", [2, pytest.param(1, marks=pytest.mark.full)])
@pytest.mark.parametrize("person", WALKERS)
def test_every_page_stands_at_both_widths_and_in_both_languages(
    visit: Any, walk: dict[str, list[str]], person: str, nth: int
) -> None:
    visitor = visit(person, by_hand=person == "city.auditor")  # who has a second factor
    for number, path in enumerate(walk[person]):
        _at_both_widths(visitor, path, look=number % nth == 0)
    if person == "city.auditor":
        _at_both_widths(visitor, "no-such-page", 404)
        _at_both_widths(visitor, "instructions", 403)
    _in_english(visitor, walk[person][nth - 1 :: nth] or walk[person])


def _proposed(world: World) -> UUID:
    """An act that waits for a second officer, and one that was taken back."""
    with world.work("city.security"):
        actor = world.actor("city.security")
        first = officers.propose(actor, Kind.RESET_PASSWORD, "本人到场", person_id=world.people["health.handler"])
        officers.withdraw(actor, first.id)
        return officers.propose(actor, Kind.DENGBAO, "等级保护测评要求").id


def test_a_second_factor_from_its_beginning_to_its_recovery_codes_and_the_second_step_of_signing_in(visit: Any) -> None:
    visitor = visit("finance.deputy")
    _at_both_widths(visitor, "second-factor")
    visitor.press("开始设置")
    _at_both_widths(visitor, "second-factor")
    key = visitor.page.inner_text("code.key").replace(" ", "")
    visitor.page.fill("#passcode", pyotp.TOTP(key).now())
    visitor.press("启用")
    assert "备用码" in visitor.text()
    visitor.page.set_viewport_size({"width": 1280, "height": 900})
    visitor.look()
    visitor.page.context.clear_cookies()
    visitor.open("sign-in")
    visitor.page.fill("#name", "finance.deputy")
    visitor.page.fill("#password", PASSWORD)
    visitor.press("登录")
    _at_both_widths(visitor, "sign-in/code")


def test_what_was_typed_when_the_session_had_expired_is_at_the_door_and_sent_on(visit: Any, world: World) -> None:
    visitor = visit("city.supervisor")
    visitor.open("instructions/register")
    with world.work():
        hours_ago = clock.now() - timedelta(hours=2)
        db.session.execute(update(SignInSession).values(seen_at=hours_ago))
    visitor.page.fill("#title", "关于保留文字的情况反映")
    visitor.press("登记")
    assert "已经保留" in visitor.text()
    visitor.page.fill("#name", "city.supervisor")
    visitor.page.fill("#password", PASSWORD)
    visitor.press("登录")
    assert "关于保留文字的情况反映" in visitor.text()
