"""The supervisor's hand on the process that has loaded the portal (`portal.local.loaded`) and on what is forked from it.

Whatever is asked of it while it still loads waits in the socket. When it dies, all that was forked from it ends too.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from portal.local import processes
from portal.local.processes import NotStarted

SPARING = {"MALLOC_ARENA_MAX": "2"}  # eight threads would else keep eight heaps of what they no longer use
SECRET = ("DATABASE_URL", "DATABASE_OWNER_URL")  # the first may be an administrator's
ENDED_WITH_IT = -15
LOOK = 0.05  # seconds between two looks at what else may have happened
LARGEST = 65536  # bytes of one message


class Part:
    """One forked process, for whoever keeps it: as `subprocess.Popen` shows its own."""

    def __init__(self, nursery: Nursery) -> None:
        self.pid = 0  # not forked yet
        self.returncode: int | None = None
        self._nursery = nursery

    def poll(self) -> int | None:
        """How it ended; None while it lives."""
        self._nursery.hear()
        return self.returncode


class Nursery:
    """One process that loads the portal, again and again should it die."""

    def __init__(self, root: Path, logs: Path, keep: Sequence[int]) -> None:
        self.root, self.logs, self.keep = root, logs, keep
        self.log = logs / "nursery.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.settings: Mapping[str, str] | None = None
        self.loaded = False
        self.refusal: str | None = None
        self._socket: socket.socket
        self._count = 0
        self._parts: dict[int, Part] = {}

    def launch(self) -> subprocess.Popen[bytes]:
        """Starts it; it loads the portal's code at once, and makes the portal when it has been told the settings."""
        if self.process is not None:
            self._socket.close()
        self._lose_all()
        self.refusal = None
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = processes.start(
                [sys.executable, "-m", "portal.local.loaded", str(theirs.fileno())],
                log=processes.fresh_log(self.log),
                env={name: value for name, value in os.environ.items() if name not in SECRET} | SPARING,
                cwd=self.root,
                keep=(*self.keep, theirs.fileno()),
            )
        if self.settings is not None:
            self.load(self.settings)
        return self.process

    def load(self, settings: Mapping[str, str]) -> None:
        """Has it make the portal with these settings, now and whenever it is started again."""
        self.settings = settings
        self._ask(settings)

    def fork(self, name: str, part: str, *words: Any, settings: Mapping[str, str] | None = None) -> Part:
        """Has it fork one part, which writes to a log of that name. `settings` of its own are told to that part alone."""
        self._count += 1
        forked = self._parts[self._count] = Part(self)
        log = str(processes.fresh_log(self.logs / f"{name}.log"))
        told = settings if settings is not None else self.settings or {}
        self._ask(told, number=self._count, name=name, part=part, words=words, log=log)
        return forked

    def wait(self) -> None:
        """Waits a moment for something that the process may tell; refuses where it has died."""
        self.hear(LOOK)
        if self.process is not None and self.process.poll() is not None:
            self.hear()
            raise NotStarted(self.refusal or processes.why("The portal could not be loaded.", self.log))

    def hear(self, patience: float = 0.0) -> None:
        """Takes in what the process has told."""
        if self.process is None:
            return
        self._socket.settimeout(patience)
        try:
            while message := self._socket.recv(LARGEST):
                self._note(json.loads(message))
                self._socket.settimeout(0)
        except (BlockingIOError, TimeoutError):
            return
        except OSError:
            pass
        if self.process.poll() is not None:  # nothing more will come
            self._lose_all()

    def stop(self) -> None:
        """Ends it and all that was forked from it."""
        if self.process is not None:
            processes.stop(self.process, patience=30)

    def _note(self, said: dict[str, Any]) -> None:
        match said["event"]:
            case "loaded":
                self.loaded = True
            case "refused":
                self.refusal = said["why"]
            case "started":
                self._parts[said["number"]].pid = said["pid"]
            case "ended":
                self._parts.pop(said["number"]).returncode = said["status"]

    def _lose_all(self) -> None:
        self.loaded = False
        for part in self._parts.values():
            part.returncode = ENDED_WITH_IT
        self._parts.clear()

    def _ask(self, settings: Mapping[str, str], **words: Any) -> None:
        told = os.memfd_create("settings")
        with os.fdopen(told, "w+", encoding="utf-8") as file:
            json.dump(dict(settings), file)
            file.flush()
            os.lseek(told, 0, os.SEEK_SET)
            try:
                socket.send_fds(self._socket, [json.dumps(words).encode()], [told])
            except OSError:  # it has just died: whoever looks after it will see
                self._lose_all()
