"""The document that a closing report is: in whose name, to whom, under which mark, through which chain, what is signed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.deadlines.rules import SourceLevel
from portal.kernel.db import db
from portal.matters.models import CoUnit, Matter
from portal.matters.shapes import shape
from portal.network.models import Kind, Unit
from portal.network.queries import names_borne
from portal.papers.models import Paper
from portal.papers.seats import Seat, Shape

PARTY_LEVELS = (SourceLevel.CENTRAL, SourceLevel.PROVINCE)


def issuing_name(matter: Matter, unit: Unit) -> str:
    """In whose name the report goes out: central and provincial matters in that of the Party committee or Party group,
    the others in the unit's own."""
    if unit.official_name:
        return unit.official_name
    if unit.kind == Kind.PARTY_COMMITTEE:
        return f"中共{unit.name}委员会"
    if matter.source_level not in PARTY_LEVELS:
        return unit.name
    if unit.kind == Kind.TOWNSHIP:
        return f"中共{unit.name}{'工作委员会' if unit.name.endswith('街道') else '委员会'}"
    return f"中共{unit.name}党组"


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
    mark = document_mark(matter.source_level, unit, confidential=matter.confidential)
    if report.state != "draft":
        return Heading(report.title, report.addressee, report.issuing_name, report.mark or mark)
    return Heading(title_on(report, matter), _addressee_on(report, matter), issuing_name(matter, unit), mark)


def title_on(report: Paper, matter: Matter) -> str:
    """The draft's title: what was typed, or what the matter is called now."""
    if matter.content is None or report.title not in (report.former_titles or ()):
        return report.title
    return report_title(matter.content.title)


def _addressee_on(report: Paper, matter: Matter) -> str:
    now = addressee(matter)
    if report.addressee == now:
        return now
    borne = {_addressed(kind, name) for kind, name in names_borne(matter.supervising_unit)}
    return now if report.addressee in borne else report.addressee


def report_title(title: str) -> str:
    """What a report on a matter of this title is called until its drafter calls it otherwise."""
    subject = title.removeprefix("关于").removesuffix("的情况反映").removesuffix("情况反映") or title
    return f"关于{subject}办理情况的报告"


def document_mark(level: SourceLevel, unit: Unit, *, confidential: bool) -> str:
    """The mark before the number of this unit's reports on matters of that level. Confidential ones have their own (温应急内,
    永嘉教党组内), so that no gap in the open series tells of them."""
    mark = unit.document_prefix or unit.short_name
    party = "党组" if level in PARTY_LEVELS and unit.kind == Kind.DEPARTMENT else ""
    return f"{mark}{party}内" if confidential else f"{mark}{party}"


def report_series(mark: str) -> str:
    """The series in which reports are numbered: one for each mark."""
    return f"report:{mark}"


def addressee(matter: Matter) -> str:
    """To whom the closing report is addressed: the committee whose supervision office assigned it."""
    return _addressed(matter.supervising_unit.kind, matter.supervising_unit.name)


def _addressed(kind: str, name: str) -> str:
    return f"中共{name}委员会督查室" if kind == Kind.PARTY_COMMITTEE else name


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
    assert matter.lead_unit_id is not None
    return shape(matter.source_level, matter.lead_unit_id, countersigning)
