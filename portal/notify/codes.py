"""The code by which somebody proves that an address is his: reckoned from the request by a key of the installation, by the
worker that sends it and by the page that takes it back. It is kept nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

DIGITS = 6

_key: list[bytes] = []


def configure(secret: str) -> None:
    """Take the installation's secret; called once when the app is made."""
    _key[:] = [hmac.digest(secret.encode(), b"codes of addresses", "sha256")]


def code_of(change_id: UUID, address: str) -> str:
    """The six digits for this request."""
    reckoned = hmac.digest(_key[0], change_id.bytes + address.encode(), hashlib.sha256)
    return f"{int.from_bytes(reckoned[:8]) % 10**DIGITS:0{DIGITS}d}"


def fits(change_id: UUID, address: str, typed: str) -> bool:
    """The code that was typed is the one that was sent."""
    return hmac.compare_digest(code_of(change_id, address).encode(), typed.strip().encode())
