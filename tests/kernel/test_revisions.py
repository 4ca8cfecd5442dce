"""The revisions that the code brings are those that Alembic finds, and asking for them loads nothing of the portal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic.script import ScriptDirectory

from portal.kernel import revisions

CLONE = Path(__file__).resolve().parents[2]


def test_they_are_what_alembic_finds() -> None:
    scripts = ScriptDirectory(str(CLONE / "migrations"))
    assert revisions.heads() == set(scripts.get_heads())
    assert set(revisions.known()) == {one.revision for one in scripts.walk_revisions()}


def test_a_branch_has_two_heads_and_a_merge_one(tmp_path: Path) -> None:
    for name, before in (("a", None), ("b", "a"), ("c", "a")):
        (tmp_path / f"{name}.py").write_text(
            f'"""revision = of old"""\nrevision = "{name}"\ndown_revision: str | None = {before!r}\n'
        )
    assert revisions.heads(tmp_path) == {"b", "c"}
    (tmp_path / "d.py").write_text('revision = "d"\ndown_revision = ("b", "c")\n')
    assert revisions.heads(tmp_path) == {"d"}
    assert revisions.known(tmp_path)["d"] == ("b", "c")


def test_where_there_is_none_nothing_is_wanted(tmp_path: Path) -> None:
    assert revisions.heads(tmp_path) == frozenset()


def test_asking_loads_nothing_that_is_installed() -> None:
    look = "import sys; from portal.kernel import revisions; revisions.heads(); print([n for n in sys.modules if n in ('flask', 'sqlalchemy', 'alembic')])"
    said = subprocess.run([sys.executable, "-c", look], cwd=CLONE, capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
