"""Attachments on the disk: sealed, whole or not there at all."""

import errno
import gc
import hashlib
import io
import os
import time

import pytest

from portal.kernel.refusals import Invalid
from portal.vault.encryption import PIECE, SealBroken
from portal.vault.files import MEGABYTE, FileStore

CANARY = "附件里的金丝雀".encode()


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "attachments"


@pytest.fixture
def store(directory):
    return FileStore(directory, most=3 * MEGABYTE, reserve=0)


def left(directory):
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("size", [0, 1, PIECE, 2 * PIECE + 5])
def test_a_file_comes_back_as_it_was(store, directory, size):
    content = os.urandom(size)
    stored = store.store(io.BytesIO(content), "attachment:1")
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(content).hexdigest())
    assert b"".join(store.open(stored.name, "attachment:1")) == content
    assert store.read(stored.name, "attachment:1") == content
    assert left(directory) == [stored.name]


def test_the_disk_holds_neither_content_nor_name(store, directory):
    stored = store.store(io.BytesIO(CANARY * 100), "attachment:1")
    assert CANARY not in (directory / stored.name).read_bytes()
    assert len(stored.name) == 32
    assert directory.stat().st_mode & 0o777 == 0o700
    assert (directory / stored.name).stat().st_mode & 0o777 == 0o600


def test_the_same_content_gets_another_name_and_other_bytes(store, directory):
    first, second = (store.store(io.BytesIO(CANARY), "attachment:1") for _ in range(2))
    assert (directory / first.name).read_bytes() != (directory / second.name).read_bytes()


def test_a_file_opens_for_its_own_record_only(store):
    stored = store.store(io.BytesIO(CANARY), "attachment:1")
    with pytest.raises(SealBroken):
        store.open(stored.name, "attachment:2")


def test_a_damaged_file_is_not_handed_out(store, directory):
    stored = store.store(io.BytesIO(CANARY), "attachment:1")
    path = directory / stored.name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(SealBroken):
        store.open(stored.name, "attachment:1")


@pytest.mark.parametrize("name", ["../vault.key", "a" * 32, "/etc/passwd", "", "." + "a" * 32 + ".part"])
def test_nothing_else_can_be_opened(store, name):
    with pytest.raises(FileNotFoundError):
        store.open(name, "attachment:1")


def test_an_opened_file_that_nobody_reads_is_closed(store):
    stored = store.store(io.BytesIO(CANARY), "attachment:1")
    store.open(stored.name, "attachment:1")
    gc.collect()
    assert not [link for link in os.listdir("/proc/self/fd") if stored.name in _target(link)]


def _target(link):
    try:
        return os.readlink(f"/proc/self/fd/{link}")
    except FileNotFoundError:
        return ""


def test_a_file_that_is_too_large_is_refused_while_it_is_read(store, directory):
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            self.given += size
            return b"x" * size

    stream = Endless()
    with pytest.raises(Invalid, match="3 MB"):
        store.store(stream, "attachment:1")
    assert stream.given <= 4 * MEGABYTE
    assert left(directory) == []
    assert store.store(io.BytesIO(b"x" * 3 * MEGABYTE), "attachment:1").size == 3 * MEGABYTE


def test_nothing_is_taken_when_the_disk_is_nearly_full(directory):
    store = FileStore(directory, free=lambda _directory: 199 * MEGABYTE)
    with pytest.raises(Invalid, match="存储空间不足"):
        store.store(io.BytesIO(b""), "attachment:1")
    assert left(directory) == []


def test_a_disk_that_fills_on_the_way_stops_it(directory):
    free = iter([300, 300, 300, 200])
    store = FileStore(directory, free=lambda _directory: next(free) * MEGABYTE)
    with pytest.raises(Invalid, match="存储空间不足"):
        store.store(io.BytesIO(b"x" * 5 * MEGABYTE), "attachment:1")
    assert left(directory) == []


def test_a_full_disk_is_a_refusal_and_leaves_nothing(store, directory):
    class Full(io.RawIOBase):
        def read(self, size=-1):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Invalid, match="存储空间不足"):
        store.store(Full(), "attachment:1")
    assert left(directory) == []


def test_a_broken_upload_leaves_nothing(store, directory):
    class Cut(io.RawIOBase):
        def read(self, size=-1):
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.store(Cut(), "attachment:1")
    assert left(directory) == []


def test_orphans_go_and_what_a_row_names_stays(store, directory):
    kept, orphan, young = (store.store(io.BytesIO(CANARY), "attachment:1").name for _ in range(3))
    (directory / f".{'a' * 32}.part").write_bytes(b"left by a crash")
    (directory / "README").write_bytes(b"not ours")
    yesterday = time.time() - 90_000
    for name in (kept, orphan, f".{'a' * 32}.part", "README"):
        os.utime(directory / name, (yesterday, yesterday))
    assert sorted(store.remove_orphans({kept})) == sorted([orphan, f".{'a' * 32}.part"])
    assert left(directory) == sorted([kept, young, "README"])


def test_a_removed_file_is_gone(store, directory):
    stored = store.store(io.BytesIO(CANARY), "attachment:1")
    store.remove(stored.name)
    store.remove(stored.name)
    assert left(directory) == []
