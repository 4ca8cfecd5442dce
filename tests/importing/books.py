"""Workbooks as offices send them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import xlsxwriter


def book(fill: Callable[[Any, Any], None], *names: str) -> bytes:
    """A workbook with a sheet of each name, filled by `fill(workbook, first sheet)`."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as workbook:
        sheets = [workbook.add_worksheet(name) for name in names or ("登记表",)]
        fill(workbook, sheets[0])
    return made.getvalue()


def table(*rows: tuple[Any, ...]) -> bytes:
    """A workbook of these rows."""

    def fill(workbook: Any, sheet: Any) -> None:
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return book(fill)


def rewritten(data: bytes, part: str, change: Callable[[str], str]) -> bytes:
    """The workbook with one part changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename == part:
                changed = change(content.decode())
                assert changed != content.decode()
                content = changed.encode()
            new.writestr(item.filename, content)
    return made.getvalue()


def with_part(data: bytes, part: str, content: bytes) -> bytes:
    """The workbook with one part more."""
    made = io.BytesIO(data)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, content)
    return made.getvalue()


def part_of(data: bytes, part: str) -> str:
    """One part's XML."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(part).decode()


def styles_of(data: bytes) -> list[str]:
    """The cell formats, in the order in which cells name them."""
    return re.findall(r"<xf [^>]*>", part_of(data, "xl/styles.xml").split("<cellXfs")[1].split("</cellXfs>")[0])
