"""A workbook of instructions is judged row by row, imported whole or not at all, and assigned as it says."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import xlsxwriter
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

import portal.commands
from portal.access.actor import SYSTEM
from portal.access.record import Record
from portal.access.visibility import as_seen_by
from portal.audit.models import JournalEntry
from portal.commands.city import found, sheet_from
from portal.identity.passwords import hashed
from portal.identity.queries import person_named
from portal.importing import service as importing
from portal.importing.judging import Judged
from portal.importing.models import ImportPreview
from portal.importing.previews import forget_expired
from portal.importing.reading import read_rows
from portal.instructions import previews
from portal.instructions.importing import COLUMNS, MOST_ROWS, Planned
from portal.instructions.previews import IMPORT
from portal.jobs import tasks
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Invalid, Invisible, Refusal, Stale
from portal.matters.models import CoUnit, Matter
from portal.network.importing import carry_out, known_network
from portal.network.plan import POSTS, UNITS, plan_import
from portal.network.service.acting import actor_for
from tests.at_the_door import PASSWORD, in_city
from tests.importing import books
from tests.world import World

TODAY = date(2026, 11, 23)
DEMONSTRATION = Path(portal.commands.__file__).with_name("demonstration")
GOOD: dict[str, Any] = {
    "序号": 7, "批示来源": "市", "批示领导": "市长", "批示日期": date(2026, 11, 18), "收到日期": date(2026, 11, 20),
    "来文标题": "关于农村饮水的情况反映", "来文字号": "市委办〔2026〕9号", "批示内容": "请认真办理。", "紧急程度": "一般",
    "是否保密": "否", "主办单位代码": "330300-WJ", "协办单位代码": "330300-CZ、330324", "办理要求": "按期报结",
    "登记单位代码": "330300",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _that_day() -> Any:
    with clock.set_to(clock.at(TODAY, 10)):
        yield


def row(**more: Any) -> dict[str, Any]:
    """A good row, changed."""
    return GOOD | more


def book(*rows: dict[str, Any], columns: tuple[str, ...] = COLUMNS) -> bytes:
    """A workbook with these rows."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as made:
        sheet = made.add_worksheet("登记表")
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        for at, title in enumerate(columns):
            sheet.write_string(0, at, title)
            for down, one in enumerate(rows, start=1):
                value = one.get(title)
                if isinstance(value, date):
                    sheet.write_datetime(down, at, value, day)  # type: ignore[arg-type]
                elif value is not None:
                    sheet.write(down, at, value)
    return target.getvalue()


def upload(world: World, *rows: dict[str, Any], by: str = "city.supervisor") -> tuple[UUID, Judged[Planned]]:
    with world.work(by):
        kept = importing.upload(world.actor(by), IMPORT, "登记表.xlsx", book(*rows))
        return kept.id, previews.judgement(world.actor(by), kept)


def matters(world: World) -> list[Matter]:
    with world.work():
        return list(
            db.session.scalars(
                select(Matter)
                .join(Record, Record.id == Matter.id)
                .where(Matter.city_id == world.id)
                .order_by(Record.sequence)
                .options(as_seen_by(SYSTEM))
            )
        )


def carry(world: World, preview_id: UUID, by: str = "city.supervisor") -> None:
    with world.work(by):
        importing.carry_out(world.actor(by), IMPORT, preview_id)


# ---------------------------------------------------------------------------------------------------------- judging


@pytest.mark.parametrize(
    ("change", "column", "why"),
    [
        ({"主办单位代码": "330300-WX"}, "主办单位代码", "没有代码为"),
        ({"主办单位代码": "330300-BG"}, "主办单位代码", "办事机构"),
        ({"主办单位代码": None}, "主办单位代码", "必填"),
        ({"协办单位代码": "999999"}, "协办单位代码", "没有代码为"),
        ({"协办单位代码": "330300-WJ"}, "协办单位代码", "已是主办单位"),
        ({"协办单位代码": "330300-DC"}, "协办单位代码", "办事机构"),
        ({"登记单位代码": "330324"}, "登记单位代码", "不由您登记"),
        ({"登记单位代码": "000000"}, "登记单位代码", "没有代码为"),
        ({"收到日期": "上旬"}, "收到日期", "是文本"),
        ({"收到日期": "2026年2月30日"}, "收到日期", "没有这一天"),
        ({"收到日期": 46_346}, "收到日期", "不是日期"),
        ({"收到日期": date(2026, 11, 17)}, "收到日期", "早于批示日期"),
        ({"收到日期": date(2026, 11, 24)}, "收到日期", "晚于今日"),
        ({"批示日期": date(1926, 11, 18)}, "批示日期", "过早"),
        ({"批示日期": None}, "批示日期", "必填"),
        ({"批示来源": "乡"}, "批示来源", "没有“乡”这一种"),
        ({"紧急程度": "火急"}, "紧急程度", "没有“火急”这一种"),
        ({"是否保密": "也许"}, "是否保密", "没有“也许”这一种"),
        ({"批示来源": None}, "批示来源", "必填"),
        ({"批示领导": "  "}, "批示领导", "必填"),
        ({"来文标题": None}, "来文标题", "必填"),
        ({"批示内容": None}, "批示内容", "必填"),
        ({"来文标题": "长" * 201}, "来文标题", "文字过长"),
        ({"批示内容": "长" * 5001}, "批示内容", "文字过长"),
        ({"来文标题": "看不见\u200b的字"}, "来文标题", "零宽字符"),
        ({"批示领导": "张\u202e书记"}, "批示领导", "方向"),
        ({"来文标题": "=1+1"}, "来文标题", "公式"),
        ({"来文标题": "两行\n标题"}, "来文标题", "一行"),
    ],
)
def test_a_bad_row_is_kept_out_with_its_reason(world: World, change: dict[str, Any], column: str, why: str) -> None:
    _id, judged = upload(world, row(**change), row(来文标题="另一件", 来文字号=None))
    faults = [f for f in judged.faults if not f.warning]
    assert [(f.row, f.column) for f in faults] == [(2, column)]
    assert why in faults[0].why
    assert faults[0].fix, "it does not say what to do"
    assert [one.row for one in judged.good] == [3]


def test_of_an_over_long_text_it_is_said_how_much_must_go(world: World) -> None:
    _id, judged = upload(world, row(批示内容="长" * 5312))
    assert judged.faults[0].fix == "现有 5,312 个字，请删去 312 个字"


def test_an_unknown_unit_is_answered_with_the_nearest_code(world: World) -> None:
    _id, judged = upload(world, row(主办单位代码="330300-WX"))
    assert judged.faults[0].fix == "是不是 330300-WJ 市卫生健康委员会？"


def test_every_fault_of_a_row_is_named(world: World) -> None:
    _id, judged = upload(world, row(批示来源="乡", 收到日期="昨天", 主办单位代码="000"))
    assert {fault.column for fault in judged.faults} == {"批示来源", "收到日期", "主办单位代码"}


@pytest.mark.parametrize(
    "change",
    [
        {"批示内容": "机密★10年 甲乙丙丁"},
        {"来文标题": "绝密★ 甲乙丙丁"},
        {"是否保密": "机密", "批示内容": "甲乙丙丁"},
        {"办理要求": "★秘密 甲乙丙丁"},
    ],
)
def test_nothing_of_a_classified_row_is_kept_or_shown(world: World, change: dict[str, Any]) -> None:
    preview_id, judged = upload(world, row(**change), row(来文标题="另一件"))
    fault = judged.faults[0]
    assert (fault.row, fault.column, fault.value) == (2, None, None)
    with world.work("city.supervisor"):
        kept = importing.preview(world.actor("city.supervisor"), IMPORT, preview_id)
        assert "甲乙丙丁" not in str(kept.judged)
        report = read_rows(importing.report(IMPORT, previews.judgement(world.actor("city.supervisor"), kept)), titles=COLUMNS)
        assert "密级标志" in report.cell(report.rows[0], "说明").text
        tried = db.session.scalars(
            select(JournalEntry).where(JournalEntry.city_id == world.id, JournalEntry.act == "classified_refused")
        ).one()
        assert tried.after == {"rule": "mark", "rows": [2]}


@pytest.mark.parametrize("where", ["comment", "hidden sheet", "name of a sheet"])
def test_I50_a_mark_beside_the_rows_refuses_the_workbook_and_keeps_nothing(world: World, where: str) -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as made:
        sheet = made.add_worksheet("登记表")
        for at, title in enumerate(COLUMNS):
            sheet.write_string(0, at, title)
        sheet.write_string(1, 5, "关于某事的情况反映")
        other = made.add_worksheet("机密" if where.startswith("name") else "附表")
        other.hide()
        if where == "comment":
            sheet.write_comment(1, 5, "密级：机密 甲乙丙丁")
        elif where == "hidden sheet":
            other.write_string(0, 0, "【秘密】甲乙丙丁")
    client = world.browser("city.supervisor")
    answer = client.post(
        world.url("instructions/import"),
        data={"csrf_token": world.token(client), "workbook": (io.BytesIO(target.getvalue()), "登记表.xlsx")},
    )
    assert answer.status_code == 422
    assert "甲乙丙丁" not in answer.get_data(as_text=True)
    with world.work():
        assert not db.session.scalars(select(ImportPreview.id).where(ImportPreview.city_id == world.id)).all()
        tried = db.session.scalars(
            select(JournalEntry).where(JournalEntry.city_id == world.id, JournalEntry.act == "classified_refused")
        ).one()
        assert (tried.person_id, tried.after) == (world.people["city.supervisor"], {"rule": "mark"})


@pytest.mark.parametrize(
    "change", [{"来文标题": "【秘密】关于某事的情况反映"}, {"批示内容": "密级：机密\n甲乙丙丁"}, {"办理要求": "机密"}]
)
def test_I50_a_row_with_a_mark_stays_out(world: World, change: dict[str, Any]) -> None:
    _preview_id, judged = upload(world, row(**change), row(来文标题="关于商业秘密保护的情况反映"))
    assert judged.marked_rows == [2]
    assert [one.title for one in judged.good] == ["关于商业秘密保护的情况反映"]


def test_a_mark_in_the_files_name_refuses_it_whole(world: World) -> None:
    with pytest.raises(Invalid), world.work("city.supervisor"):
        importing.upload(world.actor("city.supervisor"), IMPORT, "秘密★登记表.xlsx", book(row()))


@pytest.mark.parametrize("where", ["over the header", "in the header", "the sheet's name"])
def test_a_mark_where_a_paper_bears_it_refuses_the_workbook_whole(world: World, where: str) -> None:
    def fill(_workbook: Any, sheet: Any) -> None:
        if where == "over the header":
            sheet.write_string(0, 0, "机密★10年")
        for at, title in enumerate(COLUMNS):
            sheet.write_string(1, at, title)
            sheet.write(2, at, str(row().get(title) or ""))
        if where == "in the header":
            sheet.write_string(1, len(COLUMNS), "绝密★")

    data = books.book(fill, "秘密★1年" if where == "the sheet's name" else "登记表")
    with pytest.raises(Invalid, match="线下办理"), world.work("city.supervisor"):
        importing.upload(world.actor("city.supervisor"), IMPORT, "登记表.xlsx", data)
    with world.work("city.supervisor"):
        assert importing.recent(world.actor("city.supervisor"), (IMPORT,)) == []
        tried = db.session.scalars(
            select(JournalEntry).where(JournalEntry.city_id == world.id, JournalEntry.act == "classified_refused")
        ).one()
        assert tried.after == {"rule": "mark"}


def test_the_same_row_twice_is_filed_once_and_a_number_alone_is_a_warning(world: World) -> None:
    _id, judged = upload(world, row(), row(), row(来文标题="别的事"))
    assert [one.row for one in judged.good] == [2, 4]
    assert [(f.row, f.warning) for f in judged.faults] == [(3, False), (4, True)]


def test_what_is_registered_already_is_named_to_whoever_may_read_it(world: World) -> None:
    first, _judged = upload(world, row())
    carry(world, first)
    _id, judged = upload(world, row(), row(来文标题="别的事"))
    assert judged.faults[0].record_id == str(matters(world)[0].id)
    assert judged.faults[0].number == "温督〔2026〕1号"
    assert [one.row for one in judged.good] == [3]
    assert judged.warned_rows == [3]


def test_a_confidential_one_is_known_to_its_office_by_its_number_alone(world: World) -> None:
    first, _judged = upload(world, row(是否保密="是", 协办单位代码=None))
    carry(world, first)
    _id, seen = upload(world, row(是否保密="是", 协办单位代码=None))
    assert len(seen.bad_rows) == 1
    for by in ("city.supervisor", "city.head"):
        _id, known = upload(world, row(是否保密="是", 协办单位代码=None), by=by)
        assert [(fault.value, fault.number, fault.hidden) for fault in known.faults] == [(None, "温督内〔2026〕1号", True)]
        assert not known.kept


def test_co_units_of_a_confidential_row_are_dropped_and_said_so(world: World) -> None:
    preview_id, judged = upload(world, row(是否保密="是"))
    assert judged.faults[0].warning
    assert "不设协办单位" in judged.faults[0].why
    carry(world, preview_id)
    with world.work():
        assert (
            db.session.scalar(
                select(func.count()).select_from(CoUnit).where(CoUnit.city_id == world.id).options(as_seen_by(SYSTEM))
            )
            == 0
        )
    assert matters(world)[0].confidential


@pytest.mark.parametrize("data", [b"not a workbook", b"PK\x03\x04 broken"])
def test_what_is_no_workbook_is_refused(world: World, data: bytes) -> None:
    with pytest.raises(Invalid), world.work("city.supervisor"):
        importing.upload(world.actor("city.supervisor"), IMPORT, "a.xlsx", data)


def test_missing_columns_no_rows_and_too_many_are_refused(world: World) -> None:
    for data, why in (
        (book(row(), columns=COLUMNS[:5]), "缺少"),
        (book(), "只有表头"),
        (book(*[row()] * (MOST_ROWS + 1)), "行数过多"),
    ):
        with pytest.raises(Invalid, match=why), world.work("city.supervisor"):
            importing.upload(world.actor("city.supervisor"), IMPORT, "a.xlsx", data)


# --------------------------------------------------------------------------------------------------------- importing


def test_a_preview_is_sealed_its_owners_alone_and_gone_after_a_day(world: World) -> None:
    preview_id, _judged = upload(world, row())
    with world.work():
        stored = db.session.execute(text("select plain, sealed from import_preview where id = :id"), {"id": preview_id}).one()
        assert stored.plain is None
        assert "饮水".encode() not in stored.sealed
    with pytest.raises(Invisible):
        carry(world, preview_id, "city.head")
    with clock.set_to(clock.at(TODAY + timedelta(days=1), 10, 1)):
        with pytest.raises(Invisible):
            carry(world, preview_id)
        with world.work():
            assert forget_expired() == 1


def test_the_sweep_forgets_yesterdays_previews(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(world, row())
    monkeypatch.setattr(tasks, "portal_app", lambda: world.app)
    with clock.set_to(clock.at(TODAY + timedelta(days=2), 10)):
        tasks.sweep(world.id)
    with world.work():
        left = select(func.count()).select_from(ImportPreview).where(ImportPreview.city_id == world.id)
        assert db.session.scalar(left) == 0


def test_good_rows_are_registered_in_order_of_receipt(world: World) -> None:
    preview_id, _judged = upload(
        world, row(序号=1, 收到日期=date(2026, 11, 21)), row(序号=2, 来文标题="乙", 收到日期=date(2026, 11, 19)), row(来文标题=None)
    )
    carry(world, preview_id)
    carry(world, preview_id)
    made = matters(world)
    assert [(m.number, m.paper_number, str(m.state)) for m in made] == [
        ("温督〔2026〕1号", "2", "registered"),
        ("温督〔2026〕2号", "1", "registered"),
    ]
    assert {m.lead_unit_id for m in made} == {world.units["health"]}


def test_none_is_imported_where_something_changed_meanwhile(world: World) -> None:
    preview_id, _judged = upload(world, row(), row(来文标题="乙"))
    other, _judged = upload(world, row(来文标题="乙"))
    carry(world, other)
    with pytest.raises(Stale) as refusal:
        carry(world, preview_id)
    assert "第 3 行" in refusal.value.changes[0]
    assert len(matters(world)) == 1


@pytest.mark.parametrize("gone", ["health", "finance"])
def test_none_is_imported_where_a_unit_is_no_more_meanwhile(world: World, gone: str) -> None:
    preview_id, _judged = upload(world, row(), row(来文标题="乙", 主办单位代码="330324", 协办单位代码=None))
    with world.work():
        db.session.execute(text("update unit set retired_on = :day where id = :id"), {"day": TODAY, "id": world.units[gone]})
    with pytest.raises(Stale) as refusal:
        carry(world, preview_id)
    assert "已撤销" in refusal.value.changes[0]
    assert matters(world) == []


def test_a_failure_half_way_leaves_nothing(world: World) -> None:
    preview_id, _judged = upload(world, row(), row(来文标题="乙"))
    made: list[int] = []

    def fail(*given: Any, **more: Any) -> Any:
        made.append(1)
        if len(made) == 2:
            raise Refusal("半途而废")
        return create(*given, **more)

    create = previews.create
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(previews, "create", fail)
        with pytest.raises(Refusal, match="半途而废"):
            carry(world, preview_id)
    assert matters(world) == []
    carry(world, preview_id)
    assert [m.number for m in matters(world)] == ["温督〔2026〕1号", "温督〔2026〕2号"]


def test_none_leaves_the_report(world: World) -> None:
    preview_id, _judged = upload(world, row(来文标题=None))
    with world.work("city.supervisor"):
        kept = importing.drop(world.actor("city.supervisor"), IMPORT, preview_id)
        sheet = read_rows(importing.report(IMPORT, previews.judgement(world.actor("city.supervisor"), kept)), titles=COLUMNS)
    assert sheet.header[:14] == COLUMNS
    assert sheet.cell(sheet.rows[0], "收到日期").day == date(2026, 11, 20)
    assert "来文标题：必填" in sheet.cell(sheet.rows[0], "说明").text
    with pytest.raises(Invalid):
        carry(world, preview_id)


def test_assigned_as_in_the_workbook_row_by_row(world: World) -> None:
    preview_id, _judged = upload(
        world,
        row(),
        row(来文标题="乙", 是否保密="是", 协办单位代码=None),
        row(来文标题="丙", 主办单位代码="330324", 协办单位代码=None),
    )
    carry(world, preview_id)
    with world.work():
        db.session.execute(text("update unit set retired_on = :day where id = :id"), {"day": TODAY, "id": world.units["county"]})
    with world.work("city.supervisor"):
        outcomes = previews.assign_as_in_workbook(world.actor("city.supervisor"), preview_id)
        assert {(o.number, o.ok) for o in outcomes} == {
            ("温督〔2026〕1号", True),
            ("温督内〔2026〕1号", False),
            ("温督〔2026〕2号", False),
        }
        assert any("承办人" in o.why for o in outcomes)
        assert any("已撤销" in o.why for o in outcomes)
    assert sorted(str(m.state) for m in matters(world)) == ["assigned", "registered", "registered"]
    with world.work("city.supervisor"):
        again = previews.assign_as_in_workbook(world.actor("city.supervisor"), preview_id)
        assert len(again) == 2
        assert not any(o.ok for o in again)


# ---------------------------------------------------------------------------------------------------------- the pages


def send(browser: FlaskClient, world: World, data: bytes, name: str = "登记表.xlsx") -> Any:
    return browser.post(
        world.url("instructions/import"), data={"csrf_token": world.token(browser), "workbook": (io.BytesIO(data), name)}
    )


def test_the_pages_choose_preview_import_and_assign(world: World) -> None:
    browser = world.browser("city.supervisor")
    assert browser.get(world.url("instructions/import")).status_code == 200
    answer = send(browser, world, book(row(), row(来文标题="=1"), row(来文标题="丁")))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    shown = browser.get(answer.location).get_data(as_text=True)
    assert "单元格是公式" in shown
    assert "关于农村饮水的情况反映" in shown
    token = world.token(browser)
    for _click in range(2):
        assert browser.post(answer.location, data={"csrf_token": token, "how": "good"}).status_code == 303
    assert len(matters(world)) == 2
    done = browser.get(answer.location).get_data(as_text=True)
    assert "按表中单位交办 2 件" in done
    report = browser.get(f"{answer.location}/report")
    assert report.data.startswith(b"PK")
    assigned = browser.post(f"{answer.location}/assign", data={"csrf_token": token})
    assert assigned.status_code == 303
    assert "已交办" in browser.get(assigned.location).get_data(as_text=True)
    assert {str(m.state) for m in matters(world)} == {"assigned"}
    assert "登记表.xlsx" in browser.get(world.url("instructions/import")).get_data(as_text=True)


def test_a_refused_workbook_says_why_and_none_imports_none(world: World) -> None:
    browser = world.browser("city.supervisor")
    assert send(browser, world, b"x").status_code == 422
    empty = browser.post(world.url("instructions/import"), data={"csrf_token": world.token(browser)})
    assert empty.status_code == 422
    assert "请选择要导入的工作簿" in empty.get_data(as_text=True)
    answer = send(browser, world, book(row()))
    browser.post(answer.location, data={"csrf_token": world.token(browser), "how": "none"})
    assert matters(world) == []
    assert "没有导入" in browser.get(answer.location).get_data(as_text=True)


def test_the_empty_workbook_has_the_columns_and_can_be_sent_back(world: World) -> None:
    browser = world.browser("city.supervisor")
    answer = browser.get(world.url("instructions/import/empty-workbook"))
    assert answer.status_code == 200
    assert read_rows(answer.data).header == COLUMNS
    assert "只有表头" in send(browser, world, answer.data).get_data(as_text=True)


def test_another_persons_import_does_not_exist(world: World) -> None:
    preview_id, _judged = upload(world, row())
    browser = world.browser("city.head")
    token = world.token(browser)
    place = world.url(f"instructions/import/{preview_id}")
    assert [
        browser.get(place).status_code,
        browser.get(f"{place}/report").status_code,
        browser.get(f"{place}/assigned").status_code,
        browser.post(place, data={"csrf_token": token, "how": "good"}).status_code,
        browser.post(f"{place}/assign", data={"csrf_token": token}).status_code,
    ] == [404] * 5
    assert world.browser("health.handler").get(world.url("instructions/import")).status_code == 403


# ------------------------------------------------------------------------------------------------- the real workbook


@pytest.fixture(scope="module")
def wenzhou(app: Any, new_world: Callable[[], World]) -> World:
    """The demonstration city's network, without a matter in it."""
    with app.app_context():
        city = found("real-wenzhou", "温州市")
        plan = plan_import(
            sheet_from(DEMONSTRATION / "units.xlsx", UNITS),
            sheet_from(DEMONSTRATION / "posts.xlsx", POSTS),
            known_network(),
        )
        carry_out(plan, dict.fromkeys(plan.new_people(), hashed(PASSWORD)), must_change_password=False)
        db.session.commit()
        return World(app, city.id, city.slug)


def test_the_real_workbook_is_imported_by_the_offices_concerned(wenzhou: World) -> None:
    data = (DEMONSTRATION / "instructions.xlsx").read_bytes()
    sheet = read_rows(data, titles=COLUMNS)
    assert len(sheet.rows) == 121
    offices = {sheet.cell(one, "登记单位代码").text for one in sheet.rows}
    with clock.set_to(clock.at(date(2026, 12, 31), 10)):
        for code in sorted(offices):
            mine = sum(sheet.cell(one, "登记单位代码").text == code for one in sheet.rows)
            with in_city(wenzhou.app, wenzhou.id):
                person = person_named("city.ducha" if code == "3303" else f"{code}.ducha")
                assert person is not None
                actor = actor_for(person)
                kept = importing.upload(actor, IMPORT, "instructions.xlsx", data)
                judged = previews.judgement(actor, kept)
                assert (len(judged.good), len(judged.bad_rows)) == (mine, 121 - mine), judged.faults
                assert {f.column for f in judged.faults if not f.warning} <= {"登记单位代码"}
                importing.carry_out(actor, IMPORT, kept.id)
    made = matters(wenzhou)
    assert len(made) == 121
    assert sum(m.confidential for m in made) == 20
    assert {m.paper_number for m in made} == {str(number) for number in range(1, 122)}
    for unit in {m.registering_unit_id for m in made}:
        for secret in (False, True):
            own = [m for m in made if (m.registering_unit_id, m.confidential) == (unit, secret)]
            assert [m.record.sequence for m in own] == list(range(1, len(own) + 1))
            assert [m.received_on for m in own] == sorted(m.received_on for m in own)
