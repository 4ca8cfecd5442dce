"""The city's secretariat imports the State Council's notice: previewed, confirmed, and what hangs on working days follows
exactly once; what is over and what goes by calendar days stays."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.audit.models import JournalEntry
from portal.bylaws import queries, service
from portal.bylaws.judging import COLUMNS, judge_list
from portal.deadlines.calendar import CalendarEntry
from portal.deadlines.ladder import DEFAULT_LADDER, planned
from portal.deadlines.queries import calendar_of, forget
from portal.deadlines.rules import Urgency
from portal.deadlines.versions import CALENDAR
from portal.documents import workbook
from portal.importing.reading import read_rows
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid, Stale
from portal.matters.models import Clock
from portal.matters.replanning import follow_new_calendar
from portal.notify.jobs import fire_due, tell_of_missing_calendar
from portal.notify.models import Message, Reminder
from tests.bylaws.conftest import NOTICE, typed
from tests.world import World

NOVEMBER = clock.at(date(2026, 11, 27), 10)
SOURCE = "国办发明电〔2026〕7号"


def bring(world: World, text: str = NOTICE, year: int = 2027, **more: Any) -> int:
    """The notice is imported by the service; the version's number."""
    with world.work("city.secretariat"):
        days = judge_list(text, year).days
        return service.import_calendar(world.actor("city.secretariat"), year, days, source=SOURCE, **more).version


def running(world: World, matter_id: object, kind: str) -> tuple[Clock, list[Reminder]]:
    with world.work():
        one = db.session.scalars(
            select(Clock).where(Clock.record_id == matter_id, Clock.kind == kind).options(as_seen_by(SYSTEM))
        ).one()
        rows = list(
            db.session.scalars(
                select(Reminder).where(Reminder.clock_id == one.id, Reminder.settled_at.is_(None)).order_by(Reminder.send_at)
            )
        )
        db.session.expunge_all()
    return one, rows


def assigned(world: World, received_on: date, at: Any, **more: Any) -> Any:
    with clock.set_to(at):
        return world.assign(world.register(received_on=received_on, **more))


# The closing date is 20 March 2027 less a month; rungs fall on make-up days and on days that the guess does not know.
def test_reminders_not_yet_sent_move_to_the_right_working_day_each_once(world: World) -> None:
    matter_id = assigned(world, date(2027, 1, 19), clock.at(date(2027, 1, 19), 9))  # due 19 February
    closing, before = running(world, matter_id, "closing")
    with clock.set_to(clock.at(date(2027, 1, 20), 9)):
        bring(world)
        after_clock, after = running(world, matter_id, "closing")
        assert (after_clock.due_on, after_clock.generation) == (closing.due_on, closing.generation)
        assert [(one.id, one.rung, one.ordinal) for one in after] == [(one.id, one.rung, one.ordinal) for one in before]
        with world.work():
            wanted = planned(closing.due_on, closing.generation_at, calendar_of(db.session()), DEFAULT_LADDER)
        assert [one.send_at for one in after] == [one.send_at for one in wanted]
        assert clock.local(before[0].send_at).date() == date(2027, 2, 12), "as the guess had it"
        assert clock.local(after[0].send_at).date() == date(2027, 2, 4), "the last working day before the festival"
    with clock.set_to(clock.at(date(2027, 2, 13), 10)), world.work():
        fire_due(clock.now())
        fire_due(clock.now())
        told = db.session.scalars(select(Message.key).where(Message.record_id == matter_id, Message.kind == "due_soon")).all()
        assert len(told) == len(set(told)) > 0
        assert {key.split(":")[3] for key in told} == {"before_7"}


def test_a_reminder_whose_new_instant_is_past_goes_out_with_the_next_sweep(world: World) -> None:
    matter_id = assigned(world, date(2027, 1, 19), clock.at(date(2027, 1, 19), 9))
    with clock.set_to(clock.at(date(2027, 2, 10), 15)):
        bring(world)
        with world.work():
            fire_due(clock.now())
            told = db.session.scalars(select(Message.key).where(Message.record_id == matter_id, Message.kind == "due_soon")).all()
            assert {key.split(":")[3] for key in told} == {"before_7"}


def test_what_was_sent_is_never_sent_again(world: World) -> None:
    matter_id = assigned(world, date(2027, 1, 19), clock.at(date(2027, 1, 19), 9))
    with clock.set_to(clock.at(date(2027, 2, 12), 10)), world.work():
        fire_due(clock.now())
    with clock.set_to(clock.at(date(2027, 2, 12), 11)):
        bring(world)
        with world.work():
            before = len(db.session.scalars(select(Message.id).where(Message.record_id == matter_id)).all())
            fire_due(clock.now())
            assert len(db.session.scalars(select(Message.id).where(Message.record_id == matter_id)).all()) == before


def test_a_receipt_that_is_not_over_gets_its_new_end_as_a_new_generation(world: World) -> None:
    matter_id = assigned(world, date(2027, 2, 4), clock.at(date(2027, 2, 4), 15))
    receipt, _rungs = running(world, matter_id, "receipt")
    assert receipt.due_on == date(2027, 2, 11), "as the guess had it"
    with clock.set_to(clock.at(date(2027, 2, 4), 16)):
        bring(world)
        moved, rungs = running(world, matter_id, "receipt")
        assert (moved.due_on, moved.generation) == (date(2027, 2, 15), receipt.generation + 1)
        assert [one.send_at for one in rungs] == [moved.due_at]
        assert "暂定" not in str(moved.why) and "provisional" not in str(moved.why)
        assert world.matter(matter_id).due_on == date(2027, 3, 4)


def test_an_acknowledged_one_and_one_that_is_over_stay(world: World) -> None:
    matter_id = assigned(world, date(2027, 2, 4), clock.at(date(2027, 2, 4), 15))
    other = assigned(world, date(2027, 2, 4), clock.at(date(2027, 2, 4), 15))
    with clock.set_to(clock.at(date(2027, 2, 4), 16)):
        world.acknowledge(world.name_handler(matter_id))
    with clock.set_to(clock.at(date(2027, 2, 12), 9)):
        stood = [running(world, one, "receipt")[0] for one in (matter_id, other)]
        bring(world)
        for one, was in zip((matter_id, other), stood, strict=True):
            now = running(world, one, "receipt")[0]
            assert (now.due_at, now.generation, now.stopped_at) == (was.due_at, was.generation, was.stopped_at)


def test_closing_and_feedback_never_move(world: World) -> None:
    matter_id = assigned(world, date(2027, 1, 20), clock.at(date(2027, 1, 20), 9), urgency=Urgency.URGENT)
    ends = [running(world, matter_id, kind)[0] for kind in ("closing", "first_feedback")]
    with clock.set_to(clock.at(date(2027, 1, 21), 9)):
        bring(world)
    for was in ends:
        now = running(world, matter_id, was.kind)[0]
        assert (now.due_on, now.due_at, now.generation, now.why) == (was.due_on, was.due_at, was.generation, was.why)


def test_what_was_planned_by_the_old_calendar_meanwhile_is_put_right_by_the_sweep(world: World) -> None:
    matter_id = assigned(world, date(2027, 1, 19), clock.at(date(2027, 1, 19), 9))
    with clock.set_to(clock.at(date(2027, 1, 20), 9)):
        bring(world)
        right = [one.send_at for one in running(world, matter_id, "closing")[1]]
        with world.work():
            db.session.execute(
                update(Reminder)
                .where(Reminder.record_id == matter_id, Reminder.rung == "before_7")
                .values(send_at=clock.at(date(2027, 2, 12), 9))
            )
        forget(world.id)
        with world.work():
            follow_new_calendar()
        assert [one.send_at for one in running(world, matter_id, "closing")[1]] == right


def test_the_import_is_written_down_and_the_year_is_confirmed(world: World) -> None:
    with clock.set_to(NOVEMBER):
        assert bring(world) == 1
        with world.work():
            known = calendar_of(db.session())
            assert not known.is_provisional(date(2027, 1, 1))
            assert known.is_working(date(2027, 2, 20)) and not known.is_working(date(2027, 2, 11))
            entry = db.session.scalars(
                select(JournalEntry).where(JournalEntry.act == "import_calendar", JournalEntry.city_id == world.id)
            ).one()
            assert entry.after and entry.before
            assert (entry.after["source"], entry.subject_id) == (SOURCE, "2027")
            assert "2027-02-11" in entry.after["changed"]
            assert len(entry.before["days"]) == 19


def test_a_confirmed_year_is_corrected_only_with_a_reason_and_its_past_stays(world: World) -> None:
    with clock.set_to(NOVEMBER):
        bring(world)
    more = NOTICE + "\n12月31日 放假 特别放假"
    with clock.set_to(clock.at(date(2027, 6, 1), 9)):
        with pytest.raises(Invalid) as refused:
            bring(world, more)
        assert "reason" in refused.value.fields
        with pytest.raises(Invalid) as refused:
            bring(world, more + "\n3月1日 放假 补登", reason="补登")
        assert "days" in refused.value.fields
        with pytest.raises(Invalid, match="没有要导入的改动"):
            bring(world, reason="再来一次")
        assert bring(world, more, reason="国务院调整") == 2
        with world.work():
            assert [made.reason for made in queries.versions(CALENDAR)] == ["国务院调整", ""]
            assert not calendar_of(db.session()).is_working(date(2027, 12, 31))


def test_a_year_out_of_reach_no_source_and_a_stale_page_are_refused(world: World) -> None:
    day = {date(2029, 1, 1): CalendarEntry("holiday", "元旦", True)}
    with clock.set_to(NOVEMBER), world.work("city.secretariat"):
        actor = world.actor("city.secretariat")
        for year, days, source, field in ((2029, day, SOURCE, "year"), (2027, {}, SOURCE, "days"), (2027, day, "", "source")):
            with pytest.raises(Invalid) as refused:
                service.import_calendar(actor, year, days if year == 2029 else {}, source=source)
            assert field in refused.value.fields
        with pytest.raises(Stale):
            service.import_calendar(actor, 2027, judge_list(NOTICE, 2027).days, source=SOURCE, seen=3)


@pytest.mark.parametrize("person", ["city.head", "city.director", "county.head", "city.system", "nobody"])
def test_nobody_else_imports_a_calendar(world: World, person: str) -> None:
    with world.work(person), pytest.raises(Forbidden):
        service.import_calendar(world.actor(person), 2027, judge_list(NOTICE, 2027).days, source=SOURCE)
    browser = world.browser(person)
    assert browser.get(world.url("calendar/import")).status_code == 403
    assert browser.get(world.url("calendar/empty-workbook")).status_code == 403
    page = browser.get(world.url("calendar?year=2027"))
    assert page.status_code == 200 and "calendar/import" not in page.get_data(as_text=True)


def send(world: World, browser: Any, **fields: Any) -> Any:
    form = typed(browser.get(world.url("calendar/import?year=2027")).get_data(as_text=True))
    form.pop("workbook", None)
    return browser.post(world.url("calendar/import"), data=form | {"source": SOURCE, **fields})


def test_a_pasted_list_is_previewed_and_confirmed(world: World) -> None:
    with clock.set_to(NOVEMBER):
        browser = world.browser("city.secretariat")
        shown = send(world, browser, days=NOTICE)
        page = shown.get_data(as_text=True)
        assert shown.status_code == 200 and "导入 2027 年放假安排" in page
        assert "2027年2月11日" in page and "2027年2月4日" in page, "what moves is said by days"
        with world.work():
            assert queries.newest(CALENDAR) == 0, "a preview writes nothing"
        assert browser.post(world.url("calendar/import"), data=typed(page) | {"step": "confirm"}).status_code == 303
        forget(world.id)
        after = browser.get(world.url("calendar?year=2027")).get_data(as_text=True)
        assert SOURCE in after and "还没有导入" not in after
        twice = browser.post(world.url("calendar/import"), data=typed(page) | {"step": "confirm", "reason": "再来"})
        assert twice.status_code == 409


def test_a_workbook_is_previewed_and_its_bad_rows_are_explained(world: World) -> None:
    with clock.set_to(NOVEMBER):
        browser = world.browser("city.secretariat")
        kept = io.BytesIO()
        workbook.write(kept, "放假安排", COLUMNS, [(date(2027, 10, 1), "放假", "国庆节"), ("10月2日前后", "放假", "国庆节")])
        shown = send(world, browser, workbook=(io.BytesIO(kept.getvalue()), "安排.xlsx"))
        page = shown.get_data(as_text=True)
        assert "第 3 行" in page and "不是日期" in page and "confirm" not in page
        forced = send(world, browser, days="10月8日 调休上班 国庆节", step="confirm")
        assert "本来就上班" in forced.get_data(as_text=True)
        with world.work():
            assert queries.newest(CALENDAR) == 0


@pytest.mark.parametrize(
    "fields",
    [{"days": ""}, {"days": NOTICE, "source": ""}, {"days": NOTICE, "year": "1999"}, {"days": "x" * 10_001},
     {"days": "10月1日 放假 机密★1年"}, {"days": NOTICE, "workbook": (io.BytesIO(b"nonsense"), "a.xlsx")},
     {"workbook": (io.BytesIO(b"nonsense"), "a.xlsx")}, {"days": NOTICE, "reason": "x" * 501}],
)  # fmt: skip
def test_what_is_no_notice_is_refused_and_what_was_typed_stays(world: World, fields: dict[str, Any]) -> None:
    with clock.set_to(NOVEMBER):
        answer = send(world, world.browser("city.secretariat"), **{"reason": "试试", **fields})
        assert answer.status_code == 422
        if "source" not in fields:
            assert SOURCE in answer.get_data(as_text=True)


def test_a_year_that_nobody_knows_does_not_exist(world: World) -> None:
    browser = world.browser("city.head")
    for year in ("1999", "abcd", "20270", "二零二七", "-1"):
        assert browser.get(world.url(f"calendar?year={year}")).status_code == 404


def test_the_preview_says_nothing_of_matters_that_its_reader_may_not_see(world: World) -> None:
    with clock.set_to(clock.at(date(2027, 2, 4), 16)):
        browser = world.browser("city.secretariat")
        alone = send(world, browser, days=NOTICE).get_data(as_text=True)
        assigned(world, date(2027, 2, 4), clock.at(date(2027, 2, 4), 15))
        with_matter = send(world, browser, days=NOTICE).get_data(as_text=True)

        def bare(page: str) -> str:
            without_tokens = re.sub(r"[\w-]+\.[\w-]{6}\.[\w-]{27}", "token", page)
            return re.sub(r'(name="request_key" value=)"[^"]+"', r"\1", without_tokens)

        assert bare(with_matter) == bare(alone)


def test_the_secretariat_is_told_and_led_to_the_page(world: World) -> None:
    with clock.set_to(NOVEMBER), world.work():
        tell_of_missing_calendar()
    with world.work():
        message = db.session.scalars(select(Message).where(Message.city_id == world.id, Message.kind == "calendar_missing")).one()
        assert message.person_id == world.people["city.secretariat"]
    led = world.browser("city.secretariat").get(world.url(f"messages/{message.id}/open"))
    assert led.status_code == 303 and led.headers["Location"].endswith("/calendar?year=2027")


def test_the_empty_workbook_is_taken_back(world: World) -> None:
    browser = world.browser("city.secretariat")
    answer = browser.get(world.url("calendar/empty-workbook"))
    sheet = read_rows(answer.get_data())
    assert sheet.header == COLUMNS
    assert sheet.rows[0].cells[0].day is not None
    assert timedelta(0) < sheet.rows[0].cells[0].day - clock.today() < timedelta(days=366)
