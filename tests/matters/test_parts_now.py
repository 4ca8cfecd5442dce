"""Every admission to a confidential matter asks who holds the part now, and what rests on a delegation ends with it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from portal.access.models import Audience
from portal.access.roles import Role
from portal.instructions.rules import INSTRUCTION
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import verbs
from portal.matters.rebuild import rebuild_viewers
from portal.matters.reseat import refresh_all
from portal.matters.service import assigning, extending
from portal.matters.service.granting import tidy_lapsed
from portal.matters.workflow import enact
from portal.network.models import Post
from portal.network.service.delegating import delegate, end_delegation
from portal.notify.models import Message
from portal.overview.queries import counts_for
from portal.staffing.service.appointing import end_post
from portal.workflow.verbs import Said
from tests.world import World

TITLE = "关于青砚计划的情况反映"
DAY = date(2026, 11, 23)


def _status(world: World, person: str, matter_id: UUID) -> tuple[int, bool]:
    """What he is answered, and whether the content is in it."""
    answer = world.browser(person).get(world.url(f"matters/{matter_id}"))
    return answer.status_code, TITLE in answer.get_data(as_text=True)


def _told(world: World, person: str, matter_id: UUID) -> list[str]:
    with world.work():
        found = db.session.scalars(
            select(Message).where(Message.record_id == matter_id, Message.person_id == world.people[person])
        ).all()
        assert all(set(one.facts) <= {"number"} for one in found)
        return sorted(one.kind for one in found)


def _lends(world: World, person: str, to: str, *, covers: bool = True, until: datetime | None = None) -> int:
    with world.work(person):
        made = delegate(
            world.actor(person),
            world.posts[person],
            world.people[to],
            clock.now(),
            until or clock.now() + timedelta(days=3),
            covers,
        )
        return made.id


def _ends(world: World, person: str, delegation_id: int) -> None:
    with world.work(person):
        end_delegation(world.actor(person), delegation_id)


def _goes_to(world: World, person: str, unit: str, role: Role) -> None:
    """The secretariat ends the person's post and gives him another one elsewhere."""
    with world.work("city.secretariat"):
        end_post(world.actor("city.secretariat"), world.posts[person], to_on=clock.today(), reason="调任")
        place = world.units[unit]
        db.session.add(Post(person_id=world.people[person], unit_id=place, for_unit_id=place, role=role, from_on=clock.today()))


def _registered(world: World, by: str) -> UUID:
    with world.work(by):
        actor = world.actor(by)
        standing = next(one for one in actor.standings if one.role in (Role.SUPERVISOR, Role.SUPERVISION_HEAD))
    assert standing.covers_confidential
    return world.register(by, confidential=True, title=TITLE, leader="city.leader")


def _declined(world: World, matter_id: UUID) -> None:
    with world.work("health.handler"):
        enact(world.actor("health.handler"), verbs.DECLINE, matter_id, assigning.Declining(code="not_ours", words="职责不在我委"))


def test_I52_who_left_the_office_is_not_admitted_when_the_handler_declines(world: World) -> None:
    with clock.set_to(clock.at(DAY, 9)):
        matter_id = world.assign(_registered(world, "city.supervisor"), handler="health.handler")
        _goes_to(world, "city.supervisor", "finance", Role.HANDLER)
        before = _told(world, "city.supervisor", matter_id)
        _declined(world, matter_id)
        assert _status(world, "city.supervisor", matter_id) == (404, False)
        assert _told(world, "city.supervisor", matter_id) == before
        assert _told(world, "city.head", matter_id) == ["declined", "person_left"]
        assert _status(world, "city.head", matter_id) == (200, False)
        head = world.browser("city.head")
        assert world.matter(matter_id).number in head.get(world.url("instructions?task=assign")).get_data(as_text=True)
        answer = head.post(
            world.url(f"matters/{matter_id}/assign"),
            data={
                "csrf_token": world.token(head),
                "version": str(world.matter(matter_id).version),
                "lead_unit": "市卫生健康委员会",
                "handler": str(world.posts["health.handler2"]),
            },
        )
        assert answer.status_code == 303, answer.get_data(as_text=True)
        assert _status(world, "health.handler2", matter_id) == (200, True)


def test_who_is_there_still_is_admitted_when_the_handler_declines(world: World) -> None:
    matter_id = world.assign(_registered(world, "city.supervisor"), handler="health.handler")
    _declined(world, matter_id)
    assert _status(world, "city.supervisor", matter_id) == (200, True)
    assert _told(world, "city.supervisor", matter_id) == ["declined"]
    assert "declined" not in _told(world, "city.head", matter_id)


def test_I53_a_stand_in_who_registered_reads_no_longer_than_he_stands_in(world: World) -> None:
    with clock.set_to(clock.at(DAY, 9)):
        delegation_id = _lends(world, "city.head", "city.duty")
        matter_id = _registered(world, "city.duty")
        assert _status(world, "city.duty", matter_id) == (200, True)
        _ends(world, "city.head", delegation_id)
        assert _status(world, "city.duty", matter_id) == (404, False)
        assert _told(world, "city.head", matter_id) == ["assign_asked"]
        with world.work("city.head"):
            enact(
                world.actor("city.head"),
                verbs.ASSIGN,
                matter_id,
                assigning.Assignment(lead_unit=world.unit("health"), handler_post_id=world.posts["health.handler"]),
            )
        assert _status(world, "health.handler", matter_id) == (200, True)


def test_I53_a_stand_in_who_assigned_is_no_reviewer_afterwards(world: World) -> None:
    with clock.set_to(clock.at(DAY, 9)):
        delegation_id = _lends(world, "city.head", "city.duty")
        matter_id = _registered(world, "city.duty")
        world.assign(matter_id, by="city.duty", handler="health.handler")
        _ends(world, "city.head", delegation_id)
        assert _status(world, "city.duty", matter_id) == (404, False)
        report_id = world.submit(world.progress(world.acknowledge(matter_id)))
        assert _told(world, "city.duty", matter_id) == []
        world.sign(report_id, "health.director", "health.deputy")
        assert _status(world, "city.duty", matter_id) == (404, False)
        assert _told(world, "city.duty", matter_id) == []
        assert _told(world, "city.head", matter_id) == ["acknowledged", "reviewer_asked"]
        listed = world.browser("city.head").get(world.url("instructions?task=review")).get_data(as_text=True)
        assert world.matter(matter_id).number in listed
        with world.work("city.head"):
            enact(
                world.actor("city.head"), verbs.NAME_REVIEWER, matter_id, assigning.Naming(post_id=world.posts["city.supervisor"])
            )
        with world.work("city.supervisor"):
            enact(world.actor("city.supervisor"), verbs.CLOSE, matter_id, Said())


def test_a_stand_in_reviews_as_long_as_he_stands_in(world: World) -> None:
    with clock.set_to(clock.at(DAY, 9)):
        delegation_id = _lends(world, "city.head", "city.duty")
        matter_id = _registered(world, "city.duty")
        world.assign(matter_id, by="city.duty", handler="health.handler")
        report_id = world.submit(world.progress(world.acknowledge(matter_id)))
        world.sign(report_id, "health.director", "health.deputy")
        assert _status(world, "city.duty", matter_id) == (200, True)
        _ends(world, "city.head", delegation_id)
        assert _status(world, "city.duty", matter_id) == (404, False)
        assert _told(world, "city.head", matter_id) == ["reviewer_asked"]
        with world.work():
            refresh_all()
        assert _told(world, "city.head", matter_id) == ["reviewer_asked"]


@pytest.mark.parametrize("stage", ["registered", "waits for a signature", "waits for a decision", "under review"])
def test_what_rests_on_a_delegation_is_over_with_its_last_minute(world: World, stage: str) -> None:
    """Before any sweep; nothing that is written meanwhile opens it again; and a rebuild makes the same."""
    lender = "health.director" if stage == "waits for a signature" else "city.head"
    over = clock.at(DAY, 17)
    with clock.set_to(clock.at(DAY, 9)):
        _lends(world, lender, "city.duty", until=over)
        by = "city.duty" if lender == "city.head" else "city.supervisor"
        matter_id = _registered(world, by)
        if stage != "registered":
            world.progress(world.acknowledge(world.assign(matter_id, by=by, handler="health.handler")))
        if stage == "waits for a decision":
            with world.work("health.handler"):
                enact(
                    world.actor("health.handler"),
                    verbs.ASK_EXTENSION,
                    matter_id,
                    extending.Asking(until=world.matter(matter_id).due_on + timedelta(days=2), words="资料多", progress="已核查"),
                )
        elif stage != "registered":
            report_id = world.submit(matter_id)
            if stage == "under review":
                world.sign(report_id, "health.director", "health.deputy")
    with clock.set_to(over - timedelta(seconds=1)):
        assert _status(world, "city.duty", matter_id) == (200, True)
    with clock.set_to(over):
        assert _status(world, "city.duty", matter_id) == (404, False)
        listed = world.browser("city.duty").get(world.url("instructions?task=any")).get_data(as_text=True)
        assert world.matter(matter_id).number not in listed
        with world.work("city.duty"):
            found = counts_for(world.actor("city.duty"), (INSTRUCTION,), uuid4(), business=True)
            assert (found.mine, sum(found.whens.values())) == (0, 0)
        with world.work():
            rebuild_viewers()
        assert _status(world, "city.duty", matter_id) == (404, False)
        with world.work():
            tidy_lapsed()
        assert _status(world, "city.duty", matter_id) == (404, False)
        with world.work():
            refresh_all()
            open_rows = db.session.scalars(
                select(Audience.cause).where(Audience.person_id == world.people["city.duty"], Audience.to_at.is_(None))
            ).all()
        assert open_rows == []


def test_a_delegation_that_follows_on_another_lets_him_go_on(world: World) -> None:
    noon, evening = clock.at(DAY, 12), clock.at(DAY, 18)
    with clock.set_to(clock.at(DAY, 9)):
        _lends(world, "city.head", "city.duty", until=noon)
        matter_id = _registered(world, "city.duty")
        with world.work("city.head"):
            delegate(world.actor("city.head"), world.posts["city.head"], world.people["city.duty"], noon, evening, True)
    with clock.set_to(noon):
        with world.work():
            refresh_all()
            tidy_lapsed()
        assert _status(world, "city.duty", matter_id) == (200, True)
    assert _told(world, "city.head", matter_id) == []


def test_the_stand_in_of_a_post_that_ends_reads_no_longer(world: World) -> None:
    with clock.set_to(clock.at(DAY, 9)):
        _lends(world, "city.supervisor", "city.duty")
        matter_id = _registered(world, "city.duty")
        _goes_to(world, "city.supervisor", "finance", Role.HANDLER)
        assert _status(world, "city.duty", matter_id) == (404, False)
        assert _told(world, "city.head", matter_id) == ["assign_asked"]
