"""What is typed finds what is meant, however it is written; a unit's name and code that contradict each other are refused."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

import pytest
from sqlalchemy import select, update

from portal.access.actor import SYSTEM
from portal.access.record import Record
from portal.access.visibility import as_seen_by
from portal.identity.models import Person
from portal.kernel.db import db
from portal.matters.models import Content, Matter
from portal.matters.search import records_holding
from portal.matters.service.creation import index_words
from portal.network.models import Unit
from portal.network.queries import leader_meant, people_matching, resolve_person, resolve_unit, units_matching
from portal.papers.models import Paper
from tests.instructions.test_importing import row as line
from tests.instructions.test_importing import upload
from tests.instructions.test_register import numbers, page
from tests.instructions.test_registering import count, typed
from tests.world import World

NUMBER = "温督〔2026〕92号"


def found(world: World, query: str, person: str = "city.supervisor", field: str = "q") -> list[str]:
    return numbers(page(world, person, f"?{field}={quote(query)}"))


def written(world: World, matter_id: UUID, number: str, **words: str) -> UUID:
    """The matter bears this number and these words, in what is searched too."""
    with world.work():
        db.session.execute(update(Record).where(Record.id == matter_id).values(number=number).options(as_seen_by(SYSTEM)))
        content = db.session.scalars(select(Content).where(Content.record_id == matter_id).options(as_seen_by(SYSTEM))).one()
        for name, said in words.items():
            setattr(content, name, said)
        matter = db.session.scalars(select(Matter).where(Matter.id == matter_id).options(as_seen_by(SYSTEM))).one()
        index_words(matter, content)
    return matter_id


@pytest.mark.parametrize(
    "asked",
    [
        "温督[2026]92号",
        "(２０２６)",
        "双击 提交",
        "买买提・依明",
        "温督（2026） 92 号",
        "买买提 依明",
        "提交　92",
        "WIFI",
        "ｗｉｆｉ",
    ],
)
def test_I60_however_it_is_written_each_search_finds_its_matter(world: World, asked: str) -> None:
    matter_id = world.register(title="关于Ｗｉ-Fi“双击提交”的情况反映")
    world.register(title="关于其他事项的情况反映")
    written(world, matter_id, NUMBER, leader="买买提·依明")
    assert NUMBER in found(world, asked)


def test_I60_name_and_code_that_contradict_each_other_are_refused(world: World) -> None:
    with world.work():
        db.session.execute(update(Unit).where(Unit.id == world.units["county_health"]).values(code="330324-17"))
        db.session.execute(update(Unit).where(Unit.id == world.units["health"]).values(name="瓯海区教育局"))
    browser = world.browser("city.supervisor")
    form = {"csrf_token": world.token(browser), **typed(world, lead_unit="瓯海区教育局 (330324-17)")}
    answer = browser.post(world.url("instructions/register"), data=form)
    assert answer.status_code == 422
    assert "名称与代码不符" in answer.get_data(as_text=True)
    assert "永嘉县卫生健康局" in answer.get_data(as_text=True)
    assert "关于农村饮水的情况反映" in answer.get_data(as_text=True)  # what was typed stays
    assert count(world) == 0
    for number, good in enumerate(
        ("永嘉县卫生健康局 (330324-17)", "永嘉县卫健局（330324-17）", "330324-17", "永嘉县卫生健康局", "（330324-17）")
    ):
        again = form | typed(world, lead_unit=good, title=f"关于第{number}件的情况反映") | {"csrf_token": form["csrf_token"]}
        assert browser.post(world.url("instructions/register"), data=again).status_code == 303, good


@pytest.mark.parametrize(
    ("person", "path", "fields"),
    [
        ("city.supervisor", "matters/{matter}/assign", {"lead_unit": "市财政局 (330300-WJ)"}),
        ("city.supervisor", "matters/{matter}/assign", {"lead_unit": "330300-WJ", "co_units": "市财政局、桥头镇 (330300-CZ)"}),
        ("county.liaison", "matters/{county}/forward", {"units": "永嘉县卫生健康局 (330324101)"}),
        ("city.secretariat", "network/drives/new", {"unit": "永嘉县 (330300)", "title": "推荐", "until": "2099-01-01"}),
        (
            "city.secretariat",
            "network/units/{unit}/move",
            {"from_on": "2099-01-01", "reason": "编办", "parent": "市财政局 (330324)"},
        ),
    ],
)
def test_wherever_a_unit_is_typed(world: World, person: str, path: str, fields: dict[str, str]) -> None:
    matter, county = world.register(), world.assign(world.register(title="另一件"), to="county")
    browser = world.browser(person)
    where = world.url(path.format(matter=matter, county=county, unit=world.units["township"]))
    version = {"version": "1"} if "{matter}" in path else {"version": world.matter(county).version} if "{county}" in path else {}
    data = {"csrf_token": world.token(browser), "levels": "city", "kinds": "department", **version, **fields}
    answer = browser.post(where, data=data)
    assert answer.status_code == 422
    assert "名称与代码不符" in answer.get_data(as_text=True)


def test_in_a_workbook_too(world: World) -> None:
    _, judged = upload(
        world, line(主办单位代码="市财政局 (330300-WJ)"), line(主办单位代码="330300-WJ", 协办单位代码="市卫健委 (330300-CZ)")
    )
    assert [fault.why for fault in judged.faults if "名称与代码不符" in fault.why] == [
        "“市财政局 (330300-WJ)”的名称与代码不符",
        "“市卫健委(330300-CZ)”的名称与代码不符",
    ]
    _, judged = upload(world, line(主办单位代码="市卫健委 （330300-WJ）", 协办单位代码="市财政局 (330300-CZ)、330324"))
    assert judged.faults == []
    assert len(judged.good) == 1


def test_two_words_both_count_wherever_they_stand(world: World) -> None:
    matter_id = world.assign(world.register(title="关于医院停车难的情况反映"))
    number = world.matter(matter_id).number
    world.register(title="关于医院食堂的情况反映")
    assert found(world, "医院 停车难") == [number]
    assert found(world, "停车难、卫生健康") == [number]  # one of the content's, one of the shell's
    assert found(world, "停车难 食堂") == []
    assert len(found(world, "医院")) == 2


def test_the_number_of_a_report_is_found_by_whoever_may_read_it(world: World) -> None:
    matter_id = world.assign(world.register(), co=("finance",))
    world.name_handler(matter_id)
    world.progress(world.acknowledge(matter_id))
    report = world.submit(matter_id)
    world.sign(report, "health.director", "health.deputy")
    with world.work():
        number = db.session.scalars(select(Paper.document_number).options(as_seen_by(SYSTEM)).where(Paper.id == report)).one()
    assert number == "温卫〔2026〕1号"
    mine = world.matter(matter_id).number
    for asked in (number, "温卫[2026] 1号", "温卫"):
        assert found(world, asked) == [mine]
        assert found(world, asked, "finance.liaison") == [mine]
        assert found(world, asked, "county.liaison") == []


def test_the_number_of_a_confidential_report_is_not_looked_in(world: World) -> None:
    matter_id = world.progress(
        world.acknowledge(world.assign(world.register(confidential=True, title="某事"), handler="health.handler"))
    )
    world.sign(world.submit(matter_id), "health.director", "health.deputy")
    assert found(world, "温卫") == []
    with world.work():
        assert records_holding(world.actor("city.supervisor"), "温卫", 10) == []


def test_hits_of_a_single_character_are_counted(world: World) -> None:
    for number in range(10):
        world.register(title=f"关于鳗鱼养殖的第{number}次反映")
    world.register(title="关于其他事项的情况反映")
    assert "共 10 件" in page(world, "city.supervisor", "?q=鳗")
    assert found(world, "鳗 第3次") != []


def test_of_signs_alone_nothing_is_found_and_nothing_breaks(world: World) -> None:
    world.register()
    for field in ("q", "leader", "unit"):
        assert found(world, "〔〕", field=field) == []


def test_leader_and_unit_are_found_however_written(world: World) -> None:
    matter_id = world.assign(world.register())
    written(world, matter_id, NUMBER, leader="买买提·依明")
    assert found(world, "买买提 • 依明", field="leader") == [NUMBER]
    assert found(world, "（330300-ＷＪ）", field="unit") == [NUMBER]
    assert found(world, "330300-wj", field="unit") == [NUMBER]
    assert found(world, "卫生 健康", field="unit") == [NUMBER]
    assert found(world, "市财政局 (330300-WJ)", field="unit") == []


def test_units_and_people_are_found_however_written(world: World) -> None:
    with world.work():
        db.session.execute(update(Unit).where(Unit.id == world.units["finance"]).values(name="市财政局（国资办）"))
        db.session.execute(update(Person).where(Person.id == world.people["city.leader"]).values(name="买买提·依明"))
    with world.work():
        for asked in ("市财政局(国资办)", "市财政局〔国资办〕", "市财政局 国资办", "330300-cz", "３３０３００－ＣＺ", "随便什么"):
            unit = resolve_unit(asked)
            assert (unit.id if unit else None) == (world.units["finance"] if asked != "随便什么" else None), asked
        for asked in ("财政局(国", "（国资", "300CZ", "CZ"):
            assert [unit.id for unit in units_matching(asked)] == [world.units["finance"]], asked
        for asked in ("买买提・依明", "买买提依明", "买买提 依明"):
            assert leader_meant(asked) is not None and leader_meant(asked) == resolve_person(asked), asked
            assert [one.id for one in people_matching(asked[:4])] == [world.people["city.leader"]]
        assert resolve_person("赵钱 (city.leader)") is None
        assert resolve_person("买买提•依明（city.leader）") is not None
