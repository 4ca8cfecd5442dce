"""Which revisions of the schema this code brings, read from `migrations/versions` without Alembic or a database.

Of the standard library alone: the supervisor asks before it has loaded anything of the portal.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

WAITS = "The migrations wait"  # how a line of theirs begins that whoever started them should see
VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
_SAID = re.compile(r"^(revision|down_revision)(?:\s*:[^=\n]+)?\s*=\s*(.+)$", re.MULTILINE)


def known(directory: Path = VERSIONS) -> dict[str, tuple[str, ...]]:
    """Every revision there is, with those it follows; empty where there is no migration."""
    found = {}
    for path in sorted(directory.glob("*.py")):
        said = {name: ast.literal_eval(value) for name, value in _SAID.findall(path.read_text(encoding="utf-8"))}
        before = said["down_revision"]
        found[str(said["revision"])] = (before,) if isinstance(before, str) else tuple(before or ())
    return found


def heads(directory: Path = VERSIONS) -> frozenset[str]:
    """The revisions that none follows: what the table `alembic_version` holds when the database is up to date."""
    revisions = known(directory)
    return frozenset(revisions).difference(*revisions.values())
