"""Which unit was meant, what lies above and below it, and which county stands between."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    SmallInteger,
    String,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased, joinedload

from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid
from portal.kernel.text import folded
from portal.network import rules
from portal.network.models import ORGANS, Kind, Level, Unit, UnitWord
from portal.network.models.changes import INNER, ORGAN, RETIRED

_LAST = "\U0010ffff"
"""No text that begins with a word sorts after the word with this behind it."""


def _units() -> Select[Unit]:
    return select(Unit).where(Unit.city_id == current_city())


def _live() -> Select[Unit]:
    return _units().where(Unit.retired_on.is_(None))


def unit_by_id(unit_id: int) -> Unit | None:
    """The unit of this city with that id."""
    return db.session.scalar(_units().where(Unit.id == unit_id))


def keeper_of(unit: Unit) -> Unit:
    """The unit that keeps this one's register: itself, or whoever took over."""
    return unit if unit.heir_id is None else db.session.scalars(_units().where(Unit.id == unit.heir_id)).one()


def unit_by_code(code: str) -> Unit | None:
    """The unit with this code, retired ones included."""
    return db.session.scalar(_units().where(Unit.code == code))


MOST_NAMESAKES = 20


def names_in(typed: str | None) -> list[str]:
    """The names of several units typed one after another, parted by 、 or any usual mark, each once."""
    parted = "".join("、" if character in ",，;；\n" else character for character in typed or "")
    return list(dict.fromkeys(name for part in parted.split("、") if (name := part.strip())))


def unit_typed(typed: str | None, field: str) -> Unit | None:
    """The unit that was meant by a code, “name (code)”, or a name or short name that only one unit bears, in whatever
    brackets, width and case; None where nothing was typed. Raises Invalid beside the field where there is none or there are
    several, and where name and code contradict each other."""
    if not typed or not typed.strip():
        return None
    said, code = typed.strip(), rules.name_and_code(typed)[1]
    spelled = {folded(one) for one in (said, code)} - {""}
    heads = [level.depth + organ for level in Level for organ in (0, ORGAN)]
    named_so = select(UnitWord.unit_id).where(
        UnitWord.city_id == current_city(), UnitWord.place.in_(heads), UnitWord.tail.in_(spelled)
    )
    found = list(db.session.scalars(_live().where(Unit.id.in_(named_so)).limit(MOST_NAMESAKES)))
    coded = [unit for unit in found if unit.code in (said, code)] or [unit for unit in found if folded(unit.code) in spelled]
    meant = coded or [unit for unit in found if folded(said) in rules.names_of(unit)]
    if len(meant) != 1:
        fix = _("单位网络中没有这个单位，或有几个单位叫此名；请从列出的名称中选择，或填单位代码")
        raise Invalid(_("没有找到“%(typed)s”", typed=said[:40]), fields={field: fix})
    if coded and (why := rules.contradiction(meant[0], typed)):
        raise Invalid(why[0], fields={field: why[1]})
    return meant[0]


def resolve_unit(typed: str) -> Unit | None:
    """As `unit_typed`; None where it is not clear."""
    try:
        return unit_typed(typed, "unit")
    except Invalid:
        return None


def units_matching(typed: str, limit: int = 20, *, organs: bool = False, retired: bool = False) -> list[Unit]:
    """Units with this in name, short name, code or pinyin (full or initials); the nearest and the higher ones first.
    Retired ones, with their heirs, only when asked for. One statement, which reads no more of a large city than of a small one."""
    said = typed.strip()
    terms = {term for one in (said, rules.name_and_code(said)[1]) if (term := folded(one))}
    if not terms:
        return []
    places = [
        level + inner + organ + gone
        for gone in ((0, RETIRED) if retired else (0,))
        for organ in ((0, ORGAN) if organs else (0,))
        for inner in (0, INNER)
        for level in range(len(Level))
    ]
    word = _words_beginning(terms, places, limit).subquery()
    exact = or_(*(func.folded(column).in_(terms) for column in (Unit.code, Unit.name, Unit.short_name)))
    inside = word.c.place.op("&")(INNER) == INNER
    nearness = case((exact, 0), (inside, 2), else_=1)
    best = (
        select(Unit.id, func.min(nearness).label("nearness"))
        .join(word, word.c.unit_id == Unit.id)
        .where(Unit.city_id == current_city())
        .group_by(Unit.id)
        .subquery()
    )
    found = select(Unit).join(best, best.c.id == Unit.id)
    if retired:
        found = found.options(joinedload(Unit.heir))
    order = (best.c.nearness, Unit.retired_on.is_not(None), _level_order(), func.length(Unit.name), Unit.code)
    return list(db.session.scalars(found.order_by(*order).limit(limit)))


def _words_beginning(terms: Collection[str], places: Collection[int], limit: int) -> Select[Any]:
    """The words that begin with one of the terms, for each term and place the first few of the index."""
    term = func.unnest(cast(list(terms), ARRAY(String))).table_valued("term").render_derived("terms")
    place = func.unnest(cast(list(places), ARRAY(SmallInteger))).table_valued("place").render_derived("places")
    begins = (
        select(UnitWord.unit_id, UnitWord.place, UnitWord.tail)
        .where(
            UnitWord.city_id == current_city(),
            UnitWord.place == place.c.place,
            UnitWord.tail >= term.c.term.collate("C"),
            UnitWord.tail < (term.c.term + _LAST).collate("C"),
        )
        .order_by(UnitWord.tail)
        .limit(limit)
        .lateral("begins")
    )
    # The nearest of them alone, before any unit is fetched: a unit may be there with several of its words.
    place_of_word = begins.c.place
    nearest = (
        begins.c.tail.not_in(list(terms)), place_of_word.op("&")(INNER), place_of_word.op("&")(3), func.length(begins.c.tail),
    )  # fmt: skip
    return (
        select(begins.c.unit_id, begins.c.place, begins.c.tail)
        .select_from(term.join(place, true()).join(begins, true()))
        .order_by(*nearest)
        .limit(4 * limit)
    )


def _level_order() -> ColumnElement[int]:
    return case({level.value: level.depth for level in Level}, value=Unit.level, else_=9)


def below_ids(unit_id: int) -> Select[Any]:
    """A statement for the ids of everything below a unit and its own, retired ones included, by the parents' links: an
    index that row-level security lets be used, which that of arrays is not."""
    tree = select(Unit.id).where(Unit.id == unit_id).cte("below", recursive=True)
    child = aliased(Unit)
    tree = tree.union_all(select(child.id).join(tree, child.parent_id == tree.c.id))
    return select(tree.c.id)


def children_units(unit_id: int, *, direct: bool = False) -> list[Unit]:
    """The units below that business may be forwarded to, deeper ones included unless `direct`; no organs."""
    below = Unit.parent_id == unit_id if direct else and_(Unit.id.in_(below_ids(unit_id)), Unit.id != unit_id)
    found = _live().where(below, Unit.kind.not_in(ORGANS))
    return list(db.session.scalars(found.order_by(func.cardinality(Unit.path), Unit.code)))


def branches(parents: Collection[int | None], *, retired: bool = False) -> dict[int | None, list[tuple[Unit, int]]]:
    """The units right below each of these (None: the roots), organs included, each with the number of units right below
    it. One statement."""
    ids = [one for one in parents if one is not None]
    where = or_(Unit.parent_id.in_(ids), Unit.parent_id.is_(None)) if None in parents else Unit.parent_id.in_(ids)
    units = _units() if retired else _live()
    found: dict[int | None, list[tuple[Unit, int]]] = {parent: [] for parent in parents}
    for unit, count in db.session.execute(units.where(where).add_columns(_count_below()).order_by(Unit.code)):
        found[unit.parent_id].append((unit, count))
    return found


def branch(parent_id: int | None) -> list[tuple[Unit, int]]:
    """The units right below one unit, or the roots."""
    return branches((parent_id,))[parent_id]


def _count_below() -> ScalarSelect[Any]:
    lower = aliased(Unit)
    return (
        select(func.count())
        .select_from(lower)
        .where(lower.parent_id == Unit.id, lower.retired_on.is_(None))
        .correlate(Unit)
        .scalar_subquery()
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a unit stands: the units above it from the city's root down, those right below with the number below each,
    and the one that took over when it was retired; of those right below that are retired, theirs are loaded too."""

    unit: Unit
    above: list[Unit]
    below: list[tuple[Unit, int]]
    heir: Unit | None


def place_of(unit_id: int) -> Place | None:
    """The unit with what stands around it, in one statement; None where there is no such unit."""
    this, near = aliased(Unit), aliased(Unit)
    of_city = this.city_id == current_city()
    ids = union(
        select(func.unnest(this.path).label("id")).where(this.id == unit_id, of_city),
        select(near.id).where(near.parent_id == unit_id),
        select(this.heir_id).where(or_(this.id == unit_id, this.parent_id == unit_id), of_city, this.heir_id.is_not(None)),
    ).subquery("near")
    rows = db.session.execute(_units().join(ids, ids.c.id == Unit.id).add_columns(_count_below()).order_by(Unit.code)).all()
    found = {unit.id: (unit, count) for unit, count in rows}
    if unit_id not in found:
        return None
    unit = found[unit_id][0]
    return Place(
        unit,
        [found[one][0] for one in unit.path[:-1] if one in found],
        [(one, count) for one, count in found.values() if one.parent_id == unit_id],
        found[unit.heir_id][0] if unit.heir_id in found else None,
    )


def ancestors(unit_id: int) -> list[Unit]:
    """The units above, the city's root first."""
    unit = unit_by_id(unit_id)
    if unit is None:
        return []
    found = {above.id: above for above in db.session.scalars(_units().where(Unit.id.in_(unit.path[:-1])))}
    return [found[one] for one in unit.path[:-1] if one in found]


def proposal_for(unit: Unit, registering_unit_id: int) -> Unit | None:
    """The county committee to be lead instead, and to forward, where a unit of a county would be assigned past it;
    None where nothing stands between."""
    if registering_unit_id not in unit.path:
        return None
    between = unit.path[unit.path.index(registering_unit_id) + 1 : -1]
    if not between:
        return None
    return db.session.scalars(
        select(Unit)
        .where(Unit.city_id == current_city(), Unit.id.in_(between), Unit.kind == Kind.PARTY_COMMITTEE,
               Unit.retired_on.is_(None))
        .order_by(Unit.path)
        .limit(1)
    ).first()  # fmt: skip
