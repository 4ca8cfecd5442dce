"""The city's supervision head sets deadlines, ladder and limits; whoever else may not; what runs keeps what it began with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import make_url

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.audit.models import JournalEntry
from portal.bylaws import queries, service
from portal.deadlines import ladder, reckon, rules
from portal.deadlines.ladder import DEFAULT_LADDER, Rung
from portal.deadlines.models import RuleSet
from portal.deadlines.queries import calendar_of, forget, ladder_of, limits_at, rules_of
from portal.deadlines.rules import DEFAULT_LIMITS, DEFAULT_RULES, SourceLevel, Span, Urgency
from portal.deadlines.versions import NOTICE
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid, Stale
from portal.local.postgres import conninfo
from portal.matters.clocks import renew
from portal.matters.models import Clock, Matter
from portal.notify.jobs import fire_due
from portal.notify.models import Message, Reminder
from tests.bylaws.conftest import publish, typed
from tests.world import World

QUICK = replace(
    DEFAULT_RULES, rows=tuple((level, urgency, replace(rule, closing=Span(days=10))) for level, urgency, rule in DEFAULT_RULES.rows)
)
LADDER = replace(
    DEFAULT_LADDER,
    rungs=(
        Rung("before_2", -2, ("office_director",), ("handler",)),
        *(rung for rung in DEFAULT_LADDER.rungs if rung.day_offset >= 0),
    ),
)
LIMITS = replace(DEFAULT_LIMITS, decline_working_days=5, acknowledge_working_days=2)
WEDNESDAY = clock.at(date(2026, 3, 4), 10)
LATER = WEDNESDAY + NOTICE


def clocks(world: World, matter_id: object) -> dict[str, Clock]:
    with world.work():
        found = db.session.scalars(select(Clock).where(Clock.record_id == matter_id).options(as_seen_by(SYSTEM))).all()
        db.session.expunge_all()
    return {one.kind: one for one in found}


def rungs(world: World, running: Clock) -> list[tuple[str, int]]:
    with world.work():
        return [
            tuple(row)
            for row in db.session.execute(
                select(Reminder.rung, Reminder.ordinal)
                .where(Reminder.clock_id == running.id, Reminder.settled_at.is_(None))
                .order_by(Reminder.send_at)
            )
        ]


def publish_all(world: World) -> None:
    for what, said in ((rules.DEADLINES, QUICK), (ladder.LADDER, LADDER), (rules.LIMITS, LIMITS)):
        assert publish(world, what, said) == 2


def test_no_running_clock_moves_when_rules_change(world: World) -> None:
    with clock.set_to(WEDNESDAY):
        matter_id = world.assign(world.register(received_on=date(2026, 3, 4)))
        before, planned = clocks(world, matter_id), rungs(world, clocks(world, matter_id)["closing"])
        publish_all(world)
    with clock.set_to(LATER):
        after = clocks(world, matter_id)
        for kind, running in before.items():
            for name in ("due_on", "due_at", "generation", "why", "rules_version", "ladder_version"):
                assert getattr(after[kind], name) == getattr(running, name), (kind, name)
        assert rungs(world, after["closing"]) == planned


def test_what_begins_afterwards_follows_the_new_version_and_says_who_set_it(world: World) -> None:
    with clock.set_to(WEDNESDAY):
        publish_all(world)
        assert world.matter(world.register(received_on=date(2026, 3, 4))).due_on == date(2026, 4, 4), "not in force yet"
    with clock.set_to(LATER):
        matter_id = world.assign(world.register(received_on=date(2026, 3, 4)))
        running = clocks(world, matter_id)
        assert (running["closing"].due_on, running["closing"].rules_version) == (date(2026, 3, 14), 2)
        assert rungs(world, running["closing"])[0] == ("before_2", 1)
        assert running["receipt"].due_on == date(2026, 3, 6)
        shown = world.browser("city.supervisor").get(world.url(f"matters/{matter_id}")).get_data(as_text=True)
        assert "第 2 版，市委督查室主任设定，3月4日起施行" in shown


def test_a_corrected_date_is_reckoned_by_the_rules_that_it_began_with(world: World) -> None:
    with clock.set_to(WEDNESDAY):
        matter_id = world.register(received_on=date(2026, 3, 4))
        publish_all(world)
    with clock.set_to(LATER), world.work():
        matter = db.session.scalars(select(Matter).where(Matter.id == matter_id).options(as_seen_by(SYSTEM))).one()
        matter.received_on, matter.urgency = date(2026, 3, 3), Urgency.URGENT
        renew(matter)
    assert world.matter(matter_id).due_on == date(2026, 4, 3)
    feedback = clocks(world, matter_id)["first_feedback"]
    assert (feedback.due_on, feedback.rules_version) == (date(2026, 3, 10), 1)


def test_a_repetition_goes_on_by_the_ladder_that_the_clock_began_with(world: World) -> None:
    rarely = replace(LADDER, repeat_days=14)
    with clock.set_to(WEDNESDAY):
        matter_id = world.assign(world.register(received_on=date(2026, 3, 4)))
        publish(world, ladder.LADDER, rarely)
    due = world.matter(matter_id).due_on
    with clock.set_to(clock.at(due + timedelta(days=15), 10)):
        with world.work():
            fire_due(clock.now())
        following = rungs(world, clocks(world, matter_id)["closing"])
        assert following == [("overdue_again", 2)]
        with world.work():
            at = db.session.scalars(
                select(Reminder.send_at).where(
                    Reminder.clock_id == clocks(world, matter_id)["closing"].id, Reminder.settled_at.is_(None)
                )
            ).one()
            assert clock.local(at).date() <= due + timedelta(days=21)


def test_a_new_ladder_reaches_whom_it_names(world: World) -> None:
    with clock.set_to(WEDNESDAY):
        publish(world, ladder.LADDER, LADDER)
    with clock.set_to(LATER):
        matter_id = world.assign(world.register(received_on=date(2026, 3, 4)))
    day = world.matter(matter_id).due_on - timedelta(days=2)
    with clock.set_to(clock.at(day, 10)), world.work():
        fire_due(clock.now())
        told = db.session.scalars(select(Message.person_id).where(Message.kind == "due_soon", Message.city_id == world.id)).all()
        assert told == [world.people["health.director"]]


def test_an_assignment_keeps_the_limit_for_declining_of_its_moment(world: World) -> None:
    with clock.set_to(WEDNESDAY):
        old = world.assign(world.register())
        publish(world, rules.LIMITS, LIMITS)
    with clock.set_to(LATER):
        new = world.assign(world.register())
    with clock.set_to(clock.at(date(2026, 3, 10), 9)):
        desk = world.browser("health.liaison")
        assert "交办已超过 3 个工作日" in desk.get(world.url(f"matters/{old}/decline")).get_data(as_text=True)
        page = desk.get(world.url(f"matters/{new}/decline")).get_data(as_text=True)
        assert "交办后 5 个工作日内可以退回" in page and "已超过" not in page


def test_who_what_when_and_why_is_written_down(world: World) -> None:
    publish(world, rules.LIMITS, LIMITS, from_on=clock.today() + timedelta(days=3))
    with world.work():
        entry = db.session.scalars(
            select(JournalEntry).where(JournalEntry.act == "set_rules", JournalEntry.city_id == world.id)
        ).one()
        assert (entry.subject_id, entry.person_id) == ("limits:2", world.people["city.head"])
        assert entry.before and entry.after
        assert (entry.before["decline_working_days"], entry.after["decline_working_days"]) == (3, 5)
        made = queries.versions("limits")[0]
        assert made.from_at == clock.at(clock.today() + timedelta(days=3))
        assert made.reason == "依市里要求"


def test_versions_are_written_once(world: World, database: object) -> None:
    publish(world, rules.LIMITS, LIMITS)
    for url in (database.app_url, database.owner_url):  # type: ignore[attr-defined]
        for change in ("update rule_set set reason = 'x'", "delete from rule_set"):
            with psycopg.connect(conninfo(make_url(url))) as direct:
                direct.execute("select set_config('app.city', %s, false)", [str(world.id)])
                with pytest.raises(psycopg.Error):
                    direct.execute(change)


def test_another_city_keeps_its_own_rules(world: World, new_world: object) -> None:
    with clock.set_to(WEDNESDAY):
        publish(world, rules.DEADLINES, QUICK)
    with clock.set_to(LATER):
        other: World = new_world()  # type: ignore[operator]
        assert other.matter(other.register(received_on=date(2026, 3, 4))).due_on == date(2026, 4, 4)
        assert "10 日" not in other.browser("city.head").get(other.url("rules")).get_data(as_text=True)


@pytest.mark.parametrize("person", ["city.supervisor", "county.head", "city.secretariat", "city.leader", "city.security", "nobody"])
def test_nobody_else_sets_rules(world: World, person: str) -> None:
    with world.work(person), pytest.raises(Forbidden):
        service.set_rules(world.actor(person), rules.LIMITS, LIMITS, reason="x")
    browser = world.browser(person)
    assert browser.get(world.url("rules/limits/edit")).status_code == 403
    assert browser.get(world.url("rules")).status_code == 200
    assert "/edit" not in browser.get(world.url("rules")).get_data(as_text=True)


def test_a_set_without_reason_for_a_past_day_or_without_change_is_refused(world: World) -> None:
    with world.work("city.head"):
        head = world.actor("city.head")
        for faulty, field in (
            ({"reason": ""}, "reason"),
            ({"reason": "x" * 501}, "reason"),
            ({"reason": "x", "from_on": clock.today()}, "from_on"),
            ({"reason": "x", "from_on": clock.today() + timedelta(days=367)}, "from_on"),
        ):
            with pytest.raises(Invalid) as refused:
                service.set_rules(head, rules.LIMITS, LIMITS, **faulty)  # type: ignore[arg-type]
            assert field in refused.value.fields
        with pytest.raises(Invalid, match="没有要发布的改动"):
            service.set_rules(head, rules.LIMITS, DEFAULT_LIMITS, reason="x")
        with pytest.raises(Stale):
            service.set_rules(head, rules.LIMITS, LIMITS, reason="x", seen=7)
        assert db.session.scalar(select(RuleSet.id).where(RuleSet.city_id == world.id)) is None


@pytest.mark.parametrize("kind", ["deadlines", "ladder", "limits"])
def test_the_page_previews_and_publishes(world: World, kind: str) -> None:
    head = world.browser("city.head")
    address = world.url(f"rules/{kind}/edit")
    form = typed(head.get(address).get_data(as_text=True))
    change = {
        "deadlines": {"city_normal_closing": "20", "city_normal_unit": "days", "city_urgent_feedback": ""},
        "ladder": {"r0_drop": "y", "r7_days": "10", "r7_side": "before", "r7_roles": ["handler"], "r7_confidential": ["handler"]},
        "limits": {"decline_working_days": "4"},
    }[kind]
    form |= {"reason": "试行", **change, "step": "preview"}
    shown = head.post(address, data=form)
    page = shown.get_data(as_text=True)
    assert shown.status_code == 200 and "发布第 2 版" in page and "<ins>" in page
    assert {"deadlines": "20 日", "ladder": "到期前 10 日", "limits": "交办后 4 个工作日内"}[kind] in page
    with world.work():
        assert queries.newest(kind) == 1, "a preview writes nothing"
    again = head.post(address, data=form | {"step": "edit"}).get_data(as_text=True)
    assert typed(again)["reason"] == ["试行"]
    assert head.post(address, data=typed(page) | {"step": "publish"}).status_code == 303
    forget(world.id)
    history = head.get(world.url(f"rules/{kind}")).get_data(as_text=True)
    assert "待施行" in history and "试行" in history
    stale = head.post(address, data=typed(page) | {"step": "publish", "reason": "另一理由"})
    assert stale.status_code == 409 and "另一理由" in stale.get_data(as_text=True)
    with world.work():
        assert queries.newest(kind) == 2


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("deadlines", {"city_normal_closing": "0"}, "填写 1 至 366 的整数"),
        ("deadlines", {"city_normal_closing": "十"}, "city_normal_closing-error"),
        ("deadlines", {"city_normal_closing": "13"}, "最长"),
        ("deadlines", {"city_normal_unit": "years"}, "city_normal_unit-error"),
        ("deadlines", {"central_urgent_feedback": "15"}, "首次反馈须早于办结期限"),
        ("deadlines", {"reason": ""}, "请写明理由"),
        (
            "deadlines",
            {"city_normal_closing": "20", "city_normal_unit": "days", "from_on": "2020-01-01"},
            "填写明天起一年之内的日期",
        ),
        ("deadlines", {"reason": "机密★1年"}, "reason-error"),
        ("deadlines", {}, "没有要发布的改动"),
        ("limits", {"decline_working_days": "99"}, "填写 1 至 15 个工作日"),
        ("limits", {"acknowledge_urgent_hours": "10"}, "不超过一天的办公时间"),
        ("limits", {"closes": "07:00"}, "下班时间须晚于上班时间"),
        ("limits", {"opens": "25:00"}, "opens-error"),
        ("ladder", {"r4_drop": "y"}, "不能去掉"),
        ("ladder", {"r3_side": "before", "r3_days": "2"}, "不能去掉"),
        ("ladder", {"r3_roles": ["deputy_leader"]}, "必须提醒承办人"),
        ("ladder", {"r0_roles": []}, "至少选一个对象"),
        ("ladder", {"r0_confidential": ["deputy_leader"]}, "r0_confidential-error"),
        ("ladder", {"r0_days": "3"}, "同一天只能有一档"),
        ("ladder", {"r0_days": "-5"}, "填写 0 至 90 的整数"),
        ("ladder", {"again_days": "5"}, "重复提醒须晚于前面各档"),
        ("ladder", {"repeat_days": "99999999999999999999"}, "填写 1 至 30 日"),
        ("ladder", {"hour": "03:00"}, "发送时刻须在"),
        ("ladder", {"rungs": "999"}, None),
        ("ladder", {"rungs": "x\0"}, None),
    ],
)
def test_what_cannot_hold_is_refused_beside_its_field_and_nothing_is_lost(
    world: World, kind: str, change: dict[str, object], said: str | None
) -> None:
    head = world.browser("city.head")
    address = world.url(f"rules/{kind}/edit")
    form = typed(head.get(address).get_data(as_text=True)) | {"reason": "试行", "step": "publish", **change}
    answer = head.post(address, data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said is None or said in page
    if "reason" not in change:
        assert typed(page)["reason"] == ["试行"]
    with world.work():
        assert queries.newest(kind) == 1


def test_an_unknown_kind_of_rules_does_not_exist(world: World) -> None:
    head = world.browser("city.head")
    for path in ("rules/calendar", "rules/chains/edit", "rules/1"):
        assert head.get(world.url(path)).status_code == 404


def test_reckoning_by_the_city_costs_no_statement_once_it_is_known(world: World) -> None:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    with world.work():
        calendar, _table = calendar_of(db.session()), rules_of(db.session())
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            table, limits = rules_of(db.session()), limits_at(db.session(), clock.now())
            assert ladder_of(db.session(), 1) == DEFAULT_LADDER
            reckon.closing(clock.today(), SourceLevel.CITY, Urgency.NORMAL, table)
            reckon.decline_until(clock.now(), calendar_of(db.session()), limits)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        assert (seen, calendar_of(db.session())) == ([], calendar)
