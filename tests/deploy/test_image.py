"""The Containerfile and the compose file: what they name is there, nothing secret goes in, and each part is told enough."""

from __future__ import annotations

import importlib.util
import json
import re
import string
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from portal.config import Settings
from portal.web.readiness import NEEDED
from tests.conftest import CLONE
from tests.deploy.conftest import SHIPPED
from tests.deploy.image import Stage, stages

ASKED = {
    name: f"{name.lower()}.example" for name in ("BASE_URL", "SERVER_NAME", "POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD")
}


@cache
def stage(name: str) -> Stage:
    return stages()[name]


def test_its_base_is_debian_and_its_packages_are_the_pinned_ones() -> None:
    assert {one.base for one in stages().values()} == {"${BASE}"}
    assert "ARG BASE=docker.io/library/debian:12-slim" in (CLONE / "deploy" / "Containerfile").read_text()
    installs = [line for one in stages().values() for line in one.said("RUN") if re.search(r"\bpip3? |\buv ", line)]
    assert installs == []  # deploy/environment alone, as `make` does it
    assert any("deploy/environment run" in line for line in stage("build").said("RUN"))
    assert {("requirements.txt", "./"), ("deploy/environment", "deploy/")} <= set(stage("build").copied)
    assert "--require-hashes" in (CLONE / "deploy" / "environment").read_text()


def test_whatever_it_copies_or_runs_of_the_clone_is_kept_there_and_is_no_secret() -> None:
    kept = subprocess.run(["git", "ls-files"], cwd=CLONE, capture_output=True, text=True, check=True).stdout.splitlines()
    for one in stages().values():
        for source, _target in one.copied:
            assert any(path == source or path.startswith(f"{source}/") for path in kept), source
            assert source not in (".", "deploy"), source
        for line in one.said("RUN"):
            assert all((CLONE / path).stat().st_mode & 0o111 for path in re.findall(r"\bdeploy/\w+", line)), line
        assert not any(re.search("SECRET|PASSWORD|KEY|DATABASE_URL", line) for line in (*one.said("ENV"), *one.said("ARG")))


def test_it_runs_as_nobody_in_particular_and_is_asked_whether_it_lives() -> None:
    instructions = [word for word, _rest in stage("portal").instructions]
    assert stage("portal").said("USER") == ["duban"] and "USER" in instructions[: instructions.index("CMD")]
    assert any("useradd --uid 10001 " in line for line in stage("portal").said("RUN"))
    (asked,) = stage("portal").said("HEALTHCHECK")
    assert "/healthz" in asked
    python, dash_c, words = json.loads(asked[asked.index("[") :])
    assert (python, dash_c) == ("python", "-c")
    compile(words, "healthcheck", "exec")


def test_the_proxys_image_changes_words_that_stand_in_its_configuration() -> None:
    (line,) = [line for line in stage("proxy").said("RUN") if line.startswith("sed")]
    changed = re.findall(r"s/([^/]+)/", line)
    assert len(changed) == 2
    assert all(re.search(words, SHIPPED.read_text()) for words in changed)


# ------------------------------------------------------------------------------------------------------ compose


@cache
def compose() -> dict[str, Any]:
    """The compose file with what deploy/.env says, as compose reads it."""
    text = (CLONE / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{(\w+):\?\}", text)) == set(ASKED)
    plain = re.sub(r"\$\{(\w+)(?::\?|:-)?\}", r"${\1}", text)
    read: dict[str, Any] = yaml.safe_load(string.Template(plain).substitute(ASKED | {"SMTP_URL": "", "MAIL_FROM": ""}))
    return read


def of_the_portal() -> dict[str, Mapping[str, Any]]:
    return {name: one for name, one in compose()["services"].items() if one["image"] == "duban:latest"}


def test_each_part_of_the_portal_is_there_and_told_enough() -> None:
    assert set(of_the_portal()) == {"migrate", "web", "jobs"}
    for name, one in of_the_portal().items():
        told = stage("portal").environment | one["environment"]
        settings = Settings.from_environment(told)
        assert (settings.production, settings.proxies, settings.base_url) == (True, 1, "base_url.example")
        assert {str(settings.secret_key_file), str(settings.vault_key_file)} == {f"/run/secrets/{key}" for key in one["secrets"]}
        assert (settings.database_owner_url is not None) == (name == "migrate")
        assert str(settings.files_dir).startswith("/var/lib/duban/") and one["volumes"] == ["files:/var/lib/duban"]
        command = one.get("command", stage("portal").command)
        assert command == ["flask", "db", "upgrade"] or importlib.util.find_spec(command[2]) is not None
        assert one["read_only"] and one["cap_drop"] == ["ALL"] and "no-new-privileges:true" in one["security_opt"]


def test_what_waits_for_what_is_there_and_ends_or_is_asked() -> None:
    services = compose()["services"]
    for name, one in services.items():
        for other, how in one.get("depends_on", {}).items():
            if how["condition"] == "service_completed_successfully":
                assert services[other]["restart"] == "no"
            else:
                built = other in of_the_portal() and stage("portal").said("HEALTHCHECK")
                assert built or services[other]["healthcheck"]["test"], (name, other)
    assert all("migrate" in of_the_portal()[name]["depends_on"] for name in ("web", "jobs"))


def test_the_proxy_alone_is_reached_from_outside_and_no_secret_is_an_argument() -> None:
    assert [name for name, one in compose()["services"].items() if "ports" in one] == ["proxy"]
    for one in compose()["services"].values():
        build = one.get("build", {})
        assert build.get("target") in (None, *stages())
        assert set(build.get("args", {})) <= {"SERVER_NAME"}
    ignored = (CLONE / ".gitignore").read_text().splitlines()
    files = [secret["file"] for secret in compose()["secrets"].values()]
    assert {"/deploy/.env", "/deploy/tls/", *("/deploy" + name.rpartition("/")[0][1:] + "/" for name in files)} <= set(ignored)


def test_volumes_and_files_that_are_named_are_there() -> None:
    for one in compose()["services"].values():
        for source, *_rest in (volume.split(":") for volume in one.get("volumes", [])):
            if source.startswith("./") and source != "./tls":
                assert (CLONE / "deploy" / source).is_file()
            elif not source.startswith("."):
                assert source in compose()["volumes"]


@pytest.mark.parametrize("word", NEEDED)
def test_the_manual_says_what_ready_means(word: str) -> None:
    assert word in (CLONE / "docs" / "operations.md").read_text()
