"""The demonstration city is played in two acts, people come in between; killed at any instant it goes on where it was."""

from __future__ import annotations

import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.record import Record
from portal.access.visibility import as_seen_by
from portal.commands.demonstration import play, script
from portal.commands.demonstration.cast import Row, person, unit
from portal.commands.demonstration.course import ASKED
from portal.commands.demonstration.register import read_register
from portal.commands.demonstration.script import Script
from portal.deadlines.rules import SourceLevel, Urgency
from portal.documents.models import Counter
from portal.instructions.rules import INSTRUCTION
from portal.kernel import clock
from portal.kernel.city import Demonstration, city_by_slug, demonstration
from portal.kernel.db import db, enter
from portal.matters.models import Matter
from portal.matters.service.creation import NewMatter, create
from portal.network.models import Unit
from portal.notify.jobs import fire_due
from portal.papers.models import Issue, Paper
from tests.at_the_door import SmallCity

_count = count()


def some_rows(today: date) -> list[Row]:
    """The register without most of its counties, so that playing it takes seconds; with one whose reminders are held up,
    since more time was asked for."""
    rows = read_register(today)
    return [row for row in rows if row.lead_code.startswith("330328") or row.number > 117 or row.number == ASKED[0]]


def few_rows(today: date) -> list[Row]:
    """Fewer still: three that are over, and two that are open."""
    rows = some_rows(today)
    return [row for row in rows if row.lead_code.startswith("330328")][:3] + [row for row in rows if row.number > 119]


@contextmanager
def founding(app: Flask, patch: pytest.MonkeyPatch, rows: Callable[[date], list[Row]] = some_rows) -> Iterator[str]:
    """A demonstration city that nobody has founded yet, with fewer instructions."""
    name = f"demo-{next(_count)}"
    patch.setattr(play, "SLUG", name)
    for module in (play, script):
        patch.setattr(module, "read_register", rows)
    with app.app_context():
        yield name
        db.session.remove()


def in_city() -> None:
    """Look at the city afresh."""
    db.session.remove()
    found = city_by_slug(play.SLUG)
    assert found is not None
    enter(found.id)


def registers() -> dict[tuple[int, bool, int], list[int]]:
    """The numbers of each register, in the order in which they were registered."""
    in_city()
    series = defaultdict(list)
    found = select(Record).order_by(Record.created_at, Record.number).options(as_seen_by(SYSTEM))
    for record in db.session.scalars(found):
        series[record.unit_id, record.confidential, record.year].append(record.sequence)
    return series


def issues() -> dict[tuple[int, str, int], list[int]]:
    """The numbers of the reports that each unit issued, in the order in which they were."""
    in_city()
    series = defaultdict(list)
    found = select(Issue, Paper.issued_at).join(Paper, Paper.id == Issue.paper_id).options(as_seen_by(SYSTEM))
    for issue, _at in db.session.execute(found.order_by(Paper.issued_at)):
        series[issue.unit_id, issue.series, issue.year].append(issue.number)
    return series


def in_order(series: Mapping[Any, list[int]]) -> bool:
    """Each begins with one and has neither gap nor step back."""
    return bool(series) and all(numbers == list(range(1, len(numbers) + 1)) for numbers in series.values())


def last_morning(until: datetime) -> datetime:
    """Up to when the play has sent reminders; what falls due after it is the sweep's."""
    today = clock.at(clock.local(until).date(), 9, 1)
    return today if today <= until else today - timedelta(days=1)


def registered_by_a_person() -> Matter:
    """What somebody registers in the city's office now."""
    in_city()
    actor = person("city.ducha")
    matter, _content = create(
        actor,
        actor.standings[0],
        NewMatter(
            kind=INSTRUCTION,
            registering_unit=unit("3303"),
            source_level=SourceLevel.CITY,
            urgency=Urgency.NORMAL,
            confidential=False,
            instructed_on=clock.today(),
            received_on=clock.today(),
            title="关于一件新事的情况反映",
            text="请研究。",
            leader="市长",
        ),
    )
    db.session.commit()
    return matter


@dataclass
class Seen:
    """What was to be seen along the way."""

    said: list[str]
    between: Demonstration
    after: Demonstration
    open_between: int
    open_after: int
    mine: Matter
    bars: dict[str, str]


@pytest.fixture(scope="module")
def seen(app: Flask) -> Iterator[Seen]:
    """Both acts are played, and somebody works in between."""
    with pytest.MonkeyPatch.context() as patch, founding(app, patch) as slug:
        app.extensions["played"].clear()
        said: list[str] = []
        browser = app.test_client()

        def page(path: str) -> str:
            with app.app_context():
                return browser.get(f"/{slug}/{path}").get_data(as_text=True)

        play.begin(said.append)
        between, open_between = how_far(), how_many_open()
        bars = {"sign-in between": page("sign-in"), "asked between": page("demonstration")}
        with pytest.MonkeyPatch.context() as switched:
            switched.setitem(app.extensions, "settings", replace(app.extensions["settings"], plays=False))
            bars["nobody plays"] = page("sign-in")
        mine = registered_by_a_person()
        play.finish(said.append)
        bars |= {"sign-in after": page("sign-in"), "asked after": page("demonstration")}
        yield Seen(said, between, how_far(), open_between, how_many_open() - 1, mine, bars)


def test_people_come_in_between_the_acts(seen: Seen) -> None:
    assert 0 < seen.between.waiting == seen.between.over < seen.between.lives
    assert seen.after.waiting == 0
    assert len(seen.said) == 3


def test_numbers_are_those_of_the_register_in_order(seen: Seen) -> None:
    assert in_order(found := registers())
    assert found[seen.mine.registering_unit_id, False, seen.mine.record.year][-1] == seen.mine.record.sequence
    assert in_order(issues())


def test_what_is_over_is_closed_and_leaves_nothing_to_be_reminded_of(seen: Seen) -> None:
    assert seen.open_after == seen.open_between
    in_city()
    assert fire_due(last_morning(seen.after.until)) == 0


def test_a_bar_says_so_until_all_is_there(seen: Seen) -> None:
    drawn = f'max="{seen.between.lives}" value="{seen.between.lives - seen.between.waiting}"'
    assert drawn in seen.bars["sign-in between"]
    assert drawn in seen.bars["asked between"]
    assert "演示数据" not in seen.bars["sign-in after"]
    assert "演示数据" not in seen.bars["nobody plays"], "DUBAN_DEMONSTRATION=0"
    assert "演示数据已全部补齐" in seen.bars["asked after"]


def test_killed_at_any_instant_it_goes_on_where_it_was(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with founding(app, monkeypatch):
        former = None
        for act, after in ((play.begin, 0.8), (play.begin, 2), (play.begin, 4), (play.finish, 0.8), (play.finish, 2)):
            if act is play.finish:
                play.begin(str)
            db.session.remove()
            killed_in(act, after)
            waiting = how_far().waiting if founded() else None
            assert former is None or (waiting is not None and waiting <= former)
            former = waiting
        play.begin(str)
        play.finish(str)
        assert how_far().waiting == 0
        assert in_order(registers())
        assert in_order(issues())


def test_what_cannot_be_played_any_more_is_left_out(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with founding(app, monkeypatch, few_rows):
        play.begin(str)
        in_city()
        over = Script.written().over
        gone, there = over[0].stories[0], over[-1].stories[0]
        former = Script.__init__

        def without_a_unit(self: Script, *told: Any) -> None:
            former(self, *told)
            broken = replace(gone, begin=lambda _start: iter([person("somebody.who.left").name]))  # type: ignore[list-item]
            self.over[0] = replace(self.over[0], stories=(broken, *self.over[0].stories[1:]))

        monkeypatch.setattr(Script, "__init__", without_a_unit)
        play.finish(str)
        assert how_far().waiting == 0
        keys = set(db.session.scalars(select(Record.request_key).options(as_seen_by(SYSTEM))))
        assert there.request_key in keys and gone.request_key not in keys


def test_a_unit_that_is_renamed_in_between_issues_under_numbers_of_its_own(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with founding(app, monkeypatch, few_rows):
        play.begin(str)
        in_city()
        of_reports = [series for series, *_ in script_numbers()]
        renamed = db.session.get(Unit, of_reports[0])
        assert renamed is not None
        renamed.document_prefix, renamed.short_name = "新名发", "新名发"
        db.session.commit()
        play.finish(str)
        in_city()
        last = {(c.unit_id, c.series, c.year): c.last for c in db.session.scalars(select(Counter))}
        assert all(max(numbers) <= last[series] for series, numbers in issues().items())
        assert any("新名发" in series for _unit, series, _year in issues())


def script_numbers() -> list[list[Any]]:
    """What is kept for reports that are issued later: unit, series, year, count."""
    return how_far().kept


def killed_in(act: Callable[[play.Say], None], after: float) -> None:
    """A process of its own is killed while it plays."""
    child = os.fork()
    if child == 0:
        try:
            db.engine.dispose(close=False)
            act(str)
        finally:
            os._exit(0)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def founded() -> bool:
    """The city and its network are there."""
    db.session.remove()
    if city_by_slug(play.SLUG) is None:
        return False
    in_city()
    return demonstration() is not None


def how_many_open() -> int:
    """The matters that are not at an end."""
    in_city()
    return sum(matter.open for matter in db.session.scalars(select(Matter).options(as_seen_by(SYSTEM))))


def how_far() -> Demonstration:
    """How far the city is played."""
    in_city()
    known = demonstration()
    assert known is not None
    return known


def test_a_real_city_has_no_such_page(city: SmallCity, client: FlaskClient) -> None:
    assert client.get(city.url("demonstration")).status_code == 404


def test_a_city_of_another_making_is_left_alone(
    app: Flask, new_city: Callable[..., SmallCity], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = new_city(demonstration=True)
    monkeypatch.setattr(play, "SLUG", there.slug)
    with app.app_context():
        play.begin(pytest.fail)
        play.finish(pytest.fail)
        in_city()
        assert demonstration() is None
        db.session.remove()
