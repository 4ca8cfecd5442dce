"""A city's calendar: seeded, read in one statement, remembered, replaced when the notice arrives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import chinese_calendar
import pytest
from sqlalchemy import event, func, insert, select
from sqlalchemy.exc import IntegrityError

from portal.deadlines import queries
from portal.deadlines.calendar import Calendar, CalendarEntry
from portal.deadlines.models import CalendarDay
from portal.deadlines.notices import announced_days, expected_days
from portal.deadlines.queries import calendar_of
from portal.deadlines.service import replace_year, seed_calendar
from portal.kernel.db import db, enter

NOTICE = {
    date(2027, 1, 1): CalendarEntry("holiday", "元旦", True),
    date(2027, 1, 3): CalendarEntry("makeup", "元旦", True),
}


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The statements on the calendar's table that are sent inside the block."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "calendar_day" in statement:
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def seeded(city_id: int = 1) -> None:
    enter(city_id)
    seed_calendar(db.session(), city_id)
    db.session.commit()


def test_the_notices_of_2024_to_2026_are_worked_exactly_as_announced() -> None:
    calendar = Calendar({day: entry for year in (2024, 2025, 2026) for day, entry in announced_days(year).items()})
    for number in range((date(2027, 1, 1) - date(2024, 1, 1)).days):
        day = date(2024, 1, 1) + timedelta(number)
        assert calendar.is_working(day) == chinese_calendar.is_workday(day), day
        assert not calendar.is_provisional(day)


def test_every_day_of_a_notice_bears_its_chinese_name() -> None:
    assert {entry.name for entry in announced_days(2026).values()} == {
        "元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"
    }  # fmt: skip


def test_a_year_that_is_not_announced_has_the_holidays_of_the_law_and_no_make_up_days() -> None:
    assert announced_days(2027) == {}
    days = expected_days(2027)
    assert days[date(2027, 10, 1)] == CalendarEntry("holiday", "国庆节", False)
    assert {entry.kind for entry in days.values()} == {"holiday"}
    assert not any("（" in entry.name for entry in days.values())


@pytest.mark.usefixtures("in_app")
def test_a_seeded_city_knows_its_working_days_and_what_is_provisional() -> None:
    seeded()
    calendar = calendar_of(db.session())
    assert calendar.is_working(date(2026, 10, 10))
    assert calendar.name_of(date(2026, 10, 1)) == "国庆节"
    assert not calendar.is_provisional(date(2026, 12, 31))
    assert calendar.is_provisional(date(2027, 1, 1))
    assert not calendar.is_working(date(2027, 1, 1))
    assert calendar.year_to_import(date(2026, 11, 23)) == 2027
    sources = db.session.execute(
        select(CalendarDay.source, CalendarDay.confirmed, func.min(CalendarDay.day), func.max(CalendarDay.day))
        .group_by(CalendarDay.source, CalendarDay.confirmed)
        .order_by(CalendarDay.source)
    ).all()
    assert [tuple(row) for row in sources] == [
        ("chinesecalendar", True, date(2024, 1, 1), date(2026, 10, 10)),
        ("provisional", False, date(2027, 1, 1), date(2027, 10, 5)),
    ]


@pytest.mark.usefixtures("in_app")
def test_it_is_read_in_one_statement_and_then_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    seeded()
    with counted_statements() as statements:
        first = calendar_of(db.session())
        assert calendar_of(db.session()) is first
        assert len(statements) == 1
        monkeypatch.setattr(queries, "monotonic", lambda: float("inf"))
        assert calendar_of(db.session()) is not first
        assert len(statements) == 2


@pytest.mark.usefixtures("in_app")
def test_one_city_never_reads_another_ones_calendar() -> None:
    seeded(1)
    enter(2)
    assert calendar_of(db.session()).is_working(date(2026, 10, 1))
    enter(1)
    assert not calendar_of(db.session()).is_working(date(2026, 10, 1))
    enter(None)
    with pytest.raises(LookupError):
        calendar_of(db.session())


@pytest.mark.usefixtures("in_app")
def test_seeding_twice_changes_nothing() -> None:
    seeded()
    before = db.session.scalars(select(CalendarDay.id).where(CalendarDay.confirmed).order_by(CalendarDay.id)).all()
    calendar = calendar_of(db.session())
    seeded()
    after = db.session.scalars(select(CalendarDay.id).where(CalendarDay.confirmed).order_by(CalendarDay.id)).all()
    assert before == after
    again = calendar_of(db.session())
    for number in range(4 * 366):
        day = date(2024, 1, 1) + timedelta(number)
        assert (calendar.is_working(day), calendar.name_of(day)) == (again.is_working(day), again.name_of(day))


@pytest.mark.usefixtures("in_app")
def test_the_notice_replaces_the_guess_at_once_and_is_never_itself_replaced_by_one() -> None:
    seeded()
    assert calendar_of(db.session()).is_provisional(date(2027, 1, 1))
    assert replace_year(db.session(), 1, 2027, NOTICE, "国办发明电〔2026〕n号")
    # Another request of this process reads meanwhile; what it remembers is forgotten when the import commits.
    queries._remembered[1] = (float("inf"), Calendar({}))
    db.session.commit()
    calendar = calendar_of(db.session())
    assert not calendar.is_provisional(date(2027, 1, 1))
    assert calendar.is_working(date(2027, 1, 3))
    assert calendar.is_working(date(2027, 10, 1)), "nothing of the guess is left"
    seeded()
    assert not calendar_of(db.session()).is_provisional(date(2027, 1, 1))


@pytest.mark.usefixtures("in_app")
def test_a_notice_with_a_day_of_another_year_is_not_taken() -> None:
    with pytest.raises(ValueError, match="2028"):
        replace_year(db.session(), 1, 2028, NOTICE, "notice")


@pytest.mark.usefixtures("in_app")
def test_the_database_takes_each_day_once_and_no_unknown_kind() -> None:
    enter(1)
    row = {"city_id": 1, "day": date(2026, 1, 1), "kind": "holiday", "name": "元旦", "source": "x", "confirmed": True}
    db.session.execute(insert(CalendarDay), [row])
    with pytest.raises(IntegrityError, match="uq_calendar_day_city_id_day"), db.session.begin_nested():
        db.session.execute(insert(CalendarDay), [row])
    with pytest.raises(IntegrityError, match="ck_calendar_day_kind"), db.session.begin_nested():
        db.session.execute(insert(CalendarDay), [row | {"day": date(2026, 1, 2), "kind": "perhaps"}])
