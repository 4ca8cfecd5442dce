"""Quiet hours and the morning's digest: when something goes out by mail, reckoned by pure rules and kept by the worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import copy_context
from datetime import UTC, date, datetime, time, timedelta
from threading import Thread

import pytest
from sqlalchemy import insert, update

from portal.deadlines import queries as calendars
from portal.deadlines.calendar import Calendar, CalendarEntry
from portal.deadlines.models import CalendarDay
from portal.kernel import clock
from portal.kernel.db import db, enter
from portal.network.models import Post
from portal.notify import digests, jobs
from portal.notify.mail_templates import DIGEST_SUBJECT, SUBJECT
from portal.notify.models import Delivery, Message, NotificationSetting
from portal.notify.rules import Quiet, Way, Wishes, next_digest, quiet_until
from portal.notify.service import tell
from portal.registry.messages import Group
from tests.notify.conftest import PostOffice
from tests.notify.test_mail import deliver, deliveries
from tests.world import World

HANDLER = "health.handler"
NEVER = Quiet()
NIGHT = Quiet(time(22), time(7))
WEEKENDS_TOO = Quiet(time(22), time(7), days_off=True)
# 2026: Friday 27 November is an ordinary one; the Wednesday after is taken off, the Saturday before it is worked.
CALENDAR = Calendar({
    date(2026, 12, 2): CalendarEntry("holiday", "庆典", True), date(2026, 12, 5): CalendarEntry("makeup", "庆典", True),
})  # fmt: skip


def office(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return clock.at(date(2026, month, day), hour, minute)


@pytest.mark.parametrize(("quiet", "moment", "end"), [
    (Quiet(), office(27, 3), None),
    (NIGHT, office(27, 21, 59), None),
    (NIGHT, office(27, 22), office(28, 7)),                 # across midnight, from before it
    (NIGHT, office(28, 0), office(28, 7)),                  # and from after it
    (NIGHT, office(28, 6, 59), office(28, 7)),
    (NIGHT, office(28, 7), None),
    (NIGHT, office(30, 23, 30), office(1, 7, month=12)),    # into another month
    (Quiet(time(18), time(20)), office(27, 19), office(27, 20)),
    (Quiet(time(18), time(20)), office(27, 20), None),
    (Quiet(time(0), time(7)), office(27, 0), office(27, 7)),
    (WEEKENDS_TOO, office(27, 22, 30), office(30, 7)),      # Friday night to Monday morning
    (WEEKENDS_TOO, office(28, 12), office(30, 7)),
    (Quiet(days_off=True), office(28, 12), office(30, 0)),
    (Quiet(days_off=True), office(27, 23, 59), None),
    (WEEKENDS_TOO, office(2, 12, month=12), office(3, 7, month=12)),    # a holiday in the week
    (WEEKENDS_TOO, office(5, 12, month=12), None),                      # a Saturday that is worked
])  # fmt: skip
def test_the_quiet_ends_when_hours_and_days_off_together_say(quiet: Quiet, moment: datetime, end: datetime | None) -> None:
    assert quiet_until(moment, quiet, CALENDAR) == end


@pytest.mark.parametrize(("moment", "goes"), [
    (office(27, 3), office(27, 8, 30)),
    (office(27, 8, 24), office(27, 8, 30)),
    (office(27, 8, 25), office(30, 8, 30)),                 # too late to be gathered
    (office(27, 23, 57), office(30, 8, 30)),
    (office(28, 12), office(30, 8, 30)),
    (office(1, 12, month=12), office(3, 8, 30, month=12)),  # the holiday between is left out
    (office(4, 12, month=12), office(5, 8, 30, month=12)),
])  # fmt: skip
def test_a_digest_goes_out_on_the_next_working_morning(moment: datetime, goes: datetime) -> None:
    assert next_digest(moment, CALENDAR) == goes


def test_a_legal_group_goes_at_once_whatever_is_kept() -> None:
    wishes = Wishes({"mail": {group.value: "off" for group in Group}})
    assert {group for group in Group if wishes.way(group, "mail") is Way.NOW} == {g for g in Group if g.legal}
    assert Wishes().way(Group.RESULTS, "mail") is Way.DIGEST
    assert Wishes({"mail": {"tasks": "nonsense"}}).way(Group.TASKS, "mail") is Way.NOW


# ------------------------------------------------------------------------------------------------- and by the worker


def settle(world: World, person: str = HANDLER, quiet: Quiet = NEVER, **ways: str) -> None:
    """What that person has set."""
    with world.work():
        db.session.execute(
            insert(NotificationSetting).values(
                person_id=world.people[person],
                ways={"mail": ways},
                quiet_from=quiet.begins,
                quiet_to=quiet.ends,
                quiet_days_off=quiet.days_off,
                version=1,
            )
        )


def told(world: World, kind: str = "handler_named", key: str = "k", person: str = HANDLER) -> None:
    with world.work():
        tell(kind, [world.people[person]], key=key, facts={"title": "加装电梯"})


def around_now() -> tuple[Quiet, datetime]:
    """Quiet hours that hold now, whatever the hour is, and their end."""
    begins, ends = (clock.local(clock.now() + timedelta(hours=step)).replace(second=0, microsecond=0) for step in (-1, 2))
    return Quiet(begins.time(), ends.time()), ends.astimezone(UTC)


def gather(world: World) -> int:
    with world.app.app_context():
        enter(world.id)
        made = digests.gather()
        db.session.commit()
        return made


@pytest.fixture
def mornings(world: World) -> Iterator[list[datetime]]:
    """The moments just after the digests of this world's next four working days. Its calendar: tomorrow is a holiday and
    all other days are worked, whatever the weekday."""
    today = clock.today()
    with world.work():
        db.session.add(CalendarDay(day=today + timedelta(days=1), kind="holiday", name="庆典", source="t", confirmed=True))
        for step in (0, *range(2, 12)):
            db.session.add(CalendarDay(day=today + timedelta(days=step), kind="makeup", name="庆典", source="t", confirmed=True))
    calendars.forget(world.id)
    yield [clock.at(today + timedelta(days=step), 8, 31) for step in range(2, 6)]
    calendars.forget(world.id)


def test_what_is_told_in_quiet_hours_goes_out_at_their_end(world: World, by_mail: PostOffice) -> None:
    quiet, end = around_now()
    settle(world, quiet=quiet)
    told(world, "handler_named", "a")
    told(world, "urged", "b")  # legal: at the end too, and in the portal at once
    assert [(d.state, d.due_at) for d in deliveries(world)] == [("waiting", end)] * 2
    assert deliver(world) == 0
    with clock.set_to(end - timedelta(seconds=1)):
        assert deliver(world) == 0
    with clock.set_to(end):
        assert deliver(world) == 2
    with world.work():
        told_at = db.session.scalars(db.select(Message.at).where(Message.city_id == world.id)).all()
    assert all(at < end for at in told_at)


def test_who_works_a_duty_post_gets_what_presses_in_his_quiet_hours(world: World, by_mail: PostOffice) -> None:
    quiet, end = around_now()
    settle(world, "city.duty", quiet)
    for number, kind in enumerate(("county_informed", "handler_named", "overdue", "urged", "locked_out", "to_sign")):
        told(world, kind, str(number), "city.duty")
    assert deliver(world) == 4
    assert [d.due_at for d in deliveries(world) if d.state == "waiting"] == [end]  # to_sign
    with world.work():
        db.session.execute(update(Post).where(Post.id == world.posts["city.duty"]).values(to_on=clock.today()))
    told(world, "urged", "later", "city.duty")
    assert deliver(world) == 0


def test_what_was_late_is_not_sent_in_the_middle_of_the_night(world: World, by_mail: PostOffice) -> None:
    told(world)
    quiet, end = around_now()
    settle(world, quiet=quiet)  # it was due before; the sweep comes only now
    assert deliver(world) == 0
    [waits] = deliveries(world)
    assert (waits.state, waits.due_at, waits.attempts) == ("waiting", end, 0)
    with clock.set_to(end):
        assert deliver(world) == 1


def test_a_digest_is_one_letter_that_says_how_many_are_unread(world: World, by_mail: PostOffice, mornings: list[datetime]) -> None:
    settle(world, tasks="digest")
    for key in "abc":
        told(world, "handler_named", key)
    told(world, "urged", "d")  # legal: at once
    assert deliver(world) == 1
    with clock.set_to(mornings[0]):
        assert [gather(world), gather(world)] == [1, 0]
        assert deliver(world) == 1
        assert deliver(world) == 0
    assert [letter["Subject"] for letter in by_mail.letters] == [SUBJECT, DIGEST_SUBJECT]
    body = by_mail.letters[1].get_content()
    assert "4 条未读消息" in body
    assert f"https://duban.example/{world.slug}/messages" in body
    assert "加装电梯" not in by_mail.letters[1].as_string() + body
    assert len({letter["Message-ID"] for letter in by_mail.letters}) == 2


def test_a_digest_waits_on_a_holiday_and_goes_out_the_working_day_after(
    world: World, by_mail: PostOffice, mornings: list[datetime]
) -> None:
    settle(world, tasks="digest")
    told(world)
    [waits] = deliveries(world)
    assert waits.due_at in (mornings[0] - timedelta(minutes=1), clock.at(clock.today(), 8, 30))
    with world.work():  # due already, as after an outage
        db.session.execute(update(Delivery).where(Delivery.id == waits.id).values(due_at=clock.now()))
    with clock.set_to(mornings[0] - timedelta(days=1)):  # the holiday
        assert gather(world) == 0
        assert deliver(world) == 0
    with clock.set_to(mornings[0] - timedelta(minutes=2)):  # too early
        assert gather(world) == 0
    with clock.set_to(mornings[0] + timedelta(hours=7)):  # nobody swept until the afternoon
        assert gather(world) == 1
        assert deliver(world) == 1


def test_each_morning_has_its_own_digest_and_a_late_message_goes_into_the_next(
    world: World, by_mail: PostOffice, mornings: list[datetime]
) -> None:
    settle(world, tasks="digest")
    told(world, key="a")
    with clock.set_to(mornings[0]):
        assert gather(world) == 1
        assert deliver(world) == 1
    told(world, key="b")
    with world.work():  # told just before, committed just after
        db.session.execute(
            update(Delivery).where(Delivery.city_id == world.id, Delivery.state == "for_digest").values(due_at=mornings[0])
        )
    with clock.set_to(mornings[0] + timedelta(minutes=1)):
        assert gather(world) == 0
        assert deliver(world) == 0
    with clock.set_to(mornings[1]):
        assert gather(world) == 1
        assert deliver(world) == 1
    assert [letter["Subject"] for letter in by_mail.letters] == [DIGEST_SUBJECT] * 2


def test_what_was_read_before_the_digest_makes_none(world: World, by_mail: PostOffice, mornings: list[datetime]) -> None:
    settle(world, tasks="digest")
    told(world)
    with world.work():
        db.session.execute(update(Message).where(Message.city_id == world.id).values(read_at=clock.now()))
    with clock.set_to(mornings[0]):
        assert gather(world) == 0
    assert [d.state for d in deliveries(world)] == ["dropped"]


def test_what_was_read_between_digest_and_sending_needs_no_letter(
    world: World, by_mail: PostOffice, mornings: list[datetime]
) -> None:
    settle(world, tasks="digest")
    told(world)
    with clock.set_to(mornings[0]):
        assert gather(world) == 1
        with world.work():
            db.session.execute(update(Message).where(Message.city_id == world.id).values(read_at=clock.now()))
        assert deliver(world) == 0
    assert sorted(d.state for d in deliveries(world)) == ["dropped", "in_digest"]


def test_a_digest_respects_quiet_hours(world: World, by_mail: PostOffice, mornings: list[datetime]) -> None:
    settle(world, tasks="digest", quiet=Quiet(time(23), time(8, 45)))
    told(world)
    with clock.set_to(mornings[0]):
        assert gather(world) == 1
        assert deliver(world) == 0
    with clock.set_to(mornings[0] + timedelta(minutes=15)):
        assert deliver(world) == 1


def test_a_digest_that_may_have_been_sent_is_never_sent_again(world: World, by_mail: PostOffice, mornings: list[datetime]) -> None:
    settle(world, tasks="digest")
    told(world)
    by_mail.hang_up_after_data = True
    with clock.set_to(mornings[0]):
        gather(world)
        assert deliver(world) == 0
    with clock.set_to(mornings[0] + timedelta(hours=3)):
        assert (gather(world), deliver(world)) == (0, 0)
    assert len(by_mail.letters) == 1
    assert sorted(d.state for d in deliveries(world)) == ["doubtful", "in_digest"]


def test_what_was_gathered_keeps_its_way_when_the_setting_changes(
    world: World, by_mail: PostOffice, mornings: list[datetime]
) -> None:
    settle(world, tasks="digest")
    told(world)
    with world.work():
        db.session.execute(update(NotificationSetting).values(ways={"mail": {"tasks": "off"}}))
    told(world, key="after")
    with clock.set_to(mornings[0]):
        assert gather(world) == 1
    assert [d.state for d in deliveries(world)] == ["in_digest", "waiting"]


def test_four_sweepers_at_once_send_one_digest(world: World, by_mail: PostOffice, mornings: list[datetime]) -> None:
    settle(world, tasks="digest")
    for key in "abc":
        told(world, "handler_named", key)

    def sweeps() -> None:
        with world.app.app_context():
            enter(world.id)
            for _time in range(5):
                jobs.sweep_city()

    with clock.set_to(mornings[0]):
        threads = [Thread(target=copy_context().run, args=(sweeps,)) for _number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [letter["Subject"] for letter in by_mail.letters if letter["To"].startswith(HANDLER)] == [DIGEST_SUBJECT]
