"""What a signature binds: the fields of a paper exactly as they were submitted, and their digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from portal.papers.models import Paper
from portal.vault.encrypted_fields import canonical_digest, identity_of, keyed_digests


class File(Protocol):
    """A file that goes with a paper: its name and the digest of what is in it."""

    name: str
    digest: str


def digest_to_sign(draft: Paper, fields: Mapping[str, Any]) -> str:
    """What a signature binds of these fields: their SM3; of a confidential paper a digest that only the vault's key makes,
    since whoever reads the database alone could confirm a guess of the text by the other."""
    return keyed_digests(fields, identity_of(draft))[0] if draft.confidential else canonical_digest(fields)


def is_what_was_signed(draft: Paper, fields: Mapping[str, Any], digest: str) -> bool:
    """Whether the digest is of these fields; a confidential paper that was submitted before there was a key to it has the
    other kind, and keeps it."""
    known = [canonical_digest(fields), *(keyed_digests(fields, identity_of(draft)) if draft.confidential else ())]
    return digest in known


def canonical_fields(draft: Paper, files: Iterable[File]) -> dict[str, Any]:
    """Exactly what a signature binds: text, title, addressee, the name it goes out in, and the attachments' digests."""
    return {
        "title": draft.title,
        "addressee": draft.addressee,
        "body": draft.body,
        "copies": draft.copies,
        "issuing_name": draft.issuing_name,
        "attachments": sorted([file.name, file.digest] for file in files),
    }
