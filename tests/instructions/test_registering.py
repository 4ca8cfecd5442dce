"""A leader's instruction is registered, corrected, and followed by a further round."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from portal.access.actor import SYSTEM
from portal.access.record import Record
from portal.access.visibility import as_seen_by
from portal.audit.models import JournalEntry
from portal.deadlines.rules import SourceLevel, Urgency, months_after
from portal.instructions import service
from portal.instructions.rules import Registration
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Stale
from portal.matters import verbs
from portal.matters.models import Clock, Entry, Matter
from portal.matters.queries import attachments, get_matter
from portal.matters.search import records_holding
from portal.matters.service import forwarding
from portal.matters.workflow import enact
from portal.network.queries import proposal_for
from portal.notify.models import Message
from tests.at_the_door import csrf_token
from tests.instructions.test_register import MOST_STATEMENTS
from tests.matters.test_reports import as_served
from tests.world import World

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _that_day() -> Any:
    with clock.set_to(clock.at(TODAY, 10)):
        yield


def said(**more: Any) -> Registration:
    """What a supervisor types."""
    return replace(
        Registration(
            SourceLevel.CITY,
            Urgency.NORMAL,
            False,
            TODAY - timedelta(days=3),
            TODAY - timedelta(days=1),
            "关于农村饮水的情况反映",
            "请认真办理。",
            "张书记",
            document_number="市委办〔2026〕9号",
            requirement="按期报结",
        ),
        **more,
    )


def typed(world: World, **more: Any) -> dict[str, str]:
    """The same as a browser sends it."""
    return {
        "source_level": "city",
        "urgency": "normal",
        "instructed_on": "2026-11-20",
        "received_on": "2026-11-22",
        "title": "关于农村饮水的情况反映",
        "text": "请认真办理。",
        "leader": "张书记",
        "request_key": str(uuid4()),
        **more,
    }


def count(world: World) -> int:
    with world.work():
        return db.session.scalar(select(func.count(Matter.id)).where(Matter.city_id == world.id).options(as_seen_by(SYSTEM))) or 0


def register(world: World, by: str = "city.supervisor", **more: Any) -> UUID:
    with world.work(by):
        return service.register(world.actor(by), said(**more)).id


def amend(
    world: World, matter_id: UUID, version: int | None = 1, reason: str | None = None, by: str = "city.supervisor", **more: Any
) -> None:
    with world.work(by):
        service.amend(world.actor(by), matter_id, said(**more), version, reason)


# ------------------------------------------------------------------------------------------------------- register


def test_it_gets_a_number_a_deadline_and_the_supervisors_unit(world: World) -> None:
    matter = world.matter(register(world))
    assert (matter.number, matter.state, matter.registering_unit_id) == ("温督〔2026〕1号", "registered", world.units["city"])
    assert matter.due_on == months_after(TODAY - timedelta(days=1), 1)
    assert world.matter(register(world, "county.supervisor")).number == "永嘉督〔2026〕1号"
    assert world.matter(register(world, confidential=True)).number == "温督内〔2026〕1号"


def test_one_key_registers_once(world: World) -> None:
    key = uuid4()
    assert register(world, request_key=key) == register(world, request_key=key)
    assert count(world) == 1


def test_a_form_that_says_something_else_the_second_time_is_not_taken_for_a_double_click(world: World) -> None:
    browser = world.browser("city.supervisor")
    first = typed(world) | {"csrf_token": csrf_token(browser, world.url("instructions/register"))}
    second = first | {"title": "关于山区道路的情况反映"}
    answers = [browser.post(world.url("instructions/register"), data=data) for data in (first, first, second)]
    assert [answer.status_code for answer in answers] == [303, 303, 422]
    said = answers[2].get_data(as_text=True)
    assert "这张表已登记为 温督〔2026〕1号" in said
    assert "关于山区道路的情况反映" in said
    assert count(world) == 1
    again = re.search(r'name="request_key" value="([0-9a-f-]{36})"', said)
    assert again and again[1] != first["request_key"]
    assert browser.post(world.url("instructions/register"), data=second | {"request_key": again[1]}).status_code == 303
    assert count(world) == 2


@pytest.mark.parametrize("where", ["registered", "assigned"])
def test_a_co_unit_named_twice_by_different_names_helps_once(world: World, where: str) -> None:
    browser = world.browser("city.supervisor")
    token, twice = csrf_token(browser, world.url("instructions/register")), "市财政局，330300-CZ；市财政局"
    if where == "registered":
        sent = typed(world, csrf_token=token, lead_unit="市卫健委", co_units=twice)
        answer = browser.post(world.url("instructions/register"), data=sent)
        matter_id = UUID(answer.location.rsplit("/", 1)[-1])
    else:
        matter_id = register(world)
        sent = {"csrf_token": token, "version": "1", "lead_unit": "市卫健委", "co_units": twice}
        answer = browser.post(world.url(f"matters/{matter_id}/assign"), data=sent)
    assert answer.status_code == 303
    with world.work("city.supervisor"):
        assert get_matter(world.actor("city.supervisor"), matter_id).co_unit_ids == (world.units["finance"],)


def test_registering_takes_few_statements(world: World) -> None:
    browser = world.browser("city.supervisor")
    fields = {"csrf_token": csrf_token(browser, world.url("instructions/register"))}
    with as_served(world):  # a worker that serves remembers its cities and their rules
        browser.post(world.url("instructions/register"), data=fields | typed(world, title="另一件"))
    for urgency in ("normal", "urgent"):
        with as_served(world) as sent:
            answer = browser.post(world.url("instructions/register"), data=fields | typed(world, urgency=urgency, title=urgency))
        assert answer.status_code == 303
        assert len(sent) <= MOST_STATEMENTS, [one[:60] for one in sent]
    with world.work():
        matters = db.session.scalars(select(Record.id).order_by(Record.sequence).options(as_seen_by(SYSTEM))).all()
        kinds = [
            [
                str(kind)
                for kind in db.session.scalars(
                    select(Clock.kind).where(Clock.record_id == matter_id).order_by(Clock.kind).options(as_seen_by(SYSTEM))
                )
            ]
            for matter_id in matters
        ]
    assert kinds == [["closing"], ["closing"], ["closing", "first_feedback"]]


def test_a_double_click_registers_once(world: World) -> None:
    key = uuid4()

    def click(_n: int) -> UUID:
        with clock.set_to(clock.at(TODAY, 10)):
            return register(world, request_key=key)

    with ThreadPoolExecutor(4) as together:
        found = set(together.map(click, range(4)))
    assert len(found) == 1
    assert count(world) == 1


def test_another_persons_key_is_refused(world: World) -> None:
    key = uuid4()
    register(world, request_key=key)
    with pytest.raises(Invalid):
        register(world, "county.supervisor", request_key=key)


@pytest.mark.parametrize("person", ["health.handler", "city.secretariat", "city.system", "city.leader", "nobody"])
def test_only_supervision_registers(world: World, person: str) -> None:
    with pytest.raises(Forbidden):
        register(world, person)
    assert count(world) == 0


@pytest.mark.parametrize(
    ("signed", "received", "field"),
    [
        (TODAY, TODAY - timedelta(days=1), "received_on"),
        (TODAY, TODAY + timedelta(days=1), "received_on"),
        (TODAY + timedelta(days=1), TODAY + timedelta(days=1), "instructed_on"),
        (date(1026, 11, 1), TODAY, "instructed_on"),
    ],
)
def test_dates_follow_one_another_and_are_past(world: World, signed: date, received: date, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        register(world, instructed_on=signed, received_on=received)
    assert field in refusal.value.fields
    assert count(world) == 0


@pytest.mark.parametrize(
    ("lead", "co", "confidential", "field"),
    [
        ("city_office", (), False, "lead_unit"),
        ("health", ("city_duty",), False, "co_units"),
        ("health", ("health",), False, "co_units"),
        ("health", ("finance",), True, "co_units"),
    ],
)
def test_units_that_cannot_be_are_refused(world: World, lead: str, co: tuple[str, ...], confidential: bool, field: str) -> None:
    with world.work():
        units = {"lead_unit": world.unit(lead), "co_units": tuple(world.unit(key) for key in co)}
    with pytest.raises(Invalid) as refusal:
        register(world, confidential=confidential, **units)
    assert field in refusal.value.fields


def test_a_county_does_not_reach_beside_or_above(world: World) -> None:
    with world.work():
        health = world.unit("health")
    with pytest.raises(Invalid) as refusal:
        register(world, "county.supervisor", lead_unit=health)
    assert "lead_unit" in refusal.value.fields


@pytest.mark.parametrize("field", ["title", "text", "leader", "document_number", "requirement"])
def test_a_mark_of_classification_stores_nothing_but_that_it_was_tried(world: World, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        register(world, **{field: "机密★10年 内容甲乙丙"})
    assert "线下办理" in refusal.value.sentence
    assert count(world) == 0
    with world.work():
        tried = db.session.scalars(
            select(JournalEntry).where(JournalEntry.city_id == world.id, JournalEntry.act == "classified_refused")
        ).one()
        assert tried.person_id == world.people["city.supervisor"]
        assert tried.after == {"rule": "mark", "fields": [field]}


def test_the_linked_leader_reads_even_a_confidential_one_from_registration(world: World) -> None:
    matter_id = register(world, confidential=True, leader_id=world.people["city.leader"])
    with world.work("city.leader"):
        content = get_matter(world.actor("city.leader"), matter_id).content
        assert content is not None
        assert content.title == "关于农村饮水的情况反映"
    with world.work("city.head"):
        assert get_matter(world.actor("city.head"), matter_id).content is None


def test_a_department_of_a_county_makes_the_form_propose_its_committee(world: World) -> None:
    with world.work():
        city, county = world.unit("city"), world.unit("county")
        proposed = proposal_for(world.unit("county_health"), city.id)
        assert proposed is not None
        assert proposed.id == county.id
        assert proposal_for(world.unit("township"), city.id) == county
        assert proposal_for(world.unit("county_health"), county.id) is None
        assert proposal_for(world.unit("health"), city.id) is None
        assert proposal_for(county, city.id) is None


# ---------------------------------------------------------------------------------------------------------- amend


def test_before_assignment_it_is_corrected_freely(world: World) -> None:
    matter_id = register(world)
    amend(world, matter_id, title="关于城市供水的情况反映")
    matter = world.matter(matter_id)
    assert (matter.content.title, matter.version) == ("关于城市供水的情况反映", 2)  # type: ignore[union-attr]
    with world.work():
        assert records_holding(world.actor("city.supervisor"), "城市供水", 10) == [matter_id]
        assert records_holding(world.actor("city.supervisor"), "农村饮水", 10) == []
        entry = db.session.scalars(select(JournalEntry).where(JournalEntry.city_id == world.id, JournalEntry.act == "amend")).one()
        assert entry.before is not None
        assert entry.after is not None
        assert entry.before["words"]["title"] != entry.after["words"]["title"]
        assert entry.before["words"]["text"] == entry.after["words"]["text"]
        assert "供水" not in str(entry.after)


def test_a_corrected_date_of_receipt_moves_the_deadline_as_a_new_generation(world: World) -> None:
    matter_id = register(world)
    amend(world, matter_id, received_on=TODAY, source_level=SourceLevel.CENTRAL, urgency=Urgency.URGENT)
    matter = world.matter(matter_id)
    assert matter.due_on == matter.original_due_on == TODAY + timedelta(days=15)
    with world.work():
        clocks = {
            c.kind: c for c in db.session.scalars(select(Clock).where(Clock.record_id == matter_id).options(as_seen_by(SYSTEM)))
        }
    assert (clocks["closing"].generation, clocks["closing"].due_on) == (2, TODAY + timedelta(days=15))
    assert clocks["first_feedback"].due_on == TODAY + timedelta(days=7)


def test_a_stopped_clock_stays_stopped_when_corrected(world: World) -> None:
    matter_id = world.under_review(received_on=TODAY - timedelta(days=1))
    before = world.matter(matter_id)
    amend(world, matter_id, before.version, "原登记日期有误", received_on=TODAY - timedelta(days=2))
    with world.work():
        closing = db.session.scalars(
            select(Clock).where(Clock.record_id == matter_id, Clock.kind == "closing").options(as_seen_by(SYSTEM))
        ).one()
    assert closing.stopped_at is not None
    assert closing.due_on == months_after(TODAY - timedelta(days=2), 1)


def test_after_assignment_a_reason_is_owed_and_the_workers_are_told(world: World) -> None:
    matter_id = world.at_work()
    version = world.matter(matter_id).version
    with pytest.raises(Invalid) as refusal:
        amend(world, matter_id, version)
    assert "reason" in refusal.value.fields
    amend(world, matter_id, version, "标题有误")
    with world.work():
        told = set(db.session.scalars(select(Message.person_id).where(Message.city_id == world.id, Message.kind == "amended")))
        entry = db.session.scalars(
            select(Entry).where(Entry.record_id == matter_id, Entry.kind == "amend").options(as_seen_by(SYSTEM))
        ).one()
        assert entry.words == "标题有误"
    assert told == {world.people[name] for name in ("health.handler", "health.liaison", "health.director")}
    assert world.matter(matter_id).lead_unit_id == world.units["health"]


def test_a_stale_correction_is_told_what_changed_and_does_nothing(world: World) -> None:
    matter_id = register(world)
    amend(world, matter_id, title="甲乙")
    with pytest.raises(Stale) as refusal:
        amend(world, matter_id, 1, title="丙丁")
    assert refusal.value.changes
    assert world.matter(matter_id).content.title == "甲乙"  # type: ignore[union-attr]


def test_strangers_correct_nothing(world: World) -> None:
    matter_id = world.at_work()
    with pytest.raises(Forbidden):
        amend(world, matter_id, None, "理由", by="health.director")
    with pytest.raises(Invisible):
        amend(world, matter_id, None, "理由", by="finance.director")


def test_a_confidential_one_is_no_longer_its_registrars_to_correct(world: World) -> None:
    matter_id = register(world, confidential=True)
    amend(world, matter_id, title="改过的标题", confidential=False)
    assert world.matter(matter_id).confidential
    world.assign(matter_id, handler="health.handler")
    with pytest.raises(Forbidden):
        amend(world, matter_id, None, "理由")


def test_without_a_change_nothing_is_corrected(world: World) -> None:
    matter_id = register(world)
    with pytest.raises(Invalid):
        amend(world, matter_id)
    assert world.matter(matter_id).version == 1


def test_a_forwarded_one_ends_no_later_than_the_corrected_parent(world: World) -> None:
    matter_id = world.assign(world.register(received_on=TODAY), to="county")

    with world.work("county.liaison"):
        child = (
            enact(
                world.actor("county.liaison"),
                verbs.FORWARD,
                matter_id,
                forwarding.Forwarding(units=[world.unit("county_health")], words=None),
            )
            .result[0]
            .id
        )
    parent = world.matter(matter_id)
    amend(world, matter_id, parent.version, "日期有误", received_on=TODAY - timedelta(days=5), instructed_on=date(2026, 11, 10))
    assert world.matter(child).due_on == world.matter(matter_id).due_on == months_after(TODAY - timedelta(days=5), 1)
    with pytest.raises(Forbidden):
        amend(world, child, None, "理由", by="county.supervisor")


def test_co_units_are_corrected_before_assignment(world: World) -> None:
    with world.work():
        health, finance, county = (world.unit(key) for key in ("health", "finance", "county"))
    matter_id = register(world, lead_unit=health, co_units=(finance,))
    amend(world, matter_id, lead_unit=health, co_units=(finance, county))
    amend(world, matter_id, 2, lead_unit=health, co_units=(county,))
    with world.work("city.supervisor"):
        assert [c.unit_id for c in get_matter(world.actor("city.supervisor"), matter_id).co_units] == [county.id]
    amend(world, matter_id, 3, lead_unit=health)
    with world.work("city.supervisor"):
        assert not get_matter(world.actor("city.supervisor"), matter_id).co_unit_ids


# ------------------------------------------------------------------------------------------------------ new round


def test_a_further_round_is_a_matter_of_its_own_linked_to_the_former(world: World) -> None:
    former = world.at_work()
    with world.work("city.supervisor"):
        made = service.new_round(world.actor("city.supervisor"), former, said(text="再查。"))
        new_id = made.id
    new = world.matter(new_id)
    assert (new.number, new.round, new.previous_id, new.state) == ("温督〔2026〕2号", 2, former, "registered")
    with world.work():
        entry = db.session.scalars(
            select(Entry).where(Entry.record_id == former, Entry.kind == "new_round").options(as_seen_by(SYSTEM))
        ).one()
        assert entry.facts == {"number": "温督〔2026〕2号", "round": 2}


def test_a_confidential_ones_further_round_is_confidential_and_names_no_number(world: World) -> None:
    former = register(world, confidential=True)
    with world.work("city.supervisor"):
        new = service.new_round(world.actor("city.supervisor"), former, said())
        assert new.confidential
        entry = db.session.scalars(
            select(Entry).where(Entry.record_id == former, Entry.kind == "new_round").options(as_seen_by(SYSTEM))
        ).one()
        assert entry.facts is None


def test_only_the_registering_office_registers_a_further_round(world: World) -> None:
    former = world.at_work()
    with pytest.raises(Forbidden), world.work("health.director"):
        service.new_round(world.actor("health.director"), former, said())
    assert count(world) == 1


# ------------------------------------------------------------------------------------------------------ the pages


def test_the_form_registers_and_a_second_click_finds_it_done(world: World) -> None:
    browser = world.browser("city.supervisor")
    shown = browser.get(world.url("instructions/register"))
    assert shown.status_code == 200
    assert 'name="request_key"' in shown.get_data(as_text=True)
    data = typed(world, csrf_token=world.token(browser), lead_unit="市卫健委", co_units="市财政局 (330300-CZ)、永嘉")
    first, second = (browser.post(world.url("instructions/register"), data=data) for _n in range(2))
    assert first.status_code == second.status_code == 303, first.get_data(as_text=True)
    assert first.location == second.location
    assert count(world) == 1
    matter = world.matter(UUID(first.location.rsplit("/", 1)[1]))
    assert matter.lead_unit_id == world.units["health"]
    assert matter.content.has("co_unit")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "请填写来文标题"),
        ("title", "长" * 201, "文字过长"),
        ("title", "看不见\u200b的字", "零宽字符"),
        ("lead_unit", "没有这个单位", "没有找到"),
        ("leader_post", "没有这个人", "请从列出的姓名中选择"),
        ("received_on", "2026-11-24", "晚于今日"),
        ("received_on", "十一月", ""),
        ("source_level", "village", "请选择批示来源"),
        ("source_level", "", "请选择批示来源"),
    ],
)
def test_a_refused_form_keeps_what_was_typed_and_writes_nothing(world: World, field: str, value: str, sentence: str) -> None:
    browser = world.browser("city.supervisor")
    data = typed(world, csrf_token=world.token(browser), requirement="这一句要留住", **{field: value})
    answer = browser.post(world.url("instructions/register"), data=data)
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "这一句要留住" in shown
    assert sentence in shown
    assert data["request_key"] in shown
    assert count(world) == 0


def test_classified_words_are_not_sent_back(world: World) -> None:
    browser = world.browser("city.supervisor")
    data = typed(world, csrf_token=world.token(browser), text="机密★10年 甲乙丙丁", requirement="这一句要留住")
    answer = browser.post(world.url("instructions/register"), data=data)
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "甲乙丙丁" not in shown
    assert "线下办理" in shown
    assert "这一句要留住" in shown


def test_papers_go_along_and_a_refused_one_refuses_all(world: World) -> None:
    browser = world.browser("city.supervisor")
    data = typed(world, csrf_token=world.token(browser))
    address = world.url("instructions/register")

    def send(name: str, words: str) -> Any:
        return browser.post(address, data=data | {"attachments": (io.BytesIO(words.encode()), name)})

    assert send("机密★10年.txt", "甲").status_code == 422
    assert send("来文.exe", "甲").status_code == 422
    assert count(world) == 0
    first, second = send("来文.txt", "饮水情况"), send("来文.txt", "饮水情况")
    assert first.location == second.location
    with world.work("city.supervisor"):
        actor = world.actor("city.supervisor")
        papers = attachments(actor, get_matter(actor, UUID(first.location.rsplit("/", 1)[1])))
        assert [paper.name for paper in papers] == ["来文.txt"]


def test_whoever_may_not_register_is_not_shown_the_form(world: World) -> None:
    browser = world.browser("health.handler")
    assert browser.get(world.url("instructions/register")).status_code == 403
    token = world.token(browser)
    answer = browser.post(world.url("instructions/register"), data=typed(world, csrf_token=token))
    assert answer.status_code == 403


def test_the_amend_page_corrects_and_answers_a_stale_one_with_409(world: World) -> None:
    matter_id = register(world)
    browser = world.browser("city.supervisor")
    address = world.url(f"instructions/{matter_id}/amend")
    shown = browser.get(address).get_data(as_text=True)
    assert "关于农村饮水的情况反映" in shown
    assert 'name="reason"' not in shown
    data = typed(world, csrf_token=world.token(browser), version="1", title="改过的标题")
    assert browser.post(address, data=data).status_code == 303
    assert world.matter(matter_id).content.title == "改过的标题"  # type: ignore[union-attr]
    again = browser.post(address, data=data | {"title": "又改一次"})
    assert again.status_code == 409
    assert "又改一次" in again.get_data(as_text=True)
    assert world.browser("finance.director").get(address).status_code == 404
    world.assign(matter_id)
    assert 'name="reason"' in browser.get(address).get_data(as_text=True)
    said = browser.get(world.url(f"matters/{matter_id}")).get_data(as_text=True)
    timeline = re.sub(r"<[^>]+>", "", said)
    assert "更正　" in timeline
    assert "来文标题、" in timeline.split("更正　")[1][:40], "the timeline says what was corrected"


def test_the_new_round_page_registers_it(world: World) -> None:
    former = world.at_work()
    browser = world.browser("city.supervisor")
    address = world.url(f"instructions/{former}/new-round")
    shown = browser.get(address).get_data(as_text=True)
    assert "关于老旧小区加装电梯的情况反映" in shown
    answer = browser.post(address, data=typed(world, csrf_token=world.token(browser)))
    assert answer.status_code == 303
    assert world.matter(UUID(answer.location.rsplit("/", 1)[1])).round == 2
