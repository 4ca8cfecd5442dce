"""What changed between two drafts, in sentences first and inside a changed sentence in characters.

Paragraphs, sentences, clauses, then words of one character (figures and Latin words stay whole) are matched by
`difflib`; what differs on one level is looked at more closely on the next. Nothing here reads anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "ins", "del"]
Run = tuple[Kind, str]

_LEVELS = (
    re.compile(r"[^\n]*\n|[^\n]+"),
    re.compile(r"[^。！？；\n]*[。！？；\n]+|[^。！？；\n]+"),
    re.compile(r"[^，、：]*[，、：]+|[^，、：]+"),
    re.compile(r"[0-9A-Za-z.%]+|(?s:.)"),
)
_MOST = 1_500  # parts of one level that are matched one by one; beyond, the whole counts as replaced
_ALIKE = 0.35  # less in common than this: the old wording out, the new one in, and no patchwork
_SPECK = 2  # characters that stayed by chance between two changes


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the new text, or of the old one where it was taken out."""

    runs: tuple[Run, ...]

    @property
    def changed(self) -> bool:
        """Whether anything in it is not as it was."""
        return any(kind != "same" for kind, _text in self.runs)


def compare(old: str, new: str) -> list[Paragraph]:
    """The new text paragraph by paragraph, with what came in and what went out."""
    made: list[Paragraph] = []
    runs: list[Run] = []
    for kind, text in _whole(list(_differ(_tidy(old), _tidy(new), 0))):
        for line in text.splitlines(keepends=True):
            if line.strip():
                runs.append((kind, line.rstrip("\n")))
            if line.endswith("\n") and runs:
                made.append(Paragraph(tuple(runs)))
                runs = []
    return [*made, Paragraph(tuple(runs))] if runs else made


def counted(paragraphs: Sequence[Paragraph]) -> dict[Kind, int]:
    """How many characters came in and went out."""
    runs = [run for paragraph in paragraphs for run in paragraph.runs]
    return {wanted: sum(len(text) for kind, text in runs if kind == wanted) for wanted in ("ins", "del")}


def _tidy(text: str) -> str:
    return "".join(f"{line.strip()}\n" for line in text.splitlines() if line.strip())


def _differ(old: str, new: str, level: int) -> Iterator[Run]:
    if old == new:
        yield from _said(("same", old))
        return
    before, after = _LEVELS[level].findall(old), _LEVELS[level].findall(new)
    last = level == len(_LEVELS) - 1
    if max(len(before), len(after)) > _MOST:
        yield from _said(("del", old), ("ins", new))
        return
    matcher = SequenceMatcher(None, before, after, autojunk=not last)
    if last and matcher.ratio() < _ALIKE:
        yield from _said(("del", old), ("ins", new))
        return
    for tag, a, b, c, d in matcher.get_opcodes():
        out, into = "".join(before[a:b]), "".join(after[c:d])
        if tag == "equal":
            yield from _said(("same", out))
        elif last or not out or not into:
            yield from _said(("del", out), ("ins", into))
        elif b - a == d - c:  # as many as before: each was reworded in its place
            for one, other in zip(before[a:b], after[c:d], strict=True):
                yield from _differ(one, other, level + 1)
        else:
            yield from _differ(out, into, level + 1)


def _said(*runs: Run) -> Iterator[Run]:
    return (run for run in runs if run[1])


def _whole(runs: list[Run]) -> Iterator[Run]:
    """The runs joined: neighbours of one kind, and across a speck that stayed by chance between two changes."""
    pieces: dict[Kind, str] = {"del": "", "ins": ""}
    for place, (kind, text) in enumerate(runs):
        if kind != "same":
            pieces[kind] += text
            continue
        between = any(pieces.values()) and place + 1 < len(runs) and runs[place + 1][0] != "same"
        if between and len(text) <= _SPECK and not re.search(r"[\n。，、；：]", text):
            pieces = {wanted: said + text for wanted, said in pieces.items()}
            continue
        yield from _said(("del", pieces["del"]), ("ins", pieces["ins"]), (kind, text))
        pieces = {"del": "", "ins": ""}
    yield from _said(("del", pieces["del"]), ("ins", pieces["ins"]))
