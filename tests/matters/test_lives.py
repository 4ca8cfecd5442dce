"""What the office does with an open matter, by the service: clocks, declining, forwarding, extension, returns, numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask_babel import force_locale
from sqlalchemy import select, text

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.deadlines.rules import SourceLevel, Urgency
from portal.deadlines.why import Why
from portal.instructions.rules import INSTRUCTION
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid, Refusal, Stale
from portal.matters import queries, verbs
from portal.matters.ladder import persons_of
from portal.matters.models import Clock, Matter
from portal.matters.queries import whole_content
from portal.matters.rebuild import rebuild_viewers
from portal.matters.reseat import refresh_waiting_steps
from portal.matters.rules import Lead
from portal.matters.service import assigning, extending, forwarding, handling, reporting, reviewing
from portal.matters.workflow import enact
from portal.network.models import Post
from portal.network.service.delegating import delegate
from portal.papers.models import Paper
from portal.papers.queries import chain_of, paper
from portal.workflow.verbs import Said
from tests.world import World

WEDNESDAY = clock.at(date(2026, 3, 4), 10)


def _clock(world: World, matter_id: UUID, kind: str = "closing") -> Clock:
    with world.work():
        found = db.session.scalars(
            select(Clock).where(Clock.record_id == matter_id, Clock.kind == kind).options(as_seen_by(SYSTEM))
        ).one()
        db.session.expunge(found)
        return found


def _do(world: World, by: str, act: Callable[..., Any], *args: Any, **more: Any) -> Any:
    with world.work(by):
        return act(world.actor(by), *args, **more)


def test_a_provincial_urgent_one_owes_feedback_in_seven_days_and_a_report_in_fifteen(world: World) -> None:
    with clock.set_to(clock.at(date(2026, 1, 6), 9)):
        matter_id = world.register(level=SourceLevel.PROVINCE, urgency=Urgency.URGENT)
    assert world.matter(matter_id).due_on == date(2026, 1, 21)
    assert _clock(world, matter_id).due_at == clock.end_of(date(2026, 1, 21))
    assert _clock(world, matter_id, "first_feedback").due_on == date(2026, 1, 13)


def test_progress_marked_first_feedback_stops_that_clock_alone(world: World) -> None:
    matter_id = world.acknowledge(world.name_handler(world.assign(world.register(urgency=Urgency.URGENT))))
    _do(world, "health.handler", enact, verbs.PROGRESS, matter_id, handling.Progress(words="首次反馈", first_feedback=True))
    assert _clock(world, matter_id, "first_feedback").stopped_at is not None
    assert _clock(world, matter_id).stopped_at is None


def test_the_closing_clock_stops_at_issue_and_runs_on_when_returned(world: World) -> None:
    matter_id = world.under_review()
    assert _clock(world, matter_id).stopped_at is not None
    due = world.matter(matter_id).due_on
    _do(
        world, "city.supervisor", enact, verbs.RETURN_FOR_REWORK, matter_id, reviewing.Return(failed=("cause",), words="原因未说清")
    )
    assert _clock(world, matter_id).stopped_at is None
    found = world.matter(matter_id)
    assert (found.due_on, found.returns, found.state, found.in_time) == (due, 1, "in_progress", None)


def test_issued_late_is_not_in_time(world: World) -> None:
    with clock.set_to(WEDNESDAY):
        matter_id = world.at_work()
        report_id = world.submit(matter_id)
    late = clock.at(world.matter(matter_id).due_on + timedelta(days=1), 9)
    with clock.set_to(late):
        world.sign(report_id, "health.director", "health.deputy")
    assert world.matter(matter_id).in_time is False


def test_declining_goes_back_to_whoever_assigned_and_the_clock_runs_on(world: World) -> None:
    with clock.set_to(WEDNESDAY):
        matter_id = world.assign(world.register())
        due = world.matter(matter_id).due_on
        _do(
            world,
            "health.liaison",
            enact,
            verbs.DECLINE,
            matter_id,
            assigning.Declining(code="not_ours", words="应由市场监管部门办理"),
        )
        found = world.matter(matter_id)
        assert (found.state, found.declined, found.due_on) == ("registered", True, due)
        with world.work("health.liaison"), pytest.raises(Refusal):
            queries.get_matter(world.actor("health.liaison"), matter_id)
        world.assign(matter_id, to="finance")
    assert world.matter(matter_id).lead_unit_name == "市财政局"


def test_declining_ends_after_three_working_days(world: World) -> None:
    with clock.set_to(WEDNESDAY):
        matter_id = world.assign(world.register())
    with clock.set_to(clock.at(date(2026, 3, 9), 23)):
        pass  # Monday: the third working day is not over yet
    with clock.set_to(clock.at(date(2026, 3, 10), 0, 1)), pytest.raises(Invalid, match="3 个工作日"):
        _do(world, "health.liaison", enact, verbs.DECLINE, matter_id, assigning.Declining(code="not_ours", words="不属本单位"))


def test_forwarding_makes_children_due_no_later_and_holds_the_parent(world: World) -> None:
    parent = world.assign(world.register(), to="county")
    children = _forward(world, "county.liaison", parent, "county_health", "township")
    assert [c.due_on <= world.matter(parent).due_on for c in children] == [True, True]
    assert {c.number[:3] for c in children} == {"永嘉督"}
    world.name_handler(parent, "county.handler", by="county.liaison")
    _do(world, "county.handler", enact, verbs.ACKNOWLEDGE, parent, None)
    with pytest.raises(Invalid, match="下级还有 2 件"):
        world.submit(parent, by="county.handler")
    for child, unit in zip(children, ("county_health", "township"), strict=True):
        world.name_handler(child.id, f"{unit}.handler", by=f"{unit}.liaison")
        _do(world, f"{unit}.handler", enact, verbs.ACKNOWLEDGE, child.id, None)
        report = world.submit(child.id, by=f"{unit}.handler")
        world.sign(report, f"{unit}.director", f"{unit}.deputy")
        with pytest.raises(Refusal):
            _do(world, "city.supervisor", enact, verbs.CLOSE, child.id, Said())
        _do(world, "county.supervisor", enact, verbs.CLOSE, child.id, Said())
    world.submit(parent, by="county.handler")
    assert world.matter(parent).state == "in_sign_off"


def _forward(world: World, by: str, parent: UUID, *keys: str) -> list[Matter]:
    with world.work(by):
        made = enact(
            world.actor(by), verbs.FORWARD, parent, forwarding.Forwarding(units=[world.unit(key) for key in keys], words="请核查")
        ).result
        db.session.flush()
        return made


def test_forwarding_goes_down_only(world: World) -> None:
    parent = world.assign(world.register(), to="county")
    for key in ("health", "county"):
        with pytest.raises(Invalid, match="只能转办给下级"):
            _forward(world, "county.liaison", parent, key)
    with pytest.raises(Forbidden):
        _forward(world, "city.leader", parent, "township")


def test_where_nothing_lies_below_forwarding_is_neither_offered_nor_done(world: World) -> None:
    county, leaf = (world.assign(world.register(), to=to) for to in ("county", "health"))
    assert f"{county}/forward" in _page(world, "county.liaison", county)
    assert f"{leaf}/forward" not in _page(world, "health.liaison", leaf)
    with pytest.raises(Forbidden, match="没有可以转办的下级单位"):
        _forward(world, "health.liaison", leaf, "township")


def _page(world: World, person: str, matter_id: UUID) -> str:
    return world.browser(person).get(world.url(f"matters/{matter_id}")).get_data(as_text=True)


def test_an_extension_is_granted_by_the_head_up_to_the_same_day_of_the_next_month(world: World) -> None:
    with clock.set_to(WEDNESDAY):
        matter_id = world.at_work()
    due = world.matter(matter_id).due_on
    assert due == date(2026, 4, 4)
    ask = {"words": "资料多", "progress": "已核查"}
    with clock.set_to(clock.at(date(2026, 4, 2), 9)):
        with pytest.raises(Invalid, match="次月同日"):
            _do(world, "health.handler", enact, verbs.ASK_EXTENSION, matter_id, extending.Asking(until=date(2026, 5, 5), **ask))
        _do(world, "health.handler", enact, verbs.ASK_EXTENSION, matter_id, extending.Asking(until=date(2026, 5, 4), **ask))
    with clock.set_to(clock.at(date(2026, 4, 8), 9)):
        with pytest.raises(Forbidden):
            _do(world, "city.supervisor", enact, verbs.DECIDE_EXTENSION, matter_id, extending.Decision(granted=True))
        with world.work("city.head"), force_locale("en"):
            enact(world.actor("city.head"), verbs.DECIDE_EXTENSION, matter_id, extending.Decision(granted=True))
    found = world.matter(matter_id)
    assert (found.due_on, found.original_due_on) == (date(2026, 5, 4), due)
    assert _clock(world, matter_id).generation >= 2
    extension = Why.from_json(_clock(world, matter_id).why).first("extension")
    assert extension is not None and extension.params["by"] == "市委督查室主任", "the office named once, in the official wording"


def test_an_extension_is_asked_before_the_deadline(world: World) -> None:
    with clock.set_to(WEDNESDAY):
        matter_id = world.at_work()
    with clock.set_to(clock.at(date(2026, 4, 5), 0)), pytest.raises(Invalid, match="届满前"):
        _do(
            world,
            "health.handler",
            enact,
            verbs.ASK_EXTENSION,
            matter_id,
            extending.Asking(until=date(2026, 4, 20), words="x", progress="y"),
        )


def test_what_was_asked_of_a_matter_that_has_ended_is_decided_by_nobody(world: World) -> None:
    matter_id = world.at_work()
    due = world.matter(matter_id).due_on
    with world.work("health.handler"):
        enact(
            world.actor("health.handler"),
            verbs.ASK_EXTENSION,
            matter_id,
            extending.Asking(until=due + timedelta(days=3), words="工程未完", progress="已完成八成"),
        )
    with world.work("city.supervisor"):
        enact(world.actor("city.supervisor"), verbs.WITHDRAW, matter_id, Said(words="重复登记"))
    with pytest.raises(Invalid, match="没有待批复"), world.work("city.head"):
        enact(world.actor("city.head"), verbs.DECIDE_EXTENSION, matter_id, extending.Decision(granted=True))
    assert world.matter(matter_id).due_on == due


def test_a_refused_extension_leaves_the_original_deadline(world: World) -> None:
    with clock.set_to(WEDNESDAY):
        matter_id = world.at_work()
        _do(
            world,
            "health.handler",
            enact,
            verbs.ASK_EXTENSION,
            matter_id,
            extending.Asking(until=date(2026, 4, 20), words="x", progress="y"),
        )
        with pytest.raises(Invalid, match="写明理由"):
            _do(world, "city.head", enact, verbs.DECIDE_EXTENSION, matter_id, extending.Decision(granted=False))
        _do(world, "city.head", enact, verbs.DECIDE_EXTENSION, matter_id, extending.Decision(granted=False, words="按期办结"))
    found = world.matter(matter_id)
    assert (found.due_on, found.extension_pending) == (date(2026, 4, 4), False)


def test_numbers_have_no_gap_even_when_a_registration_is_undone(world: World) -> None:
    first = world.matter(world.register()).record.sequence
    with pytest.raises(RuntimeError, match="undone"), world.work("city.supervisor"):
        _inside(world)
        raise RuntimeError("undone")
    assert world.matter(world.register()).record.sequence == first + 1
    assert world.matter(world.register(confidential=True)).record.sequence == 1


def _inside(world: World) -> None:
    from portal.matters.service import creation

    actor = world.actor("city.supervisor")
    creation.create(
        actor,
        actor.standings[0],
        creation.NewMatter(
            kind=INSTRUCTION,
            registering_unit=world.unit("city"),
            source_level=SourceLevel.CITY,
            urgency=Urgency.NORMAL,
            confidential=False,
            instructed_on=clock.today(),
            received_on=clock.today(),
            title="甲",
            text="乙",
            leader="丙",
        ),
    )


def test_a_stale_page_is_told_what_happened(world: World) -> None:
    matter_id = world.acknowledge(world.name_handler(world.assign(world.register())))
    version = world.matter(matter_id).version
    world.progress(matter_id)
    with pytest.raises(Stale) as refused:
        _do(world, "health.handler", enact, verbs.PROGRESS, matter_id, handling.Progress(words="另一页"), version=version)
    assert any("进展" in change for change in refused.value.changes)


def test_the_drafter_signs_in_none_of_his_posts(world: World) -> None:
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["health.handler"],
                unit_id=world.units["health"],
                for_unit_id=world.units["health"],
                role="office_director",
                from_on=date(2020, 1, 1),
            )
        )
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    with pytest.raises(Forbidden):
        world.sign(report_id, "health.handler")
    world.sign(report_id, "health.director")


def test_a_stand_in_signs_for_the_period_and_it_says_so(world: World) -> None:
    with world.work("health.director"):
        delegate(
            world.actor("health.director"),
            world.posts["health.director"],
            world.people["health.liaison"],
            clock.now(),
            clock.now() + timedelta(days=2),
            False,
        )
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    world.sign(report_id, "health.liaison")
    with world.work("health.handler"):
        actor = world.actor("health.handler")
        shown = paper(actor, report_id)
        _off, _steps, signatures, _people = chain_of(actor, shown)
        assert signatures[1].delegation_id is not None


def test_sent_back_the_chain_begins_again_and_old_signatures_do_not_count(world: World) -> None:
    matter_id = world.at_work(level=SourceLevel.PROVINCE)
    report_id = world.submit(matter_id)
    world.sign(report_id, "health.director")
    with pytest.raises(Invalid):
        _do(world, "health.deputy", reporting.send_back, report_id, step=2, reason="")
    _do(world, "health.deputy", reporting.send_back, report_id, step=2, reason="请补充责任人")
    world.submit(matter_id)
    with pytest.raises(Refusal):
        world.sign(report_id, "health.deputy")
    world.sign(report_id, "health.director", "health.deputy", "health.leader")
    assert world.matter(matter_id).state == "under_review"


def test_a_text_changed_behind_the_chain_is_not_signed(world: World) -> None:
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    with world.work():
        report = db.session.scalars(select(Paper).where(Paper.id == report_id).options(as_seen_by(SYSTEM))).one()
        report.body = "换过的正文"
    with pytest.raises(Stale, match="摘要不符"):
        world.sign(report_id, "health.director")


def test_a_vacant_seat_is_named_and_a_successor_goes_on(world: World) -> None:
    matter_id = world.at_work(level=SourceLevel.PROVINCE)

    def leave(name: str, on: date | None) -> None:
        with world.work():
            post = db.session.get(Post, world.posts[name])
            assert post is not None
            post.to_on = on

    leave("health.leader", clock.today())
    with pytest.raises(Invalid, match="主要领导"):
        world.submit(matter_id)
    leave("health.leader", None)
    report_id = world.submit(matter_id)
    leave("health.deputy", clock.today())
    world.sign(report_id, "health.director")
    assert world.matter(matter_id).state == "in_sign_off"
    with world.work():
        assert refresh_waiting_steps() == 0
        db.session.add(
            Post(
                person_id=world.people["nobody"],
                unit_id=world.units["health"],
                for_unit_id=world.units["health"],
                role="deputy_leader",
                from_on=clock.today(),
            )
        )
        db.session.flush()
        assert refresh_waiting_steps() == 1
    world.sign(report_id, "nobody", "health.leader")
    assert world.matter(matter_id).state == "under_review"


def test_a_county_passed_over_is_told_and_may_urge(world: World) -> None:
    matter_id = world.assign(world.register(), to="county_health")
    with world.work("county.supervisor"):
        assert queries.get_matter(world.actor("county.supervisor"), matter_id).content is not None
        enact(world.actor("county.supervisor"), verbs.URGE, matter_id, Said(words="请抓紧"))
    assert world.matter(matter_id).urges == 1
    with pytest.raises(Forbidden):
        _do(world, "county.supervisor", enact, verbs.WITHDRAW, matter_id, Said(words="x"))


def test_the_ladder_reaches_whom_the_rung_names(world: World) -> None:
    matter_id = world.at_work()
    with world.work():
        matter = db.session.scalars(select(Matter).where(Matter.id == matter_id).options(as_seen_by(SYSTEM))).one()
        content = whole_content(matter)

        def names(*roles: str) -> set[str]:
            back = {v: k for k, v in world.people.items()}
            return {back[p] for p in persons_of(matter, content, roles)}

        assert names("handler", "office_director") == {"health.handler", "health.director"}
        assert names("principal_leader", "supervision_head") == {"health.leader", "city.head"}


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 6))])
def test_after_any_moves_a_rebuild_of_the_viewers_changes_nothing(world: World, seed: int) -> None:
    dice = random.Random(seed)
    moment = WEDNESDAY
    with clock.set_to(moment):
        matters = [
            world.register(
                confidential=n % 3 == 0,
                urgency=dice.choice(list(Urgency)),
                level=dice.choice(list(SourceLevel)),
                leader="city.leader",
            )
            for n in range(4)
        ]
    done = 0
    for _ in range(20):
        moment += timedelta(hours=dice.randint(1, 20))
        with clock.set_to(moment):
            done += _something(world, dice, dice.choice(matters), moment)
    assert done >= 8
    with world.work():
        columns = "record_id, principal, view, task, state, open, due_on"
        before = set(db.session.execute(text(f"select {columns} from viewer")).all())
        rebuild_viewers()
        db.session.flush()
        assert set(db.session.execute(text(f"select {columns} from viewer")).all()) == before


def _something(world: World, dice: random.Random, matter_id: UUID, moment: datetime) -> bool:
    confidential = world.matter(matter_id).confidential
    acts: list[Callable[[], Any]] = [
        lambda: world.assign(
            matter_id,
            dice.choice(["health", "finance"]) if not confidential else "health",
            co=() if confidential else dice.choice([(), ("county",)]),
            handler="health.handler" if confidential else None,
        ),
        lambda: world.name_handler(matter_id),
        lambda: world.acknowledge(matter_id),
        lambda: world.progress(matter_id),
        lambda: world.submit(matter_id),
        lambda: world.sign(_report(world, matter_id), dice.choice(["health.director", "health.deputy", "health.leader"])),
        lambda: _do(
            world, "city.supervisor", enact, verbs.RETURN_FOR_REWORK, matter_id, reviewing.Return(failed=("facts",), words="x")
        ),
        lambda: _do(world, "city.supervisor", enact, verbs.CLOSE, matter_id, Said()),
        lambda: _do(world, "health.liaison", enact, verbs.DECLINE, matter_id, assigning.Declining(code="not_ours", words="x")),
        lambda: _reassign(world, matter_id, confidential),
        lambda: _do(
            world,
            "health.handler",
            enact,
            verbs.ASK_EXTENSION,
            matter_id,
            extending.Asking(until=world.matter(matter_id).due_on + timedelta(days=2), words="x", progress="y"),
        ),
        lambda: _do(
            world, "city.head", enact, verbs.DECIDE_EXTENSION, matter_id, extending.Decision(granted=dice.random() < 0.5, words="x")
        ),
    ]
    dice.shuffle(acts)
    for act in acts:
        try:
            act()
        except (Refusal, AssertionError):
            continue
        return True
    return False


def _reassign(world: World, matter_id: UUID, confidential: bool) -> None:
    with world.work("city.supervisor"):
        enact(
            world.actor("city.supervisor"),
            verbs.REASSIGN_UNIT,
            matter_id,
            Lead(
                lead_unit=world.unit("health"), words="x", handler_post_id=world.posts["health.handler"] if confidential else None
            ),
        )


def _report(world: World, matter_id: UUID) -> UUID:
    with world.work():
        found = db.session.scalars(
            select(Paper.id).where(Paper.record_id == matter_id).order_by(Paper.draft.desc()).options(as_seen_by(SYSTEM))
        ).first()
        assert found is not None
        return found


def test_an_officer_reads_nothing_of_the_business_he_once_had(world: World) -> None:
    matter_id = world.under_review(leader="city.leader")
    _do(world, "city.supervisor", enact, verbs.CLOSE, matter_id, Said())
    for person, role in (("health.handler", "auditor"), ("city.leader", "system_admin")):
        with world.work():
            db.session.execute(
                text("update post set to_on = :day where person_id = any(:who)"),
                {"day": clock.today(), "who": [world.people[person]]},
            )
            db.session.add(
                Post(
                    person_id=world.people[person],
                    unit_id=world.units["city_office"],
                    for_unit_id=world.units["city"],
                    role=role,
                    from_on=clock.today(),
                )
            )
        with world.work(person):
            assert world.actor(person).principals == ()
            with pytest.raises(Refusal):
                queries.get_matter(world.actor(person), matter_id)


def test_nobody_stands_in_for_the_drafter_at_his_own_draft(world: World) -> None:
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["health.handler"],
                unit_id=world.units["health"],
                for_unit_id=world.units["health"],
                role="office_director",
                from_on=date(2020, 1, 1),
            )
        )
    with world.work("health.handler"):
        actor = world.actor("health.handler")
        seat = next(one for one in actor.standings if one.role == "office_director")
        delegate(actor, seat.post_id, world.people["health.liaison"], clock.now(), clock.now() + timedelta(days=2), False)
    report_id = world.submit(world.at_work())
    with pytest.raises(Forbidden):
        world.sign(report_id, "health.liaison")
    world.sign(report_id, "health.director")


def test_who_lent_the_drafters_post_signs_nothing_that_his_stand_in_submits(world: World) -> None:
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["health.handler"],
                unit_id=world.units["health"],
                for_unit_id=world.units["health"],
                role="office_director",
                from_on=date(2020, 1, 1),
            )
        )
    matter_id = world.at_work()
    with world.work("health.handler"):
        actor = world.actor("health.handler")
        _matter, draft = reporting.open_draft(actor, matter_id)
        reporting.save_draft(actor, draft.id, None, {"body": "一、基本情况\n已全部完成整改，群众满意。"})
        delegate(
            actor,
            world.posts["health.handler"],
            world.people["health.liaison"],
            clock.now(),
            clock.now() + timedelta(days=2),
            False,
        )
    with world.work("health.liaison"):
        reporting.submit_report(world.actor("health.liaison"), draft.id)
    with pytest.raises(Forbidden):
        world.sign(draft.id, "health.handler")
    world.sign(draft.id, "health.director")


def test_a_desk_lent_for_signing_names_no_one_for_the_co_units_part(world: World) -> None:
    matter_id = world.assign(world.register(), co=("finance",))
    with world.work("finance.liaison"):
        delegate(
            world.actor("finance.liaison"),
            world.posts["finance.liaison"],
            world.people["finance.handler"],
            clock.now(),
            clock.now() + timedelta(days=2),
            False,
            ("sign",),
        )
    with pytest.raises(Forbidden):
        _do(
            world,
            "finance.handler",
            enact,
            verbs.NAME_CO_HANDLER,
            matter_id,
            assigning.Naming(post_id=world.posts["finance.handler"]),
        )
