"""What the officers' consoles read: accounts, proposals, the journal, the portal's health. Nothing of business content."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import joinedload

from portal.access.actor import SYSTEM
from portal.access.roles import OFFICERS, Role
from portal.access.visibility import as_seen_by
from portal.audit.models import JournalEntry
from portal.deadlines.queries import calendar_of
from portal.identity.models import Person, SecondFactor, SignInFailure, SignInSession
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.matters.models import Matter
from portal.network.models import Kind as UnitKind
from portal.network.models import Post, Unit
from portal.network.queries import in_force
from portal.notify.models import Delivery, Reminder
from portal.officers.models import SensitiveAct, Sweep

BUSINESS = frozenset({"matter", "report", "register", "import", "entry", "extension", "attachment"})
"""Kinds of subjects whose facts the auditor does not see: business content is none of his."""
PAGE_SIZE = 50
MOST_COUNTED = 1000
MOST_EXPORTED = 20_000
MOST_RESTRICTED = 2000  # restricted entries between two shown ones; more are not counted

# ------------------------------------------------------------------------------------------------------------- officers


@dataclass(frozen=True, slots=True)
class Officer:
    """Who holds one of the three offices today."""

    role: Role
    person_id: int
    name: str
    sign_in_name: str


def officers_now() -> list[Officer]:
    """The three officers, as far as they are appointed."""
    rows = db.session.execute(
        select(Post.role, Person.id, Person.name, Person.sign_in_name)
        .join(Person, Person.id == Post.person_id)
        .where(Post.city_id == current_city(), Post.role.in_(OFFICERS), in_force(clock.today()))
        .order_by(Post.id)
    )
    return [Officer(Role(role), person_id, name, sign_in_name) for role, person_id, name, sign_in_name in rows]


def officer_posts(role: Role) -> list[Post]:
    """The posts in force of this office, held while it changes hands."""
    return list(
        db.session.scalars(
            select(Post)
            .where(Post.city_id == current_city(), Post.role == role, in_force(clock.today()))
            .order_by(Post.id)
            .with_for_update()
        )
    )


def founding_unit() -> Unit | None:
    """Where a new city's officers sit: the general office of its first root, or that root itself."""
    root = db.session.scalars(
        select(Unit).where(Unit.city_id == current_city(), Unit.parent_id.is_(None), Unit.retired_on.is_(None)).order_by(Unit.code)
    ).first()
    if root is None:
        return None
    office = select(Unit).where(
        Unit.parent_id == root.id, Unit.kind == UnitKind.GENERAL_OFFICE, Unit.retired_on.is_(None)
    )
    return db.session.scalars(office.order_by(Unit.code)).first() or root


def post_by_id(post_id: int) -> Post | None:
    """The post of this city with that id."""
    return db.session.scalar(select(Post).where(Post.city_id == current_city(), Post.id == post_id))


# ------------------------------------------------------------------------------------------------------------ proposals


def _acts() -> Select[SensitiveAct]:
    return (
        select(SensitiveAct)
        .where(SensitiveAct.city_id == current_city())
        .options(
            joinedload(SensitiveAct.person), joinedload(SensitiveAct.proposed_by), joinedload(SensitiveAct.decided_by)
        )
    )


def act_by_id(act_id: UUID, *, lock: bool = False) -> SensitiveAct | None:
    """One proposal; with `lock`, nobody else decides it meanwhile."""
    found = _acts().where(SensitiveAct.id == act_id)
    return db.session.scalar(found.with_for_update(of=SensitiveAct) if lock else found)


def acts_waiting(person_id: int | None = None) -> list[SensitiveAct]:
    """The proposals that wait, the oldest first; all, or those about one person."""
    found = _acts().where(SensitiveAct.outcome.is_(None), SensitiveAct.expires_at > clock.now())
    if person_id is not None:
        found = found.where(SensitiveAct.person_id == person_id)
    return list(db.session.scalars(found.order_by(SensitiveAct.proposed_at, SensitiveAct.id)))


def acts_done(most: int = PAGE_SIZE) -> list[SensitiveAct]:
    """The latest proposals that were decided, withdrawn or lapsed, newest first."""
    over = or_(SensitiveAct.outcome.is_not(None), SensitiveAct.expires_at <= clock.now())
    return list(db.session.scalars(_acts().where(over).order_by(SensitiveAct.proposed_at.desc()).limit(most)))


def count_waiting() -> int:
    """How many proposals wait; the navigation says so."""
    waiting = select(func.count()).select_from(SensitiveAct).where(
        SensitiveAct.city_id == current_city(), SensitiveAct.outcome.is_(None), SensitiveAct.expires_at > clock.now()
    )
    return db.session.scalar(waiting) or 0


# ------------------------------------------------------------------------------------------------------------- accounts


@dataclass(frozen=True, slots=True)
class Account:
    """A person as the security administrator sees him."""

    person: Person
    last_sign_in: datetime | None
    has_second_factor: bool
    locked_until: datetime | None
    posts: tuple[tuple[str, Role], ...] = ()


def _accounts() -> Any:
    last = (
        select(func.max(SignInSession.started_at)).where(SignInSession.person_id == Person.id).correlate(Person).scalar_subquery()
    )
    locked = (
        select(func.max(SignInFailure.locked_until))
        .where(
            SignInFailure.city_id == Person.city_id,
            SignInFailure.sign_in_name == Person.sign_in_name,
            SignInFailure.locked_until > clock.now(),
        )
        .correlate(Person)
        .scalar_subquery()
    )
    factor = exists().where(SecondFactor.person_id == Person.id, SecondFactor.in_force_at.is_not(None)).correlate(Person)
    return select(Person, last.label("last"), factor.label("factor"), locked.label("locked")).where(
        Person.city_id == current_city()
    )


def _with_posts(rows: Sequence[Any]) -> list[Account]:
    held: dict[int, list[tuple[str, Role]]] = {}
    if rows:
        posts = db.session.execute(
            select(Post.person_id, Unit.name, Post.role)
            .join(Unit, Unit.id == Post.unit_id)
            .where(Post.person_id.in_([row.Person.id for row in rows]), in_force(clock.today()))
            .order_by(Post.id)
        )
        for person_id, unit, role in posts:
            held.setdefault(person_id, []).append((unit, Role(role)))
    return [Account(row.Person, row.last, row.factor, row.locked, tuple(held.get(row.Person.id, ()))) for row in rows]


_STATES = {
    "inactive": lambda: ~Person.active,
    "suspended": lambda: Person.suspended_at.is_not(None),
    "officers": lambda: Person.id.in_(
        select(Post.person_id).where(Post.city_id == current_city(), Post.role.in_(OFFICERS), in_force(clock.today()))
    ),
    "locked": lambda: Person.sign_in_name.in_(
        select(SignInFailure.sign_in_name).where(
            SignInFailure.city_id == current_city(), SignInFailure.locked_until > clock.now()
        )
    ),
}


def accounts(typed: str, state: str, after: str, size: int = PAGE_SIZE) -> tuple[list[Account], bool]:
    """One page of accounts by sign-in name, and whether more follow. `typed`: part of name, sign-in name or unit."""
    found = _accounts()
    if typed:
        worked = exists().where(
            Post.person_id == Person.id, Unit.id == Post.unit_id, in_force(clock.today()),
            or_(Unit.name.contains(typed, autoescape=True), Unit.short_name.contains(typed, autoescape=True)),
        )
        found = found.where(
            or_(Person.name.contains(typed, autoescape=True), Person.sign_in_name.contains(typed, autoescape=True), worked)
        )
    if state in _STATES:
        found = found.where(_STATES[state]())
    if after:
        found = found.where(Person.sign_in_name > after)
    rows = db.session.execute(found.order_by(Person.sign_in_name).limit(size + 1)).all()
    return _with_posts(rows[:size]), len(rows) > size


def account(person_id: int) -> Account | None:
    """One account."""
    rows = db.session.execute(_accounts().where(Person.id == person_id)).all()
    return next(iter(_with_posts(rows)), None)


# -------------------------------------------------------------------------------------------------------------- journal


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the journal is asked for. Naming a person, an act or a kind leaves restricted entries out altogether, so
    that nothing is learnt of them by asking."""

    from_at: datetime | None = None
    until: datetime | None = None
    person: str = ""
    acts: tuple[str, ...] = ()
    kind: str = ""
    officers: bool = False

    @property
    def narrows(self) -> bool:
        """Asks for more than a time."""
        return bool(self.person or self.acts or self.kind or self.officers)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry with the names it needs; or, where `entry` is None, restricted entries, with time and number alone."""

    entry: JournalEntry | None
    person: str = ""
    unit: str = ""
    role: Role | None = None
    subject: str = ""
    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Entries, newest first; `older` and `newer` are where the neighbouring pages begin."""

    lines: list[Line]
    newer: int | None
    older: int | None


def _entries(asked: Asked) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [JournalEntry.city_id == current_city()]
    if asked.from_at:
        where.append(JournalEntry.at >= asked.from_at)
    if asked.until:
        where.append(JournalEntry.at < asked.until)
    if asked.person:
        named = or_(Person.name == asked.person, Person.sign_in_name == asked.person)
        where.append(JournalEntry.person_id.in_(select(Person.id).where(Person.city_id == current_city(), named)))
    if asked.officers:
        held = select(Post.person_id).where(Post.city_id == current_city(), Post.role.in_(OFFICERS))
        where.append(JournalEntry.person_id.in_(held))
    if asked.acts:
        where.append(JournalEntry.act.in_(asked.acts))
    if asked.kind:
        where.append(JournalEntry.subject_kind == asked.kind)
    return where


def journal_page(asked: Asked, before: int | None = None, after: int | None = None, size: int = PAGE_SIZE) -> JournalPage:
    """One page of the journal. Restricted entries do not count for its length: they stand folded between the others."""
    found = _open_entries(asked)
    if before is not None:
        found = found.where(JournalEntry.id < before)
    if after is not None:
        found = found.where(JournalEntry.id > after)
    order = JournalEntry.id.asc() if after is not None else JournalEntry.id.desc()
    rows = list(db.session.execute(found.order_by(order).limit(size + 1)))
    more, rows = len(rows) > size, rows[:size]
    if after is not None:
        rows.reverse()
    ids = [row.JournalEntry.id for row in rows]
    has_older = more if after is None else bool(ids)
    has_newer = more if after is not None else before is not None
    lines = _lines(rows)
    if not asked.narrows:
        lower = ids[-1] if ids and has_older else 0
        upper = before if before is not None else ids[0] + 1 if after is not None and more else None
        lines = _folded(lines, _restricted(asked, lower, upper))
    return JournalPage(
        lines, newer=ids[0] if ids and has_newer else None, older=ids[-1] if ids and has_older else None
    )


def every_entry(asked: Asked) -> Iterator[Line]:
    """The entries asked for, newest first, restricted ones with their time alone; at most 20,000."""
    before, left = None, MOST_EXPORTED
    while left > 0:
        page = journal_page(asked, before=before, size=min(500, left))
        yield from page.lines
        left -= len(page.lines)
        if page.older is None:
            return
        before = page.older


def _open_entries(asked: Asked) -> Any:
    return (
        select(JournalEntry, Person.name, Post.role, Unit.name.label("unit"))
        .outerjoin(Person, Person.id == JournalEntry.person_id)
        .outerjoin(Post, Post.id == JournalEntry.post_id)
        .outerjoin(Unit, Unit.id == JournalEntry.unit_id)
        .where(*_entries(asked), ~JournalEntry.confidential)
    )


def _lines(rows: Sequence[Any]) -> list[Line]:
    named = _names({(row.JournalEntry.subject_kind, row.JournalEntry.subject_id) for row in rows})
    return [
        Line(
            row.JournalEntry, row.name or "", row.unit or "", Role(row.role) if row.role else None,
            named.get((row.JournalEntry.subject_kind, row.JournalEntry.subject_id), ""),
        )
        for row in rows
    ]


def _names(subjects: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What people, units and posts (by their holders) are called now, by kind and id. One statement."""
    wanted = {
        kind: [int(one) for of, one in subjects if of == kind and one.isdigit() and len(one) < 10]
        for kind in ("person", "unit", "post")
    }
    if not any(wanted.values()):
        return {}
    here = current_city()
    found = union_all(
        select(literal("person"), Person.id, Person.name).where(Person.city_id == here, Person.id.in_(wanted["person"])),
        select(literal("unit"), Unit.id, Unit.name).where(Unit.city_id == here, Unit.id.in_(wanted["unit"])),
        select(literal("post"), Post.id, Person.name)
        .join(Person, Person.id == Post.person_id)
        .where(Post.city_id == here, Post.id.in_(wanted["post"])),
    )
    return {(kind, str(subject_id)): name for kind, subject_id, name in db.session.execute(found)}


def _restricted(asked: Asked, lower: int, upper: int | None) -> list[tuple[int, datetime]]:
    found = (
        select(JournalEntry.id, JournalEntry.at)
        .where(*_entries(asked), JournalEntry.confidential, JournalEntry.id > lower)
        .order_by(JournalEntry.id.desc())
        .limit(MOST_RESTRICTED)
    )
    if upper is not None:
        found = found.where(JournalEntry.id < upper)
    return [(entry_id, at) for entry_id, at in db.session.execute(found)]


def _folded(lines: list[Line], restricted: list[tuple[int, datetime]]) -> list[Line]:
    """The restricted entries put between the others, those that follow each other as one line."""
    made: list[Line] = []
    place = 0

    def fold(until: int) -> None:
        nonlocal place
        run = place
        while place < len(restricted) and restricted[place][0] > until:
            place += 1
        if place > run:
            made.append(Line(None, count=place - run, last_at=restricted[run][1], first_at=restricted[place - 1][1]))

    for line in lines:
        assert line.entry is not None
        fold(line.entry.id)
        made.append(line)
    fold(-1)
    return made


# --------------------------------------------------------------------------------------------------------------- health


@dataclass(frozen=True, slots=True)
class Health:
    """Totals of this city, and of the installation's database."""

    swept_at: datetime | None
    waiting: int
    oldest_due: datetime | None
    doubtful: int
    reminders_late: int
    database_size: int
    database_version: str


def health() -> Health:
    """How deliveries, sweeps and the database stand, in one statement; counts no further than a thousand."""

    def capped(*where: ColumnElement[bool]) -> Any:
        some = select(Delivery.id).where(Delivery.city_id == current_city(), *where).limit(MOST_COUNTED).subquery()
        return select(func.count()).select_from(some).scalar_subquery()

    waiting = Delivery.state.in_(("waiting", "claimed"))
    row = db.session.execute(
        select(
            select(Sweep.swept_at).where(Sweep.city_id == current_city()).scalar_subquery().label("swept_at"),
            capped(waiting).label("waiting"),
            select(func.min(Delivery.due_at))
            .where(and_(Delivery.city_id == current_city(), waiting))
            .scalar_subquery()
            .label("oldest_due"),
            capped(Delivery.state == "doubtful").label("doubtful"),
            func.pg_database_size(func.current_database()).label("size"),
            func.current_setting("server_version").label("version"),
        )
    ).one()
    return Health(
        row.swept_at, row.waiting, row.oldest_due, row.doubtful, _late_reminders(), row.size, str(row.version).split()[0]
    )


def year_without_calendar() -> int | None:
    """The year whose calendar should be imported by now."""
    return calendar_of(db.session()).year_to_import(clock.today())


def _late_reminders() -> int:
    some = (
        select(Reminder.id)
        .where(
            Reminder.city_id == current_city(), Reminder.settled_at.is_(None),
            Reminder.send_at < clock.now() - timedelta(minutes=10),
            # They are held back on purpose until the request for more time is decided.
            ~exists().where(Matter.id == Reminder.matter_id, Matter.extension_pending),
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(some).options(as_seen_by(SYSTEM))) or 0

