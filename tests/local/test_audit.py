"""What the audit of pinned packages says, whatever its sources answer."""

from __future__ import annotations

import json
import runpy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CLONE

MAIN = runpy.run_path(str(CLONE / "deploy" / "audit_packages.py"))["main"]
FAULT = {"id": "PYSEC-2026-1", "fix_versions": ["2.1"]}
Answers = dict[str, dict[str, Any]]


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Answers], int]:
    """Audits two packages (a third is not for this machine) with sources that answer so; no answer: out of reach."""
    pins = tmp_path / "requirements.txt"
    pins.write_text(
        'one==1.0 \\\n    --hash=sha256:0\n    # via two\ntwo==2.0 ; python_version >= "3.11" \\\n'
        '    --hash=sha256:0\nthree==3.0 ; sys_platform == "win32" \\\n    --hash=sha256:0\n'
    )

    def run(answers: Answers) -> int:
        def answer(command: list[str], **_options: Any) -> subprocess.CompletedProcess[str]:
            said = answers.get(command[command.index("-s") + 1])
            if said is None:
                return subprocess.CompletedProcess(command, 1, "", "ConnectionError: no such host")
            found = [
                {"name": name, "version": "1", **({"skip_reason": "not found"} if faults is None else {"vulns": faults})}
                for name, faults in said.items()
            ]
            return subprocess.CompletedProcess(command, 0, json.dumps({"dependencies": found}), "")

        monkeypatch.setattr(subprocess, "run", answer)
        code: int = MAIN(str(pins))
        return code

    return run


def test_all_is_well_when_the_first_source_knows_all(audit: Callable[[Answers], int], capsys: pytest.CaptureFixture[str]) -> None:
    assert audit({"pypi": {"one": [], "two": []}}) == 0
    said = capsys.readouterr()
    assert said.out == "2 of 2 packages audited (2 by PyPI), 0 known vulnerabilities.\n"
    assert said.err == ""


@pytest.mark.parametrize(
    "answers",
    [
        {"pypi": {"one": [], "two": [FAULT]}},
        {"pypi": {"one": None, "two": [FAULT]}},
        {"osv": {"one": [], "two": [FAULT]}},
        {"pypi": {"one": [], "two": None}, "osv": {"one": [], "two": [FAULT]}},
    ],
)
def test_a_known_vulnerability_fails_whichever_source_tells_it(
    audit: Callable[[Answers], int], capsys: pytest.CaptureFixture[str], answers: Answers
) -> None:
    assert audit(answers) == 1
    assert "VULNERABLE two 1: PYSEC-2026-1; repaired in 2.1" in capsys.readouterr().out


def test_what_nobody_could_tell_is_named_and_fails_where_an_audit_is_required(
    audit: Callable[[Answers], int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUIRE_AUDIT", raising=False)
    assert audit({"pypi": {"one": [], "two": None}}) == 0
    said = capsys.readouterr()
    assert said.out.startswith("1 of 2 packages audited (1 by PyPI, 0 by OSV)")
    assert "OSV could not be read from here: ConnectionError: no such host" in said.err
    assert "NOT AUDITED: two\n" in said.err
    monkeypatch.setenv("REQUIRE_AUDIT", "1")
    assert audit({"pypi": {"one": [], "two": None}}) == 1
    assert audit({}) == 1
    assert "NOT AUDITED: one, two" in capsys.readouterr().err
