"""Says whether a pinned package has a known vulnerability, as PyPI's own records tell it through pip-audit.

A package PyPI's records could not be read for is named, never passed over in silence; with REQUIRE_AUDIT=1 it fails.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys


def main(requirements: str) -> int:
    command = [sys.executable, "-m", "pip_audit", "-r", requirements, "--require-hashes", "--disable-pip",
               "--vulnerability-service", "pypi", "--progress-spinner", "off", "--timeout", "10", "-f", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        packages = []
        print(done.stderr.strip().splitlines()[-1:] or "pip-audit said nothing", file=sys.stderr)
    known = [(p["name"], p["version"], v["id"], v.get("fix_versions")) for p in packages for v in p.get("vulns", [])]
    unread = [p["name"] for p in packages if "skip_reason" in p]
    for name, version, identifier, fixes in known:
        print(f"VULNERABLE {name} {version}: {identifier}; repaired in {', '.join(fixes or ['no release yet'])}")
    audited = len(packages) - len(unread)
    print(f"{audited} packages audited, {len(known)} known vulnerabilities.")
    if unread or not packages:
        print(f"NOT AUDITED, because PyPI's records could not be read from here: {', '.join(unread) or 'all'}",
              file=sys.stderr)
    return 1 if known or (os.environ.get("REQUIRE_AUDIT") == "1" and (unread or not packages)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
