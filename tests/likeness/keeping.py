"""The file of what was kept: one line an item, its name and its columns, what is long as a digest. Beside it, outside the
repository, the texts themselves, so that a difference can be shown."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from pathlib import Path

from tests.likeness.rows import SECRET

Items = Mapping[str, Mapping[str, str]]
SHORT = 20  # what is no longer stands as it is
_DIFF_LINES, _MORE = 24, " lines more"


def digest(value: str) -> str:
    """A value as the file has it: as it is where it is short, open and one word; else six characters that follow from it."""
    if value and len(value) <= SHORT and not value.startswith(SECRET) and not any(c in value for c in " \t\n=~"):
        return value
    return "~" + base64.urlsafe_b64encode(hashlib.sha256(value.encode()).digest()[:5])[:6].decode()


def digests(items: Items) -> dict[str, dict[str, str]]:
    """All items as the file has them."""
    return {name: {column: digest(value) for column, value in columns.items()} for name, columns in items.items()}


def write(path: Path, items: Items) -> None:
    """Keep them."""
    lines = (
        "\t".join([name, " ".join(f"{column}={value}" for column, value in sorted(columns.items()))]).rstrip()
        for name, columns in sorted(digests(items).items())
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def read(path: Path) -> dict[str, dict[str, str]]:
    """What was kept; nothing where there is no file."""
    found: dict[str, dict[str, str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        name, _tab, columns = line.partition("\t")
        found[name] = dict(part.split("=", 1) for part in columns.split(" ") if part)
    return found


def write_texts(path: Path, items: Items) -> None:
    """Keep the texts, compressed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(items, ensure_ascii=False).encode(), 4))


def read_texts(path: Path) -> dict[str, dict[str, str]]:
    """The texts of the run that was kept, as far as they are here; each holds only while its digest is the kept one."""
    return json.loads(gzip.decompress(path.read_bytes())) if path.exists() else {}


def differences(kept: Items, now: Items, texts: Items) -> Iterator[str]:
    """What differs, by name, in words: an item that is new or gone; of one that changed, each column with both values, of a
    text the lines that changed. `kept` holds digests, `now` and `texts` what they are of."""
    present = digests(now)
    said: dict[str, str] = {}  # a change of a text -> where it was shown: what changes on every page is shown on the first
    for name in sorted(kept.keys() | present.keys()):
        if name not in present:
            yield f"- {name}"
        elif name not in kept:
            yield f"+ {name}"
        elif kept[name] != present[name]:
            changed = sorted(c for c in kept[name].keys() | present[name].keys() if kept[name].get(c) != present[name].get(c))
            lines = [
                line
                for column in changed
                for line in _change(kept[name].get(column), now[name].get(column), texts.get(name, {}).get(column), column)
            ]
            change = "\n".join(line for line in lines if not line.startswith(("    @@", "     ")))
            whole = len(lines) > len(changed) and not change.endswith(_MORE)
            first = said.setdefault(change, name) if whole else name
            yield f"~ {name}: {', '.join(changed)}" + (f", as {first}" if first != name else "")
            yield from lines if first == name else ()


def _change(kept: str | None, now: str | None, text: str | None, column: str) -> Iterator[str]:
    former = text if text is not None and digest(text) == kept else kept
    if former is None or now is None or "\n" not in f"{former}{now}":
        yield f"    {column}: {_shown(former)} -> {_shown(now)}"
    elif former == kept:
        yield f"    {column}: {kept} -> {digest(now)} (the text that was kept is not here)"
    else:
        lines = list(unified_diff(former.splitlines(), now.splitlines(), lineterm="", n=1))[2:]
        yield from (f"    {line}" for line in lines[:_DIFF_LINES])
        if len(lines) > _DIFF_LINES:
            yield f"    … {len(lines) - _DIFF_LINES}{_MORE}"


def _shown(value: str | None) -> str:
    return "nothing" if value is None else value
