"""A confidential matter is read by its audience, person by person, and for everyone else does not exist."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from portal.access.actor import SYSTEM
from portal.access.models import Audience
from portal.access.visibility import as_seen_by
from portal.deadlines.rules import SourceLevel
from portal.documents.numbering import keep_numbers
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid, Invisible
from portal.local.postgres import conninfo
from portal.matters import queries, verbs
from portal.matters.models import Clock
from portal.matters.service import assigning, extending, forwarding, reviewing
from portal.matters.workflow import enact
from portal.notify.models import Message
from portal.papers.models import Paper
from portal.papers.queries import papers_of
from portal.workflow.verbs import Said
from tests.world import PEOPLE, World

TITLE = "关于青砚计划的情况反映"


@pytest.fixture
def assigned(world: World) -> UUID:
    """Assigned by city.supervisor to health.handler; linked leader: city.leader."""
    matter_id = world.register(confidential=True, title=TITLE, leader="city.leader")
    return world.assign(matter_id, handler="health.handler")


def _readers(world: World, matter_id: UUID) -> tuple[set[str], set[str]]:
    """Who reads content, who sees the shell alone."""
    content, shell = set(), set()
    for name in PEOPLE:
        with world.work(name):
            try:
                matter = queries.get_matter(world.actor(name), matter_id)
            except Invisible:
                continue
            (content if matter.content is not None else shell).add(name)
    return content, shell


OFFICE = {"city.supervisor", "city.head"}


def test_the_audience_through_a_whole_life(world: World) -> None:
    matter_id = world.register(confidential=True, title=TITLE, leader="city.leader")
    assert _readers(world, matter_id) == ({"city.supervisor", "city.leader"}, {"city.head"})
    world.assign(matter_id, handler="health.handler")
    assert _readers(world, matter_id) == ({"health.handler", "city.leader"}, OFFICE)
    world.progress(world.acknowledge(matter_id))
    report_id = world.submit(matter_id)
    assert _readers(world, matter_id) == ({"health.handler", "city.leader", "health.director"}, OFFICE)
    world.sign(report_id, "health.director")
    assert _readers(world, matter_id)[0] == {"health.handler", "city.leader", "health.director", "health.deputy"}
    world.sign(report_id, "health.deputy")
    content, shell = _readers(world, matter_id)
    assert (content, shell) == (
        {"health.handler", "city.leader", "health.director", "health.deputy", "city.supervisor"},
        {"city.head"},
    )
    with world.work("city.supervisor"):
        enact(
            world.actor("city.supervisor"), verbs.RETURN_FOR_REWORK, matter_id, reviewing.Return(failed=("facts",), words="请补充")
        )
    assert _readers(world, matter_id) == ({"health.handler", "city.leader"}, OFFICE)
    report_id = world.submit(matter_id)
    world.sign(report_id, "health.director", "health.deputy")
    with world.work("city.supervisor"):
        enact(world.actor("city.supervisor"), verbs.CLOSE, matter_id, Said())
    assert _readers(world, matter_id) == ({"health.handler", "city.leader"}, OFFICE)


def test_the_head_reads_for_the_request_he_decides_and_no_longer(world: World, assigned: UUID) -> None:
    world.acknowledge(assigned)
    due = world.matter(assigned).due_on
    with world.work("health.handler"):
        enact(
            world.actor("health.handler"),
            verbs.ASK_EXTENSION,
            assigned,
            extending.Asking(
                until=due.replace(day=min(due.day + 1, 28)) if due.day < 28 else due.fromordinal(due.toordinal() + 2),
                words="资料多",
                progress="已核查",
            ),
        )
    assert "city.head" in _readers(world, assigned)[0]
    with world.work("city.head"):
        enact(world.actor("city.head"), verbs.DECIDE_EXTENSION, assigned, extending.Decision(granted=True))
    assert "city.head" not in _readers(world, assigned)[0]


def test_no_one_but_the_supervisor_names_the_handler(world: World, assigned: UUID) -> None:
    with world.work("health.liaison"), pytest.raises(Invisible):
        enact(world.actor("health.liaison"), verbs.NAME_HANDLER, assigned, assigning.Naming(post_id=world.posts["health.handler2"]))
    with world.work("city.head"):
        enact(world.actor("city.head"), verbs.NAME_HANDLER, assigned, assigning.Naming(post_id=world.posts["health.handler2"]))
    assert _readers(world, assigned)[0] == {"health.handler2", "city.leader"}


def test_it_is_not_assigned_without_a_handler_nor_with_helpers(world: World) -> None:
    matter_id = world.register(confidential=True)
    with world.work("city.supervisor"):
        actor = world.actor("city.supervisor")
        with pytest.raises(Invalid, match="指定承办人"):
            enact(actor, verbs.ASSIGN, matter_id, assigning.Assignment(lead_unit=world.unit("health")))
    with world.work("city.supervisor"), pytest.raises(Invalid, match="协办"):
        enact(
            world.actor("city.supervisor"),
            verbs.ASSIGN,
            matter_id,
            assigning.Assignment(
                lead_unit=world.unit("health"),
                co_units=((world.unit("finance"), None, False),),
                handler_post_id=world.posts["health.handler"],
            ),
        )


def test_it_is_never_forwarded(world: World, assigned: UUID) -> None:
    world.acknowledge(assigned)
    with world.work("health.handler"), pytest.raises(Forbidden, match="由承办人一人办理"):
        enact(
            world.actor("health.handler"),
            verbs.FORWARD,
            assigned,
            forwarding.Forwarding(units=[world.unit("township")], words=None),
        )


def test_only_a_named_delegation_lets_a_stand_in_sign(world: World, assigned: UUID) -> None:
    from datetime import timedelta

    from portal.kernel import clock
    from portal.network.service.delegating import delegate

    for covers in (False, True):
        with world.work("health.director"):
            delegate(
                world.actor("health.director"),
                world.posts["health.director"],
                world.people["health.liaison" if covers else "health.leader"],
                clock.now(),
                clock.now() + timedelta(days=3),
                covers,
            )
    world.progress(world.acknowledge(assigned))
    report_id = world.submit(assigned)
    content, _shell = _readers(world, assigned)
    assert "health.liaison" in content
    assert "health.leader" not in content
    world.sign(report_id, "health.liaison")
    assert world.matter(assigned).state == "in_sign_off"


def test_messages_hold_the_number_alone_and_go_to_audience_or_shell(world: World, assigned: UUID) -> None:
    world.progress(world.acknowledge(assigned))
    world.sign(world.submit(assigned), "health.director", "health.deputy")
    with world.work("city.supervisor"):
        handling_matter = queries.get_matter(world.actor("city.supervisor"), assigned)
        assert handling_matter.number
    with world.work():
        told = db.session.scalars(select(Message).where(Message.record_id == assigned)).all()
        assert told
        names = {v: k for k, v in world.people.items()}
        for message in told:
            assert set(message.facts) <= {"number"}
            assert names[message.person_id] in {
                "health.handler",
                "health.director",
                "health.deputy",
                "city.supervisor",
                "city.head",
                "city.leader",
            }


def test_the_database_holds_no_word_of_it_in_the_clear(world: World, assigned: UUID, database: object) -> None:
    world.progress(world.acknowledge(assigned), words="青砚计划进展甲")
    world.submit(assigned)
    owner_url = make_url(database.owner_url)  # type: ignore[attr-defined]
    with psycopg.connect(conninfo(owner_url)) as owner:
        owner.execute("select set_config('app.city', %s, false)", [str(world.id)])
        tables = [r[0] for r in owner.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()]
        found = [
            t
            for t in tables
            if owner.execute(f'select count(*) from "{t}" x where x::text like %s', ["%青砚计划%"]).fetchone() != (0,)
        ]
        hexed = "青砚计划".encode().hex()
        found += [
            t
            for t in tables
            if owner.execute(f'select count(*) from "{t}" x where x::text like %s', [f"%{hexed}%"]).fetchone() != (0,)
        ]
        assert found == []
        world.register(title="关于青砚计划的公开情况")
        control = [
            t
            for t in tables
            if owner.execute(f'select count(*) from "{t}" x where x::text like %s', ["%青砚计划%"]).fetchone() != (0,)
        ]
        assert "content" in control


def test_the_shell_names_nobody(world: World, assigned: UUID) -> None:
    with world.work("city.head"):
        matter = queries.get_matter(world.actor("city.head"), assigned)
        assert matter.content is None
        assert queries.around(world.actor("city.head"), matter).entries == []
        assert papers_of(world.actor("city.head"), matter.id, "closing_report") == []
        handler = world.people["health.handler"]
        shown = [v for k, v in vars(matter).items() if not k.startswith("_")]
        assert handler not in shown
        clock = db.session.scalars(
            select(Clock).where(Clock.record_id == assigned, Clock.kind == "closing").options(as_seen_by(SYSTEM))
        ).one()
        assert "承办" not in str(clock.why)


def test_leaving_the_audience_is_written_down(world: World, assigned: UUID) -> None:
    with world.work():
        rows = db.session.scalars(select(Audience).where(Audience.record_id == assigned)).all()
        by_cause = {r.cause: r for r in rows}
        assert by_cause["registrar"].to_at is not None
        assert by_cause["handler"].to_at is None
        assert by_cause["leader"].to_at is None


def test_urging_a_shell_reaches_the_handler_without_naming_him(world: World, assigned: UUID) -> None:
    with world.work("city.head"):
        matter = enact(world.actor("city.head"), verbs.URGE, assigned, Said(words="不应保留的话")).record
        assert matter.urges == 1
    with world.work("health.handler"):
        kinds = [
            (e.kind, e.words)
            for e in queries.around(
                world.actor("health.handler"), queries.get_matter(world.actor("health.handler"), assigned)
            ).entries
        ]
        assert ("urge", None) in kinds


def _issued(world: World, **more: object) -> str:
    """The number under which the lead unit's next report goes out."""
    matter_id = world.assign(world.register(**more), handler="health.handler")  # type: ignore[arg-type]
    report_id = world.submit(world.progress(world.acknowledge(matter_id)))
    signers = ("health.director", "health.deputy", "health.leader")
    world.sign(report_id, *signers[: 3 if more.get("level") in ("central", "province") else 2])
    with world.work():
        number = db.session.scalars(select(Paper.document_number).where(Paper.id == report_id).options(as_seen_by(SYSTEM))).one()
    assert number is not None
    return number


def test_I48_a_confidential_report_has_a_mark_and_a_counter_of_its_own(world: World) -> None:
    with clock.set_to(clock.at(date(2026, 11, 23), 9)):
        with world.work():
            world.unit("health").document_prefix = "温应急"
            for party in ("", "党组"):
                keep_numbers(world.units["health"], f"report:温应急{party}", 2026, 4)
        assert _issued(world) == "温应急〔2026〕5号"
        assert _issued(world, confidential=True) == "温应急内〔2026〕1号"
        assert _issued(world) == "温应急〔2026〕6号"
        assert _issued(world, confidential=True) == "温应急内〔2026〕2号"
        assert _issued(world, level=SourceLevel.CENTRAL) == "温应急党组〔2026〕5号"
        assert _issued(world, level=SourceLevel.CENTRAL, confidential=True) == "温应急党组内〔2026〕1号"
        assert _issued(world, level=SourceLevel.PROVINCE) == "温应急党组〔2026〕6号"
