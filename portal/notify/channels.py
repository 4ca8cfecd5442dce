"""By which channels, beyond the portal's own list, an installation tells people; and what a channel may answer.

The in-portal message needs none. A channel sends one delivery and says what became of it; it never retries by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from portal.config import Settings

MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a channel needs of a delivery: no word of any matter is in it. `unread` counts the person's own to-dos."""

    delivery_id: int
    message_id: UUID
    channel: str
    token: int
    address: str
    unread: int
    city_slug: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """`sent`; `again` when it was surely not taken and may be tried later; `refused` for good; `doubtful` when nobody
    can say whether it was taken."""

    kind: Literal["sent", "again", "refused", "doubtful"]
    fault: str | None = None


class Channel(Protocol):
    """One way out of the house."""

    def send(self, parcel: Parcel) -> Outcome:
        """Send once, within the lease, and say what became of it."""


_channels: dict[str, Channel] = {}


def configure(settings: Settings) -> None:
    """Open the channels that the installation's settings name; called once when the app is made."""
    from portal.notify.mail import Mail  # it knows this module's types

    _channels.clear()
    if settings.smtp_url:
        _channels[MAIL] = Mail(settings.smtp_url, settings.mail_from, settings.base_url)


def enabled() -> Mapping[str, Channel]:
    """The channels that are open."""
    return _channels
