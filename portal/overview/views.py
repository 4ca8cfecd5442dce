"""How the desk is put into words: which counts stand there, the fortnight, the groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from portal.access.actor import Actor
from portal.access.roles import Role
from portal.deadlines.calendar import Calendar
from portal.deadlines.formatting import holiday_words
from portal.deadlines.lamp import Lamp
from portal.kernel.language import _, _l
from portal.matters.lists import LATE, MINE, REST, SOON, TODAY, WAITING, Row
from portal.matters.lists.views import GROUP_TITLES, turn_of
from portal.matters.views import lamp_of
from portal.overview.queries import MOST_A_DAY, MOST_COUNTED, Counts
from portal.registry.tasks import TASKS
from portal.web.formats import weekday
from portal.web.places import record_url

Address = Callable[..., str]

_WHENS = {"today": (_l("今日到期"), "soon"), "soon": (_l("7 日内到期"), "soon"), "late": (_l("超期"), "late")}
_NAMES = {TODAY: "today", SOON: "soon", LATE: "late", WAITING: "waiting", REST: "rest"}


@dataclass(frozen=True, slots=True)
class DrawnCount:
    label: str
    count: int | str
    kind: str
    url: str


@dataclass(frozen=True, slots=True)
class DrawnDay:
    word: str
    day: str
    count: int | str
    url: str
    off: bool
    now: bool


@dataclass(frozen=True, slots=True)
class DrawnWork:
    lamp: Lamp
    url: str
    title: str | None
    number: str
    unit: str
    words: tuple[str, ...]
    by: date


@dataclass(slots=True)
class DrawnGroup:
    title: str
    note: str
    all_url: str | None
    all_text: str
    rows: list[DrawnWork] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Headline:
    kind: str
    strong: str
    text: str
    url: str | None = None
    link: str | None = None


def capped(number: int, most: int = MOST_COUNTED) -> int | str:
    """A count as it is shown: beyond the most, 100+."""
    return f"{most:,}+" if number > most else number


def counts(actor: Actor, found: Counts, register: Address) -> list[DrawnCount]:
    """The counts that this person's posts give; what waits although no post of his gives it is shown too."""
    drawn = [
        DrawnCount(str(task.label), capped(number), "late" if task.alarms and number else "", register(task=task.name))
        for task, number in ((TASKS[name], number) for name, number in found.tasks.items())
        if number or actor.has(*map(Role, task.roles))
    ]
    return drawn + [
        DrawnCount(str(label), capped(found.whens.get(name, 0)), kind, register(when=name))
        for name, (label, kind) in (_WHENS.items() if found.whens else ())
    ]


def days(found: Counts, calendar: Calendar, today: date, language: str, register: Address) -> list[DrawnDay]:
    """The fortnight: what falls due on each day."""
    return [
        DrawnDay(
            word=_("今日") if day == today else weekday(day, language),
            day=_("%(day)s日", day=day.day),
            count=capped(number, MOST_A_DAY),
            url=register(due_from=day.isoformat(), due_to=day.isoformat(), open="1"),
            off=not calendar.is_working(day),
            now=day == today,
        )
        for day, number in found.days.items()
    ]


def day_kind(calendar: Calendar, day: date) -> str:
    """What kind of day it is: a working day, the holiday's name, or the weekend."""
    if calendar.is_working(day):
        return _("工作日")
    name = calendar.name_of(day)
    return holiday_words(name) if name else _("周末")


def headline(found: Counts, register: Address) -> Headline | None:
    """The first line: what is overdue and what falls due today."""
    late, today = found.whens.get("late", 0), found.whens.get("today", 0)
    if late:
        strong = (
            _("%(late)s 件已超期，今日 %(today)s 件到期。", late=capped(late), today=capped(today))
            if today
            else _("%(late)s 件已超期。", late=capped(late))
        )
        return Headline("late", strong, "", register(when="late"), _("查看超期"))
    if today:
        return Headline("soon", _("今日 %(today)s 件到期。", today=capped(today)), "", register(when="today"), _("查看"))
    return None


def groups(rows: list[Row], found: Counts, each: int, register: Address) -> list[DrawnGroup]:
    """What waits for oneself, then the rest in the order the day is worked, the first few of each. Beside a heading stands
    how many its list holds; of what already stands above as one's own work the heading says so."""
    drawn = []
    for number, members in groupby(rows, key=lambda row: row.group):
        all_of = list(members)
        some = [_work(row, record_url(row.matter.kind, row.matter.id)) for row in all_of[:each]]
        more = len(all_of) > each
        mine = number == MINE
        total = max(found.mine if mine else found.whens.get(_NAMES[number], 0), len(all_of))
        note = _("%(n)s 件", n=capped(total))
        if not more and total > len(some):
            note = _("%(note)s，其中待我办 %(n)s 件", note=note, n=total - len(some))
        if number == LATE:
            note = _("%(note)s，久者在前", note=note)
        title = _("待我办") if mine else str(GROUP_TITLES[number])
        url = register(task="any") if mine else register(when=_NAMES[number])
        drawn.append(DrawnGroup(title, note, url if total > len(some) else None, _("全部 %(n)s 件", n=capped(total)), some))
    return drawn


def _work(row: Row, url: str) -> DrawnWork:
    matter, content = row.matter, row.matter.content
    words: list[Any] = []
    if matter.urgency == "urgent":
        words.append(_("急件"))
    if matter.returns:
        words.append(_("退回 %(n)s 次", n=matter.returns))
    turn = str(TASKS[row.task].turn) if row.task else _("轮到%(who)s", who=turn_of(row))
    return DrawnWork(
        lamp=lamp_of(matter),
        url=url,
        title=content.title if content else None,
        number=matter.number,
        unit=matter.lead_unit_name or _("未定"),
        words=(*words, turn),
        by=matter.due_on,
    )
