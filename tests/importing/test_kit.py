"""What every import has from the kit: rows judged by their columns, one kind of error, a report; and pages that say what was
read and what was passed over."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest

from portal.access.acts import SIGNED_IN
from portal.importing.cells import Cell, Row, Sheet
from portal.importing.columns import Column, anything, day, one_of, words
from portal.importing.judging import Judged, RowError, RowJudge, refuse_unfit
from portal.importing.reading import read_rows
from portal.importing.service import Import, plain, report
from portal.instructions.importing import COLUMNS
from portal.kernel import clock
from portal.kernel.language import _l
from portal.kernel.refusals import Invalid
from tests.world import World

WHO = Column("姓名", words(5), required=True)
ON = Column("日期", day, required=True)
SORT = Column("类别", one_of({"甲": 1, "乙": 2}))
SUM = Column("金额", anything, formulas=True)
SHEET: tuple[Column[object], ...] = (WHO, ON, SORT, SUM)


def judge(*values: Any) -> RowJudge:
    cells = tuple(one if isinstance(one, Cell) else Cell(one) for one in values)
    sheet = Sheet("表", tuple(column.title for column in SHEET), [Row(2, cells)])
    return RowJudge(sheet, sheet.rows[0])


def test_a_good_row_is_understood() -> None:
    row = judge("张三", "2026年11月5日", "乙", Cell(3, formula=True))
    assert (row.get(WHO), row.get(ON), row.get(SORT), row.get(SUM)) == ("张三", date(2026, 11, 5), 2, "3")
    assert row.sound


@pytest.mark.parametrize(
    ("values", "column", "why"),
    [
        ((None, "2026-11-05", "甲", 1), WHO, "必填"),
        (("  ", "2026-11-05", "甲", 1), WHO, "必填"),
        ((Cell("张三", formula=True), "2026-11-05", "甲", 1), WHO, "公式"),
        (("张三", Cell("#N/A", error=True), "甲", 1), ON, "错误值"),
        (("张三", "昨天", "甲", 1), ON, "不是日期"),
        (("张三", "2026-11-05", "丙", 1), SORT, "没有“丙”这一种"),
        (("一二三四五六", "2026-11-05", "甲", 1), WHO, "文字过长"),
        (("机密★1年", "2026-11-05", "甲", 1), WHO, "密级标志"),
    ],
)
def test_a_cell_that_cannot_be_is_one_error_with_why_and_what_to_do(values: Any, column: Column[Any], why: str) -> None:
    row = judge(*values)
    for one in (*SHEET, column):  # asked twice, said once
        row.get(one)
    [error] = row.errors
    assert (error.row, error.column) == (2, column.title)
    assert why in error.why and error.fix
    assert "机密" not in (error.value or "")
    assert not row.sound


def test_a_sheet_is_held_to_its_columns() -> None:
    for sheet, why in (
        (Sheet("表", ("姓名",), [Row(2, (Cell("甲"),))]), "缺少这些列：日期"),
        (Sheet("表", ("姓名", "日期"), []), "只有表头"),
        (Sheet("表", ("姓名", "日期"), [Row(2, (Cell(), Cell()))] * 3), "最多 2 行"),
    ):
        with pytest.raises(Invalid, match=why):
            refuse_unfit(sheet, SHEET, 2)


def test_the_report_bears_the_columns_and_shows_no_hidden_row(app: Any) -> None:
    judged = Judged[int]("表", 3, kept={2: {"姓名": Cell("看\u200b不见")}, 3: {"姓名": Cell("密事")}})
    judged.faults = [RowError(2, "姓名", "看□不见", "含有零宽字符", "请重新键入"), RowError(3, "姓名", "密事", "重复")]
    judged.hide(3, "姓名", "已登记过：", number="温督〔2026〕1号")
    what: Import[int] = Import(
        name="people", words=_l("人员表"), act=SIGNED_IN, columns=SHEET, judge=lambda _actor, _sheet: judged,
        carry_out=lambda _actor, _judged, _kept: {}, gate=lambda _actor: None, journal="import", most_rows=2,
    )  # fmt: skip
    with app.test_request_context():
        sheet = read_rows(report(what, judged), titles=what.titles)
    rows = [[cell.text for cell in row.cells] for row in sheet.rows]
    assert sheet.header == ("姓名", "日期", "类别", "金额", "原表行号", "核对结果", "说明")
    assert rows == [
        ["看□不见", "", "", "", "2", "未导入", "姓名：含有零宽字符；请重新键入"],
        ["", "", "", "", "3", "未导入", "姓名：已登记过：温督〔2026〕1号"],
    ]


def test_a_planned_row_becomes_what_json_can_carry() -> None:
    error = RowError(2, None, None, "甲")
    assert plain([error, (date(2026, 1, 6), True, {"a": None})])[1:] == [["2026-01-06", True, {"a": None}]]  # type: ignore[index]
    with pytest.raises(TypeError):
        plain(object())


def shown(world: World, address: str, name: str, data: bytes, by: str, **fields: str) -> str:
    client = world.browser(by)
    sent = client.post(world.url(address), data={"csrf_token": world.token(client), "workbook": (io.BytesIO(data), name), **fields})
    assert sent.status_code == 303, sent.get_data(as_text=True)
    return client.get(sent.location).get_data(as_text=True)


def test_a_register_as_an_office_keeps_it_is_taken_from_text(world: World) -> None:
    lines = [
        "2026年11月领导批示件登记表" + "," * 13,
        ",".join(COLUMNS),
        "1,市,市长,2026.11.18,2026年11月20日,关于农村饮水的情况反映,,请认真办理。,一般,否,３３０３００－ＷＪ,,,",
        "2,市,市长,20261118,二〇二六年十一月二十日,另一件,,请认真办理。,急件,否,330300-WJ,330324、330300-CZ,,",
        "合计,2 件" + "," * 12,
        "注：收到日期以登记为准" + "," * 13,
    ]
    with clock.set_to(clock.at(date(2026, 11, 23), 10)):
        page = shown(world, "instructions/import", "登记表.csv", "\r\n".join(lines).encode("gb18030"), "city.supervisor")
    assert "工作表：CSV，共 2 行" in page
    assert "第 5 行“合计”、第 6 行“注：收到日期以登记为准”" in " ".join(page.split())
    assert "导入 2 行" in page


def test_a_network_under_other_titles_is_understood(world: World) -> None:
    columns = ("代码", "机构名称", "层级", "类别", "上级代码")
    lines = [",".join(columns), "Ｎ１,市数据局,市,部门,330300", "小计,1,,,"]
    page = shown(world, "network/import", "单位.csv", "\n".join(lines).encode(), "city.secretariat", sheet="units")
    assert "市数据局" in page and "N1" in page
    assert "第 3 行“小计”" in page
