"""Whatever is changed in whatever order: paths are what the parents' links say, making the viewers anew changes nothing,
and every open matter is led by a unit that exists."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.record import Record
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.kernel.refusals import Refusal
from portal.matters.models import ENDED, Matter
from portal.network.models import ChangeKind, Unit
from portal.network.service.wanted import posts_of
from tests.network.test_changes import all_follows_from_the_rules, do
from tests.world import World

KEYS = ("health", "finance", "county", "county_health", "township", "county_office", "city")
steps = st.tuples(
    st.sampled_from(list(ChangeKind)), st.sampled_from(KEYS), st.sampled_from(KEYS), st.integers(0, 31), st.booleans()
)


def _facts(world: World, number: int, kind: ChangeKind, key: str, other: str, mask: int, goes: bool) -> dict[str, Any]:
    with world.work():
        posts = [post.id for place, post in enumerate(posts_of(world.units[key])) if mask >> place % 5 & 1]
        level = world.unit(key).level
        below = list(db.session.scalars(select(Unit.id).where(Unit.parent_id == world.units[key])))
    to = world.units[other]
    return {
        ChangeKind.FOUND: {"code": f"H{number}", "name": f"第{number}局", "kind": "department", "level": level},
        ChangeKind.RENAME: {"name": f"改{number}局"},
        ChangeKind.MOVE: {"parent_id": to},
        ChangeKind.MERGE: {"into_id": to, "moving": posts},
        ChangeKind.SPLIT: {
            "code": f"S{number}",
            "name": f"分{number}局",
            "kind": "department",
            "level": level,
            "goes": goes,
            "moving": posts,
            "children": below[: mask % 3],
        },
        ChangeKind.RETIRE: {"heir_id": to if mask % 4 else None, "moving": posts},
    }[kind]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(steps, min_size=2, max_size=6))
def test_after_any_changes_everything_follows_from_the_rules(new_world: Any, taken: list[Any]) -> None:
    world: World = new_world()
    world.at_work()
    world.assign(world.register(), to="township", co=("finance",))
    world.assign(world.register(confidential=True), to="finance", handler="finance.handler")
    world.submit(world.at_work())
    done = 0
    for number, (kind, key, other, mask, goes) in enumerate(taken):
        try:
            do(world, kind, key, **_facts(world, number, kind, key, other, mask, goes))
            done += 1
        except Refusal:
            with world.work():
                db.session.rollback()
    all_follows_from_the_rules(world)
    with world.work():
        gone = (
            select(Record.number)
            .join(Matter, Matter.id == Record.id)
            .join(Unit, Unit.id == Matter.lead_unit_id)
            .where(Unit.retired_on.is_not(None), Matter.state.not_in(ENDED))
        )
        assert list(db.session.scalars(gone.options(as_seen_by(SYSTEM)))) == []
