"""A workbook comes in: values, formulas, true and typed dates, and what is refused."""

import re
import warnings
from datetime import date, datetime, time

import pytest

from portal.importing.cells import Cell
from portal.importing.reading import read_rows
from portal.kernel.refusals import Invalid
from tests.importing.books import book, rewritten, table, with_part

SHEET = "xl/worksheets/sheet1.xml"


def values(sheet):
    return [[cell.value for cell in row.cells] for row in sheet.rows]


def test_rows_come_with_their_numbers_and_empty_ones_are_left_out():
    sheet = read_rows(table(("序号", "标题"), (1, "甲"), (), (" ", ""), (4, "丁", "批注")))
    assert (sheet.name, sheet.header) == ("登记表", ("序号", "标题"))
    assert [row.number for row in sheet.rows] == [2, 5]
    assert values(sheet) == [[1, "甲"], [4, "丁", "批注"]]


def test_every_row_is_as_wide_as_the_header():
    sheet = read_rows(table(("一", "二", "三"), ("甲",)))
    assert values(sheet) == [["甲", None, None]]
    assert sheet.cell(sheet.rows[0], "一").text == "甲"
    assert sheet.cell(sheet.rows[0], "三").text == ""
    assert sheet.cell(sheet.rows[0], "四") == Cell()


def test_a_header_below_a_caption_is_found_by_its_titles():
    data = table(("2026年批示件登记表",), ("某市",), ("来文 标题", "收到\n日期"), ("甲", "乙"))
    sheet = read_rows(data, titles={"来文标题", "收到日期"})
    assert sheet.header == ("来文标题", "收到日期")
    assert [row.number for row in sheet.rows] == [4]


def test_the_header_is_the_first_row_when_no_title_fits():
    assert read_rows(table(("甲",), ("乙",)), titles={"丙"}).header == ("甲",)


def test_a_table_that_does_not_begin_in_the_corner_keeps_its_places():
    def fill(workbook, sheet):
        sheet.write_row(3, 2, ("标题", "和"))
        sheet.write_string(4, 2, "甲")
        sheet.write_formula(4, 3, "=1+1", None, 2)

    sheet = read_rows(book(fill))
    assert sheet.header == ("", "", "标题", "和")
    assert sheet.rows[0].number == 5
    assert sheet.rows[0].cells == (Cell(), Cell(), Cell("甲"), Cell(2, formula=True))


def test_values_keep_their_kinds():
    def fill(workbook, sheet):
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        moment = workbook.add_format({"num_format": "yyyy/m/d h:mm"})
        hour = workbook.add_format({"num_format": "hh:mm"})
        sheet.write_row(0, 0, ("a", "b", "c", "d", "e", "f", "g", "h"))
        sheet.write_datetime(1, 0, date(2026, 1, 6), day)
        sheet.write_datetime(1, 1, datetime(2026, 1, 6, 13, 5), moment)  # noqa: DTZ001
        sheet.write_datetime(1, 2, time(8, 30), hour)
        sheet.write_string(1, 3, "2026.1.6")
        sheet.write_number(1, 4, 330329)
        sheet.write_number(1, 5, 0.5)
        sheet.write_boolean(1, 6, True)
        sheet.write_string(1, 7, " 一\n二 ")

    cells = read_rows(book(fill)).rows[0].cells
    assert [cell.value for cell in cells] == [
        date(2026, 1, 6),
        datetime(2026, 1, 6, 13, 5),  # noqa: DTZ001
        time(8, 30),
        "2026.1.6",
        330329,
        0.5,
        True,
        " 一\n二 ",
    ]
    assert [cell.day for cell in cells] == [date(2026, 1, 6)] * 2 + [None] * 6
    assert [cells[0].text, cells[4].text] == ["2026-01-06", "330329"]


def test_a_formula_is_told_from_its_value():
    def fill(workbook, sheet):
        sheet.write_row(0, 0, ("a", "b", "c", "d"))
        sheet.write_formula(1, 0, "=1+1", None, 2)
        sheet.write_number(1, 1, 2)
        sheet.write_formula(1, 2, '="甲"', None, "甲")
        sheet.write_string(1, 3, "=1+1")

    cells = read_rows(book(fill)).rows[0].cells
    assert [(cell.value, cell.formula) for cell in cells] == [(2, True), (2, False), ("甲", True), ("=1+1", False)]


def test_every_cell_of_an_array_formula_is_one():
    def fill(workbook, sheet):
        sheet.write_row(0, 0, ("a", "b"))
        sheet.write_array_formula("A2:A4", "{=B2:B4*2}", None, 2)
        for number in range(1, 5):
            sheet.write_number(number, 1, number)
        sheet.write_number(2, 0, 4)
        sheet.write_number(3, 0, 6)

    assert [row.cells[0].formula for row in read_rows(book(fill)).rows] == [True, True, True, False]


def test_formulas_are_found_without_cell_references():
    def fill(workbook, sheet):
        sheet.write_row(0, 0, ("a", "b"))
        sheet.write_row(1, 0, (1, 2))
        sheet.write_formula(2, 1, "=A2", None, 1)
        sheet.write_number(2, 0, 3)

    data = rewritten(book(fill), SHEET, lambda xml: re.sub(r'<(c|row) r="[A-Z0-9]+"', r"<\1", xml))
    assert [[cell.formula for cell in row.cells] for row in read_rows(data).rows] == [[False, False], [False, True]]


def test_a_formula_without_a_value_is_still_a_row():
    def fill(workbook, sheet):
        sheet.write_row(0, 0, ("a", "b"))
        sheet.write_row(1, 0, ("甲", "乙"))
        sheet.write_formula(2, 0, '=""', None, "")
        sheet.write_string(3, 1, "丙")

    sheet = read_rows(book(fill))
    assert [row.number for row in sheet.rows] == [2, 3, 4]
    assert sheet.rows[1].cells[0].formula


def test_a_cell_in_error_says_so():
    def fill(workbook, sheet):
        sheet.write_row(0, 0, ("a", "b"))
        sheet.write_formula(1, 0, "=1/0", None, "#DIV/0!")
        sheet.write_string(1, 1, "甲")

    cell = read_rows(book(fill)).rows[0].cells[0]
    assert cell == Cell("#DIV/0!", formula=True, error=True)


def test_of_the_sheets_that_are_shown_the_one_with_the_titles_is_read_or_the_first():
    def fill(workbook, sheet):
        sheet.hide()
        for name in ("单位", "岗位"):
            workbook.get_worksheet_by_name(name).write_row(0, 0, (name, "b"))
        workbook.get_worksheet_by_name("岗位").write_formula(1, 0, "=1", None, 1)
        workbook.get_worksheet_by_name("单位").activate()
        workbook.get_worksheet_by_name("单位").set_first_sheet()

    data = book(fill, "说明", "单位", "岗位")
    assert read_rows(data).name == "单位"
    assert read_rows(data, titles={"岗位"}).rows[0].cells[0].formula
    assert read_rows(data, titles={"别的"}).name == "单位"


def refused(data, match, **limits):
    with pytest.raises(Invalid, match=match):
        read_rows(data, **limits)


def test_what_is_no_workbook_is_refused():
    refused(b"", "不是 .xlsx")
    refused(b"%PDF-1.7", "不是 .xlsx")
    refused(with_part(b"", "word/document.xml", b"<a/>"), "不是 .xlsx")


def test_old_and_protected_workbooks_are_refused():
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
    refused(ole, "旧格式")
    refused(ole + "EncryptedPackage".encode("utf-16-le"), "密码")
    protected = bytearray(table(("a",), ("b",)))
    protected[6] |= 1
    protected[protected.index(b"PK\x01\x02") + 8] |= 1
    refused(bytes(protected), "密码")


def test_a_workbook_with_macros_is_refused():
    refused(with_part(table(("a",), ("b",)), "xl/vbaProject.bin", b"x"), "宏")


def test_an_empty_sheet_and_a_repeated_title_are_refused():
    refused(table(), "空的")
    refused(table((" ",)), "空的")
    refused(table(("标题", "标 题"), ("甲", "乙")), "“标题”重复")


def test_limits_are_named():
    data = table(("a",), *[(number,) for number in range(30)])
    assert len(read_rows(data, max_rows=30).rows) == 30
    refused(data, "最多 29 行", max_rows=29)
    refused(b"PK\x03\x04" + b"x" * 2_000_000, "最多 1 MB", max_bytes=1024 * 1024)
    refused(table(tuple(range(300))), "列数过多")


def test_a_bomb_is_refused_by_its_directory():
    refused(with_part(table(("a",), ("b",)), "xl/media/x.xml", b" " * 200_000_000), "展开后过大")
    refused(table(("a",), ("b",)), "展开后过大", max_unpacked=1000)


def test_a_bomb_that_lies_about_its_size_is_refused():
    def swell(xml):
        return xml.replace("</sheetData>", " " * 400_000_000 + "</sheetData>")

    data = bytearray(rewritten(table(("a",), ("b",)), SHEET, swell))
    at = data.index(b"PK\x01\x02")
    while data[at + 46 : at + 46 + len(SHEET)] != SHEET.encode():
        at = data.index(b"PK\x01\x02", at + 4)
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    refused(bytes(data), "无法读取|展开后过大")


def test_a_shared_text_that_swells_is_refused():
    def fill(workbook, sheet):
        for number in range(20_000):
            sheet.write_row(number, 0, ("甲" * 30_000,) * 3)

    refused(book(fill), "展开后过大")


def test_cells_at_the_far_end_do_not_take_the_memory():
    def fill(workbook, sheet):
        sheet.write_string(0, 0, "a")
        sheet.write_string(1_048_575, 200, "b")

    refused(book(fill), "展开后过大")


def test_a_stray_cell_in_the_last_row_is_a_row_and_the_empty_ones_before_it_hide_no_formula():
    def fill(_workbook, sheet):
        sheet.write_row(0, 0, list("甲乙丙丁戊己庚辛壬癸子丑寅卯"))
        sheet.write_formula(6, 3, "=A9", None, "")
        sheet.write_array_formula(8, 1, 9, 1, "{=A9:A10}", None, "")
        sheet.write_string(1_048_575, 0, "b")

    sheet = read_rows(book(fill))
    assert [row.number for row in sheet.rows] == [7, 9, 10, 1_048_576]
    assert [[at for at, cell in enumerate(row.cells) if cell.formula] for row in sheet.rows] == [[3], [1], [1], []]


def test_entities_and_doubled_parts_are_refused():
    def laugh(xml):
        return xml.replace("<worksheet", '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet', 1)

    refused(rewritten(table(("a",), ("b",)), SHEET, laugh), "无法读取")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that is the point of it
        doubled = with_part(table(("a",), ("b",)), SHEET, b"<worksheet/>")
    refused(doubled, "无法读取")


@pytest.mark.parametrize("cut", [4, 100, 3000])
def test_a_damaged_workbook_is_refused(cut):
    refused(table(("a",), ("b",))[:cut], "无法读取")


def test_broken_references_are_refused():
    refused(rewritten(table(("a",), ("b",)), SHEET, lambda xml: xml.replace('r="A2"', 'r="?"')), "无法读取")


def test_a_changed_part_is_the_one_that_is_read():
    # The tests above change parts by name: make sure that it is the one that is read.
    data = rewritten(table(("a",), (1,)), SHEET, lambda xml: xml.replace("<v>1</v>", "<v>2</v>"))
    assert values(read_rows(data)) == [[2]]
