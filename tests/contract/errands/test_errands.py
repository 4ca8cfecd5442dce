"""What a further kind brings of its own, and that it stands where the portal's own stand; only in a run with the kind beside the
portal's (`tests.contract.beside`)."""

from __future__ import annotations

import io
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.models import Viewer
from portal.access.visibility import as_seen_by
from portal.commands.permissions import document
from portal.kernel.db import db
from portal.notify.models import Message
from portal.papers.models import Issue, Paper
from tests.contract.errands.models import Errand
from tests.contract.samples import SAMPLES, TITLE
from tests.importing.books import table
from tests.world import World

ERRAND = SAMPLES["errand"]


def test_an_errand_is_registered_by_its_own_form_and_stands_in_its_own_list(world: World) -> None:
    browser = world.browser("city.supervisor")
    assert browser.get(world.url("errands/register")).status_code == 200
    form = {"title": "修好路灯", "text": "桥头镇路灯不亮。", "place": "桥头镇", "lead_unit": "", "csrf_token": world.token(browser)}
    answer = browser.post(world.url("errands/register"), data=form)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    page = browser.get(answer.headers["Location"]).get_data(as_text=True)
    assert "温事〔" in page and "<dt>地点</dt>" in page and "小事内容" in page
    assert "修好路灯" in browser.get(world.url("errands")).get_data(as_text=True)
    assert "修好路灯" in browser.get(world.url("search?q=路灯")).get_data(as_text=True)
    assert "修好路灯" not in browser.get(world.url("instructions")).get_data(as_text=True)
    assert browser.post(world.url("errands/register"), data=form | {"title": ""}).status_code == 422


def test_its_readers_and_their_day_are_its_own(world: World) -> None:
    matter_id = ERRAND.register(world, False)
    due_on = world.matter(matter_id).due_on
    with world.work():
        days = set(db.session.scalars(select(Viewer.due_on).where(Viewer.record_id == matter_id)))
    assert days == {due_on, due_on - timedelta(days=1)}
    assert TITLE in world.browser("city.duty").get(world.url(f"matters/{matter_id}")).get_data(as_text=True)


def test_its_report_goes_through_its_own_seat_and_is_numbered_in_its_own_series(world: World) -> None:
    matter_id = ERRAND.register(world, False)
    for step in ERRAND.life[:6]:
        step.do(world, matter_id)
    with world.work():
        issued = db.session.execute(
            select(Paper.kind, Paper.document_number, Issue.series)
            .join(Issue, Issue.paper_id == Paper.id)
            .where(Paper.record_id == matter_id)
            .options(as_seen_by(SYSTEM))
        ).one()
    assert (issued.kind, issued.series) == ("errand_report", "report:温卫事")
    assert issued.document_number.startswith("温卫事〔")


def test_what_it_cannot_be_done_is_not_there(world: World) -> None:
    matter_id = ERRAND.register(world, False)
    for path in ("forward", "decline", "extension", "reassign-unit", "make-confidential"):
        assert world.browser("city.supervisor").get(world.url(f"matters/{matter_id}/{path}")).status_code == 404
    for path in ("amend", "new-round"):
        assert world.browser("city.supervisor").get(world.url(f"instructions/{matter_id}/{path}")).status_code == 404
    other = world.at_work()
    assert world.browser("health.handler").get(world.url(f"matters/{other}/hand-in")).status_code == 404


def test_whoever_reviews_it_is_told_in_its_own_words(world: World) -> None:
    matter_id = ERRAND.register(world, False)
    for step in ERRAND.life[:-1]:
        step.do(world, matter_id)
    with world.work():
        told = set(
            db.session.scalars(select(Message.person_id).where(Message.record_id == matter_id, Message.kind == "errand_handed_in"))
        )
    assert told == {world.people["city.supervisor"], world.people["city.head"]}
    assert "小事已交差，请审核" in world.browser("city.head").get(world.url("messages")).get_data(as_text=True)


def test_a_workbook_of_errands_comes_in(world: World) -> None:
    browser = world.browser("city.supervisor")
    rows = ("小事", "单位", "地点"), ("修好路灯", "市卫健委", "桥头镇"), ("清掏水沟", "没有这个单位", "桥头镇")
    data = {"workbook": (io.BytesIO(table(*rows)), "小事.xlsx"), "csrf_token": world.token(browser)}
    answer = browser.post(world.url("errands/import"), data=data, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    preview = answer.headers["Location"]
    assert "清掏水沟" in browser.get(preview).get_data(as_text=True) or "没有这个单位" in browser.get(preview).get_data(
        as_text=True
    )
    done = browser.post(preview, data={"how": "good", "csrf_token": world.token(browser)})
    assert done.status_code == 303
    with world.work():
        assert db.session.scalars(select(Errand.place).options(as_seen_by(SYSTEM))).all() == ["桥头镇"]
    assert "修好路灯" in browser.get(world.url("errands")).get_data(as_text=True)


def test_it_is_in_the_permission_document_and_in_english(world: World, app: Flask) -> None:
    with app.app_context():
        said = document(app)
    assert "：交办小事" in said and "`hand_in`" in said and "/errands/register" in said
    browser = world.browser("city.supervisor")
    browser.set_cookie("language", "en")
    page = browser.get(world.url("errands"), headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "Register of errands" in page
