"""How a record keeps its words: an open row as JSONB that SQL may read, a confidential row sealed before any INSERT.

Which of the two is settled when the record is made and never changes: making an open matter confidential voids it and
registers a new one. Sealing happens when a word is set, not when it is flushed, so no statement, and no error that the
database logs, ever carries a confidential word.
"""

from __future__ import annotations

import copy
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID, uuid4

from cryptography.hazmat.primitives import hashes
from sqlalchemy import CheckConstraint, LargeBinary, Uuid, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, validates

from portal.vault.encryption import digests, keyed_digest, open_sealed, seal

_WHERE = """(NOT confidential AND plain IS NOT NULL AND sealed IS NULL)
 OR (confidential AND sealed IS NOT NULL AND plain IS NULL)"""
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class _Word:
    """One word field; reads None until it is set."""

    name: str

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, record: Sealable | None, owner: type) -> Any:
        if record is None:
            return self
        # A copy: changing a list in place would otherwise look as if it had been stored.
        return copy.deepcopy(_words(record).get(self.name))

    def __set__(self, record: Sealable, value: Any) -> None:
        words = _words(record)
        if self.name not in words or words[self.name] != value:
            _keep(record, words | {self.name: value})


def Word() -> Any:
    """A field of a `Sealable` model whose value is content: text, or anything JSON can carry, or None.

    `title: str = Word()` in the class; `Model.plain["title"].astext` in SQL, which is NULL for confidential rows.
    """
    return _Word()


class Sealable:
    """Mixin, named before the base class, for records with `Word` fields. The id is made here, not by the database,
    because the seal is bound to it."""

    sealed_as: ClassVar[str | None] = None

    id: Mapped[UUID] = mapped_column(Uuid(), primary_key=True)
    confidential: Mapped[bool] = mapped_column(default=False)
    plain: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, CheckConstraint(_WHERE, name="plain_or_sealed"))

    def __init__(self, **fields: Any) -> None:
        names = word_names(type(self))
        words = {name: fields.pop(name) for name in names if name in fields}
        if not fields.keys().isdisjoint({"plain", "sealed"}):
            raise TypeError("words are set by their names")
        identifier = fields.pop("id", None) or uuid4()
        super().__init__(id=identifier, confidential=bool(fields.pop("confidential", False)), **fields)  # type: ignore[call-arg]
        _keep(self, words)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.__dict__.get('id')}>"

    @validates("id", "confidential")
    def _settled(self, name: str, value: Any) -> Any:
        settled = getattr(self, name) if inspect(self).has_identity else self.__dict__.get(name)
        if settled is not None and settled != value:
            raise ValueError(f"{name} of a {type(self).__name__} is settled when it is made")
        return value

    @validates("plain", "sealed")
    def _right_place(self, name: str, value: Any) -> Any:
        if value is not None and (name == "sealed") != self.confidential:
            raise ValueError(f"the words of this {type(self).__name__} do not belong in {name}")
        return value


def erase(record: Sealable) -> None:
    """Take all words away, as a void number demands."""
    _keep(record, {})


def identity_of(record: Sealable) -> str:
    """What the seal is bound to: table and id. A table that was renamed keeps its first name here, as `sealed_as`: nothing
    that was sealed under it would ever open again."""
    table = type(record).__mapper__.attrs["sealed"].columns[0].table  # type: ignore[attr-defined]
    return f"{record.sealed_as or table.name}:{record.id}"


def word_names(model: type) -> tuple[str, ...]:
    """The word fields of a model, its parents' first."""
    return tuple(name for kind in reversed(model.__mro__) for name, at in vars(kind).items() if isinstance(at, _Word))


def digest_of(record: Sealable) -> dict[str, str]:
    """The words as the journal keeps them: a keyed digest of each that is set, comparable within this record only."""
    identity = identity_of(record)
    return {
        name: keyed_digest(json.dumps(value, ensure_ascii=False, sort_keys=True).encode(), f"{identity}:{name}")
        for name, value in sorted(_words(record).items())
        if value is not None
    }


def canonical_digest(fields: Mapping[str, Any]) -> str:
    """SM3 of the fields in canonical form, in hex: what a signature binds."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(canonical(fields))
    return digest.finalize().hex()


def keyed_digests(value: Any, identity: str) -> list[str]:
    """`box.digests` of a value in canonical form."""
    return digests(canonical(value), identity)


def canonical(value: Any) -> bytes:
    """The one form in which equal values are equal bytes: JSON with sorted keys, NFC, times in UTC, no floats."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _words(record: Sealable) -> dict[str, Any]:
    if not record.confidential:
        return record.plain or {}
    sealed = record.sealed
    if sealed is None:
        return {}
    remembered: tuple[bytes, dict[str, Any]] | None = record.__dict__.get("_opened")
    # Valid as long as it belongs to the bytes of the row, whatever was refreshed, expired or rolled back meanwhile.
    if remembered is None or remembered[0] != sealed:
        remembered = (sealed, json.loads(open_sealed(sealed, identity_of(record))))
        record.__dict__["_opened"] = remembered
    return remembered[1]


def _keep(record: Sealable, words: dict[str, Any]) -> None:
    text = json.dumps(words, ensure_ascii=False, allow_nan=False)
    if _NUL.search(text):
        raise ValueError("a word holds a NUL character")
    serialised = text.encode()
    if record.confidential:
        record.sealed = seal(serialised, identity_of(record))
        record.__dict__["_opened"] = (record.sealed, json.loads(text))
    else:
        record.plain = json.loads(text)


def _plain(value: Any) -> Any:
    match value:
        case None | bool() | int():
            return value
        case Enum():
            return _plain(value.value)
        case str():
            return unicodedata.normalize("NFC", value)
        case datetime():
            if value.tzinfo is None:
                raise TypeError("a time without zone has no canonical form")
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            if not all(isinstance(key, str) for key in value):
                raise TypeError("canonical keys are strings")
            return {unicodedata.normalize("NFC", key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")
