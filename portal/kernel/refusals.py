"""What the portal answers when it will not do a thing. A refusal changes nothing and says why, in a sentence.

A service raises one of these; `web` turns it into a page or a fragment with the status below, and keeps what was typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Refusal(Exception):
    """The act is refused. `sentence` is for the reader; `unmet` lists every condition that stands in the way."""

    status = 422

    def __init__(self, sentence: str, *, unmet: Sequence[str] = (), fields: Mapping[str, str] | None = None) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence
        self.unmet = tuple(unmet)
        self.fields = dict(fields or {})


class Invisible(Refusal):
    """It does not exist for this reader: hidden, missing and malformed look alike."""

    status = 404

    def __init__(self) -> None:
        super().__init__("")


class Forbidden(Refusal):
    """The reader sees the record, but the act is not his."""

    status = 403


class Unconfirmed(Refusal):
    """What is asked for is confidential, and it is too long ago that the reader has shown that it is he."""

    status = 403


class Stale(Refusal):
    """It moved meanwhile. `changes` says what happened since the reader's page was drawn, newest first."""

    status = 409

    def __init__(self, sentence: str, *, changes: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.changes = tuple(changes)


class Missing(Refusal):
    """The record is there, but not what it promises: a file that the disk does not hold any more, or not as it was."""

    status = 410


class Invalid(Refusal):
    """What was typed cannot be accepted; `fields` maps field name to sentence."""

    status = 422
