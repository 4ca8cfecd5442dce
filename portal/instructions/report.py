"""The closing report of an instruction: in whose name it goes out, to whom, under which mark, what it is called."""

from __future__ import annotations

from portal.deadlines.rules import SourceLevel
from portal.instructions.shapes import shape
from portal.matters.kinds import Report
from portal.matters.models import Matter
from portal.network.models import Kind, Unit

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


def addressee(kind: str, name: str) -> str:
    """The committee whose supervision office assigned it; of another unit, the unit itself."""
    return f"中共{name}委员会督查室" if kind == Kind.PARTY_COMMITTEE else name


def _mark(matter: Matter, unit: Unit) -> str:
    return document_mark(matter.source_level, unit, confidential=matter.confidential)


def _upward(matter: Matter) -> bool:
    return matter.source_level in PARTY_LEVELS


REPORT = Report(shape=shape, title=report_title, addressee=addressee, name=issuing_name, mark=_mark, upward=_upward)
