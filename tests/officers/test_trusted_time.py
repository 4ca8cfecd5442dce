"""Nothing that cannot be undone is done on the word of one clock: a leap stops the sweep until the clock is right again or
an officer has looked; a quiet office, a night, a holiday stop nothing."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from portal.audit.models import JournalEntry
from portal.deadlines.calendar import Calendar, CalendarEntry
from portal.jobs import tasks
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Invalid
from portal.notify.models import Message, Reminder
from portal.officers.models import Sweep
from portal.officers.service import confirm_clock
from portal.officers.trust import LEAP, Beat, beat, believable
from tests.world import World

EVE = datetime(2026, 9, 30, 10, tzinfo=UTC)  # 18:00 on the eve of the National Day
HOLIDAY = [date(2026, 10, day) for day in range(1, 9)]
CALENDAR = Calendar({day: CalendarEntry("holiday", "国庆节", True) for day in HOLIDAY})


@pytest.mark.parametrize(
    ("ran", "shows", "believed"),
    [
        (timedelta(seconds=30), timedelta(seconds=30), True),
        (timedelta(days=9), timedelta(days=9), True),  # the services were stopped, the machine was not
        (timedelta(seconds=30), timedelta(hours=1), True),
        (timedelta(seconds=30), timedelta(hours=3), False),
        (timedelta(seconds=30), timedelta(days=400), False),
        (timedelta(hours=5), timedelta(0), False),
        (timedelta(days=9), timedelta(seconds=30), False),
        (timedelta(seconds=30), -timedelta(days=3), False),
    ],
)
def test_while_the_machine_runs_it_says_how_late_it_must_be(ran: timedelta, shows: timedelta, believed: bool) -> None:
    last = Beat(EVE, "a", 1000.0)
    assert believable(last, Beat(EVE + shows, "a", 1000.0 + ran.total_seconds()), CALENDAR) is believed


@pytest.mark.parametrize(
    ("shows", "believed"),
    [
        (timedelta(seconds=30), True),
        (timedelta(hours=14), True),  # off over night
        (timedelta(days=8, hours=15), True),  # off over the holiday, until 9:00 of the first working day
        (timedelta(days=10), False),
        (timedelta(days=400), False),
        (-timedelta(hours=1), True),
        (-timedelta(hours=3), False),
    ],
)
@pytest.mark.parametrize("last", [Beat(EVE), Beat(EVE, "a", 1000.0), Beat(EVE, "b", 99.0)])
def test_a_machine_that_was_off_may_have_been_off_until_the_next_working_day(last: Beat, shows: timedelta, believed: bool) -> None:
    assert believable(last, Beat(EVE + shows, "b", 50.0), CALENDAR) is believed


def test_the_machine_says_how_long_it_runs() -> None:
    first, then = beat(), beat()
    assert first.boot and first.boot == then.boot
    assert 0 <= (then.uptime or 0) - (first.uptime or 0) < 60


def sweep(world: World) -> None:
    tasks.work_with(world.app)
    tasks.sweep(world.id)


def told(world: World) -> int:
    with world.work():
        return db.session.scalar(select(func.count()).select_from(Message).where(Message.city_id == world.id)) or 0


def pending(world: World) -> int:
    with world.work():
        waits = (Reminder.city_id == world.id, Reminder.settled_at.is_(None))
        return db.session.scalar(select(func.count()).select_from(Reminder).where(*waits)) or 0


def test_a_clock_that_leaps_uses_up_no_reminder_and_the_right_one_goes_on_by_itself(world: World) -> None:
    world.at_work()
    sweep(world)
    before = told(world), pending(world)
    with clock.set_to(clock.now() + timedelta(days=400)):
        sweep(world)
        sweep(world)
    assert (told(world), pending(world)) == before
    page = world.browser("city.system").get(world.url("officers/health")).get_data(as_text=True)
    assert "巡检因时钟停止" in page
    sweep(world)
    page = world.browser("city.system").get(world.url("officers/health")).get_data(as_text=True)
    assert "巡检因时钟停止" not in page


def test_the_system_administrator_confirms_a_clock_that_is_right_and_it_is_written_down(world: World) -> None:
    sweep(world)
    with world.work():
        long_ago = clock.now() - timedelta(days=5)
        db.session.execute(update(Sweep).where(Sweep.city_id == world.id).values(swept_at=long_ago, boot="another"))
    world.at_work(title="停用期间到期")
    with world.work():
        db.session.execute(update(Reminder).where(Reminder.city_id == world.id).values(send_at=clock.now() - timedelta(days=1)))
    waits = pending(world)
    sweep(world)
    assert pending(world) == waits > 0
    browser = world.browser("city.system")
    page = browser.get(world.url("officers/health")).get_data(as_text=True)
    assert f"{clock.local(long_ago):%Y-%m-%d %H:%M}" in page
    shown = re.search(r'name="shown" value="([^"]+)"', page)
    assert shown
    confirms = world.url("officers/health/clock")
    for name in ("city.security", "city.auditor", "city.supervisor"):
        other = world.browser(name)
        answer = other.post(confirms, data={"csrf_token": world.token(other), "shown": shown[1]})
        assert answer.status_code == 403
    old = (clock.now() - LEAP - timedelta(minutes=1)).isoformat()
    for other_time in (old, "", "x", "2026-01-01T00:00:00"):
        answer = browser.post(confirms, data={"csrf_token": world.token(browser), "shown": other_time})
        assert answer.status_code == 409
        assert "时钟又变了" in answer.get_data(as_text=True)
    answer = browser.post(confirms, data={"csrf_token": world.token(browser), "shown": shown[1]}, follow_redirects=True)
    assert "时间已确认" in answer.get_data(as_text=True)
    sweep(world)
    assert pending(world) < waits
    again = browser.post(confirms, data={"csrf_token": world.token(browser), "shown": clock.now().isoformat()})
    assert again.status_code == 409
    with world.work():
        (line,) = db.session.scalars(
            select(JournalEntry).where(JournalEntry.city_id == world.id, JournalEntry.act == "confirm_clock")
        )
    assert line.person_id == world.people["city.system"]
    assert line.before == {"swept_at": long_ago.isoformat(timespec="seconds")}
    with clock.set_to(clock.now() + timedelta(days=400)):
        sweep(world)
    assert pending(world) > 0
    assert "巡检因时钟停止" in browser.get(world.url("officers/health")).get_data(as_text=True), "bounded: the next leap stops it"


def typed() -> dict[str, str]:
    """A registration as a browser sends it."""
    today = clock.today().isoformat()
    words = {"title": "时钟错误时登记的事项", "text": "请认真办理。", "leader": "张书记"}
    return {"source_level": "city", "urgency": "normal", "instructed_on": today, "received_on": today, **words}


def test_a_clock_that_leaps_gives_out_no_number_until_it_is_right_or_confirmed(world: World) -> None:
    report_id = world.submit(world.at_work())
    world.sign(report_id, "health.director")
    sweep(world)
    first = world.matter(world.register()).record
    wrong = clock.now() + timedelta(days=400)
    with clock.set_to(wrong):
        browser = world.browser("city.supervisor")
        answer = browser.post(world.url("instructions/register"), data={**typed(), "csrf_token": world.token(browser)})
        said = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert "服务器时间与最近一次巡检相差太远" in said
        assert "时钟错误时登记的事项" in said, "what was typed is kept"
        with pytest.raises(Invalid, match="服务器时间"):
            world.sign(report_id, "health.deputy")
    then = world.matter(world.register()).record
    assert (then.year, then.sequence) == (first.year, first.sequence + 1), "right again, it goes on by itself, without a gap"
    world.sign(report_id, "health.deputy")
    with clock.set_to(wrong):
        sweep(world)
        with world.work("city.system"):
            confirm_clock(world.actor("city.system"), wrong)
        late = world.matter(world.register()).record
        assert (late.year, late.sequence) == (clock.local(wrong).year, 1)
