"""Where attachments lie: one directory of sealed files under random names, never anything else.

A file is written under a temporary name, synced, renamed, and its directory synced, before its row is written: what a
row names is there after any crash, and what no row names can be removed.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from portal.kernel.language import _
from portal.kernel.refusals import Invalid
from portal.vault.encryption import PIECE, open_stream, seal_stream, sealed_size

log = logging.getLogger(__name__)

MEGABYTE = 1024 * 1024
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
NOT_TAKEN = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EIO, errno.ESTALE})  # by a disk
_NAME = re.compile(r"[0-9a-f]{32}")
_TEMPORARY = re.compile(r"\.[0-9a-f]{32}\.part")


@dataclass(frozen=True, slots=True)
class Stored:
    """What a row keeps of a file. Whoever holds a copy can recognise it by `sha256`: keep that among the sealed words
    where the file is confidential."""

    name: str
    size: int
    sha256: str


class FileStore:
    """The attachments' directory. `most` bytes a file; nothing is taken while less than `reserve` bytes are free, so
    that the disk never fills under the database."""

    def __init__(
        self,
        directory: Path,
        *,
        most: int = 50 * MEGABYTE,
        reserve: int = 200 * MEGABYTE,
        free: Callable[[Path], int] = lambda directory: shutil.disk_usage(directory).free,
    ) -> None:
        self.directory = Path(directory)
        self.most = most
        self._reserve = reserve
        self._free = free
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def store(self, stream: BinaryIO, identity: str) -> Stored:
        """Seal and keep what the stream holds, for the record of this identity. Refuses (Invalid) what is too large
        and what the disk has no room for or does not take; then nothing stays behind."""
        try:
            return self._store(stream, identity)
        except OSError as error:
            if error.errno in NO_ROOM:
                raise self._no_room() from error
            if error.errno not in NOT_TAKEN:
                raise
            log.error("a file could not be kept in %s: %s", self.directory, error.strerror or type(error).__name__)
            raise Invalid(_("服务器存放文件的目录现在不能写入，文件没有保存。请联系系统管理员。")) from error

    def _store(self, stream: BinaryIO, identity: str) -> Stored:
        name = secrets.token_hex(16)
        digest = hashlib.sha256()
        size = 0

        def pieces() -> Iterator[bytes]:
            nonlocal size
            while piece := stream.read(PIECE):
                size += len(piece)
                if size > self.most:
                    raise Invalid(_("文件过大，最多 %(most)s MB。", most=self.most // MEGABYTE))
                if self._free(self.directory) < self._reserve + len(piece):
                    raise self._no_room()
                digest.update(piece)
                yield piece

        if self._free(self.directory) < self._reserve:
            raise self._no_room()
        temporary = self.directory / f".{name}.part"
        try:
            with open(temporary, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
                for sealed in seal_stream(pieces(), identity):
                    file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, self.directory / name)
        except BaseException:
            with suppress(OSError):  # a directory that is read-only or gone holds none
                temporary.unlink()
            raise
        self._sync()
        return Stored(name, size, digest.hexdigest())

    def open(self, name: str, identity: str) -> Iterator[bytes]:
        """The file's content piece by piece. The first piece is checked at once, each further one before it is handed
        on. Raises FileNotFoundError, SealBroken."""
        path = self._path(name)

        def pieces() -> Iterator[bytes]:
            with path.open("rb") as file:
                opened = open_stream(file, identity)
                first = next(opened)
                yield b""  # here `open` returns: the file is closed even if nobody reads on
                yield first
                yield from opened

        content = pieces()
        next(content)
        return content

    def read(self, name: str, identity: str) -> bytes:
        """The file's whole content. Raises FileNotFoundError, SealBroken."""
        return b"".join(self.open(name, identity))

    def names(self) -> set[str]:
        """The names of all files that lie there."""
        return {entry.name for entry in os.scandir(self.directory) if _NAME.fullmatch(entry.name)}

    def is_whole(self, name: str, size: int) -> bool:
        """Whether the file is there, may be read and is as long as content of this size is when it is sealed; its seal is not
        looked at."""
        path = self._path(name)
        try:
            return path.stat().st_size == sealed_size(size) and os.access(path, os.R_OK)
        except OSError:
            return False

    def writable(self) -> bool:
        """Whether files can be added."""
        return os.access(self.directory, os.W_OK | os.X_OK)

    def remove(self, name: str) -> None:
        """Remove a file whose row is gone; one that is not there is no error."""
        self._path(name).unlink(missing_ok=True)
        self._sync()

    def remove_orphans(self, referenced: Collection[str], *, older_than: float = 24 * 3600) -> list[str]:
        """Remove files that no row names and that are older than `older_than` seconds — a younger one's row may just
        be on its way — and say which."""
        # Age by the file system's own clock, which stamped the files: the portal's may be set back for a demonstration.
        probe = self.directory / f".{secrets.token_hex(16)}.part"
        probe.touch(mode=0o600)
        present = probe.stat().st_mtime
        probe.unlink()
        removed = []
        for path in sorted(self.directory.iterdir()):
            ours = _NAME.fullmatch(path.name) or _TEMPORARY.fullmatch(path.name)
            if not ours or path.name in referenced:
                continue
            with suppress(FileNotFoundError):
                if present - path.stat().st_mtime >= older_than:
                    path.unlink()
                    removed.append(path.name)
        if removed:
            self._sync()
        return removed

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise FileNotFoundError("not the name of a stored file")
        return self.directory / name

    def _sync(self) -> None:
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _no_room(self) -> Invalid:
        return Invalid(_("服务器存储空间不足，暂不能上传文件。请联系系统管理员。"))
