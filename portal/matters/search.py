"""What a search by part of a title, number or name looks in: pairs of neighbouring characters, open matters only."""

from __future__ import annotations

import re

_RUNS = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+|[A-Za-z0-9]+")


def grams(*texts: str | None) -> list[str]:
    """Pairs of neighbouring Chinese characters, and whole Latin or digit runs, each once."""
    found: dict[str, None] = {}
    for text in texts:
        for run in _RUNS.findall(text or ""):
            if run[0].isascii():
                found[run.lower()] = None
            else:
                found.update(dict.fromkeys(run[i : i + 2] for i in range(len(run) - 1)) or {run: None})
    return list(found)


def sought(text: str) -> list[str]:
    """The pairs that a match must hold; Latin runs are left to the recheck, since a part of one may be typed."""
    return [gram for gram in grams(text) if not gram[0].isascii() and len(gram) == 2]
