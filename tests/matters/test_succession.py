"""A seat changes hands while something waits there: who left reads no longer, the successor is admitted, asked, and acts."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invisible, Stale
from portal.matters import queries, verbs
from portal.matters.rebuild import rebuild_viewers
from portal.matters.reseat import refresh_deciders, refresh_waiting_steps
from portal.matters.service import extending, reporting
from portal.matters.workflow import enact
from portal.network.models import Post
from portal.network.service.delegating import delegate, end_delegation
from portal.notify.models import Message
from portal.papers.models import Signer, SignOff
from portal.workflow.verbs import Said
from tests.world import World


@pytest.fixture
def secret(world: World) -> UUID:
    """A confidential matter at work: city.supervisor assigned it to health.handler."""
    matter_id = world.assign(world.register(confidential=True, leader="city.leader"), handler="health.handler")
    return world.progress(world.acknowledge(matter_id))


def _leaves(world: World, person: str, successor: str | None = None) -> None:
    with world.work():
        post = db.session.get(Post, world.posts[person])
        assert post is not None
        post.to_on = clock.today()
        if successor:
            db.session.add(
                Post(
                    person_id=world.people[successor],
                    unit_id=post.unit_id,
                    for_unit_id=post.for_unit_id,
                    role=post.role,
                    from_on=clock.today(),
                )
            )


def _lends(world: World, person: str, to: str) -> int:
    with world.work(person):
        return delegate(
            world.actor(person), world.posts[person], world.people[to], clock.now(), clock.now() + timedelta(days=3), True
        ).id


def _sweep(world: World) -> int:
    with world.work():
        return refresh_waiting_steps() + refresh_deciders()


def _reads(world: World, person: str, matter_id: UUID) -> bool:
    with world.work(person):
        try:
            return queries.get_matter(world.actor(person), matter_id).content is not None
        except Invisible:
            return False


def _told(world: World, person: str, matter_id: UUID) -> list[str]:
    with world.work():
        return list(
            db.session.scalars(
                select(Message.kind).where(Message.record_id == matter_id, Message.person_id == world.people[person])
            )
        )


def _signers(world: World, report_id: UUID) -> set[int]:
    with world.work():
        found = select(Signer.person_id).join(SignOff, SignOff.id == Signer.sign_off_id).where(SignOff.paper_id == report_id)
        return set(db.session.scalars(found.options(as_seen_by(SYSTEM))))


def test_a_successor_is_admitted_and_signs_and_who_left_reads_no_longer(world: World, secret: UUID) -> None:
    report_id = world.submit(secret)
    _leaves(world, "health.director", "finance.handler")
    assert _sweep(world) == 1
    assert not _reads(world, "health.director", secret)
    assert _told(world, "finance.handler", secret) == ["to_sign"]
    assert _signers(world, report_id) == {world.people["finance.handler"]}
    world.sign(report_id, "finance.handler")
    assert world.matter(secret).state == "in_sign_off"
    assert _sweep(world) == 0


def test_who_has_signed_reads_on_when_another_sits_in_his_seat(world: World, secret: UUID) -> None:
    report_id = world.submit(secret)
    world.sign(report_id, "health.director")
    _leaves(world, "health.director", "finance.handler")
    with world.work():  # to another post: who holds none reads nothing
        place = world.units["finance"]
        db.session.add(
            Post(
                person_id=world.people["health.director"],
                unit_id=place,
                for_unit_id=place,
                role=Role.DEPUTY_LEADER,
                from_on=clock.today(),
            )
        )
    assert _sweep(world) == 0
    assert _reads(world, "health.director", secret)
    assert not _reads(world, "finance.handler", secret)


def test_a_stand_in_reads_as_long_as_he_stands_in(world: World, secret: UUID) -> None:
    report_id = world.submit(secret)
    delegation_id = _lends(world, "health.director", "health.liaison")
    assert _sweep(world) == 1
    assert _reads(world, "health.liaison", secret)
    assert _told(world, "health.liaison", secret) == ["to_sign"]
    assert _told(world, "health.director", secret) == ["to_sign"]
    with world.work("health.director"):
        end_delegation(world.actor("health.director"), delegation_id)
    assert _sweep(world) == 0  # at once, in the act itself
    assert not _reads(world, "health.liaison", secret)
    assert _reads(world, "health.director", secret)
    assert _signers(world, report_id) == {world.people["health.director"]}


def test_a_seat_that_falls_vacant_is_reported_once_and_stops_the_chain(world: World) -> None:
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    with world.work():
        waiting = db.session.scalars(select(SignOff).where(SignOff.paper_id == report_id).options(as_seen_by(SYSTEM))).one()
        digest = waiting.digest
    _leaves(world, "health.director")
    assert (_sweep(world), _sweep(world)) == (1, 0)
    for person in ("health.liaison", "city.supervisor", "city.head"):
        assert _told(world, person, matter_id).count("seat_vacant") == 1
    with world.work("health.director"), pytest.raises((Forbidden, Invisible, Stale)):
        reporting.sign(world.actor("health.director"), report_id, step=1, digest=digest, confirm=lambda: None)


def test_a_new_head_decides_the_request_the_former_left(world: World, secret: UUID) -> None:
    until = world.matter(secret).due_on + timedelta(days=2)
    with world.work("health.handler"):
        enact(
            world.actor("health.handler"),
            verbs.ASK_EXTENSION,
            secret,
            extending.Asking(until=until, words="资料多", progress="已核查"),
        )
    _leaves(world, "city.head", "county.head")
    assert _sweep(world) == 1
    assert not _reads(world, "city.head", secret)
    assert "extension_asked" in _told(world, "county.head", secret)
    with world.work("county.head"):
        enact(world.actor("county.head"), verbs.DECIDE_EXTENSION, secret, extending.Decision(granted=True))
    assert world.matter(secret).due_on == until
    assert not _reads(world, "county.head", secret)


def test_a_reviewer_who_left_the_office_closes_nothing(world: World, secret: UUID) -> None:
    world.sign(world.submit(secret), "health.director", "health.deputy")
    _leaves(world, "city.supervisor")
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["city.supervisor"],
                unit_id=world.units["township"],
                for_unit_id=world.units["township"],
                role="handler",
                from_on=date(2020, 1, 1),
            )
        )
    with world.work("city.supervisor"), pytest.raises(Forbidden, match="督查室"):
        enact(world.actor("city.supervisor"), verbs.CLOSE, secret, Said())


def test_the_index_of_viewers_is_what_a_rebuild_makes(world: World, secret: UUID) -> None:
    from portal.access.models import Viewer

    def rows() -> set[tuple[object, ...]]:
        return {tuple(row) for row in db.session.execute(select(Viewer.record_id, Viewer.principal, Viewer.view, Viewer.task))}

    world.submit(secret)
    _leaves(world, "health.director", "finance.handler")
    _sweep(world)
    with world.work():
        before = rows()
        rebuild_viewers()
        assert rows() == before
