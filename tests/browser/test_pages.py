"""Every page that can be opened, as somebody whose page it is: WCAG 2.2 AA and nothing wider than the window, on a desk
and on a telephone; and in English nothing is wider either."""
from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pyotp
from flask import Flask
from sqlalchemy import select, update

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.identity.models import SignInSession
from portal.instructions import previews
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters.models import Report
from portal.matters.service import handling, reporting
from portal.officers import service
from portal.officers.rules import Kind
from portal.web.cities import OUTSIDE
from tests.at_the_door import PASSWORD
from tests.instructions.test_importing import book, row
from tests.world import World

TELEPHONE = 360
# No pages: files, what a script asks, a message that only leads on.
NOT_PAGES = {
    "instructions.export", "instructions.import_report", "instructions.empty_workbook", "matters.attachment",
    "network.suggest", "network.suggest_leaders", "notify.badge", "notify.open_message", "officers.export_journal",
}


def _at_both_widths(visitor: Any, path: str, status: int = 200) -> None:
    page = visitor.page
    page.set_viewport_size({"width": 1280, "height": 900})
    answer = page.goto(f"{visitor.address}/{visitor.world.slug}/{path}")
    assert answer.status == status, path
    visitor.look()
    page.set_viewport_size({"width": TELEPHONE, "height": 780})
    visitor.look()


def _in_english(visitor: Any, paths: list[str]) -> None:
    """Labels are longer, and break no page."""
    page = visitor.page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("button[name=language]").first.click()
    page.wait_for_load_state()
    for path in paths:
        page.goto(f"{visitor.address}/{visitor.world.slug}/{path}")
        for width in (1280, TELEPHONE):
            page.set_viewport_size({"width": width, "height": 900})
            there = page.evaluate("document.documentElement.scrollWidth")
            assert there <= width, f"{path} in English is {there} wide at {width}"


def _sent_back(world: World) -> tuple[UUID, UUID]:
    """A matter whose report was sent back once, and the new draft of it."""
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    with world.work("health.director"):
        reporting.send_back(world.actor("health.director"), report_id, step=1, reason="请写明责任人。")
    with world.work("health.handler"):
        reporting.open_draft(world.actor("health.handler"), matter_id)
        newest = select(Report.id).where(Report.matter_id == matter_id).order_by(Report.draft.desc())
        return matter_id, db.session.scalars(newest.options(as_seen_by(SYSTEM))).first() or report_id


def _asks_for_more_time(world: World) -> UUID:
    matter_id = world.at_work()
    until = world.matter(matter_id).due_on + timedelta(days=5)
    with world.work("health.handler"):
        handling.ask_extension(
            world.actor("health.handler"), matter_id, until=until, reason="工程未完", progress_so_far="已完成八成"
        )
    return matter_id


def _imports(world: World) -> tuple[UUID, UUID]:
    """A workbook judged, and one imported."""
    with world.work("city.supervisor"):
        actor = world.actor("city.supervisor")
        judged = previews.upload(actor, "登记表.xlsx", book(row(), row(主办单位代码="330300-WX", 来文标题="另一件")))
        done = previews.upload(actor, "登记表二.xlsx", book(row(来文标题="第三件", 来文字号=None)))
        previews.carry_out(actor, done.id)
        previews.assign_as_in_workbook(actor, done.id)
        return judged.id, done.id


def test_every_page_stands_at_both_widths_and_in_both_languages(visit: Any, world: World, app: Flask) -> None:
    registered, assigned, at_work = world.register(), world.assign(world.register(), co=("finance",)), world.at_work()
    secret = world.assign(world.register(confidential=True), handler="health.handler")
    reviewed, (returned, draft), asking = world.under_review(), _sent_back(world), _asks_for_more_time(world)
    signing = world.submit(world.at_work())
    judged, done = _imports(world)
    act = _proposed(world)
    m = "matters/{}/{}".format
    walk: dict[str, list[str]] = {
        "city.supervisor": [
            "", "instructions", "instructions?unit=330300&subtree=1&received_from=2026-01-01&size=50", "instructions?q=zz",
            "instructions/register", "instructions/import", f"instructions/import/{judged}", f"instructions/import/{done}",
            f"instructions/import/{done}/assigned", f"instructions/{registered}/amend", f"instructions/{reviewed}/new-round",
            f"matters/{registered}", m(registered, "assign"), m(registered, "attach"), f"matters/{secret}",
            m(at_work, "reassign-unit"), m(at_work, "withdraw"), m(at_work, "make-confidential"), m(at_work, "urge"),
            m(at_work, "slip"), m(reviewed, "close"), m(reviewed, "return-for-rework"), "messages", "password", "sign-ins",
        ],
        "city.head": [m(asking, "extension-decision"), m(secret, "readings")],
        "city.leader": [m(at_work, "instruct-again")],
        "health.liaison": [m(assigned, "name-handler"), m(assigned, "decline"), m(assigned, "forward")],
        "finance.liaison": [m(assigned, "name-co-handler"), m(assigned, "co-progress")],
        "health.handler": [
            "", f"matters/{at_work}", f"matters/{secret}", m(at_work, "progress"), m(at_work, "extension"),
            m(returned, "report"), f"reports/{draft}/changes", f"reports/{signing}/recall",
        ],
        "health.director": [f"reports/{signing}"],
        "city.secretariat": ["network", f"network/units/{world.units['health']}", "network?q=卫", "delegations"],
        "city.auditor": ["", "officers/journal", "officers/journal?officers=y&from_day=2026-01-01"],
        "city.system": ["officers/health"],
        "city.security": [
            "officers/accounts", "officers/accounts?q=zzz", f"officers/accounts/{world.people['health.handler']}", "officers/rules",
            "officers/acts", f"officers/acts/{act}", "officers/acts/new?kind=appoint_officer", "confirm",
            f"officers/acts/new?kind=deactivate&person={world.people['health.handler']}", "second-factor",
        ],
    }
    opened = set()
    routes = app.url_map.bind("")
    for person, paths in walk.items():
        visitor = visit(person)
        for path in paths:
            _at_both_widths(visitor, path)
            opened.add(routes.match(f"/{world.slug}/{path.partition('?')[0]}")[0])
        if person == "city.auditor":
            _at_both_widths(visitor, "no-such-page", 404)
            _at_both_widths(visitor, "instructions", 403)
        _in_english(visitor, paths)
    opened |= _kept(visit, world) | _second_factor(visit, world)
    pages = {
        rule.endpoint for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in OUTSIDE | NOT_PAGES
    }  # fmt: skip
    assert opened == pages


def _proposed(world: World) -> UUID:
    """An act that waits for a second officer, and one that was taken back."""
    with world.work("city.security"):
        actor = world.actor("city.security")
        first = service.propose(actor, Kind.RESET_PASSWORD, "本人到场", person_id=world.people["health.handler"])
        service.withdraw(actor, first.id)
        return service.propose(actor, Kind.DENGBAO, "等级保护测评要求").id


def _second_factor(visit: Any, world: World) -> set[str]:
    """The second step of signing in, and a second factor from its beginning to its recovery codes."""
    visitor = visit("finance.handler")
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
    visitor.page.fill("#name", "finance.handler")
    visitor.page.fill("#password", PASSWORD)
    visitor.press("登录")
    _at_both_widths(visitor, "sign-in/code")
    return {"identity.second_step", "identity.second_factor"}


def _kept(visit: Any, world: World) -> set[str]:
    """What was typed when the session had expired: the page at the door, and the page it is sent on from."""
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
    return {"identity.sign_in", "identity.carry_on"}
