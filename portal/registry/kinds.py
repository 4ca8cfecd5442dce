"""The kinds of record: what every floor asks of a record without knowing of which kind it is."""

from __future__ import annotations

from dataclasses import dataclass

from portal.registry.registered import ByName


@dataclass(frozen=True, slots=True)
class Kind:
    """`name`: as records carry it; `page`: the endpoint that a record of the kind opens at, whoever leads there, and its
    `argument` that is the record's id; `buttons`: the verbs and links that its page offers, in their order, as `workflow` knows
    them."""

    name: str
    page: str
    argument: str
    buttons: tuple[object, ...] = ()


KINDS: ByName[Kind] = ByName("kind of record")
