"""The person who acts or reads, frozen for the length of one request."""

from __future__ import annotations

from dataclasses import dataclass, field

from portal.access.roles import (
    OFFICERS,
    SUPERVISION,
    Role,
    audience_principal,
    person_principal,
    post_name,
    shells_principal,
    standing_principal,
)
from portal.registry.acts import Lent

EVERYTHING = frozenset({Lent.ALL})


@dataclass(frozen=True, slots=True)
class Standing:
    """A post in force, held or stood in for. `unit_id` is where the post is, `for_unit_id` whom it acts for (an organ
    acts for its parent), `path` the ids from the city's root down to `for_unit_id`; `lent` the kinds of act for which one
    stands in: everything, in a post of one's own. `former` are the units that are no more and whose heir `for_unit_id` is:
    their registers are its own."""

    post_id: int
    role: Role
    unit_id: int
    unit_name: str
    for_unit_id: int
    path: tuple[int, ...]
    delegation_id: int | None = None
    covers_confidential: bool = True
    lent: frozenset[Lent] = EVERYTHING
    former: tuple[int, ...] = ()

    @property
    def keeps(self) -> tuple[int, ...]:
        """The units whose registers it keeps: the one it acts for, and those to which that one is heir."""
        return (self.for_unit_id, *self.former)

    @property
    def sees_shells(self) -> bool:
        """Whether it shows the shells of its office's confidential matters: a supervisor's or head's post of one's own; as
        stand-in only where the delegation names such matters and lends supervising."""
        lent = Lent.ALL in self.lent or Lent.SUPERVISE in self.lent
        return self.role in SUPERVISION and self.covers_confidential and lent

    @property
    def title(self) -> str:
        """The post as it goes on record."""
        return post_name(self.unit_name, self.role)


@dataclass(frozen=True, slots=True)
class Actor:
    """A natural person with the standings in force today. The first standing is the post he is acting in. `suspended`:
    his password was reset and it is not yet certain that it is he, so for him no confidential matter exists.
    `confirmed`: he has shown lately that it is he; nothing confidential is opened before."""

    person_id: int
    city_id: int
    name: str
    standings: tuple[Standing, ...] = ()
    suspended: bool = False
    confirmed: bool = True
    principals: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        business = [s for s in self.standings if s.role not in OFFICERS]
        held = {standing_principal(unit_id, s.role) for s in business for unit_id in s.keeps}
        # Who holds no post of business reads nothing any more, not even what he once handled.
        himself = [person_principal(self.person_id)] if held else []
        if held and not self.suspended:
            himself.append(audience_principal(self.person_id))
            held |= {shells_principal(unit_id, s.role) for s in business if s.sees_shells for unit_id in s.keeps}
        object.__setattr__(self, "principals", (*himself, *sorted(held)))

    @property
    def acting(self) -> Standing | None:
        """The post chosen in the page's header."""
        return self.standings[0] if self.standings else None

    def has(self, *roles: Role) -> bool:
        """Holds one of these roles anywhere."""
        return any(s.role in roles for s in self.standings)


class System:
    """The portal itself: said openly where a job or the engine must know beyond what one person sees."""

    person_id = None
    standings: tuple[Standing, ...] = ()


SYSTEM = System()
