"""How a child process is started and ended: never outliving its parent, never with a secret on its command line."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_LIMIT = 10 * 1024 * 1024  # bytes; a longer log is put aside once, at the next start


class NotStarted(RuntimeError):
    """A server or process could not be started; the message says why, in a sentence for the person at the console."""


def start(
    command: Sequence[str | Path],
    *,
    user: pwd.struct_passwd | None = None,
    on_parent_death: signal.Signals = signal.SIGTERM,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    keep: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Starts a command that gets `on_parent_death` when this process ends, however it ends.

    It runs as `user` when given, writes both its outputs to `log`, and inherits the open files `keep`.
    """
    words = [str(word) for word in command]
    program = words[0] if os.sep in words[0] else shutil.which(words[0])
    if program is None:
        raise NotStarted(f"There is no program {words[0]} here.")
    ids = (str(user.pw_uid), str(user.pw_gid)) if user else ("-", "-")
    launcher = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(on_parent_death)), *ids]
    output = log.open("ab") if log else None
    try:
        return subprocess.Popen(
            [*launcher, program, *words[1:]],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=None if env is None else dict(env),
            cwd=cwd,
            pass_fds=tuple(keep),
        )
    finally:
        if output:
            output.close()


def stop(process: subprocess.Popen[bytes], by: signal.Signals = signal.SIGTERM, patience: float = 20.0) -> None:
    """Asks a process to end, waits `patience` seconds, and then ends its whole session's group by force."""
    if process.poll() is not None:
        return
    process.send_signal(by)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            process.kill()
        process.wait()


def fresh_log(path: Path) -> Path:
    """The log's path; what has grown past the limit is first put aside as `.1`."""
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_name(path.name + ".1"))
    return path


def last_lines(path: Path, count: int = 60) -> str:
    """The end of a log, to be shown when a process does not start."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
