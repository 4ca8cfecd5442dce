"""The columns of an import: their titles and other names for them, what their cells may say, and how it is understood.

A cell is understood however an office writes it: a date as a true one or as text in any usual form, digits and Latin letters
in full width, blanks around. What cannot be understood is `Unfit`, with why and what to do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from portal.importing.cells import Cell
from portal.kernel.language import _
from portal.kernel.text import explain, objections, tidy

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_SHOWN = 40
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
_DAY = re.compile(r"(\d{4})(?:[-/.–—年](\d{1,2})[-/.–—月](\d{1,2})[日号]?|(\d{2})(\d{2}))")
_HOUR = re.compile(r"(?:T|\s+)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
_CHINESE_DAY = re.compile("([〇零○Oo一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]")
_DIGITS = {"〇": 0, "零": 0, "○": 0, "O": 0, "o": 0} | {word: number for number, word in enumerate("一二三四五六七八九", 1)}


class Unfit(Exception):
    """A cell says what its column cannot take: why, and what to do, once or several times."""

    def __init__(self, *said: tuple[str, str]) -> None:
        super().__init__(*said)
        self.said = said


@dataclass(frozen=True, slots=True)
class Column(Generic[T_co]):
    """One column. `also` are other titles that offices write for it; a merged cell counts for all its rows where it may
    `fill` down; what `formulas` give is refused, being no content, where they are not named. `width` in characters."""

    title: str
    parse: Callable[[Cell], T_co]
    required: bool = False
    also: tuple[str, ...] = ()
    fill: bool = False
    formulas: bool = False
    width: float = 16


def plain_title(text: str) -> str:
    """A title as it is compared: without blanks, in one width, without the star that asks for it."""
    return "".join(unicodedata.normalize("NFKC", text).split()).strip("*")


def halved(text: str) -> str:
    """The text with digits, Latin letters, signs and blanks in their usual width."""
    return (text if text.isascii() else text.translate(_WIDE)).strip()


def shown(text: str) -> str:
    """The beginning of what was typed, with what cannot be seen made visible."""
    visible = legible(tidy(text)[: _SHOWN + 1])
    return visible if len(visible) <= _SHOWN else visible[:_SHOWN] + "…"


def legible(text: str, *, single_line: bool = True) -> str:
    """The text with a mark for each character that nobody could see."""
    return "".join("□" if objections(c, single_line=single_line) else c for c in text)


def words(most: int, *, lines: bool = False) -> Callable[[Cell], str]:
    """Text of at most so many characters, none of them hidden; on several `lines` where that is said."""

    def parse(cell: Cell) -> str:
        text = tidy(cell.text)
        found = objections(text, most, single_line=not lines)
        if found:
            raise Unfit(*((explain(code, most).rstrip("。."), _mending(code, text, most)) for code in found))
        return text

    return parse


def anything(cell: Cell) -> str:
    """Whatever was typed."""
    return tidy(cell.text)


def coded(cell: Cell) -> str:
    """A code, or several, in its usual width."""
    return halved(tidy(cell.text))


def one_of(known: Mapping[str, T]) -> Callable[[Cell], T]:
    """What one of these words stands for."""
    folded = {plain_title(word): meant for word, meant in known.items()}

    def parse(cell: Cell) -> T:
        if cell.text in known:
            return known[cell.text]
        if (text := plain_title(cell.text)) not in folded:
            raise Unfit((_("没有“%(word)s”这一种", word=shown(cell.text)), _("请填：%(words)s", words="、".join(known))))
        return folded[text]

    return parse


def day(cell: Cell) -> date:
    """A date: a true one, or one written as text or as eight digits."""
    if cell.day is not None:
        return cell.day
    text = "".join(_HOUR.sub("", halved(cell.text)).split())
    try:
        found = _written_day(text)
    except ValueError:
        why = _("没有这一天")
    else:
        if found is not None:
            return found
        why = _("是文本，不是日期") if isinstance(cell.value, str) else _("不是日期")
    raise Unfit((why, _("请填成日期格式的单元格，例如 2026-11-05")))


def _written_day(text: str) -> date | None:
    """The date that is written so; raises ValueError where there is no such day."""
    if found := _DAY.fullmatch(text):
        return date(int(found[1]), int(found[2] or found[4]), int(found[3] or found[5]))
    if found := _CHINESE_DAY.fullmatch(text):
        year = int("".join(str(_DIGITS[digit]) for digit in found[1]))
        return date(year, _counted(found[2]), _counted(found[3]))
    return None


def _counted(text: str) -> int:
    """十一, 二十, 三十一 as a number."""
    tens, ten, ones = text.rpartition("十")
    return 10 * (_DIGITS.get(tens, 1) if ten else 0) + _DIGITS.get(ones, 0)


def _mending(code: str, text: str, most: int) -> str:
    """What to do about a text that is not accepted."""
    if code == "too_long":
        return _("现有 %(n)s 个字，请删去 %(over)s 个字", n=f"{len(text):,}", over=f"{len(text) - most:,}")
    return _("请并成一行") if code == "line_break" else _("请清空此格，重新键入")
