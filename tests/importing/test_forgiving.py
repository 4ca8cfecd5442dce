"""An office's table is read as it is: older formats and text, names above, headers of two lines, hints, totals, notes, merged
cells; dates however they are written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from portal.importing.cells import Cell, Sheet
from portal.importing.columns import Column, Unfit, anything, day, halved, one_of, words
from portal.importing.previews import refuse_marked_sheet
from portal.importing.reading import read_rows
from portal.kernel.refusals import Invalid
from tests.importing.books import book, table

HERE = Path(__file__).parent
TITLE: Column[str] = Column("标题", words(20), required=True, also=("来文标题", "文件标题"))
DAY: Column[date] = Column("日期", day, required=True, fill=True)
UNIT: Column[str] = Column("单位代码", words(20), required=True)
SUM: Column[str] = Column("金额", anything)
COLUMNS: tuple[Column[object], ...] = (TITLE, DAY, UNIT, SUM)


def read(data: bytes) -> Sheet:
    return read_rows(data, columns=COLUMNS)


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in sheet.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("parting", [",", "\t", ";"])
def test_a_table_written_as_text_is_read(encoding: str, parting: str) -> None:
    lines = ["标题,日期,单位代码", '"甲，乙\n丙",2026-11-05,3303', "", "丁,,"]
    sheet = read("\r\n".join(lines).replace(",", parting).encode(encoding))
    assert (sheet.name, sheet.header) == ("CSV", ("标题", "日期", "单位代码"))
    assert [row.number for row in sheet.rows] == [2, 4]
    assert texts(sheet) == [["甲，乙\n丙", "2026-11-05", "3303"], ["丁", "", ""]]


@pytest.mark.parametrize("data", ["一段没有分隔的话".encode(), b"a,b\n\0,1", b"\xff\xff,\xff"])
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match=r"不是 \.xlsx"):
        read(data)


def test_text_is_held_to_the_same_limits() -> None:
    with pytest.raises(Invalid, match="最多 3 行"):
        read_rows(b"a,b\n" + b"1,2\n" * 4, max_rows=3)
    with pytest.raises(Invalid, match="列数过多"):
        read(b"," * 300 + b"x")
    with pytest.raises(Invalid, match="无法读取"):
        read(b"a,b\n" + b"x" * 40_000)


def test_an_older_workbook_is_read_like_a_new_one() -> None:
    sheet = read((HERE / "old.xls").read_bytes())
    assert sheet.name == "登记表"  # not the first, but the one with the titles
    assert [[cell.value for cell in row.cells] for row in sheet.rows] == [
        ["关于防汛的请示", date(2026, 11, 5), 12],
        [None, "2026年11月6日", 1.5],
    ]
    assert sheet.passed == ((5, "合计"),)


def test_a_mark_anywhere_in_an_older_workbook_refuses_it(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.importing.previews.journal.note", lambda *_given, **_more: None)
    sheet = read_rows((HERE / "old_marked.xls").read_bytes())
    assert texts(sheet) == [["甲"]]
    with app.app_context(), pytest.raises(Invalid, match="线下办理"):
        refuse_marked_sheet(1, sheet)


def test_the_sheet_with_the_titles_is_read_and_a_hidden_one_never() -> None:
    def fill(workbook: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ("填表说明", "标题"))
        for name in ("附表", "登记表"):
            workbook.get_worksheet_by_name(name).write_row(2, 0, ("标题", "日期", "单位代码"))
            workbook.get_worksheet_by_name(name).write_row(3, 0, ("甲", "2026-11-05", name))
        workbook.get_worksheet_by_name("附表").hide()

    sheet = read(book(fill, "说明", "附表", "登记表"))
    assert (sheet.name, sheet.rows[0].number) == ("登记表", 4)


def test_titles_by_other_names_with_stars_and_hints_are_the_columns_own() -> None:
    sheet = read(table(("来文标题 *", "日期（必填）", "单 位\n代码", "別的"), ("甲", "2026-11-05", "3303", "x")))
    assert sheet.header == ("标题", "日期", "单位代码", "別的")
    beside = read(table(("来文标题", "标题", "日期", "单位代码"), ("乙", "甲", "2026-11-05", "3303")))
    assert beside.header == ("来文标题", "标题", "日期", "单位代码")


def test_a_header_of_two_lines_is_one() -> None:
    def fill(_workbook: Any, sheet: Any) -> None:
        sheet.merge_range(0, 0, 0, 3, "某市登记表")
        sheet.merge_range(1, 0, 2, 0, "标题")
        sheet.merge_range(1, 1, 1, 2, "单位")
        sheet.write_row(2, 1, ("名称", "代码"))
        sheet.merge_range(1, 3, 2, 3, "日期")
        sheet.write_row(3, 0, ("甲", "市卫健委", "3303", "2026-11-05"))

    sheet = read(book(fill))
    assert sheet.header == ("标题", "名称", "单位代码", "日期")
    assert texts(sheet) == [["甲", "市卫健委", "3303", "2026-11-05"]]
    assert sheet.around[0] == "某市登记表"


@pytest.mark.parametrize("hints", [("（不超过20字）", "（年月日）", "", ""), ("1", "2", "3", "4"), (1, 2, 3)])
def test_hints_below_the_header_are_no_row(hints: tuple[Any, ...]) -> None:
    sheet = read(table(("标题", "日期", "单位代码", "金额"), hints, ("甲", "2026-11-05", "3303")))
    assert [row.number for row in sheet.rows] == [3]
    assert [number for number, _lead in sheet.passed] == [2]


def test_totals_and_notes_are_passed_over_and_named() -> None:
    sheet = read(
        table(
            ("标题", "日期", "单位代码", "金额"),
            ("甲", "2026-11-05", "3303", 1),
            ("小 计", None, None, 1),
            ("合计", "2026-11-05", "3303", 1),  # a whole row, whatever it is called
            ("乙", None, None, 2),  # half a row: its owner is to be told
            ("总计：", None, None, 4),
            ("注：1. 金额单位为万元", None, None, None),
            ("2. 涉密的不填", None, None, None),
            ("填表人：张三", None, "联系电话：8888", None),
        )
    )
    assert [row.number for row in sheet.rows] == [2, 4, 5]
    assert sheet.passed == (
        (3, "小计"), (6, "总计："), (7, "注：1.金额单位为万元"), (8, "2.涉密的不填"), (9, "填表人：张三"),
    )  # fmt: skip
    assert "2. 涉密的不填" in sheet.around


def test_a_mark_in_a_title_is_seen_though_the_column_is_known(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.importing.previews.journal.note", lambda *_given, **_more: None)
    sheet = read(table(("标题（机密★1年）", "日期", "单位代码"), ("甲", "2026-11-05", "3303")))
    assert sheet.header[0] == "标题"
    with app.app_context(), pytest.raises(Invalid, match="线下办理"):
        refuse_marked_sheet(1, sheet)


def test_a_note_among_the_rows_is_a_row() -> None:
    sheet = read(table(("标题", "日期", "单位代码"), ("注：甲", "", ""), ("乙", "2026-11-05", "3303")))
    assert [row.number for row in sheet.rows] == [2, 3]


def test_merged_cells_count_for_all_their_rows_where_the_column_allows_it() -> None:
    def fill(_workbook: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ("标题", "日期", "单位代码"))
        sheet.merge_range(1, 0, 3, 0, "甲")
        sheet.merge_range(1, 1, 3, 1, "2026-11-05")
        for number in (1, 3):
            sheet.write(number, 2, "3303")

    assert texts(read(book(fill))) == [["甲", "2026-11-05", "3303"], ["", "2026-11-05", "3303"]]


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-05", "2026-11-5", "2026/11/5", "2026.11.05", "2026年11月5日", "2026年11月5号", " 2026 年 11 月 5 日 ", "20261105",
        20261105, "２０２６－１１－０５", "2026．11．5", "二〇二六年十一月五日", "2026-11-05 00:00:00", "2026/11/5 9:30", "2026-11-05T09:30:00",
        date(2026, 11, 5), datetime(2026, 11, 5, 9),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_a_date_is_understood_however_it_is_written(said: Any) -> None:
    assert day(Cell(said)) == date(2026, 11, 5)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("2026-02-30", "没有这一天"),
        ("2026年13月1日", "没有这一天"),
        ("昨天", "文本"),
        ("11月5日", "文本"),
        (46_331, "不是日期"),
        (True, "不是日期"),
    ],
)
def test_what_is_no_date_says_why(said: Any, why: str) -> None:
    with pytest.raises(Unfit) as unfit:
        day(Cell(said))
    assert why in unfit.value.said[0][0]
    assert unfit.value.said[0][1]


@pytest.mark.parametrize("said", ["县(市、区)", "县（市、区）", " 县 （市、区） "])
def test_a_word_is_understood_in_any_width(said: str) -> None:
    assert one_of({"县(市、区)": 1})(Cell(said)) == 1


def test_a_code_in_full_width_is_one_in_half() -> None:
    assert halved("　３３０３－０１Ａ ") == "3303-01A"


@pytest.mark.parametrize(
    "value",
    [None, "甲", 3, 0.5, True, date(2026, 1, 6), datetime(2026, 1, 6, 13, 5), Cell("#N/A", error=True), Cell(2, formula=True)],  # noqa: DTZ001
)
def test_a_cell_comes_back_from_json_as_it_was(value: Any) -> None:
    cell = value if isinstance(value, Cell) else Cell(value)
    assert Cell.of(cell.plain) == cell


def test_unfit_text_says_what_to_do() -> None:
    parse: Callable[[Cell], str] = words(3)
    with pytest.raises(Unfit) as unfit:
        parse(Cell("一二三四"))
    assert unfit.value.said == (("文字过长，最多 3 个字", "现有 4 个字，请删去 1 个字"),)
