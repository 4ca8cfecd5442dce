"""Where an installation keeps its data, its keys and its locks, and who may look after them at one time."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from portal.local.processes import NotStarted

CLONE = Path(__file__).resolve().parents[2]
SOCKET_PATH_LIMIT = 100  # bytes; the kernel allows 107
LEFTOVER_PATIENCE = 30.0  # seconds an earlier start's processes get to end


@dataclass(frozen=True)
class Place:
    """One data directory: `var/` in the clone, or what DUBAN_DATA names."""

    data: Path

    @classmethod
    def from_environment(cls) -> Place:
        """The data directory this installation uses."""
        return cls(Path(os.environ.get("DUBAN_DATA") or CLONE / "var").expanduser().resolve())

    @property
    def files(self) -> Path:
        """Where uploaded files lie, encrypted."""
        return self.data / "files"

    @property
    def logs(self) -> Path:
        """Where each process writes its log."""
        return self.data / "log"

    @property
    def secret_key(self) -> Path:
        """The file of the key that signs cookies and forms."""
        return self.data / "secret.key"

    @property
    def vault_key(self) -> Path:
        """The file of the key that seals confidential content: beside the data directory and not in it, so that no copy of that
        one holds the key to it. Where an earlier version made it inside, it is used there."""
        return self.former_vault_key if self.former_vault_key.exists() else self.keys / "vault.key"

    @property
    def keys(self) -> Path:
        """The directory of the vault's key."""
        return self.data.with_name(f"{self.data.name}.keys")

    @property
    def former_vault_key(self) -> Path:
        """Where earlier versions kept it."""
        return self.data / "vault.key"

    def prepare(self) -> None:
        """Makes the directories."""
        self.data.mkdir(parents=True, exist_ok=True)
        # Root's database runs as another user, who must be able to pass through to its own directory.
        self.data.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for directory in (self.files, self.logs):
            directory.mkdir(mode=0o700, exist_ok=True)

    def make_keys(self, told: Mapping[str, str] = MappingProxyType({}), *, used: bool = False) -> None:
        """Makes the two keys, where the environment names no others. An existing one is never touched, and none is made for a
        database that was `used` already: raises NotStarted."""
        if not told.get("VAULT_KEY_FILE") and not self.vault_key.exists():
            if used:
                raise NotStarted(
                    f"{self.vault_key} is missing. What is confidential was sealed with it, and a new one would not open it: put "
                    "the key back from where it is kept apart, or name its place with VAULT_KEY_FILE."
                )
            self.keys.mkdir(mode=0o700, exist_ok=True)
            keep_secret(self.vault_key, lambda: secrets.token_bytes(32).hex())
        if not told.get("SECRET_KEY_FILE") and not self.secret_key.exists():
            if used:
                raise NotStarted(
                    f"{self.secret_key} is missing. Put it back. Where it is lost, another one serves, and everybody signs in "
                    f"again: make it with `umask 077; openssl rand -hex 32 > {self.secret_key}`, then say so with "
                    "`python -m portal.local with flask secret-key accept`."
                )
            keep_secret(self.secret_key, lambda: secrets.token_urlsafe(48))

    def traces(self, told: Mapping[str, str] = MappingProxyType({}), *, keys: bool = True) -> list[Path]:
        """What an installation that was used before has left here: keys, uploaded files, what Redis was told."""
        found = [key for key in (self.secret_key, self.vault_key) if keys and key.exists()]
        files = Path(told.get("FILES_DIR") or self.files)
        for directory in (files, self.data / "redis" / "appendonlydir"):
            if directory.is_dir() and any(directory.iterdir()):
                found.append(directory)
        return found

    def hold(self) -> Hold:
        """Takes the data directory for this process; refuses while another one looks after it."""
        return Hold(self)


class Hold:
    """The right to look after one data directory.

    Two locks: the first ends with the supervisor, the second only with the last of the processes it started, which
    inherit it. A start after a killed supervisor therefore waits until nothing of the earlier one is left.
    """

    def __init__(self, place: Place) -> None:
        place.data.mkdir(parents=True, exist_ok=True)
        self._mine = _open_lock(place.data / "supervisor.lock")
        try:
            fcntl.flock(self._mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as refusal:
            os.close(self._mine)
            if refusal.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            raise AlreadyHeld(
                f"Another start of the portal already looks after {place.data}. "
                "Stop that one first, or name another directory with DUBAN_DATA."
            ) from None
        self.inherited = _open_lock(place.data / "processes.lock")
        deadline = time.monotonic() + LEFTOVER_PATIENCE
        while True:
            try:
                fcntl.flock(self.inherited, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    self.release()
                    raise NotStarted(
                        f"Processes of an earlier start still use {place.data} after "
                        f"{LEFTOVER_PATIENCE:.0f} seconds; end them first."
                    ) from None
                time.sleep(0.1)

    def release(self) -> None:
        """Gives the directory back."""
        os.close(self.inherited)
        os.close(self._mine)


class AlreadyHeld(NotStarted):
    """Another process looks after this data directory."""


def keep_secret(path: Path, make: Callable[[], str]) -> None:
    """Writes a new secret into a file only its owner may read, unless the file is there already."""
    if path.exists():
        return
    write_private(path, make() + "\n")


def write_private(path: Path, text: str) -> None:
    """Writes a file of mode 0600, whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mkstemp gives 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except OSError as fault:
        os.unlink(name)
        raise OSError(fault.errno, fault.strerror, str(path)) from None


def socket_directory(wanted: Path, longest_name: str, owner: int) -> Path:
    """`wanted` where a socket's path fits there, else a short private directory; `owner` is the server's user id."""
    if len(os.fsencode(wanted / longest_name)) <= SOCKET_PATH_LIMIT:
        wanted.mkdir(mode=0o700, exist_ok=True)
        return wanted
    short = short_directory(wanted)
    try:
        short.mkdir(mode=0o700)
    except FileExistsError:
        found = short.lstat()
        if short.is_symlink() or found.st_uid not in (os.getuid(), owner) or found.st_mode & 0o077:
            raise NotStarted(f"{short} exists and is not a private directory of ours; remove it.") from None
    return short


def short_directory(wanted: Path) -> Path:
    """The directory that stands in for one whose path is too long for sockets."""
    return Path("/tmp") / f"duban-{os.getuid()}-{digest(wanted)}"


def digest(path: Path) -> str:
    """A short name for a path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
