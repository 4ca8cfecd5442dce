"""How somebody is told: at once, with the morning's digest, or by the portal alone; and when he is left in peace.

Settings say what he prefers; the law of the legal groups stands above them. The message in the portal is always written,
at once: it is the record, and counts as in time whatever the hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from flask_babel import LazyString

from portal.deadlines.calendar import Calendar
from portal.deadlines.rules import Limits
from portal.kernel import clock
from portal.kernel.language import _l
from portal.registry.messages import MESSAGES, Group

DIGEST_AT = time(8, 30)  # on working days of the city's calendar
GATHERED = timedelta(minutes=5)  # before a digest; what comes later goes into the next


class Way(StrEnum):
    """By what way a group of messages goes out by one channel."""

    NOW = "now"
    DIGEST = "digest"
    OFF = "off"

    @property
    def label(self) -> LazyString:
        return _WAYS[self]


_WAYS = {Way.NOW: _l("立即"), Way.DIGEST: _l("早间汇总"), Way.OFF: _l("不发")}

# Shipped, for whoever has set nothing: what asks for an act at once, what merely informs in the morning.
DEFAULTS: Mapping[Group, Way] = {Group.RESULTS: Way.DIGEST}


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nothing goes out: office time of day from–to, across midnight where `ends` is the earlier; and
    whole days off, where chosen."""

    begins: time | None = None
    ends: time | None = None
    days_off: bool = False


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person has set: {channel: {group: way}} and his quiet hours. Empty: as shipped."""

    ways: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    quiet: Quiet = Quiet()

    def way(self, group: Group, channel: str) -> Way:
        """How messages of this group go out to him by this channel."""
        if group.legal:
            return Way.NOW
        said: Any = self.ways.get(channel, {}).get(group)
        return Way(said) if said in list(Way) else DEFAULTS.get(group, Way.NOW)


def quiet_until(moment: datetime, quiet: Quiet, calendar: Calendar) -> datetime | None:
    """The end of the quiet in which the moment lies (UTC), quiet hours and days off taken together; None outside it."""
    start = end = clock.local(moment)
    while (later := _end(end, quiet, calendar)) is not None:
        end = later
    return end.astimezone(UTC) if end > start else None


def _end(at: datetime, quiet: Quiet, calendar: Calendar) -> datetime | None:
    day, hour = at.date(), at.time()
    if quiet.days_off and not calendar.is_working(day):
        return clock.local(clock.at(calendar.next_working_day(day)))
    if quiet.begins is None or quiet.ends is None:
        return None
    over_midnight = quiet.begins > quiet.ends
    if over_midnight and hour >= quiet.begins:
        day += timedelta(days=1)
    elif not (hour < quiet.ends and (over_midnight or hour >= quiet.begins)):
        return None
    return clock.local(clock.at(day, quiet.ends.hour, quiet.ends.minute))


def quiet_fault(begins: time | None, ends: time | None, limits: Limits) -> LazyString | None:
    """Why these quiet hours cannot be: half given, empty, or touching the city's office hours, which would silence what may not
    be silenced. None where they can."""
    if (begins is None) != (ends is None):
        return _l("起止时间须一并填写；不设静默时段的，两项都留空")
    if begins is None or ends is None:
        return None
    if begins == ends:
        return _l("起止时间不能相同")
    if begins < ends:
        touches = begins < limits.closes and ends > limits.opens
    else:
        touches = begins < limits.closes or ends > limits.opens
    office = {"opens": f"{limits.opens:%H:%M}", "closes": f"{limits.closes:%H:%M}"}
    return _l("静默时段不能占用办公时间（%(opens)s 至 %(closes)s）", **office) if touches else None


def next_digest(moment: datetime, calendar: Calendar) -> datetime:
    """When a message that waits from this moment on goes out with a digest (UTC)."""
    cut = clock.local(moment + GATHERED)
    day = cut.date()
    if cut.time() >= DIGEST_AT or not calendar.is_working(day):
        day = calendar.next_working_day(day)
    return clock.at(day, DIGEST_AT.hour, DIGEST_AT.minute)


def digests_go_out(moment: datetime, calendar: Calendar) -> bool:
    """A digest may leave now: on a working day, not before its time; after an outage later that day."""
    local = clock.local(moment)
    return calendar.is_working(local.date()) and local.time() >= DIGEST_AT


def goes_out(kind: str, channel: str, wishes: Wishes, *, on_duty: bool, now: datetime, calendar: Calendar
             ) -> tuple[Way, datetime]:  # fmt: skip
    """How and when a message of this kind, told now, goes out by this channel; for OFF the time says nothing."""
    group = MESSAGES[kind].group
    way = wishes.way(group, channel)
    if way is Way.DIGEST:
        return way, next_digest(now, calendar)
    if on_duty and group.words.presses:
        return way, now
    return way, quiet_until(now, wishes.quiet, calendar) or now
