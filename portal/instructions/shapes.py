"""Through which seats a closing report goes, by the level from which the instruction came."""

from __future__ import annotations

from collections.abc import Sequence

from portal.access.roles import Role
from portal.deadlines.rules import SourceLevel
from portal.matters.models import Matter
from portal.papers.seats import STEP_LABELS, Seat, Shape
from portal.registry.chains import Chain

Kinds = tuple[tuple[str, Role], ...]
_HIGH: Kinds = (("check", Role.OFFICE_DIRECTOR), ("endorse", Role.DEPUTY_LEADER), ("issue", Role.PRINCIPAL_LEADER))
_LOCAL: Kinds = (("check", Role.OFFICE_DIRECTOR), ("issue", Role.DEPUTY_LEADER))

STEPS: dict[SourceLevel, Kinds] = {
    SourceLevel.CENTRAL: _HIGH,
    SourceLevel.PROVINCE: _HIGH,
    SourceLevel.CITY: _LOCAL,
    SourceLevel.COUNTY: _LOCAL,
}
"""What is done in which seat of the lead unit."""
CHAINS = tuple(
    Chain(level, level.label, tuple((STEP_LABELS[kind], role.label) for kind, role in steps)) for level, steps in STEPS.items()
)


def shape(matter: Matter, countersigning: Sequence[int]) -> Shape:
    """The chain for one report: co-units that were asked to countersign come before the issue."""
    assert matter.lead_unit_id is not None
    own = [Seat(kind, role, matter.lead_unit_id) for kind, role in STEPS[matter.source_level]]
    others = [Seat("countersign", Role.DEPUTY_LEADER, unit_id) for unit_id in countersigning]
    return Shape(matter.source_level, (*own[:-1], *others, own[-1]))
