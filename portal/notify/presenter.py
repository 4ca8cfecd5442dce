"""A message as pages draw it: its sentence in the reader's language, the number beside it, and where it leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import url_for

from portal.notify.kinds import text_of
from portal.notify.queries import MessagePage


@dataclass(frozen=True, slots=True)
class DrawnMessage:
    """Attributes as `templates/notify/messages.html` and the desk name them."""

    id: UUID
    text: str
    say: str | None
    url: str | None
    number: str | None
    at: datetime
    new: bool


def drawn(found: MessagePage) -> list[DrawnMessage]:
    """The messages as the page lists them; each link opens the matter and marks the message read. Those out of sight have
    none."""
    return [
        DrawnMessage(
            id=message.id,
            text=text_of(message.kind, message.facts),
            say=message.facts.get("say"),
            url=None if message.id in found.out_of_sight else url_for("notify.open_message", message_id=message.id),
            number=message.facts.get("number"),
            at=message.at,
            new=message.read_at is None,
        )
        for message in found.messages
    ]
