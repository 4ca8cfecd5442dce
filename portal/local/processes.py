"""How a child process is started and ended: never outliving its parent, never with a secret on its command line."""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_LIMIT = 10 * 1024 * 1024  # bytes; a longer log is put aside once, at the next start
BEGINS = "======== begins at "  # in a log, where a process was started
FULL = 4 * 1024 * 1024  # bytes; a disk with less is full: servers free what they could not finish writing
NO_SPACE = re.compile("No space left on device|Disk quota exceeded|File too large")


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
    """The log's path, for a process about to start; what has grown past the limit is first put aside as `.1`."""
    with contextlib.suppress(OSError):  # a full disk; the process may manage without
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_name(path.name + ".1"))
        with path.open("a", encoding="utf-8") as log:
            log.write(time.strftime(f"{BEGINS}%Y-%m-%d %H:%M:%S %z\n"))
    return path


def last_lines(path: Path, count: int = 60) -> str:
    """The end of what a log's last process wrote, to be shown when it does not start."""
    if not path.exists():
        return ""
    _earlier, _begins, last = ("\n" + path.read_text(encoding="utf-8", errors="replace")).rpartition("\n" + BEGINS)
    return "\n".join(last.splitlines()[1:][-count:])


def why(what: str, log: Path) -> str:
    """What failed and why, for the person at the console: the disk is full, or what its log says last."""
    said = last_lines(log)
    if NO_SPACE.search(said) or is_full(log.parent):
        return disk_full(log.parent)
    return f"{what} The end of {log}:\n{said}"


def is_full(where: Path) -> bool:
    """Whether there is no room on the disk that holds this."""
    return shutil.disk_usage(where).free < FULL


def disk_full(where: Path) -> str:
    """The sentence for it."""
    return f"The disk that holds {where} is full. Make room on it and start again: nothing is lost."


def refusal_of(fault: OSError, place: Path) -> str:
    """The sentence for what the system does not let the supervisor do with its own files."""
    where = Path(os.fsdecode(fault.filename)) if fault.filename else place
    match fault.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return disk_full(where)
        case errno.EROFS:
            return f"{where} cannot be written: it lies on a read-only file system. Name another directory with DUBAN_DATA."
        case errno.EACCES | errno.EPERM:
            return (
                f"{where} cannot be used by this user ({os.strerror(fault.errno)}). Start the portal as the user who owns "
                f"{place}, or name another directory with DUBAN_DATA."
            )
    return f"{where} cannot be used: {fault.strerror or fault}."
