"""Which act tells whom: exactly these people, one message each, and of a confidential matter its number alone."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask_babel import force_locale
from sqlalchemy import event, select

from portal.access.models import Audience
from portal.access.roles import Role
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import verbs
from portal.matters.queries import get_matter, whole_content
from portal.matters.reseat import refresh_waiting_steps
from portal.matters.rules import Lead
from portal.matters.service import assigning, extending, forwarding
from portal.matters.service.creation import keep_co_units
from portal.matters.workflow import enact
from portal.network.models import Delegation, Post
from portal.notify.kinds import text_of
from portal.notify.models import Message
from portal.officers.service.deciding import TOLD
from portal.registry.messages import MESSAGES
from tests.world import World

ROOT = Path(__file__).parents[2]
DESK = ["health.director", "health.liaison"]
Told = dict[str, list[str]]


def messages(world: World) -> list[Message]:
    with world.work():
        return list(db.session.scalars(select(Message).where(Message.city_id == world.id)))


def told_by(world: World, act: Callable[[], Any]) -> Told:
    """Who is told of this one act, by kind; nobody twice."""
    before = {message.id for message in messages(world)}
    act()
    names = {person_id: name for name, person_id in world.people.items()}
    found: Told = {}
    new = [message for message in messages(world) if message.id not in before]
    for message in new:
        found.setdefault(message.kind, []).append(names[message.person_id])
    assert len({message.person_id for message in new}) == len(new)
    return {kind: sorted(people) for kind, people in found.items()}


def sentence(world: World, kind: str) -> str:
    """What the latest message of this kind says."""
    [*_earlier, message] = [one for one in messages(world) if one.kind == kind]
    with world.app.test_request_context(), force_locale("zh"):
        return text_of(message.kind, message.facts)


def hold(world: World, name: str, unit: str, role: Role) -> None:
    """That person has this post too."""
    with world.work():
        db.session.add(
            Post(
                person_id=world.people[name],
                unit_id=world.units[unit],
                for_unit_id=world.units[unit],
                role=role,
                from_on=clock.today(),
            )
        )


def leave(world: World, name: str) -> None:
    """That person's post ended yesterday."""
    with world.work():
        post = db.session.get(Post, world.posts[name])
        assert post is not None
        post.to_on = clock.today()


def do(world: World, by: str, act: Callable[..., Any], *said: Any, **more: Any) -> Any:
    with world.work(by):
        return act(world.actor(by), *said, **more)


def forward(world: World, parent: UUID, *keys: str) -> list[UUID]:
    with world.work("county.liaison"):
        made = enact(
            world.actor("county.liaison"),
            verbs.FORWARD,
            parent,
            forwarding.Forwarding(units=[world.unit(k) for k in keys], words="请核查"),
        ).result
        return [child.id for child in made]


def test_every_kind_is_sent_by_something() -> None:
    sent = set()
    for path in (ROOT / "portal").rglob("*.py"):
        if path.name != "messages.py" or path.parent.name == "routes":
            calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
            telling = ("tell", "tell_each", "_tell", "notify", "notify_in_turn", "Kind", "Tell")  # a kind of collection names two
            sent |= {
                said.value
                for call in calls
                if getattr(call.func, "attr", getattr(call.func, "id", "")) in telling
                for said in ast.walk(call)
                if isinstance(said, ast.Constant)
            }
    reminders = {"due_soon", "due_today", "overdue", "not_acknowledged"}  # the ladder's words, in notify.ladder
    # Said before the call: in assigning, passing on, and by the sweep that finds locks.
    chosen = {"name_handler", "forwarded", "handler_named", "handed_over", "locked_out", "codes_guessed"}
    decided = set(TOLD.values())  # by kind of act of two
    assert {known.name for known in MESSAGES} - sent - reminders - chosen - decided == set()


def test_assigned_the_desk_is_asked_to_name_the_handler_and_a_co_units_liaison_officer_to_help(world: World) -> None:
    matter_id = world.register(title="第一件")
    assert told_by(world, lambda: world.assign(matter_id, co=("finance", "township"))) == {
        "name_handler": DESK,
        "co_assigned": ["finance.liaison", "township.liaison"],
    }
    assert sentence(world, "name_handler") == "交办给本单位，请指定承办人：第一件"
    assert sentence(world, "co_assigned") == "请本单位协办：第一件"


def test_a_co_unit_named_at_registration_is_told_when_it_is_assigned_and_not_before(world: World) -> None:
    matter_id = world.register()

    def amended() -> None:
        with world.work("city.supervisor"):
            matter = get_matter(world.actor("city.supervisor"), matter_id)
            keep_co_units(matter, whole_content(matter), ((world.unit("finance"), None, False),))

    def assigned() -> None:
        with world.work("city.supervisor"):
            enact(world.actor("city.supervisor"), verbs.ASSIGN, matter_id, assigning.Assignment(lead_unit=world.unit("health")))

    assert told_by(world, amended) == {}
    assert told_by(world, assigned) == {"name_handler": DESK, "co_assigned": ["finance.liaison"]}


def test_in_a_co_unit_without_liaison_officer_the_office_director_is_told(world: World) -> None:
    leave(world, "finance.liaison")
    matter_id = world.register()
    assert told_by(world, lambda: world.assign(matter_id, co=("finance", "township")))["co_assigned"] == [
        "finance.director",
        "township.liaison",
    ]


def test_who_has_two_parts_in_one_act_is_told_of_the_nearer_one(world: World) -> None:
    hold(world, "health.liaison", "finance", Role.LIAISON_OFFICER)
    hold(world, "county.head", "county_health", Role.OFFICE_DIRECTOR)
    first, second = world.register(), world.register()
    assert told_by(world, lambda: world.assign(first, co=("finance",))) == {
        "name_handler": DESK,
        "co_assigned": ["finance.liaison"],
    }
    assert told_by(world, lambda: world.assign(second, to="county_health")) == {
        "name_handler": ["county.head", "county_health.director", "county_health.liaison"],
        "county_informed": ["county.supervisor"],
    }


def test_a_confidential_one_tells_its_handler_and_nobody_else(world: World) -> None:
    matter_id = world.register(confidential=True, title="绝不可见")
    assert told_by(world, lambda: world.assign(matter_id, to="county_health", handler="county_health.handler")) == {
        "handler_named": ["county_health.handler"]
    }
    assert sentence(world, "handler_named") == "交您承办，请签收"


def test_many_co_units_are_looked_up_in_as_many_statements_as_one(world: World) -> None:
    def statements(*co: str) -> int:
        matter_id, seen = world.register(), []
        with world.work():
            engine = db.engine
        listener = lambda *said: seen.append(said[2])
        event.listen(engine, "before_cursor_execute", listener)
        try:
            world.assign(matter_id, co=co)
        finally:
            event.remove(engine, "before_cursor_execute", listener)
        return sum("post.for_unit_id IN" in statement for statement in seen)

    assert statements("finance") == statements("finance", "county_health", "township") == 2


def test_forwarded_the_units_below_are_told_so(world: World) -> None:
    parent = world.assign(world.register(title="第一件"), to="county")
    assert told_by(world, lambda: forward(world, parent, "county_health", "township")) == {
        "forwarded": ["county_health.director", "county_health.liaison", "township.director", "township.liaison"]
    }
    assert sentence(world, "forwarded") == "转办给本单位，请指定承办人：第一件"


def test_given_to_another_unit_both_desks_are_told_and_the_co_units_are_not_told_again(world: World) -> None:
    hold(world, "health.director", "finance", Role.OFFICE_DIRECTOR)
    matter_id = world.name_handler(world.assign(world.register(), co=("township",)))

    def reassigned() -> None:
        with world.work("city.supervisor"):
            enact(
                world.actor("city.supervisor"),
                verbs.REASSIGN_UNIT,
                matter_id,
                Lead(lead_unit=world.unit("finance"), words="职责调整"),
            )

    assert told_by(world, reassigned) == {
        "name_handler": ["finance.director", "finance.liaison", "health.director"],
        "reassigned": ["health.handler", "health.liaison"],
    }


def test_a_co_units_handler_is_asked_to_help_not_to_acknowledge(world: World) -> None:
    matter_id = world.assign(world.register(title="第一件"), co=("finance",))
    assert told_by(
        world,
        lambda: do(
            world,
            "finance.liaison",
            enact,
            verbs.NAME_CO_HANDLER,
            matter_id,
            assigning.Naming(post_id=world.posts["finance.handler"]),
        ),
    ) == {"co_handler_named": ["finance.handler"]}
    assert sentence(world, "co_handler_named") == "请您协办：第一件"


def test_acknowledged_whoever_assigned_it_is_told(world: World) -> None:
    matter_id = world.name_handler(world.assign(world.register(title="第一件"), by="city.head"))
    assert told_by(world, lambda: world.acknowledge(matter_id)) == {"acknowledged": ["city.head"]}
    assert sentence(world, "acknowledged") == "市卫生健康委员会已签收：第一件"


def test_acknowledged_below_whoever_forwarded_it_is_told(world: World) -> None:
    [child] = forward(world, world.assign(world.register(), to="county"), "township")
    world.name_handler(child, "township.handler", by="township.liaison")
    assert told_by(world, lambda: world.acknowledge(child, by="township.handler")) == {"acknowledged": ["county.liaison"]}


def test_a_confidential_one_acknowledged_says_no_more_than_that(world: World) -> None:
    matter_id = world.assign(world.register(confidential=True, title="绝不可见"), handler="health.handler")
    assert told_by(world, lambda: world.acknowledge(matter_id)) == {"acknowledged": ["city.supervisor"]}
    assert sentence(world, "acknowledged") == "已签收"


def countersigned(world: World) -> tuple[UUID, UUID]:
    """A matter whose report was checked and waits for the co-unit; with the report."""
    matter_id = world.register(title="第一件")
    world.assign(matter_id, co=("finance", "township"), countersigns=True)
    world.progress(world.acknowledge(world.name_handler(matter_id)))
    return matter_id, world.submit(matter_id)


def test_each_step_asks_its_own_signer_and_the_co_units_to_countersign(world: World) -> None:
    _matter_id, report_id = countersigned(world)
    asked = [
        told_by(world, lambda by=by: world.sign(report_id, by)) for by in ("health.director", "finance.deputy", "township.deputy")
    ]
    assert asked == [{"countersign": ["finance.deputy"]}, {"countersign": ["township.deputy"]}, {"to_sign": ["health.deputy"]}]
    assert sentence(world, "countersign") == "请会签报结材料：第一件"


def test_a_successor_in_a_co_unit_is_asked_to_countersign(world: World) -> None:
    _matter_id, report_id = countersigned(world)
    leave(world, "finance.deputy")
    assert told_by(world, lambda: world.sign(report_id, "health.director")) == {
        "seat_vacant": ["city.head", "city.supervisor", "health.liaison"]
    }
    hold(world, "nobody", "finance", Role.DEPUTY_LEADER)

    def sweep() -> None:
        with world.work():
            assert refresh_waiting_steps() == 1

    assert told_by(world, sweep) == {"countersign": ["nobody"]}


def ask(world: World, matter_id: UUID) -> None:
    do(
        world,
        "health.handler",
        enact,
        verbs.ASK_EXTENSION,
        matter_id,
        extending.Asking(until=world.matter(matter_id).due_on + timedelta(days=3), words="还须两周", progress="过半"),
    )


def test_a_request_for_more_time_names_the_day(world: World) -> None:
    matter_id = world.at_work(title="第一件")
    assert told_by(world, lambda: ask(world, matter_id)) == {"extension_asked": ["city.head"]}
    assert sentence(world, "extension_asked").startswith("市卫生健康委员会申请延期至")


@pytest.mark.parametrize("covers", [False, True])
def test_a_stand_in_hears_of_a_confidential_matter_only_where_the_delegation_covers_it(world: World, covers: bool) -> None:
    with world.work():
        db.session.add(
            Delegation(
                post_id=world.posts["city.head"],
                to_person_id=world.people["city.duty"],
                from_at=clock.now() - timedelta(hours=1),
                to_at=clock.now() + timedelta(days=2),
                covers_confidential=covers,
                made_at=clock.now(),
            )
        )
    opened, sealed = world.at_work(), world.assign(world.register(confidential=True), handler="health.handler")
    world.progress(world.acknowledge(sealed))
    both = ["city.duty", "city.head"]
    assert told_by(world, lambda: ask(world, opened)) == {"extension_asked": both}
    assert told_by(world, lambda: ask(world, sealed)) == {"extension_asked": both if covers else ["city.head"]}
    with world.work():
        admitted = set(db.session.scalars(select(Audience.person_id).where(Audience.record_id == sealed, Audience.to_at.is_(None))))
    assert (world.people["city.duty"] in admitted) is covers
