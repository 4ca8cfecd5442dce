"""The document that a closing report is: in whose name, to whom, under which mark, through which chain, what is signed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.matters.kinds import kind_of
from portal.matters.models import CoUnit, Matter
from portal.network.queries import names_borne
from portal.papers.models import Paper
from portal.papers.seats import Seat, Shape


@dataclass(frozen=True, slots=True)
class Heading:
    """What of a report follows from the matter and its units: title, addressee, in whose name, under which mark."""

    title: str
    addressee: str
    name: str
    mark: str


def heading_of(report: Paper, matter: Matter) -> Heading:
    """As it was submitted. Of a draft, as the facts stand now: what its drafter has typed stays, and a title or addressee that
    is no more than what the matter was, or the supervising unit is or was, called, is what it is called now."""
    unit = matter.lead_unit
    assert unit is not None
    kind = kind_of(matter).report
    mark = kind.mark(matter, unit)
    if report.state != "draft":
        return Heading(report.title, report.addressee, report.issuing_name, report.mark or mark)
    return Heading(title_on(report, matter), _addressee_on(report, matter), kind.name(matter, unit), mark)


def title_on(report: Paper, matter: Matter) -> str:
    """The draft's title: what was typed, or what the matter is called now."""
    if matter.content is None or report.title not in (report.former_titles or ()):
        return report.title
    return kind_of(matter).report.title(matter.content.title)


def _addressee_on(report: Paper, matter: Matter) -> str:
    now = addressee(matter)
    if report.addressee == now:
        return now
    borne = {kind_of(matter).report.addressee(kind, name) for kind, name in names_borne(matter.supervising_unit)}
    return now if report.addressee in borne else report.addressee


def report_series(mark: str) -> str:
    """The series in which reports are numbered: one for each mark."""
    return f"report:{mark}"


def addressee(matter: Matter) -> str:
    """To whom the report is addressed: by the unit whose office assigned it."""
    return kind_of(matter).report.addressee(matter.supervising_unit.kind, matter.supervising_unit.name)


def seats_of(matter: Matter) -> tuple[Seat, ...]:
    """The seats that a report on this matter goes through."""
    return shape_of(matter).seats


def shape_of(matter: Matter) -> Shape:
    """The chain that a report on this matter goes through."""
    countersigning = []
    if matter.content is not None and matter.content.has("co_unit"):
        countersigning = list(
            db.session.scalars(
                select(CoUnit.unit_id)
                .where(CoUnit.matter_id == matter.id, CoUnit.countersigns)
                .options(as_seen_by(SYSTEM))
                .order_by(CoUnit.unit_id)
            )
        )
    return kind_of(matter).report.shape(matter, countersigning)
