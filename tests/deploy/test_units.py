"""The systemd units say what systemd understands, start what there is, and let nothing of theirs be written but the data."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CLONE

UNITS = CLONE / "deploy" / "systemd"
PARTS = ("duban-migrate.service", "duban-web.service", "duban-jobs.service")
SERVICES = ("duban.service", *PARTS)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units copied as an operator copies them, for a clone that lies here."""
    there = tmp_path_factory.mktemp("system") / "units"
    shutil.copytree(UNITS, there, symlinks=True)
    for path in there.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.write_text(path.read_text(encoding="utf-8").replace("/srv/duban", str(CLONE)), encoding="utf-8")
    return there


def verified(directory: Path) -> str:
    """What `systemd-analyze verify` objects to in all of them."""
    names = [str(directory / name) for name in (*SERVICES, "duban.target")]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True, check=False, timeout=60
    )
    return done.stderr if done.returncode or done.stderr else ""


def test_systemd_understands_them(installed: Path) -> None:
    assert verified(installed) == ""


@pytest.mark.parametrize("name", ["duban-.service.d/common.conf", "duban-web.service"])
def test_a_word_it_does_not_know_would_be_noticed_in_what_they_share_too(installed: Path, tmp_path: Path, name: str) -> None:
    broken = tmp_path / "units"
    shutil.copytree(installed, broken, symlinks=True)
    with (broken / name).open("a") as file:
        file.write("[Service]\nProtectEverything=yes\n")
    assert "ProtectEverything" in verified(broken)


@pytest.mark.parametrize("name", SERVICES)
def test_each_starts_something_that_is_there(name: str) -> None:
    (line,) = re.findall(r"^ExecStart=(.+)$", (UNITS / name).read_text(), re.M)
    program, dash_m, module, *words = shlex.split(line)
    assert (program, dash_m) == ("/srv/duban/.venv/bin/python", "-m")
    assert importlib.util.find_spec(module) is not None
    assert all((CLONE / word).is_file() for word in words if word.startswith("deploy/"))
    if module == "portal.local":
        assert subprocess.run([sys.executable, "-m", module, *words, "--help"], cwd=CLONE, capture_output=True).returncode == 0


@pytest.mark.parametrize("name", SERVICES)
def test_each_is_shut_in(installed: Path, name: str) -> None:
    """systemd's own measure of exposure, from 0 to 10; a service without any of these stands at 9.6."""
    unit = str(installed / name)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", unit], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-200:] + done.stderr


def test_the_environment_they_read_holds_what_the_portal_asks_for(tmp_path: Path) -> None:
    """As an operator fills it in: the lines of the parts without their #."""
    text = (UNITS.parent / "duban.env").read_text(encoding="utf-8").replace("\n#", "\n")
    (tmp_path / "env").write_text("\n".join(line for line in text.splitlines() if re.match(r"[A-Z_]+=", line)))
    said = subprocess.run(
        ["sh", "-c", f'set -a; . {tmp_path}/env; exec "{sys.executable}" -c "{LOOK}"'],
        cwd=CLONE, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.stdout == "https://duban.example.cn 1 True\n", said.stderr


LOOK = "from portal.config import Settings; s = Settings.from_environment(); print(s.base_url, s.proxies, s.production)"


def test_the_owner_of_the_tables_is_told_to_migrations_alone() -> None:
    told = [name for name in SERVICES if "owner.env" in (UNITS / name).read_text()]
    assert told == ["duban-migrate.service"]
    assert "OWNER" not in (UNITS / "duban-.service.d" / "common.conf").read_text() + (UNITS.parent / "duban.env").read_text()
