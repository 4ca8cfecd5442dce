"""Seconds per directory. A run of the whole suite prints what each directory took, and fails when one takes far longer
than its budget says; a run of a part says nothing.

The budget is what a directory takes on a quiet machine of two cores. On a busy one everything takes longer: how much
longer is read off the directories themselves (the median of seconds by budget), so that the machine's noise fails nothing,
and a directory that has doubled while the others have not, does.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePosixPath
from statistics import median

import pytest

SECONDS = {
    "access": 200,
    "browser": 205,
    "bylaws": 17,
    "commands": 42,
    "contract": 45,
    "deadlines": 10,
    "deploy": 20,
    "documents": 8,
    "identity": 31,
    "importing": 16,
    "instructions": 115,
    "kernel": 9,
    "liaisons": 15,
    "likeness": 25,
    "local": 172,
    "matters": 195,
    "network": 70,
    "notify": 94,
    "officers": 20,
    "overview": 6,
    "papers": 50,
    "registry": 50,
    "staffing": 14,
    "tests": 20,
    "vault": 12,
    "web": 125,
    "workflow": 6,
}  # fmt: skip
GRACE = 10  # seconds that any directory may take more
TWICE = 2


def directory_of(location: str) -> str:
    """The directory below tests/ that a test file stands in; `tests` for those beside the directories."""
    parts = PurePosixPath(location).parts
    return parts[1] if len(parts) > 2 else "tests"


def judged(taken: dict[str, float], budget: dict[str, int]) -> tuple[float, list[str]]:
    """How slow the machine is by the budget, at least 1, and a sentence for each directory that is over its own."""
    known = sorted(set(taken) & set(budget))
    slow = max(1.0, median(taken[name] / budget[name] for name in known)) if known else 1.0
    faults = [
        f"tests/{name} took {taken[name]:.0f} s, more than twice its budget of {budget[name]} s on a machine that is "
        f"{slow:.1f} times as slow as the quiet one: make it quicker, or say in tests/budget.py why it may take more"
        for name in known
        if taken[name] > TWICE * slow * budget[name] + GRACE
    ]
    faults += [f"tests/{name} has no budget: give it one in tests/budget.py" for name in sorted(set(taken) - set(budget))]
    faults += [f"tests/budget.py names tests/{name}, where no test ran" for name in sorted(set(budget) - set(taken))]
    return slow, faults


class Budget:
    """Adds up the seconds of set-up, test and tear-down as they are reported, under xdist by all processes."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = defaultdict(float)
        self.faults: list[str] = []
        self.slow = 1.0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.taken[directory_of(report.location[0])] += report.duration

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        self.slow, self.faults = judged(self.taken, SECONDS)
        if self.faults and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section(f"seconds per directory, on a machine {self.slow:.1f} times as slow as the quiet one")
        for name, seconds in sorted(self.taken.items(), key=lambda one: -one[1]):
            terminalreporter.write_line(f"{name:<14}{seconds:>6.0f} of {SECONDS.get(name, 0):>4}")
        for sentence in self.faults:
            terminalreporter.write_line(sentence, red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Budgets hold for `pytest` as it stands: everything, without a selection of one's own."""
    whole = (
        config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and not config.option.keyword
        and config.option.markexpr == "not full"
        and not any(getattr(config.option, part, None) for part in ("collectonly", "ignore", "ignore_glob", "deselect", "lf"))
    )
    if whole and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Budget(), "budget")
