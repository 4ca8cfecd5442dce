"""A directory over its budget of seconds fails a run of the whole suite, and no other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import budget

BUDGET = {"access": 60, "matters": 100, "network": 80, "web": 15}


def test_a_slow_machine_is_no_fault() -> None:
    slow, faults = budget.judged({name: seconds * 3.5 for name, seconds in BUDGET.items()}, BUDGET)
    assert (slow, faults) == (3.5, [])


def test_what_has_doubled_while_the_others_have_not_is_named() -> None:
    _slow, faults = budget.judged({**BUDGET, "matters": 2 * 100 + budget.GRACE + 1}, BUDGET)
    assert len(faults) == 1
    assert faults[0].startswith("tests/matters took 211 s, more than twice its budget of 100 s")


def test_a_quick_machine_lowers_no_budget() -> None:
    assert budget.judged({name: seconds / 4 for name, seconds in BUDGET.items()} | {"access": 2 * 60}, BUDGET) == (1.0, [])


def test_every_directory_has_a_budget_and_no_other() -> None:
    _slow, faults = budget.judged({"access": 60, "matters": 100, "network": 80, "new": 1}, BUDGET)
    assert [fault.partition(":")[0] for fault in faults] == [
        "tests/new has no budget",
        "tests/budget.py names tests/web, where no test ran",
    ]
    there = {path.parent.name for path in Path(__file__).parent.glob("*/test_*.py")}
    assert set(budget.SECONDS) == there | {"tests"}


@pytest.mark.parametrize(
    ("asked", "passes"), [((), False), (("-n", "2"), False), (("tests/slow",), True), (("-k", "slow"), True), (("-m", ""), True)]
)
def test_only_the_whole_suite_is_held_to_it(tmp_path: Path, asked: tuple[str, ...], passes: bool) -> None:
    kept = Path(budget.__file__).read_text()
    before, after = kept.index("SECONDS = {"), kept.index("TWICE = ")
    for name, words in {
        "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\n'
        'addopts = "--import-mode=importlib -p no:cacheprovider -p xdist.plugin -m \'not full\'"\nmarkers = ["full"]\n',
        "tests/budget.py": kept[:before] + 'SECONDS = {"one": 9, "two": 9, "slow": 0.1}\nGRACE = 0\n' + kept[after:],
        "tests/conftest.py": 'pytest_plugins = ["tests.budget"]\n',
        "tests/one/test_one.py": "def test_one() -> None: ...\n",
        "tests/two/test_two.py": "def test_two() -> None: ...\n",
        "tests/slow/test_slow.py": "import time\n\ndef test_slow() -> None:\n    time.sleep(0.5)\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(words)
    # Neither measured itself nor told what this run was, and without plugins that take five seconds to load.
    told = {name: value for name, value in os.environ.items() if not name.startswith(("SLIPCOVER", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *asked],
        cwd=tmp_path,
        env=told | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (0 if passes else 1), done.stdout + done.stderr
    assert (re.search(r"tests/slow took \d s, more than twice its budget", done.stdout) is not None) is not passes
    assert "passed" in done.stdout and "failed" not in done.stdout
