"""The city's calendar: a year as twelve months, and the import of the State Council's notice in one address.

The notice is judged, shown with what it would move, and confirmed; the judged list goes round in the confirming form.
"""

from __future__ import annotations

import calendar as almanac
import io
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask import Response, flash, request, url_for
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.access.acts import SIGNED_IN
from portal.access.policy import allowed
from portal.bylaws import acts, queries, service
from portal.bylaws.forms import NoticeForm, years_to_import
from portal.bylaws.judging import COLUMNS, KINDS, MOST_ROWS, SHEET, Notice, judge_list, judge_sheet
from portal.bylaws.routes import blueprint
from portal.bylaws.rules import instant_words_or_day
from portal.deadlines import reckon
from portal.deadlines.calendar import Calendar
from portal.deadlines.formatting import day_words, holiday_words, instant_words, month_words, weekday_words
from portal.deadlines.queries import calendar_of, limits_at
from portal.deadlines.rules import Urgency
from portal.deadlines.versions import CALENDAR
from portal.documents import workbook
from portal.importing import previews
from portal.importing.reading import MEGABYTE, read_rows
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible, Stale
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor
from portal.web.places import record_url
from portal.web.responses import go, page, xlsx

MOST_BYTES = 2 * MEGABYTE
MOST_MOVED = 40
IMPORT = "bylaws/calendar_import.html"
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A day of a month. `kind`: off, holiday, makeup or worked; `word` is said to whoever does not see colours."""

    day: int
    kind: str
    mark: str | None
    word: str | None
    today: bool


@dataclass(frozen=True, slots=True)
class _Month:
    """A month: its weeks from Monday, None outside it; and its named days in runs."""

    name: str
    weeks: list[list[_Cell | None]]
    named: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class _Notice:
    """An import of this year's notice, as the page lists it."""

    source: str
    correction: bool
    at: Any
    person: str
    set_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Moved:
    """A day of which something would be sent, or end, otherwise than today's calendar says."""

    what: str
    before: str
    after: str
    url: str | None = None


@blueprint.get("/calendar")
@allows(SIGNED_IN)
def calendar() -> Response:
    """A year of the city's working days; the present one if none is named."""
    known, today = calendar_of(db.session()), clock.today()
    years = sorted({*known.years(), today.year, today.year + 1})
    year = _year(request.args.get("year"), years, today.year)
    keeper = bool(allowed(current_actor(), acts.KEEP_CALENDAR))
    missing = known.year_to_import(today)
    return page(
        "bylaws/calendar.html",
        year=year,
        years=[(one, url_for("bylaws.calendar", year=one), known.is_provisional(date(one, 1, 1))) for one in years],
        provisional=known.is_provisional(date(year, 1, 1)),
        guessed=bool(known.entries(year)),
        missing=missing,
        months=[_month(known, year, month, today) for month in range(1, 13)],
        weekdays=[weekday_words(number) for number in range(7)],
        off=sum(entry.kind == "holiday" for entry in known.entries(year).values()),
        worked=sum(entry.kind == "makeup" for entry in known.entries(year).values()),
        notices=_notices(year),
        import_url=url_for("bylaws.import_calendar", year=year) if keeper and year >= today.year else None,
    )


@blueprint.route("/calendar/import", methods=["GET", "POST"])
@allows(acts.KEEP_CALENDAR, once=True)
def import_calendar() -> Response:
    """Choose or paste the notice, see it judged with what it would move, confirm it."""
    form = NoticeForm() if request.method == "POST" else NoticeForm(formdata=None)
    years = years_to_import(clock.today(), service.AHEAD)
    form.year.choices = [SelectChoice(str(year), str(year)) for year in years]
    if request.method == "GET":
        form.year.data = _year(request.args.get("year"), years, calendar_of(db.session()).year_to_import(clock.today()))
        form.version.data = str(queries.newest(CALENDAR))
        return page(IMPORT, form=form, refusal=None, **_importing())
    if not form.validate():
        return redraw(IMPORT, form, **_importing())
    if request.form.get("step") == "edit":
        return page(IMPORT, form=form, refusal=None, **_importing())
    try:
        judged = _judged(form)
        if request.form.get("step") != "confirm" or judged.bad:
            return _previewed(form, judged)
        service.import_calendar(
            current_actor(),
            judged.year,
            judged.days,
            source=form.source.data or "",
            reason=form.reason.data or "",
            seen=form.version.data,  # type: ignore[arg-type]
        )
    except (Invalid, Stale) as refusal:
        form.version.data = str(queries.newest(CALENDAR))
        return redraw(IMPORT, form, refusal, **_importing())
    flash(_("%(year)d 年放假安排已导入", year=judged.year))
    return go(url_for("bylaws.calendar", year=judged.year))


@blueprint.get("/calendar/empty-workbook")
@allows(acts.KEEP_CALENDAR)
def empty_calendar_workbook() -> Response:
    """A workbook with the columns, and how each kind of row is written."""
    kept = io.BytesIO()
    day = date(clock.today().year + 1, 1, 1)
    workbook.write(kept, _("放假安排"), COLUMNS, [(day, "放假", "元旦")], [column.width for column in SHEET])
    return xlsx(kept.getvalue(), _("放假安排.xlsx"))


def _year(said: str | None, years: list[int], default: int | None) -> int:
    if said is None:
        return default if default in years else years[0]  # type: ignore[return-value]
    year = int(said) if said.isascii() and said.isdigit() and len(said) == 4 else 0
    if year not in years:
        raise Invisible
    return year


def _judged(form: NoticeForm) -> Notice:
    chosen = form.workbook.data
    data = chosen.read(MOST_BYTES + 1) if chosen and chosen.filename else b""
    if data and form.days.data:
        raise Invalid(_("工作簿和粘贴的日期只用一种"), fields={"days": _("已选工作簿，请清空此处")})
    if data:
        rows = read_rows(data, columns=SHEET, max_bytes=MOST_BYTES, max_rows=MOST_ROWS + 20)
        previews.refuse_marked_sheet(current_actor().person_id, rows)
        return judge_sheet(rows, int(form.year.data))
    if not form.days.data:
        raise Invalid(_("没有要导入的日期"), fields={"days": _("请选择工作簿，或者在此粘贴日期")})
    return judge_list(form.days.data, int(form.year.data))


def _importing() -> dict[str, Any]:
    example = f"{clock.today().year + 1}-10-01至{clock.today().year + 1}-10-07 放假 国庆节"
    return {
        "workbook_hint": _(".xlsx 工作簿，列为 %(columns)s；类别填 %(kinds)s", columns=" ".join(COLUMNS), kinds=" / ".join(KINDS)),
        "list_hint": _("一行一天或一段：%(example)s", example=example),
        "action": url_for("bylaws.import_calendar"),
        "back_url": url_for("bylaws.calendar"),
        "template_url": url_for("bylaws.empty_calendar_workbook"),
    }


def _previewed(form: NoticeForm, judged: Notice) -> Response:
    before = calendar_of(db.session())
    after = before.with_year(judged.year, judged.days)
    good = not judged.bad
    sends, answers = _moved(before, after, judged.year) if good else ([], [])
    changed = before.worked_otherwise(after, date(judged.year, 1, 1), date(judged.year, 12, 31)) if good else []
    own = service.would_move(current_actor(), after) if changed else []
    return page(
        "bylaws/calendar_preview.html",
        form=form,
        year=judged.year,
        total=judged.total,
        judged=judged,
        faults=judged.faults,
        correction=service.is_imported(before, judged.year),
        carried={"days": judged.as_list if good else form.days.data or ""},
        months=[_month(after, judged.year, month, clock.today()) for month in range(1, 13)] if good else [],
        weekdays=[weekday_words(number) for number in range(7)],
        changed=[(day_words(day), _worked(before, day), _worked(after, day)) for day in changed],
        sends=sends[:MOST_MOVED],
        answers=answers[:MOST_MOVED],
        more=max(len(sends), len(answers)) > MOST_MOVED,
        receipts=[
            _Moved(one.number, instant_words(one.before), instant_words(one.after),
                   record_url(one.kind, one.record_id))
            for one in own
        ],
        **_importing(),
    )  # fmt: skip


def _moved(before: Calendar, after: Calendar, year: int) -> tuple[list[_Moved], list[_Moved]]:
    """What moves, by days alone: it says nothing of any matter, so whoever imports may read it. From today on."""
    first = max(date(year, 1, 1) - _WEEK, clock.today())
    last = date(year, 12, 31)
    sends = [
        _Moved(day_words(day), day_words(old), day_words(new)) for day, old, new in service.moved_days(before, after, first, last)
    ]
    answers = []
    limits = limits_at(db.session(), clock.now())
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    for day in (day for day in days if before.is_working(day) or after.is_working(day)):
        moment = clock.at(day, limits.opens.hour, limits.opens.minute)
        receipts = [reckon.acknowledge_by(moment, Urgency.NORMAL, known, limits) for known in (before, after)]
        declines = [reckon.decline_until(moment, known, limits) for known in (before, after)]
        for what, (old, new) in (
            (_("%(day)s交办，签收", day=day_words(day)), receipts), (_("%(day)s交办，退回", day=day_words(day)), declines),
        ):  # fmt: skip
            if old.due_at != new.due_at:
                answers.append(_Moved(what, instant_words_or_day(old), instant_words_or_day(new)))
    return sends, answers


def _worked(known: Calendar, day: date) -> str:
    name = known.name_of(day)
    if known.is_working(day):
        return _("上班（%(name)s调休）", name=holiday_words(name)) if name else _("上班")
    return _("放假（%(name)s）", name=holiday_words(name)) if name else _("周末")


def _notices(year: int) -> list[_Notice]:
    return [
        _Notice(made.data["source"], made.data["correction"], made.made_at, made.person, made.set_by, made.reason)
        for made in queries.versions(CALENDAR)
        if made.data["year"] == year
    ]


def _month(known: Calendar, year: int, month: int, today: date) -> _Month:
    weeks = [
        [_cell(known, day, today) if day.month == month else None for day in week]
        for week in almanac.Calendar().monthdatescalendar(year, month)
    ]
    return _Month(month_words(month), weeks, list(_named(known, year, month)))


def _cell(known: Calendar, day: date, today: date) -> _Cell:
    name, worked = known.name_of(day), known.is_working(day)
    if name is None:
        return _Cell(day.day, "worked" if worked else "off", None, None, day == today)
    kind, mark = ("makeup", _("班")) if worked else ("holiday", _("休"))
    return _Cell(day.day, kind, mark, _worked(known, day), day == today)


def _named(known: Calendar, year: int, month: int) -> list[tuple[str, str, str]]:
    """The month's named days in runs: (days, what, kind)."""
    days = [(day, entry) for day, entry in known.entries(year).items() if day.month == month]
    numbered = enumerate(days)
    runs = []
    for (_start, kind, name), group in groupby(
        numbered, key=lambda item: (item[1][0] - timedelta(item[0]), item[1][1].kind, item[1][1].name)
    ):
        run = [day for _number, (day, _entry) in group]
        span = _("%(day)d日", day=run[0].day) if len(run) == 1 else _("%(a)d日—%(b)d日", a=run[0].day, b=run[-1].day)
        word = _("%(name)s调休上班", name=holiday_words(name)) if kind == "makeup" else holiday_words(name)
        runs.append((span, word, kind))
    return runs
