"""The ladder of reminders: which rung goes to whom on which day, and at what instant it is sent. A city may edit it.

A rung is sent at 09:00 Asia/Shanghai of its day, or of the working day before where that day is not worked. A rung
that says *overdue* never goes out before the deadline is over: where the working day before is still inside the
deadline, it goes on the next working day.

Two rungs may so fall on one instant (due on a Sunday: the day itself and the day before are both sent on Friday). Both
are planned, in the ladder's order; whoever delivers makes one message of what falls due together, under the last code.
What a message says of days left or overdue is reckoned on the day it is sent, never taken from the rung's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from portal.deadlines.calendar import Calendar
from portal.deadlines.reckon import Deadline
from portal.deadlines.rules import Faulty
from portal.deadlines.versions import Origin, Versioned
from portal.kernel import clock
from portal.kernel.language import _l

ASSIGNING_SUPERVISOR = "assigning_supervisor"
DUE_DAY, FIRST_OVERDUE, AGAIN, UNACKNOWLEDGED = "due_day", "overdue_1", "overdue_again", "not_acknowledged"
LEGAL = {DUE_DAY: 0, FIRST_OVERDUE: 1}
"""The rungs that no city may take away, each with its day: the handler is told on the day and on the first overdue."""
OPEN_ROLES = ("handler", "liaison_officer", "office_director", "deputy_leader", "principal_leader",
              ASSIGNING_SUPERVISOR, "supervision_head")  # fmt: skip
CONFIDENTIAL_ROLES = ("handler", ASSIGNING_SUPERVISOR, "supervision_head")
"""Whom a rung of a confidential matter may name: its audience and its shell's holders, nobody else."""
EARLIEST, LATEST, MOST_RUNGS, MOST_REPEAT_DAYS = -60, 90, 20, 30
FIRST_HOUR, LAST_HOUR = time(6, 0), time(20, 0)


@dataclass(frozen=True, slots=True)
class Rung:
    """A reminder `day_offset` days after the due day (before it: negative), to these roles of the matter.

    `for_confidential` names who gets it instead where the matter is confidential: the handler himself stays, whoever
    is outside the audience gives way to the supervisor who assigned it or to the supervision head.
    """

    code: str
    day_offset: int
    roles: tuple[str, ...]
    for_confidential: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.roles or not self.for_confidential:
            raise Faulty("rung_nobody", "a rung that reaches nobody", _l("公开件和限定知悉件都至少选一个对象"), rung=self.code)
        if not set(self.for_confidential) <= set(CONFIDENTIAL_ROLES) or not set(self.roles) <= set(OPEN_ROLES):
            insiders = _l("限定知悉件只能提醒承办人、交办的督查员和督查室主任")
            raise Faulty("rung_outsider", "a rung for somebody it may not name", insiders, rung=self.code)

    def goes_to(self, confidential: bool) -> tuple[str, ...]:
        """The roles that this rung reaches."""
        return self.for_confidential if confidential else self.roles

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(data["code"], data["day_offset"], tuple(data["roles"]), tuple(data["for_confidential"]))


@dataclass(frozen=True, slots=True)
class Ladder:
    """A city's ladder: rungs sent once, one that repeats every `repeat_days`, and the one for a missing receipt."""

    version: int
    rungs: tuple[Rung, ...]
    repeated: Rung
    repeat_days: int
    not_acknowledged: Rung
    hour: time = time(9, 0)
    origin: Origin | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        self._check_rungs()
        self._check_legal()
        if not 1 <= self.repeat_days <= MOST_REPEAT_DAYS:
            raise Faulty("repeat_days", "repeated too rarely or too often", _l("填写 1 至 %(most)d 日", most=MOST_REPEAT_DAYS))
        if not FIRST_HOUR <= self.hour <= LAST_HOUR:
            first, last = (hour.isoformat("minutes") for hour in (FIRST_HOUR, LAST_HOUR))
            between = _l("发送时刻须在 %(first)s 至 %(last)s 之间", first=first, last=last)
            raise Faulty("ladder_hour", "an hour at which nobody works", between)

    def _check_rungs(self) -> None:
        twice = _l("同一天只能有一档，请改天数或去掉一档")
        offsets = [rung.day_offset for rung in self.rungs]
        if offsets != sorted(set(offsets)):
            raise Faulty("rung_twice", "rungs stand in the order of their days, one a day", twice)
        codes = [rung.code for rung in self._all()]
        if len(codes) != len(set(codes)):
            raise Faulty("rung_twice", "two rungs of one code", twice)
        if len(offsets) > MOST_RUNGS:
            raise Faulty("rung_many", "too many rungs", _l("最多 %(most)d 档", most=MOST_RUNGS))
        for rung in (*self.rungs, self.repeated):
            if not EARLIEST <= rung.day_offset <= LATEST:
                far = _l("填写到期前 %(before)d 日至超期 %(after)d 日之间的天数", before=-EARLIEST, after=LATEST)
                raise Faulty("rung_far", "a rung too far away", far, rung=rung.code)
        if self.repeated.day_offset < 1 or (offsets and self.repeated.day_offset <= offsets[-1]):
            last = _l("重复提醒须晚于前面各档，并从超期后开始")
            raise Faulty("repeat_first", "only an overdue rung repeats, after all the others", last, rung=self.repeated.code)

    def _check_legal(self) -> None:
        there = {rung.code: rung for rung in self.rungs}
        for code, day in LEGAL.items():
            rung = there.get(code)
            if rung is None or rung.day_offset != day:
                fixed = _l("到期当日和超期第 1 日两档是法定的，不能去掉")
                raise Faulty("rung_legal", "a rung that the law wants is missing", fixed, rung=code)
            if "handler" not in rung.roles or "handler" not in rung.for_confidential:
                raise Faulty("rung_handler", "the handler himself is not told", _l("这一档必须提醒承办人"), rung=code)

    def rung(self, code: str) -> Rung:
        """The rung of this code; KeyError when the ladder has none."""
        for rung in self._all():
            if rung.code == code:
                return rung
        raise KeyError(code)

    def _all(self) -> tuple[Rung, ...]:
        return (*self.rungs, self.repeated, self.not_acknowledged)

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON column."""
        return {
            "version": self.version,
            "rungs": [_plain(rung) for rung in self.rungs],
            "repeated": _plain(self.repeated),
            "repeat_days": self.repeat_days,
            "not_acknowledged": _plain(self.not_acknowledged),
            "hour": self.hour.isoformat("minutes"),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The ladder of `to_json`; ValueError, KeyError or TypeError when it is not one."""
        return cls(
            version=int(data["version"]),
            rungs=tuple(Rung.from_json(rung) for rung in data["rungs"]),
            repeated=Rung.from_json(data["repeated"]),
            repeat_days=int(data["repeat_days"]),
            not_acknowledged=Rung.from_json(data["not_acknowledged"]),
            hour=time.fromisoformat(data["hour"]),
        )


@dataclass(frozen=True, slots=True)
class Planned:
    """One reminder to come: the rung's code, which repetition of it (from 1), and the UTC instant at which it goes."""

    rung: str
    ordinal: int
    send_at: datetime


_HANDLER = ("handler",)
_HEAD = ("supervision_head",)

DEFAULT_LADDER = Ladder(
    version=1,
    rungs=(
        Rung("before_7", -7, _HANDLER, _HANDLER),
        Rung("before_3", -3, _HANDLER, _HANDLER),
        Rung("before_1", -1, _HANDLER, _HANDLER),
        Rung("due_day", 0, _HANDLER, _HANDLER),
        Rung("overdue_1", 1, ("handler", "office_director"), ("handler", ASSIGNING_SUPERVISOR)),
        Rung("overdue_3", 3, ("deputy_leader",), _HEAD),
        Rung("overdue_7", 7, ("principal_leader", "supervision_head"), _HEAD),
    ),
    repeated=Rung("overdue_again", 14, ("principal_leader", "supervision_head"), _HEAD),
    repeat_days=7,
    not_acknowledged=Rung("not_acknowledged", 0, ("liaison_officer",), (ASSIGNING_SUPERVISOR,)),
)

LADDER = Versioned("ladder", DEFAULT_LADDER)


def code_of(day_offset: int) -> str:
    """The code of a rung on this day, so that one day has one code in every version."""
    if day_offset == 0:
        return DUE_DAY
    return f"before_{-day_offset}" if day_offset < 0 else f"overdue_{day_offset}"


def sent_at(rung: str, ordinal: int, due_on: date, calendar: Calendar, ladder: Ladder) -> datetime:
    """When this rung (this repetition of it) goes out by this calendar; KeyError when the ladder has no such rung."""
    if rung == ladder.repeated.code:
        return _repetition(ordinal, due_on, calendar, ladder).send_at
    return _send_at(due_on, ladder.rung(rung).day_offset, calendar, ladder)


def planned(due_on: date, generation_started_at: datetime, calendar: Calendar, ladder: Ladder) -> tuple[Planned, ...]:
    """What this clock generation will send, in order: the rungs still to come and the first repetition still to come.

    Rungs whose instant was past when the generation started are left out. Never empty, so `next_after` its last.
    """
    once = tuple(Planned(rung.code, 1, _send_at(due_on, rung.day_offset, calendar, ladder)) for rung in ladder.rungs)
    again = _repetition(1, due_on, calendar, ladder)
    while again.send_at < generation_started_at:
        again = next_after(again, due_on, calendar, ladder)
    return (*(reminder for reminder in once if reminder.send_at >= generation_started_at), again)


def next_after(planned_last: Planned, due_on: date, calendar: Calendar, ladder: Ladder) -> Planned:
    """The repetition that follows this one; after any other rung, the first."""
    ordinal = planned_last.ordinal + 1 if planned_last.rung == ladder.repeated.code else 1
    return _repetition(ordinal, due_on, calendar, ladder)


def not_acknowledged(deadline: Deadline, ladder: Ladder) -> Planned:
    """The rung sent at the very instant at which the time to acknowledge (`reckon.acknowledge_by`) is over."""
    return Planned(ladder.not_acknowledged.code, 1, deadline.due_at)


def _repetition(ordinal: int, due_on: date, calendar: Calendar, ladder: Ladder) -> Planned:
    offset = ladder.repeated.day_offset + (ordinal - 1) * ladder.repeat_days
    return Planned(ladder.repeated.code, ordinal, _send_at(due_on, offset, calendar, ladder))


def _send_at(due_on: date, day_offset: int, calendar: Calendar, ladder: Ladder) -> datetime:
    day = due_on + timedelta(days=day_offset)
    sent_on = calendar.working_day_on_or_before(day)
    if day > due_on >= sent_on:
        sent_on = calendar.next_working_day(day)
    return clock.at(sent_on, ladder.hour.hour, ladder.hour.minute)


def _plain(rung: Rung) -> dict[str, Any]:
    return {
        "code": rung.code,
        "day_offset": rung.day_offset,
        "roles": list(rung.roles),
        "for_confidential": list(rung.for_confidential),
    }
