"""The posts that a person holds, and those in which they stand in: as text, a part of whatever statement asks for it."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from sqlalchemy import Date, DateTime, Integer, ScalarSelect, bindparam, cast, func, literal, null, select, true, union_all
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, aggregate_order_by
from sqlalchemy.orm import aliased

from portal.access.actor import EVERYTHING, Standing
from portal.access.roles import Role
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.statements import Kept
from portal.network.models import Delegation, Post, Unit
from portal.network.queries.seats import delegated_at, in_business, in_force
from portal.registry.acts import Lent

_STANDINGS = Kept()


def standings_column(person_id: Any, _suspended: Any = None) -> ScalarSelect[str]:
    """The posts that a person holds, by id, then those they stand in for, as the words that `read_standings` reads; a part of a
    statement with the values `day` and `moment`."""
    day: Any = bindparam("day", type_=Date)
    moment: Any = bindparam("moment", type_=DateTime(timezone=True))
    holder = aliased(Person)
    post = (Post.id, Post.role, Post.unit_id, Post.for_unit_id)
    own = select(
        *post, null().label("delegation_id"), true().label("covers"), cast(null(), ARRAY(TEXT)).label("acts"),
        literal(0).label("rank"),
    ).where(Post.person_id == person_id, in_force(day)).correlate(Person)  # fmt: skip
    lent = (
        select(*post, Delegation.id, Delegation.covers_confidential, Delegation.acts, literal(1))
        .join(Delegation, Delegation.post_id == Post.id)
        .join(holder, holder.id == Post.person_id)
        .where(Delegation.to_person_id == person_id, delegated_at(moment), in_force(day), holder.active)
        .where(in_business(person_id, day))
        .correlate(Person)
    )
    held = union_all(own, lent).subquery()
    at, whom, gone = aliased(Unit), aliased(Unit), aliased(Unit)
    former = func.array(
        select(gone.id).where(gone.heir_id == held.c.for_unit_id).order_by(gone.id).scalar_subquery(), type_=ARRAY(Integer)
    )
    one = func.json_build_array(*held.c, at.name, whom.path, former)
    order = (held.c.rank, held.c.id, held.c.covers.desc(), held.c.delegation_id)
    return (
        select(cast(func.json_agg(aggregate_order_by(one, *order)), TEXT))
        .select_from(held)
        .join(at, at.id == held.c.unit_id)
        .join(whom, whom.id == held.c.for_unit_id)
        .scalar_subquery()
    )


@lru_cache(maxsize=4096)
def read_standings(words: str | None) -> tuple[Standing, ...]:
    """The standings that `standings_column` has found. The same words, the same standings: the database is asked each time."""
    standings: dict[int, Standing] = {}
    for post_id, role, unit_id, for_unit_id, delegation_id, covers, acts, _rank, name, path, former in json.loads(words or "[]"):
        # Lent twice for overlapping periods: the wider delegation counts.
        lent = EVERYTHING if acts is None else frozenset(map(Lent, acts))
        standings.setdefault(
            post_id,
            Standing(post_id, Role(role), unit_id, name, for_unit_id, tuple(path), delegation_id, covers, lent, tuple(former)),
        )
    return tuple(standings.values())


def standings_of(person_id: int) -> tuple[Standing, ...]:
    """The posts a person holds today, by id, then those they stand in for now. One statement."""
    whose: Any = bindparam("person_id", type_=Integer)
    values = {"person_id": person_id, "day": clock.today(), "moment": clock.now()}
    return read_standings(_STANDINGS.execute("standings", lambda: select(standings_column(whose)), values, {}).scalar_one())
