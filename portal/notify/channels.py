"""By which channels, beyond the portal's own list, an installation tells people; and what a channel may answer.

The in-portal message needs none. A channel sends one delivery and says what became of it; it never retries by itself.
A further channel is one module with `open_channel(url, settings)`, named in DUBAN_CHANNELS with its address: nothing else
knows it. When to send, to whom, once or again is not its business: see `delivery`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import UUID

from portal.config import Misconfigured
from portal.kernel.language import _l
from portal.notify import codes

if TYPE_CHECKING:
    from portal.config import Settings

MAIL = "mail"
MAIL_MODULE = "portal.notify.mail"
LONGEST_NAME, LONGEST_ADDRESS = 12, 120
NO_ADDRESS = _l("这不是可用的地址")


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a channel needs of a delivery: no word of any matter is in it. `identity` is the same whenever the delivery
    is tried again; `unread` counts the person's own messages; `code` is set where an address is to be confirmed."""

    delivery_id: int
    identity: UUID
    channel: str
    token: int
    address: str
    unread: int
    city_slug: str
    carries: Literal["message", "digest", "code"] = "message"
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`sent`; `again` when it was surely not taken and may be tried later; `away` when the channel takes nothing from us
    at present, whatever the letter; `refused`, this very letter and for good; `doubtful` when nobody can say whether it
    was taken."""

    kind: Literal["sent", "again", "away", "refused", "doubtful"]
    fault: str | None = None


class Channel(Protocol):
    """One way out of the house."""

    @property
    def name(self) -> str:
        """What deliveries and settings call it, at most twelve letters; never changed once in use."""

    @property
    def label(self) -> Any:
        """What people call it."""

    @property
    def per_minute(self) -> int | None:
        """The most that it takes in a minute from the whole installation; None: no limit."""

    def address(self, typed: str) -> str:
        """The address as it is kept. Raises ValueError for what cannot be one; nothing is sent to find out."""

    def send(self, parcel: Parcel, begin: Callable[[], bool]) -> Outcome:
        """Send once, and say what became of it. `begin` is called just before the first octet of the text leaves, at
        most five minutes after `send` was; where it answers False the right to send is lost, and nothing leaves. What
        becomes of the text is known ten minutes later, or doubtful."""


_channels: dict[str, Channel] = {}
_closed: ContextVar[bool] = ContextVar("channels_closed", default=False)


def configure(settings: Settings) -> None:
    """Open the channels that the installation's settings name; called once when the app is made. Raises Misconfigured
    for a module that cannot be a channel, ValueError for an address that it cannot read."""
    _channels.clear()
    codes.configure(settings.secret_key())
    wanted = {MAIL_MODULE: settings.smtp_url} if settings.smtp_url else {}
    for module, url in (wanted | dict(settings.channels)).items():
        try:
            opened: Channel = import_module(module).open_channel(url, settings)
        except (ImportError, AttributeError) as fault:
            raise Misconfigured(f"DUBAN_CHANNELS: {module} is no channel ({type(fault).__name__}).") from fault
        if not opened.name or len(opened.name) > LONGEST_NAME or opened.name in _channels:
            raise Misconfigured(f"DUBAN_CHANNELS: {module} calls itself {opened.name!r}, too long or already there.")
        _channels[opened.name] = opened


def enabled() -> Mapping[str, Channel]:
    """The channels that are open."""
    return {} if _closed.get() else _channels


@contextmanager
def closed() -> Iterator[None]:
    """Whoever is told something in here finds it in the portal alone."""
    token = _closed.set(True)
    try:
        yield
    finally:
        _closed.reset(token)
