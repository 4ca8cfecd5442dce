"""Being away: a person enters from when to when. It changes no right; whoever sets a deadline that falls into it is
told so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import select

from portal.access.actor import Actor
from portal.audit import journal
from portal.identity.queries import hold_person
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible
from portal.network.models import Absence

LONGEST = timedelta(days=365)


def be_away(actor: Actor, from_on: date, last_on: date, note: str | None = None) -> Absence:
    """Enter one's own absence, the last day included. Refused: a period that ends before it begins, is past, lasts over
    a year, or meets another of one's own."""
    faults = {}
    hold_person(actor.person_id)
    if last_on < from_on:
        faults["last_on"] = _("结束日期不能早于开始日期")
    elif last_on < clock.today():
        faults["last_on"] = _("这段时间已经过去")
    elif last_on - from_on > LONGEST:
        faults["last_on"] = _("一次外出最长一年")
    elif meeting := absences([actor.person_id], from_on, last_on):
        faults["from_on"] = _("与已登记的外出重叠：%(span)s", span=span_words(meeting[0]))
    if faults:
        raise Invalid(_("外出没有保存"), fields=faults)
    made = Absence(person_id=actor.person_id, from_on=from_on, last_on=last_on, note=note or None, made_at=clock.now())
    db.session.add(made)
    db.session.flush()
    journal.record(actor, "be_away", "absence", made.id, after=_facts(made))
    return made


def end_absence(actor: Actor, absence_id: int) -> Absence:
    """Take back one's own absence, or come back early. Over already: nothing more happens."""
    found = db.session.scalar(
        select(Absence)
        .where(Absence.city_id == current_city(), Absence.id == absence_id, Absence.person_id == actor.person_id)
        .with_for_update()
    )
    if found is None:
        raise Invisible
    if found.ended_at is None:
        found.ended_at = clock.now()
        journal.record(actor, "end_absence", "absence", found.id, before=_facts(found))
    return found


def absences(persons: Collection[int], first: date, last: date) -> list[Absence]:
    """When these persons are away between the two days, both included; by day."""
    if not persons:
        return []
    return list(
        db.session.scalars(
            select(Absence)
            .where(
                Absence.city_id == current_city(),
                Absence.person_id.in_(persons),
                Absence.ended_at.is_(None),
                Absence.from_on <= last,
                Absence.last_on >= first,
            )
            .order_by(Absence.from_on, Absence.id)
        )
    )


def span_words(absence: Absence) -> str:
    """12月3日至10日."""
    first, last = absence.from_on, absence.last_on
    start = _("%(month)s月%(day)s日", month=first.month, day=first.day)
    if first == last:
        return start
    if (first.year, first.month) == (last.year, last.month):
        return _("%(start)s至%(day)s日", start=start, day=last.day)
    return _("%(start)s至%(month)s月%(day)s日", start=start, month=last.month, day=last.day)


def _facts(made: Absence) -> dict[str, object]:
    return {"from_on": made.from_on.isoformat(), "last_on": made.last_on.isoformat()}
