"""The city the bench measures in: 200 units in three levels, 2,000 people with posts, and the four who look at it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date

import psycopg

from portal.access.roles import Role
from portal.identity import passwords
from portal.network.models import Kind, Level

SLUG = "bench"
PASSWORD = "open-the-bench-2026"
COUNTIES = 10
DESK = (Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR, Role.DEPUTY_LEADER, Role.PRINCIPAL_LEADER)
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许", "志远思诚文武全才明华建国秀英伟芳"


@dataclass
class Unit:
    """A unit as the bench needs it."""

    id: int
    name: str
    level: Level
    kind: Kind
    parent: Unit | None
    mark: str

    @property
    def path(self) -> tuple[int, ...]:
        return (*(self.parent.path if self.parent else ()), self.id)

    @property
    def for_unit(self) -> Unit:
        organ = self.kind in (Kind.SUPERVISION_OFFICE, Kind.GENERAL_OFFICE, Kind.DUTY_OFFICE)
        return self.parent if organ and self.parent else self


@dataclass
class Network:
    """Units, and who holds which seat: (unit acted for, role) to (person, post)."""

    units: list[Unit] = field(default_factory=list)
    seats: dict[tuple[int, Role], list[tuple[int, int]]] = field(default_factory=dict)
    readers: dict[str, tuple[int, str]] = field(default_factory=dict)
    city: Unit = field(init=False)
    counties: list[Unit] = field(default_factory=list)
    departments: list[Unit] = field(default_factory=list)
    below: dict[int, list[Unit]] = field(default_factory=dict)
    clerks_unit: Unit = field(init=False)

    def holder(self, unit: Unit, role: Role, chance: random.Random) -> tuple[int, int]:
        """Somebody in this seat: person and post."""
        return chance.choice(self.seats[unit.id, role])


def _units(network: Network) -> Unit:
    """Fills in the units; returns the department that never gets anything."""

    def add(name: str, level: Level, kind: Kind, parent: Unit | None, mark: str = "") -> Unit:
        unit = Unit(len(network.units) + 1, name, level, kind, parent, mark or name[:2])
        network.units.append(unit)
        return unit

    network.city = city = add("示范市", Level.CITY, Kind.PARTY_COMMITTEE, None, "示委")
    add("市委督查室", Level.CITY, Kind.SUPERVISION_OFFICE, city)
    add("市委办公室", Level.CITY, Kind.GENERAL_OFFICE, city)
    network.departments = [add(f"市第{n}局", Level.CITY, Kind.DEPARTMENT, city, f"示{n}") for n in range(1, 27)]
    idle = add("市史志研究室", Level.CITY, Kind.DEPARTMENT, city, "示史")
    for number in range(1, COUNTIES + 1):
        county = add(f"第{number}县", Level.COUNTY, Kind.PARTY_COMMITTEE, city, f"县{number}委")
        network.counties.append(county)
        add("县委督查室", Level.COUNTY, Kind.SUPERVISION_OFFICE, county)
        add("县委办公室", Level.COUNTY, Kind.GENERAL_OFFICE, county)
        network.below[county.id] = [
            add(f"第{number}县第{n}局", Level.COUNTY, Kind.DEPARTMENT, county, f"县{number}局{n}") for n in range(1, 6)
        ] + [add(f"第{number}县第{n}镇", Level.TOWNSHIP, Kind.TOWNSHIP, county, f"县{number}镇{n}") for n in range(1, 10)]
    network.clerks_unit = network.below[network.counties[0].id][-1]
    return idle


def _roles(unit: Unit) -> list[Role]:
    """The ten posts of a unit."""
    match unit.kind:
        case Kind.SUPERVISION_OFFICE:
            return [Role.SUPERVISION_HEAD] + [Role.SUPERVISOR] * 9
        case Kind.PARTY_COMMITTEE:
            return [Role.PRINCIPAL_LEADER] + [Role.DEPUTY_LEADER] * 9
        case Kind.GENERAL_OFFICE:
            return [Role.LIAISON_OFFICER, Role.OFFICE_DIRECTOR, Role.SECRETARIAT] + [Role.HANDLER] * 7
    return [*DESK] + [Role.HANDLER] * 6


def found(connection: psycopg.Connection) -> tuple[int, Network]:
    """Writes city, units, people and posts; the city's id and its network. `connection` passes row-level security."""
    network = Network()
    idle = _units(network)
    row = connection.execute(
        "insert into city (slug, name, demonstration, created_at) values (%s, '示范市', false, now()) returning id", [SLUG]
    ).fetchone()
    assert row is not None
    connection.execute("select set_config('app.city', %s, false)", [str(row[0])])
    with connection.cursor().copy(
        "copy unit (id, code, name, short_name, level, kind, parent_id, path, document_prefix, pinyin) from stdin"
    ) as copy:
        for unit in network.units:
            copy.write_row(
                (
                    unit.id,
                    f"B{unit.id:05d}",
                    unit.name,
                    unit.name,
                    unit.level.value,
                    unit.kind.value,
                    unit.parent.id if unit.parent else None,
                    list(unit.path),
                    unit.mark,
                    "",
                )
            )
    stored = passwords.hashed(PASSWORD)
    held = [(unit, role) for unit in network.units for role in _roles(unit)]
    people = [(n, f"person.{n}", SURNAMES[n % 20] + GIVEN[n % 16] + GIVEN[n * 7 % 16]) for n in range(1, len(held) + 1)]
    with connection.cursor().copy(
        "copy person (id, sign_in_name, name, password_hash, must_change_password, active, created_at) from stdin"
    ) as copy:
        for number, sign_in_name, name in people:
            copy.write_row((number, sign_in_name, name, stored, False, True, "2024-01-01"))
    with connection.cursor().copy("copy post (id, person_id, unit_id, for_unit_id, role, from_on) from stdin") as copy:
        for (number, _sign_in_name, _name), (unit, role) in zip(people, held, strict=True):
            copy.write_row((number, number, unit.id, unit.for_unit.id, role.value, date(2024, 1, 1)))
            network.seats.setdefault((unit.for_unit.id, role), []).append((number, number))
    for table in ("unit", "person", "post"):
        connection.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))")
    county = network.counties[0]
    for reader, (unit, role) in {
        "clerk": (network.clerks_unit, Role.HANDLER),
        "county office": (county, Role.SUPERVISOR),
        "city office": (network.city, Role.SUPERVISOR),
        "nobody": (idle, Role.HANDLER),
    }.items():
        person = network.seats[unit.id, role][0][0]
        network.readers[reader] = (person, f"person.{person}")
    return row[0], network
