"""Through which seats a closing report goes, by the level from which the instruction came."""

from __future__ import annotations

from collections.abc import Sequence

from portal.access.roles import Role
from portal.deadlines.rules import SourceLevel
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


def shape(source_level: SourceLevel, lead_unit_id: int, countersigning: Sequence[int] = ()) -> Shape:
    """The chain for one report: co-units that were asked to countersign come before the issue."""
    own = [Seat(kind, role, lead_unit_id) for kind, role in STEPS[SourceLevel(source_level)]]
    others = [Seat("countersign", Role.DEPUTY_LEADER, unit_id) for unit_id in countersigning]
    return Shape(source_level, (*own[:-1], *others, own[-1]))


def issuing_role(source_level: SourceLevel) -> Role:
    """Whose seat issues a report at this level."""
    return STEPS[SourceLevel(source_level)][-1][1]
