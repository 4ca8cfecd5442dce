"""The process that loads the portal once and is then forked for each of its parts: `python -m portal.local.loaded SOCKET`.

It does what the supervisor says over the socket, one JSON object a message. With each comes an open file that holds an
environment: its own to make the portal with, or that of the part alone, which it hands on unread. It ends with the
supervisor, and its parts with it, however either ends.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import time
import traceback
from typing import Any, NoReturn

from setproctitle import setproctitle

from portal.kernel.parent import die_with_parent
from portal.local import parts

PATIENCE = 20.0  # seconds the parts get to end
LARGEST = 65536  # bytes of one message
ENDING = (signal.SIGTERM, signal.SIGINT)


class Loaded:
    """The loaded portal, its parts by the file by which the kernel tells of their end, and the supervisor."""

    def __init__(self, supervisor: socket.socket) -> None:
        self.supervisor = supervisor
        self.running: dict[int, tuple[int, int]] = {}  # open file of the process: its pid, the number it was asked under

    def live(self) -> None:
        """Loads the portal's code, then does what it is told until the supervisor is gone."""
        gc.disable()  # what is loaded stays
        parts.read()
        while True:
            told = self.supervisor.fileno()
            ready, _write, _other = select.select([told, *self.running], [], [])
            for ended in ready:
                if ended != told:
                    self.bury(ended)
            if told in ready and not self.obey():
                return

    def tell(self, **words: Any) -> None:
        """Says something to the supervisor, if it is still there."""
        with contextlib.suppress(OSError):
            self.supervisor.send(json.dumps(words).encode())

    def obey(self) -> bool:
        """Does the next thing it is told; False where there is nobody any more to tell it."""
        message, files, _flags, _address = socket.recv_fds(self.supervisor, LARGEST, 1)
        if not message:
            return False
        asked = json.loads(message)
        if "part" in asked:
            self.raise_part(asked, files[0])
            os.close(files[0])
        else:
            become(files[0])
            parts.load()
            gc.enable()
            self.tell(event="loaded")
        return True

    def raise_part(self, asked: dict[str, Any], told: int) -> None:
        """Forks a process for one part."""
        mine = os.getpid()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # no end of ours between the fork and its own life
        pid = os.fork()
        if pid == 0:
            self.supervisor.close()
            for other in self.running:
                os.close(other)
            live_as(asked, told, mine, blocked)
        self.running[os.pidfd_open(pid)] = (pid, asked["number"])
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        self.tell(event="started", number=asked["number"], pid=pid)

    def bury(self, ended: int) -> None:
        """Tells of a part's end."""
        pid, number = self.running.pop(ended)
        _pid, status = os.waitpid(pid, 0)
        os.close(ended)
        self.tell(event="ended", number=number, status=os.waitstatus_to_exitcode(status))

    def end(self) -> None:
        """Ends all parts at once, by force whoever does not end in time."""
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        for process in self.running:
            signal.pidfd_send_signal(process, signal.SIGTERM)  # type: ignore[attr-defined]
        deadline = time.monotonic() + PATIENCE
        while self.running:
            ready, _write, _other = select.select(list(self.running), [], [], max(0.1, deadline - time.monotonic()))
            for ended in ready:
                os.waitpid(self.running.pop(ended)[0], 0)
            if not ready:
                for process in self.running:
                    signal.pidfd_send_signal(process, signal.SIGKILL)  # type: ignore[attr-defined]


def live_as(asked: dict[str, Any], told: int, parent: int, blocked: set[int | signal.Signals]) -> NoReturn:
    """What a forked process does: nothing of the parent's but what it has loaded, then its part, then its end."""
    status = 1
    try:
        os.setsid()
        die_with_parent()
        for number in ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        if os.getppid() == parent:  # else it died before we could ask to be told
            log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            for output in (1, 2):
                os.dup2(log, output)
            os.close(log)
            become(told)
            setproctitle(f"duban: {asked['name']}")
            parts.PARTS[asked["part"]](*asked["words"])
            status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def become(told: int) -> None:
    """Takes the environment that an open file holds."""
    with os.fdopen(told, encoding="utf-8") as file:
        environment = json.load(file)
    os.environ.clear()
    os.environ.update(environment)


def main() -> None:
    """Lives for as long as the supervisor does."""
    loaded = Loaded(socket.socket(fileno=int(sys.argv[1])))
    for number in ENDING:
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        loaded.live()
    except Exception as fault:
        if not type(fault).__module__.startswith("portal."):
            raise
        loaded.tell(event="refused", why=str(fault))  # the portal says itself what is to be put right
        sys.exit(1)
    finally:
        loaded.end()


if __name__ == "__main__":
    main()
