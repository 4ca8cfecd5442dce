"""An export is harmless: no text in it is or becomes a formula, and it reads back as it was."""

import io
import os
import re
import tempfile
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.documents.workbook import MOST_CELL, write
from portal.importing.reading import read_rows
from portal.kernel.refusals import Invalid
from tests.importing.books import part_of, styles_of

SHEET = "xl/worksheets/sheet1.xml"


def written(*rows, header=("标题",), **options):
    made = io.BytesIO()
    write(made, "台账", header, rows, **options)
    return made.getvalue()


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", " =", "\u3000＝"])
@pytest.mark.parametrize("spool", [False, True])
def test_a_text_like_a_formula_stays_text_and_unchanged(lead, spool):
    text = f"{lead}HYPERLINK(甲)"
    data = written([text], spool=spool)
    xml = part_of(data, SHEET)
    assert "<f>" not in xml
    style = styles_of(data)[int(re.search(r'<c r="A2" s="(\d+)"', xml)[1])]
    assert 'quotePrefix="1"' in style
    assert 'numFmtId="49"' in style
    [row] = read_rows(data).rows
    assert row.cells[0].formula is False
    assert row.cells[0].value.replace("\r", "\n") == text.replace("\r", "\n")


def test_ordinary_text_bears_no_quote():
    data = written(["关于某事"], ["a=b"])
    used = {styles_of(data)[int(style)] for style in re.findall(r'<c r="A[23]" s="(\d+)"', part_of(data, SHEET))}
    assert len(used) == 1
    assert "quotePrefix" not in used.pop()


def test_no_text_becomes_a_link_or_a_number():
    data = written(["http://example.com/"], ["330329"], header=("=1+1",))
    assert "<hyperlink" not in part_of(data, SHEET)
    sheet = read_rows(data)
    assert sheet.header == ("=1+1",)
    assert [row.cells[0].value for row in sheet.rows] == ["http://example.com/", "330329"]


def test_values_are_written_as_what_they_are():
    row = [date(2026, 1, 6), datetime(2026, 1, 6, 16, 30, tzinfo=UTC), time(8, 30), 3, 0.5, True, None, ""]
    [back] = read_rows(written(row, header=list("abcdefgh"))).rows
    shown = datetime(2026, 1, 7, 0, 30)  # noqa: DTZ001
    assert [cell.value for cell in back.cells] == [date(2026, 1, 6), shown, time(8, 30), 3, 0.5, True, None, None]


def test_a_negative_number_is_a_number():
    assert read_rows(written([-5])).rows[0].cells[0].value == -5


def test_an_over_long_text_is_cut_and_says_so():
    [row] = read_rows(written(["长" * (MOST_CELL + 1)])).rows
    assert len(row.cells[0].value) == MOST_CELL
    assert row.cells[0].value.endswith("未完）")
    assert read_rows(written(["长" * MOST_CELL])).rows[0].cells[0].value == "长" * MOST_CELL


def test_widths_and_a_header_that_stays_in_sight():
    xml = part_of(written(["甲", 1], header=("标题", "数"), widths=(40, 8)), SHEET)
    assert re.search(r'<col min="1" max="1" width="40\.', xml)
    assert 'state="frozen"' in xml
    assert '<autoFilter ref="A1:B2"' in xml


def test_a_sheet_bears_as_much_of_its_name_as_it_may():
    made = io.BytesIO()
    write(made, "Register of leaders' instructions", ("标题",), [["甲"]])
    assert read_rows(made.getvalue()).name == "Register of leaders' instructio"


def test_it_writes_to_a_path(tmp_path):
    path = tmp_path / "out.xlsx"
    write(path, "台账", ("标题",), [["甲"]])
    assert read_rows(path.read_bytes()).rows[0].cells[0].value == "甲"


def test_nothing_touches_the_disk_on_the_way(monkeypatch, tmp_path):
    seen = []

    def rows():
        yield ["金丝雀"]
        seen.extend(os.listdir(tmp_path))

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    write(io.BytesIO(), "台账", ("标题",), rows())
    assert seen == []
    write(io.BytesIO(), "台账", ("标题",), rows(), spool=True)
    assert len(seen) > 0
    assert os.listdir(tmp_path) == []


def test_too_many_rows_are_refused_with_a_sentence(monkeypatch):
    monkeypatch.setattr("portal.documents.workbook.MOST_SHEET_ROWS", 3)
    assert len(read_rows(written(["甲"], ["乙"])).rows) == 2
    with pytest.raises(Invalid, match="行数过多"):
        written(["甲"], ["乙"], ["丙"])


printable = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=40)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(printable, printable), max_size=8))
def test_what_is_exported_reads_back(rows):
    sheet = read_rows(written(*rows, header=("一", "二")))
    kept = [row for row in rows if any(text.strip() for text in row)]
    assert [tuple(cell.text for cell in row.cells) for row in sheet.rows] == kept
    assert not any(cell.formula for row in sheet.rows for cell in row.cells)
