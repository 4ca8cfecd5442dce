"""One act on people sent by many hands at one moment is done once, and never a fault of ours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from portal.access.models import Audience
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import verbs
from portal.matters.workflow import enact
from portal.network.models import Absence, Post
from portal.staffing.models import Handover
from portal.workflow.verbs import Said
from tests.matters.test_sent_twice import AT_ONCE, send_at_once
from tests.world import World


def count(world: World, column: Any, *which: Any) -> int:
    with world.work():
        return db.session.scalar(select(func.count(column)).where(*which)) or 0


def test_a_person_leaves_once(world: World) -> None:
    leaver = world.people["health.handler"]
    form = {"reason": "调市纪委工作", f"successor_{world.posts['health.handler']}": ""}
    answers = send_at_once(world, "city.secretariat", f"network/people/{leaver}/hand-over", form)
    assert answers[303] == 1, answers
    assert sum(answers[status] for status in (409, 422)) == AT_ONCE - 1, answers
    assert count(world, Handover.id, Handover.person_id == leaver) == 1


def test_somebody_is_appointed_once(world: World) -> None:
    person = world.people["finance.handler"]
    with world.work():
        name = db.session.get_one(Person, person).sign_in_name
    form = {"person": name, "role": "handler", "from_on": clock.today().isoformat(), "reason": "市委组织部通知"}
    answers = send_at_once(world, "city.secretariat", f"network/units/{world.units['health']}/appoint", form)
    assert answers == {303: 1, 422: AT_ONCE - 1}, answers
    assert count(world, Post.id, Post.person_id == person, Post.unit_id == world.units["health"]) == 1


def test_a_new_person_is_made_once(world: World) -> None:
    form = {
        "name": "新来的",
        "sign_in_name": "newcomer",
        "role": "handler",
        "from_on": clock.today().isoformat(),
        "reason": "市委组织部通知",
    }
    answers = send_at_once(world, "city.secretariat", f"network/units/{world.units['health']}/appoint", form)
    assert answers == {200: 1, 422: AT_ONCE - 1}, answers
    assert count(world, Person.id, Person.sign_in_name == "newcomer") == 1


def test_an_absence_is_entered_once(world: World) -> None:
    day = (clock.today() + timedelta(days=2)).isoformat()
    answers = send_at_once(world, "health.handler", "absences", {"from_on": day, "last_on": day, "note": "培训"})
    assert answers == {303: 1, 422: AT_ONCE - 1}, answers
    assert count(world, Absence.id, Absence.person_id == world.people["health.handler"]) == 1


def closed(world: World) -> UUID:
    matter_id = world.register(confidential=True, leader="city.leader")
    world.progress(world.acknowledge(world.assign(matter_id, handler="health.handler")))
    world.sign(world.submit(matter_id), "health.director", "health.deputy")
    with world.work("city.supervisor"):
        enact(world.actor("city.supervisor"), verbs.CLOSE, matter_id, Said())
    return matter_id


def test_a_reading_is_granted_once_and_ends_with_the_post(world: World) -> None:
    matter_id = closed(world)
    form = {"person": "finance.director", "reason": "审计核对需要", "last_day": (clock.today() + timedelta(days=3)).isoformat()}
    answers = send_at_once(world, "city.head", f"matters/{matter_id}/grants", form)
    assert answers == {303: 1, 422: AT_ONCE - 1}, answers
    whose = world.people["finance.director"]
    granted = (Audience.person_id == whose, Audience.cause == "grant", Audience.to_at > clock.now())
    assert count(world, Audience.id, *granted) == 1
    leave = {"reason": "退休", f"successor_{world.posts['finance.director']}": "", "chains_wait": "y"}
    client = world.browser("city.secretariat")
    answer = client.post(world.url(f"network/people/{whose}/hand-over"), data={"csrf_token": world.token(client), **leave})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert count(world, Audience.id, *granted[:2], Audience.to_at > clock.now()) == 0
