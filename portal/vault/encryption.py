"""How content is sealed: the one place that knows ciphers, keys and the layout of what was sealed.

Sealed bytes begin with a suite byte and the id of the key they were sealed with, so that another suite (SM4-GCM) and
new keys can come without a change of schema. The identity of the row or file goes in twice: the key is derived for
it, and it is authenticated with the content, so nothing sealed for one row opens in another.

    record   suite 1 | key id 4 | nonce 12 | AES-256-GCM(content) with its tag
    stream   suite 2 | key id 4 | salt 16  | AES-256-GCM(piece of 1 MiB) with its tag, …; the nonce counts the pieces
             and marks the last, so that a missing, repeated or displaced piece does not open

The key file lives outside the database and is readable by its owner alone. Each line is one key of 32 bytes in hex;
the first seals, all of them open.
"""

from __future__ import annotations

import hmac
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.config import NotFit

RECORD_SUITE = b"\x01"
STREAM_SUITE = b"\x02"
PIECE = 1024 * 1024
_KEY_ID, _NONCE, _SALT, _TAG = 4, 12, 16, 16
_KEY_LINE = re.compile(r"[0-9a-f]{64}")


class SealBroken(Exception):
    """What was sealed was changed, cut, swapped with another row's, or sealed with a key that is not at hand."""


class VaultClosed(NotFit):
    """The key file is missing or not fit for use; the portal must not start without it."""


@dataclass(frozen=True, slots=True)
class _Ring:
    """The keys at hand, by id; `current` seals. Keys never show in a repr."""

    current: bytes
    keys: dict[bytes, bytes] = field(repr=False)


_ring: _Ring | None = None


def create_key_file(key_file: Path) -> None:
    """Make a new key file, readable by its owner alone; an existing one is never touched (FileExistsError)."""
    descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(os.urandom(32).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())


def configure(key_file: Path) -> None:
    """Take the keys from this file. Raises VaultClosed, saying why, when it is missing or open to others."""
    global _ring
    _ring = None
    try:
        with open(key_file, encoding="ascii") as file:
            status = os.fstat(file.fileno())
            lines = file.read(65536).split()
    except FileNotFoundError:
        raise VaultClosed(f"the vault's key file {key_file} does not exist") from None
    except (OSError, UnicodeDecodeError) as error:
        raise VaultClosed(f"the vault's key file {key_file} cannot be read ({type(error).__name__})") from None
    if not stat.S_ISREG(status.st_mode):
        raise VaultClosed(f"the vault's key file {key_file} is not a plain file")
    if status.st_mode & 0o077:
        raise VaultClosed(f"the vault's key file {key_file} may be read by others: chmod 600 it")
    if not lines or not all(_KEY_LINE.fullmatch(line) for line in lines):
        raise VaultClosed(f"the vault's key file {key_file} does not hold keys of 64 hexadecimal digits, one a line")
    keys = {_key_id(key): key for key in map(bytes.fromhex, lines)}
    _ring = _Ring(_key_id(bytes.fromhex(lines[0])), keys)


def key_ids() -> tuple[str, ...]:
    """The ids of the keys at hand, the one that seals first. An id tells keys apart and nothing of the key."""
    ring = _open_ring()
    return tuple(dict.fromkeys(key.hex() for key in (ring.current, *ring.keys)))


def seal(plain: bytes, identity: str) -> bytes:
    """Seal content for the row of this identity."""
    ring = _open_ring()
    header = RECORD_SUITE + ring.current
    nonce = os.urandom(_NONCE)
    key = _derived(ring.keys[ring.current], "record", identity)
    return header + nonce + AESGCM(key).encrypt(nonce, plain, _bound(header, identity))


def open_sealed(sealed: bytes, identity: str) -> bytes:
    """The content that was sealed for the row of this identity; raises SealBroken."""
    header, nonce, body = sealed[:5], sealed[5 : 5 + _NONCE], sealed[5 + _NONCE :]
    if header[:1] != RECORD_SUITE or len(body) < _TAG:
        raise SealBroken("not a sealed record")
    key = _derived(_key_for(header), "record", identity)
    return _opened(key, nonce, body, _bound(header, identity))


def seal_stream(pieces: Iterable[bytes], identity: str) -> Iterator[bytes]:
    """Seal a long content piece by piece; what it yields, joined, is the sealed file."""
    ring = _open_ring()
    header = STREAM_SUITE + ring.current
    salt = os.urandom(_SALT)
    cipher = AESGCM(_derived(ring.keys[ring.current], "stream", identity, salt))
    bound = _bound(header, identity)
    yield header + salt
    number, waiting = 0, b""
    for piece in pieces:
        waiting += piece
        while len(waiting) > PIECE:
            yield cipher.encrypt(_count(number, last=False), waiting[:PIECE], bound)
            number, waiting = number + 1, waiting[PIECE:]
    yield cipher.encrypt(_count(number, last=True), waiting, bound)


def sealed_size(size: int) -> int:
    """How long content of this size is when `seal_stream` has sealed it."""
    return 5 + _SALT + size + _TAG * max(1, -(-size // PIECE))


def open_stream(file: BinaryIO, identity: str) -> Iterator[bytes]:
    """The content of a sealed file, piece by piece, each checked before it is handed on; raises SealBroken."""
    header = file.read(5)
    salt = file.read(_SALT)
    if header[:1] != STREAM_SUITE or len(salt) != _SALT:
        raise SealBroken("not a sealed file")
    key = _derived(_key_for(header), "stream", identity, salt)
    bound = _bound(header, identity)
    number, piece = 0, file.read(PIECE + _TAG)
    while True:
        following = file.read(PIECE + _TAG)
        yield _opened(key, _count(number, last=not following), piece, bound)
        if not following:
            return
        number, piece = number + 1, following


def keyed_digest(content: bytes, identity: str) -> str:
    """A digest of content that cannot be guessed without the key: `key id:HMAC-SHA-256`, both in hex.

    The identity enters the key, so equal contents of two rows have different digests.
    """
    ring = _open_ring()
    key = _derived(ring.keys[ring.current], "digest", identity)
    return f"{ring.current.hex()}:{hmac.digest(key, content, 'sha256').hex()}"


def digests(content: bytes, identity: str) -> list[str]:
    """64 characters by which content is recognised and that cannot be guessed without the key: `key id:` and 220 bits of
    its HMAC-SHA-256, in hex. By each key at hand, the one that seals first: that is what is kept, and what was kept under
    a former key is still found."""
    ring = _open_ring()
    ids = sorted(ring.keys, key=lambda key_id: key_id != ring.current)
    found = {key_id: hmac.digest(_derived(ring.keys[key_id], "digest", identity), content, "sha256") for key_id in ids}
    return [f"{key_id.hex()}:{made.hex()}"[:64] for key_id, made in found.items()]


def _open_ring() -> _Ring:
    if _ring is None:
        raise VaultClosed("the vault has no key yet: configure(key_file) comes first")
    return _ring


def _key_for(header: bytes) -> bytes:
    key = _open_ring().keys.get(header[1:])
    if key is None:
        raise SealBroken("sealed with a key that is not at hand")
    return key


def _derived(key: bytes, purpose: str, identity: str, salt: bytes | None = None) -> bytes:
    info = b"duban vault\0" + purpose.encode() + b"\0" + identity.encode()
    return HKDF(hashes.SHA256(), 32, salt, info).derive(key)


def _key_id(key: bytes) -> bytes:
    return _derived(key, "key id", "")[:_KEY_ID]


def _bound(header: bytes, identity: str) -> bytes:
    return header + identity.encode()


def _count(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_NONCE - 1, "big") + (b"\1" if last else b"\0")


def _opened(key: bytes, nonce: bytes, body: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce, body, bound)
    except (InvalidTag, ValueError):
        raise SealBroken("the seal does not fit") from None
