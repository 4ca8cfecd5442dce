"""What no field can mean is refused in words beside it, changes nothing, and is never a fault of ours."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Stale
from portal.matters.models import Matter
from portal.matters.service import reporting
from portal.papers.drafting import draft_of
from portal.papers.models import Paper
from tests.world import World

NO_ID = ["²", "٣", "-1", "1e3", "9999999999", "9" * 30]


@pytest.mark.parametrize("typed", NO_ID)
def test_what_is_no_post_names_nobody(world: World, typed: str) -> None:
    matter_id = world.assign(world.register(), co=("finance",))
    for person, act in (("health.liaison", "name-handler"), ("finance.liaison", "name-co-handler")):
        browser = world.browser(person)
        answer = browser.post(
            world.url(f"matters/{matter_id}/{act}"), data={"csrf_token": world.token(browser), "version": typed, "handler": typed}
        )
        assert answer.status_code == 422, (act, typed)


def _draft(world: World) -> Paper:
    with world.work():
        found = db.session.scalars(select(Paper).where(Paper.city_id == world.id).options(as_seen_by(SYSTEM))).one()
        db.session.expunge_all()
    return found


@pytest.mark.parametrize("accepts", ["application/json", "text/html"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "办理\0情况"},
        {"title": "办理\u202e情况"},
        {"title": "机密★10年"},
        {"addressee": "长" * 201},
        {"copies": "长" * 501},
        {"answer_facts": "第一\0部分"},
    ],
    ids=["nul", "turned-round", "marked", "too-long", "copies", "answers"],
)
def test_a_draft_keeps_no_field_that_may_not_be_kept(world: World, wrong: dict[str, str], accepts: str) -> None:
    matter_id = world.at_work()
    with world.work("health.handler"):
        reporting.open_draft(world.actor("health.handler"), matter_id)
    before, browser = _draft(world), world.browser("health.handler")
    fields = {"csrf_token": world.token(browser), "title": "报告", "addressee": "市委督查室", "text": "已写半日的正文"}
    answer = browser.post(world.url(f"matters/{matter_id}/report"), data=fields | wrong, headers={"Accept": accepts})
    assert answer.status_code == 422
    if accepts == "text/html":
        assert "已写半日的正文" in answer.get_data(as_text=True)
    after = _draft(world)
    assert (after.saved, after.plain) == (before.saved, before.plain)


def test_an_unfinished_draft_is_saved_all_the_same(world: World) -> None:
    matter_id = world.at_work()
    with world.work("health.handler"):
        reporting.open_draft(world.actor("health.handler"), matter_id)
    browser = world.browser("health.handler")
    answer = browser.post(
        world.url(f"matters/{matter_id}/report"),
        headers={"Accept": "application/json"},
        data={"csrf_token": world.token(browser), "title": "　", "addressee": "", "text": "刚起头"},
    )
    assert answer.status_code == 200
    assert _draft(world).body == "刚起头"


def test_a_draft_submitted_meanwhile_is_not_written_over(world: World) -> None:
    """Another page submits between this page's look at the draft and its lock."""
    matter_id = world.at_work()
    with world.work("health.handler"):
        _matter, draft = reporting.open_draft(world.actor("health.handler"), matter_id)
        reporting.save_draft(world.actor("health.handler"), draft.id, None, {"body": "送签的正文"})
    with world.work("health.handler"):
        actor = world.actor("health.handler")
        seen = draft_of(actor, matter_id, "closing_report")
        assert seen is not None
        _in_another_page(world, lambda: reporting.submit_report(world.actor("health.handler"), seen.id))
        with pytest.raises(Stale):
            reporting.save_draft(actor, seen.id, None, {"body": "偷换的正文"})
        db.session.rollback()
    assert _draft(world).body == "送签的正文"


def _in_another_page(world: World, act: Any) -> None:
    from threading import Thread

    def work() -> None:
        with world.work("health.handler"):
            act()

    other = Thread(target=work)
    other.start()
    other.join()


BLANK = {"title": "　", "text": " \t ", "leader": "　　"}
FORM = {"source_level": "city", "urgency": "normal", "leader": "张书记", "title": "关于某事的情况反映", "text": "请研究"}


@pytest.mark.parametrize(
    "wrong",
    [*({name: value} for name, value in BLANK.items()), {"received_on": "9999-12-31"}, {"instructed_on": "0001-01-01"}],
    ids=[*BLANK, "end-of-time", "before-time"],
)
def test_blanks_and_impossible_days_register_nothing(world: World, wrong: dict[str, str]) -> None:
    browser, today = world.browser("city.supervisor"), clock.today().isoformat()
    answer = browser.post(
        world.url("instructions/register"),
        data={"csrf_token": world.token(browser), "instructed_on": today, "received_on": today, **FORM, **wrong},
    )
    assert answer.status_code == 422
    with world.work():
        assert not db.session.scalars(select(Matter.id).where(Matter.city_id == world.id).options(as_seen_by(SYSTEM))).all()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_days_beyond_all_reckoning_are_refused_wherever_a_day_is_typed(world: World, day: str) -> None:
    matter_id = world.at_work()
    handler, director = world.browser("health.handler"), world.browser("health.director")
    answer = handler.post(
        world.url(f"matters/{matter_id}/extension"),
        data={
            "csrf_token": world.token(handler),
            "version": world.matter(matter_id).version,
            "due_on": day,
            "reason": "a",
            "progress": "b",
        },
    )
    assert answer.status_code == 422
    answer = director.post(
        world.url("delegations"),
        data={
            "csrf_token": world.token(director),
            "post": world.posts["health.director"],
            "to_person": world.people["health.liaison"],
            "from_day": clock.today().isoformat() if day > "2" else day,
            "to_day": day,
        },
    )
    assert answer.status_code == 422
