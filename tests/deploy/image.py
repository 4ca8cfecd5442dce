"""The Containerfile, read: its stages, what each copies and what it runs. No engine is needed, and none is reached."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]


@dataclass
class Stage:
    """One stage: its instructions in order, each a word and the rest of its line."""

    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def said(self, word: str) -> list[str]:
        return [rest for name, rest in self.instructions if name == word]

    @property
    def environment(self) -> dict[str, str]:
        """What ENV sets."""
        return dict(pair.split("=", 1) for line in self.said("ENV") for pair in line.split())

    @property
    def copied(self) -> list[tuple[str, str]]:
        """What COPY takes from the clone, and where to."""
        pairs = [line.split() for line in self.said("COPY") if not line.startswith("--from")]
        return [(source, words[-1]) for words in pairs for source in words[:-1]]

    @property
    def command(self) -> list[str]:
        """What it runs."""
        words: list[str] = json.loads(self.said("CMD")[-1])
        return words


def stages() -> dict[str, Stage]:
    """The stages of deploy/Containerfile, by name."""
    text = (CLONE / "deploy" / "Containerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found: dict[str, Stage] = {}
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, rest = line.split(None, 1)
        if word == "FROM":
            base, _as, name = rest.split()
            found[name] = Stage(base)
        elif found:
            found[name].instructions.append((word, rest))
    return found


def lay_out(stage: Stage, directory: Path) -> None:
    """Copies from the clone what the stage copies, as into its working directory."""
    for source, target in stage.copied:
        came = CLONE / source
        to = directory / target if not target.endswith("/") else directory / target / came.name
        to.parent.mkdir(parents=True, exist_ok=True)
        if came.is_dir():
            shutil.copytree(came, to)
        else:
            shutil.copy(came, to)
