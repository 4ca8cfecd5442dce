"""The person who acts or reads, frozen for the length of one request."""

from __future__ import annotations

from dataclasses import dataclass, field

from portal.access.roles import Role, audience_principal, person_principal, standing_principal


@dataclass(frozen=True, slots=True)
class Standing:
    """A post in force, held or stood in for. `unit_id` is where the post is, `for_unit_id` whom it acts for (an organ
    acts for its parent), `path` the ids from the city's root down to `for_unit_id`."""

    post_id: int
    role: Role
    unit_id: int
    unit_name: str
    for_unit_id: int
    path: tuple[int, ...]
    delegation_id: int | None = None
    covers_confidential: bool = True


@dataclass(frozen=True, slots=True)
class Actor:
    """A natural person with the standings in force today. The first standing is the post he is acting in. `suspended`:
    his password was reset and it is not yet certain that it is he, so he is of no confidential matter's audience.
    `confirmed`: he has shown lately that it is he; nothing confidential is opened before."""

    person_id: int
    city_id: int
    name: str
    standings: tuple[Standing, ...] = ()
    suspended: bool = False
    confirmed: bool = True
    principals: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        held = {standing_principal(s.for_unit_id, s.role) for s in self.standings}
        himself = [person_principal(self.person_id)]
        if not self.suspended:
            himself.append(audience_principal(self.person_id))
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
