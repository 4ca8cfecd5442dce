"""The tree is changed while others are at work: nobody waits in a circle, and what was signed stays where it was signed."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from sqlalchemy import select, text

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.kernel.refusals import Refusal
from portal.matters.models import Matter
from portal.matters.service import reporting
from portal.network.models import ChangeKind, Unit, UnitChange
from portal.papers.models import Step
from portal.papers.steps import step_now
from tests.network.test_changes import all_follows_from_the_rules, do, post_in
from tests.world import World

_WAITS = text("select count(*) from pg_locks where not granted")


def meanwhile(pool: ThreadPoolExecutor, act: Callable[[], Any]) -> Future[Any]:
    """Another does it at the same moment, as far as he comes before he waits for this transaction."""
    before = db.session.scalar(_WAITS) or 0
    doing = pool.submit(act)
    for _each in range(100):
        if doing.done() or (db.session.scalar(_WAITS) or 0) > before:
            break
        time.sleep(0.1)
    return doing


def merged(world: World) -> UnitChange:
    seats = [world.posts[f"health.{word}"] for word in ("liaison", "handler", "director", "deputy", "leader")]
    return do(world, ChangeKind.MERGE, "health", into_id=world.units["finance"], moving=seats)


def test_what_is_signed_while_the_unit_is_merged_stays_signed_there(world: World) -> None:
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    with ThreadPoolExecutor(1) as pool:
        with world.work("health.director"):
            now = step_now(matter_id)
            assert now is not None
            reporting.sign(world.actor("health.director"), report_id, step=1, digest=now.sign_off.digest, confirm=lambda: None)
            db.session.flush()
            doing = meanwhile(pool, lambda: merged(world))
        doing.result(timeout=60)
    with world.work():
        steps = db.session.scalars(
            select(Step).where(Step.sign_off_id == now.sign_off.id).order_by(Step.number).options(as_seen_by(SYSTEM))
        ).all()
        assert [step.unit_id for step in steps] == [world.units["health"], world.units["finance"]]
    world.sign(report_id, "finance.deputy")  # the leaders of the heir; those who came along wait for agreement
    all_follows_from_the_rules(world)


def test_who_issues_a_report_and_who_merges_its_unit_do_not_wait_for_each_other(world: World) -> None:
    matter_id = world.at_work()
    with ThreadPoolExecutor(1) as pool:
        with world.work():
            db.session.scalars(
                select(Matter).where(Matter.id == matter_id).with_for_update(of=Matter).options(as_seen_by(SYSTEM))
            ).one()
            doing = meanwhile(pool, lambda: merged(world))
            # As the foreign key of what is written about the unit asks.
            db.session.scalar(select(Unit.id).where(Unit.id == world.units["health"]).with_for_update(read=True, key_share=True))
        doing.result(timeout=60)
    assert world.matter(matter_id).lead_unit_id == world.units["finance"]
    all_follows_from_the_rules(world)


def test_two_units_are_not_merged_into_each_other(world: World) -> None:
    post_in(world, "secretariat", "nobody", "city_office")  # type: ignore[arg-type]
    with world.work():
        db.session.execute(
            text("update post set for_unit_id = :city where person_id = :who"),
            {"city": world.units["city"], "who": world.people["nobody"]},
        )

    def one(unit: str, into: str, by: str) -> bool:
        try:
            do(world, ChangeKind.MERGE, unit, by, into_id=world.units[into])
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(one, "health", "finance", "city.secretariat"), pool.submit(one, "finance", "health", "nobody")]
        assert sorted(each.result(timeout=60) for each in done) == [False, True]
    all_follows_from_the_rules(world)
