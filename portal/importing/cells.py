"""What a sheet is, once it is read: titles, rows, cells; and a cell as JSON can carry it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TypeAlias

Value = str | int | float | bool | date | datetime | time | None
Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
"""What JSON can carry."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `formula` when its value was calculated; `error` when it shows one (#N/A), which is then its value."""

    value: Value = None
    formula: bool = False
    error: bool = False

    @classmethod
    def of(cls, plain: Plain) -> Cell:
        """The cell that `plain` stands for."""
        match plain:
            case {"f": inner}:
                return replace(cls.of(inner), formula=True)
            case {"d": str(day)}:
                return cls(date.fromisoformat(day))
            case {"t": str(moment)}:
                return cls(datetime.fromisoformat(moment))
            case {"h": str(hour)}:
                return cls(time.fromisoformat(hour))
            case {"e": str(error)}:
                return cls(error, error=True)
            case str() | int() | float():
                return cls(plain)
        return EMPTY

    @property
    def plain(self) -> Plain:
        """The cell as JSON can carry it: {"d": ISO} a date, "t" with its time, "h" a time of day, "e" an error, "f" what a
        formula gave."""
        said: Plain
        match self.value:
            case str() if self.error:
                said = {"e": self.value}
            case datetime():
                said = {"t": self.value.isoformat()}
            case date():
                said = {"d": self.value.isoformat()}
            case time():
                said = {"h": self.value.isoformat()}
            case _:
                said = self.value
        return {"f": said} if self.formula else said

    @property
    def text(self) -> str:
        """The value as a person would have typed it; empty for an empty cell."""
        if isinstance(self.value, float) and self.value.is_integer():
            return str(int(self.value))  # a code that Excel took for a number
        return "" if self.value is None else str(self.value)

    @property
    def day(self) -> date | None:
        """The date, if this is a true one; a date typed as text or number is none."""
        if isinstance(self.value, datetime):
            return self.value.date()
        return self.value if isinstance(self.value, date) else None


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Row:
    """One row with its number in the workbook, counted from 1 as Excel shows it."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its header's titles and the rows below that are not empty, each at least as wide as the header. `passed` are
    the rows that were passed over (number, what it begins with); `around` is all that stands in and over the header, or was passed
    over; `beside` what stands elsewhere in the workbook and may bear a mark of classification."""

    name: str
    header: tuple[str, ...]
    rows: list[Row]
    around: tuple[str, ...] = ()
    passed: tuple[tuple[int, str], ...] = ()
    beside: tuple[str, ...] = ()

    def cell(self, row: Row, title: str) -> Cell:
        """The row's cell under this title; an empty cell where the sheet has no such column."""
        return row.cells[self.header.index(title)] if title in self.header else EMPTY
