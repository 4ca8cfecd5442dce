"""After a confidential matter is ended the supervision head lets a person read it, with a reason, until a day."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.access.models import Audience, Viewer
from portal.audit.models import JournalEntry
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import verbs
from portal.matters.rebuild import rebuild_viewers
from portal.matters.service.granting import tidy_lapsed
from portal.matters.workflow import enact
from portal.notify.models import Message
from portal.workflow.verbs import Said
from tests.world import World

TITLE = "关于青砚计划的情况反映"


def _closed(world: World) -> UUID:
    matter_id = world.register(confidential=True, title=TITLE, leader="city.leader")
    world.progress(world.acknowledge(world.assign(matter_id, handler="health.handler")))
    world.sign(world.submit(matter_id), "health.director", "health.deputy")
    with world.work("city.supervisor"):
        enact(world.actor("city.supervisor"), verbs.CLOSE, matter_id, Said())
    return matter_id


@pytest.fixture
def closed(world: World) -> UUID:
    return _closed(world)


def _grant(
    world: World,
    matter_id: UUID,
    person: str = "finance.director",
    days: int = 3,
    reason: str = "审计核对需要",
    by: str = "city.head",
) -> tuple[int, str]:
    client = world.browser(by)
    answer = client.post(
        world.url(f"matters/{matter_id}/grants"),
        data={
            "csrf_token": world.token(client),
            "person": person,
            "reason": reason,
            "last_day": (clock.today() + timedelta(days=days)).isoformat(),
        },
    )
    return answer.status_code, answer.get_data(as_text=True)


def _reads(world: World, person: str, matter_id: UUID) -> int:
    answer = world.browser(person).get(world.url(f"matters/{matter_id}"))
    if answer.status_code == 200:
        assert (TITLE in answer.get_data(as_text=True)) == (person not in ("city.head", "city.supervisor"))
    return answer.status_code


def test_who_is_granted_reads_it_until_the_day_is_over_and_no_longer(world: World, closed: UUID) -> None:
    assert _reads(world, "finance.director", closed) == 404
    assert _grant(world, closed)[0] == 303
    assert _reads(world, "finance.director", closed) == 200
    assert _reads(world, "finance.leader", closed) == 404
    after = clock.end_of(clock.today() + timedelta(days=3))
    with clock.set_to(after - timedelta(seconds=1)):
        assert _reads(world, "finance.director", closed) == 200
    with clock.set_to(after):
        assert _reads(world, "finance.director", closed) == 404  # before any sweep
        with world.work():
            tidy_lapsed()
        with world.work():
            assert not db.session.scalars(select(Viewer).where(Viewer.record_id == closed, Viewer.until.is_not(None))).all()


def test_it_is_written_down_and_told_without_a_word_of_it(world: World, closed: UUID) -> None:
    _grant(world, closed)
    with world.work():
        entry = db.session.scalars(select(JournalEntry).where(JournalEntry.act == "grant_reading")).one()
        assert entry.person_id == world.people["city.head"]
        assert entry.after is not None
        assert entry.after["person"] == world.people["finance.director"]
        message = db.session.scalars(select(Message).where(Message.kind == "reading_granted")).one()
        assert message.person_id == world.people["finance.director"]
        assert set(message.facts) == {"number"}
    page = world.browser("city.head").get(world.url(f"matters/{closed}/grants")).get_data(as_text=True)
    assert "审计核对需要" in page
    assert TITLE not in page
    world.browser("finance.director").get(world.url(f"matters/{closed}"))
    log = world.browser("city.head").get(world.url(f"matters/{closed}/readings")).get_data(as_text=True)
    assert "市财政局" in log


def test_the_head_takes_it_back(world: World, closed: UUID) -> None:
    _grant(world, closed)
    with world.work():
        grant_id = db.session.scalars(select(Audience.id).where(Audience.cause == "grant")).one()
    for by, status in (("city.supervisor", 403), ("finance.leader", 404), ("city.head", 303)):
        client = world.browser(by)
        answer = client.post(world.url(f"matters/{closed}/grants/{grant_id}/end"), data={"csrf_token": world.token(client)})
        assert answer.status_code == status
        assert _reads(world, "finance.director", closed) == (404 if status == 303 else 200)


def test_rebuilding_the_index_changes_nothing_of_it(world: World, closed: UUID) -> None:
    _grant(world, closed)

    def rows() -> set[tuple[object, ...]]:
        return {
            (v.principal, v.view, v.task, v.until) for v in db.session.scalars(select(Viewer).where(Viewer.record_id == closed))
        }

    with world.work():
        before = rows()
        rebuild_viewers()
        db.session.expire_all()
        assert rows() == before
        assert any(until for *_rest, until in before)


@pytest.mark.parametrize(
    ("person", "days", "reason", "sentence"),
    [
        ("city.head", 3, "需要", "不能授权给自己"),
        ("health.handler", 3, "需要", "此人已在知悉范围内"),
        ("city.auditor", 3, "需要", "只能授权给有在任业务岗位的人员"),
        ("no.such.person", 3, "需要", "没有找到这个人"),
        ("finance.director", -1, "需要", "截止日期已过"),
        ("finance.director", 91, "需要", "一次授权最长 90 天"),
        ("finance.director", 3, "", "请填写"),
    ],
)
def test_it_is_refused_with_a_sentence_and_what_was_typed_stays(
    world: World, closed: UUID, person: str, days: int, reason: str, sentence: str
) -> None:
    status, page = _grant(world, closed, person, days, reason)
    assert status == 422
    assert sentence in page
    assert f'value="{person}"' in page
    with world.work():
        assert not db.session.scalars(select(Audience).where(Audience.cause == "grant")).all()


def test_nobody_else_grants_and_nobody_before_it_is_ended(world: World, closed: UUID) -> None:
    for by, status in (("city.supervisor", 403), ("health.handler", 403), ("county.head", 404), ("city.auditor", 404)):
        assert _grant(world, closed, by=by)[0] == status, by
    at_work = world.assign(world.register(confidential=True), handler="health.handler")
    status, page = _grant(world, at_work)
    assert status == 403
    assert "办结或撤销以后才能授权查阅" in page
    opened = world.under_review()
    assert _grant(world, opened)[0] == 403


def test_the_sweep_tidies_what_lapsed() -> None:
    assert tidy_lapsed is tidy_lapsed
