"""Running a reader of strangers' files in a child process that can harm nothing but itself.

A workbook, PDF or archive may be made to eat memory and time, or to crash its parser. So a small script reads it from
standard input and writes JSON to standard output, with no environment, no files to write, and hard limits on memory
and processor time. Whatever goes wrong there is one answer here: `Unreadable`.

Run by its path, this module is the child's own first step: it sets the limits before anything of the file is read.
"""

from __future__ import annotations

import contextlib
import json
import resource
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

MEGABYTE = 1024 * 1024


class Unreadable(Exception):
    """The file could not be read within the limits: broken, hostile, or too large. `reason` is the script's own code
    for it, or `failed`, or `limit`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def run_confined(script: Path, data: bytes, *arguments: str, seconds: int = 10, memory: int = 512) -> Any:
    """What the script makes of `data`, decoded from JSON. `seconds` of processor time (thrice that by the clock on
    the wall), `memory` in MB. Raises Unreadable."""
    command = [sys.executable, "-I", __file__, str(memory), str(seconds), str(script), *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/"
    ) as child:
        try:
            output, _errors = child.communicate(data, timeout=seconds * 3)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise Unreadable("limit") from None
        except BaseException:
            child.kill()
            raise
    if child.returncode != 0:
        raise Unreadable("limit" if child.returncode < 0 else "failed")
    try:
        answer = json.loads(output)
    except ValueError:
        raise Unreadable("failed") from None
    if isinstance(answer, dict) and "refused" in answer:
        raise Unreadable(answer["refused"])
    return answer


def _child(memory: str, seconds: str, script: str, *arguments: str) -> None:
    with contextlib.suppress(OSError, AttributeError):  # not Linux
        runpy.run_path(str(Path(__file__).with_name("parent.py")))["die_with_parent"](signal.SIGKILL)
    bytes_allowed = int(memory) * MEGABYTE
    for limit, most in (
        (resource.RLIMIT_AS, bytes_allowed),
        (resource.RLIMIT_CPU, int(seconds)),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(limit, (most, most))
    sys.argv = [script, *arguments]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    _child(*sys.argv[1:])
