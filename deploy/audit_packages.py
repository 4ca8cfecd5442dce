"""Says whether a pinned package has a known vulnerability: by PyPI's records, and where they cannot be read, by OSV's.

Both are asked through pip-audit, about exactly the pinned version. A source that does not answer is named, and so is
every package that none could tell about; with REQUIRE_AUDIT=1 such a package fails the audit, a vulnerable one always.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

SOURCES = {"pypi": "PyPI", "osv": "OSV"}  # as pip-audit calls them; the first is asked first


def pinned(requirements: str) -> list[str]:
    """The packages that the file pins for this machine."""
    lines = Path(requirements).read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line.rstrip("\\ ")) for line in lines if line[:1].isalnum()]
    return [one.name for one in wanted if one.marker is None or one.marker.evaluate()]


def asked(source: str, requirements: str) -> tuple[dict[str, dict[str, Any]], str]:
    """What a source says of each package it has a record of; and why it says nothing, where it does not."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "-r",
        requirements,
        "--require-hashes",
        "--disable-pip",
        "-s",
        source,
        "--progress-spinner",
        "off",
        "--timeout",
        "10",
        "-f",
        "json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return {}, (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
    told = {package["name"]: package for package in packages if "skip_reason" not in package}
    return told, "" if told else "it gives no record of a single one of these releases"


def main(requirements: str) -> int:
    """Audits what the file pins; 1 where a package is vulnerable, or must be audited and could not be."""
    names = pinned(requirements)
    records: dict[str, dict[str, Any]] = {}
    counts = []
    for source, called in SOURCES.items():
        if len(records) == len(names):
            break
        told, why = asked(source, requirements)
        new = {name: record for name, record in told.items() if name not in records}
        records |= new
        counts.append(f"{len(new)} by {called}")
        if why:
            print(f"{called} could not be read from here: {why}", file=sys.stderr)
    known = [(record, fault) for record in records.values() for fault in record["vulns"]]
    for record, fault in known:
        repaired = ", ".join(fault.get("fix_versions") or ["no release yet"])
        print(f"VULNERABLE {record['name']} {record['version']}: {fault['id']}; repaired in {repaired}")
    print(f"{len(records)} of {len(names)} packages audited ({', '.join(counts)}), {len(known)} known vulnerabilities.")
    unread = [name for name in names if name not in records]
    if unread:
        print(f"NOT AUDITED: {', '.join(unread)}", file=sys.stderr)
    return 1 if known or (unread and os.environ.get("REQUIRE_AUDIT") == "1") else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
