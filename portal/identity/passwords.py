"""How passwords are kept and judged: Argon2id, a minimum of length, none of the common ones, no composition rules.

A city under 等保 (GB/T 22239) has the rules of that profile instead: 8 characters of 3 kinds, none of the last five, a
new one every 90 days.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.kernel.language import _
from portal.kernel.refusals import Refusal

SHORTEST, LONGEST = 10, 128  # characters
SHORTEST_MIXED, KINDS = 8, 3  # characters, kinds of characters: under 等保
NOT_AGAIN = 5  # former passwords that are not taken again, under 等保
LASTS, WARNED = timedelta(days=90), timedelta(days=7)  # under 等保
AT_ONCE = 2  # hashes one process computes at a time: each takes 19 MiB and about 30 ms of one core
PATIENCE = 5.0  # seconds
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for something else on paper

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_light = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
_turn = threading.BoundedSemaphore(AT_ONCE)


class Busy(Refusal):
    """Too many people sign in at this very moment."""

    status = 503


def hashed(password: str) -> str:
    """The form in which a password is stored."""
    with _in_turn():
        return _hasher.hash(_normal(password))


def hashed_one_time(password: str) -> str:
    """The stored form of a one-time password that `one_time_password` made: its 59 random bits need no slow hash, and ten
    thousand people brought in by one workbook could not wait for one. Never for a password that somebody chose."""
    return _light.hash(_normal(password))


def fits(stored: str | None, password: str) -> bool:
    """Whether this is the password. Without a stored one (an unknown name) it takes just as long, and is not."""
    with _in_turn():
        try:
            if stored is not None and _hasher.check_needs_rehash(stored):
                _hasher.hash(_normal(password)[: LONGEST * 4])  # one that is quickly checked must not take less time
            return _hasher.verify(stored or _dummy(), _normal(password)[: LONGEST * 4]) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """It was stored with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def objection(password: str, *names: str, dengbao: bool = False) -> str | None:
    """Why this cannot become somebody's password, in a sentence; None when it can. `names` are his own."""
    said = _normal(password)
    least = SHORTEST_MIXED if dengbao else SHORTEST
    if len(said) < least:
        return _("口令至少 %(least)s 位", least=least)
    if dengbao and _kinds(said) < KINDS:
        return _("口令须含大写字母、小写字母、数字、其他字符中的至少三种")
    if len(said) > LONGEST:
        return _("口令最多 %(most)s 位", most=LONGEST)
    plain = said.casefold()
    if any(name and plain in (name.casefold(), name.casefold() * 2) for name in names):
        return _("口令不能与姓名或登录名相同")
    if plain in _common() or len(set(plain)) < 4:
        return _("这个口令太常见，容易被猜到，请换一个")
    return None


def hint(dengbao: bool) -> str:
    """The rule in small print beside the field."""
    if dengbao:
        return _(
            "至少 8 位，含大写字母、小写字母、数字、其他字符中的三种；不能与最近 5 次的口令、姓名或登录名相同，也不能用常见的口令"
        )
    return _("至少 10 位，不能与姓名或登录名相同，也不能用常见的口令")


def expires_at(changed_at: datetime, dengbao: bool) -> datetime | None:
    """When a password that was chosen then must be changed; None where no rule says so."""
    return changed_at + LASTS if dengbao else None


def one_time_password() -> str:
    """A password to hand over on paper, to be changed at the first sign-in: three groups of four, 59 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _place in range(4)) for _group in range(3))


def _kinds(said: str) -> int:
    tests = (str.isupper, str.islower, str.isdigit, lambda c: not (c.isupper() or c.islower() or c.isdigit()))
    return sum(any(test(character) for character in said) for test in tests)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)


@contextmanager
def _in_turn() -> Iterator[None]:
    if not _turn.acquire(timeout=PATIENCE):
        raise Busy(_("同时登录的人太多，请稍后再试"))
    try:
        yield
    finally:
        _turn.release()


@cache
def _dummy() -> str:
    return _hasher.hash(secrets.token_urlsafe(24))


@cache
def _common() -> frozenset[str]:
    lines = Path(__file__).with_name("common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip().casefold() for line in lines if line.strip())
