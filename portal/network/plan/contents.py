"""What a network's two workbooks hold and what is found about them; what the city has already comes in as `Known`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.access.roles import Role
from portal.importing.judging import RowError
from portal.network.models import Kind, Level

UNITS = "units"
POSTS = "posts"


@dataclass(slots=True)
class PlannedUnit:
    """One unit as it will be. `depth` counts from the root's 1."""

    row: int
    code: str
    name: str
    short_name: str
    level: Level
    kind: Kind
    parent_code: str | None
    document_prefix: str | None
    depth: int = 0


@dataclass(slots=True)
class PlannedPost:
    """One post as it will be."""

    row: int
    sign_in_name: str
    name: str
    unit_code: str
    role: Role
    email: str | None


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit that the city has already."""

    id: int
    kind: Kind
    level: Level
    path: tuple[int, ...]
    parent_id: int | None
    document_prefix: str | None
    name: str = ""
    short_name: str = ""
    retired: bool = False


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person whom the city knows already, with the posts held today as (unit code, role)."""

    id: int
    name: str
    posts: frozenset[tuple[str, Role]]


@dataclass(frozen=True, slots=True)
class Known:
    """What the city has already."""

    units: Mapping[str, KnownUnit] = field(default_factory=dict)
    people: Mapping[str, KnownPerson] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """Both workbooks, judged. Only a plan without faults may be carried out."""

    known: Known
    units: list[PlannedUnit] = field(default_factory=list)
    posts: list[PlannedPost] = field(default_factory=list)
    faults: list[RowError] = field(default_factory=list)
    unit_rows: int = 0
    post_rows: int = 0
    codes: set[str] = field(default_factory=set)
    """Every code that a row of the units bears, rows of unknown level or kind included."""

    @property
    def good(self) -> bool:
        """Every row may be written."""
        return not self.faults

    def new_people(self) -> dict[str, PlannedPost]:
        """Sign-in name → the first post of each person who is not in the city yet, in the workbook's order."""
        found: dict[str, PlannedPost] = {}
        for post in self.posts:
            if post.sign_in_name not in self.known.people:
                found.setdefault(post.sign_in_name, post)
        return found

    def fault(self, sheet: str, row: int, column: str, sentence: str) -> None:
        """Note one fault."""
        self.faults.append(RowError(row, column, None, sentence, sheet=sheet))
