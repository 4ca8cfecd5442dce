"""A further kind of matter is one folder and one value: put beside the portal's features in a run of its own, it passes all that
the contract asks of every kind, and nothing of the portal is edited for it. The portal's own kinds are asked the same where the
contract itself is run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

CLONE = Path(__file__).parents[2]
FOLDER = CLONE / "tests" / "contract" / "errands"


def test_a_further_kind_passes_the_contract() -> None:
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}  # it shares nothing with this run
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "tests.contract.beside", "-k", "errand", "tests/contract"],
        cwd=CLONE,
        env=alone,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    passed = re.search(r"(\d+) passed", run.stdout)
    assert passed is not None and int(passed[1]) > 20
    assert "skipped" not in run.stdout


def test_nothing_of_the_portal_knows_of_it() -> None:
    words = re.compile(r"errand|小事", re.IGNORECASE)
    told = [CLONE / "portal", CLONE / "templates", CLONE / "static" / "portal.css"]
    files = [
        path
        for place in told
        for path in ([place] if place.is_file() else place.rglob("*.*"))
        if path.suffix in (".py", ".html", ".po")
    ]
    assert [str(path) for path in files if words.search(path.read_text(encoding="utf-8"))] == []
    assert sum(1 for _path in FOLDER.glob("*.py")) < 15
