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
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from portal.deadlines.calendar import Calendar
from portal.deadlines.reckon import Deadline
from portal.kernel import clock

ASSIGNING_SUPERVISOR = "assigning_supervisor"


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

    def __post_init__(self) -> None:
        offsets = [rung.day_offset for rung in (*self.rungs, self.repeated)]
        if offsets != sorted(set(offsets)):
            raise ValueError("rungs stand in the order of their days, one a day")
        codes = [rung.code for rung in self._all()]
        if len(codes) != len(set(codes)):
            raise ValueError("two rungs of one code")
        if self.repeat_days < 1 or self.repeated.day_offset < 1:
            raise ValueError("only an overdue rung repeats")

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
        return asdict(self) | {
            "rungs": [_plain(rung) for rung in self.rungs],
            "repeated": _plain(self.repeated),
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
    return asdict(rung) | {"roles": list(rung.roles), "for_confidential": list(rung.for_confidential)}
