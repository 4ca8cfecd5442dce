"""The list of one's own messages, opening one, marking all read, and the badge in the frame."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from portal.access.acts import SIGNED_IN
from portal.access.queries import kinds_of
from portal.kernel.language import _
from portal.kernel.refusals import Invisible
from portal.notify import service
from portal.notify.models import Message
from portal.notify.presenter import drawn
from portal.notify.queries import Place, messages_of
from portal.notify.routes import blueprint
from portal.registry.messages import MESSAGES, Opens
from portal.web.guards import allows, current_actor
from portal.web.places import record_url
from portal.web.responses import go, page

ELSEWHERE = Opens("notify.messages")


@dataclass(frozen=True, slots=True)
class _Pages:
    """As the macro `pager` names them."""

    text: str
    note: str | None
    prev_url: str | None
    next_url: str | None
    sizes: tuple[Any, ...] = ()


@blueprint.get("/messages")
@allows(SIGNED_IN)
def messages() -> Response:
    """One's own messages, newest first."""
    actor, only_new = current_actor(), request.args.get("show") == "new"
    found = messages_of(actor, only_new=only_new, place=_place())
    pages = None
    if found.newer or found.older:
        shown = found.messages
        newer = _address(only_new, "before", shown[0]) if found.newer and shown else None
        older = _address(only_new, "after", shown[-1]) if found.older and shown else None
        pages = _Pages(_("从新到旧"), None, newer, older)
    return page(
        "notify/messages.html",
        messages=drawn(found),
        read_all_url=url_for("notify.read_all"),
        only_new=only_new,
        all_url=url_for("notify.messages"),
        new_url=url_for("notify.messages", show="new"),
        settings_url=url_for("notify.settings"),
        pages=pages,
    )


@blueprint.route("/messages/<uuid:message_id>/open", methods=["GET", "POST"])
@allows(SIGNED_IN)
def open_message(message_id: UUID) -> Response:
    """Mark one's message read and go on to what it is about; opening it twice changes nothing more."""
    message = service.open_message(current_actor(), message_id)
    if message.record_id is not None:
        return go(record_url(kinds_of([message.record_id])[message.record_id], message.record_id))
    opens = MESSAGES[message.kind].opens or ELSEWHERE
    if opens.fact and opens.fact not in message.facts:
        opens = ELSEWHERE
    return go(url_for(opens.endpoint, **({opens.argument: message.facts[opens.fact]} if opens.argument and opens.fact else {})))


@blueprint.post("/messages/read")
@allows(SIGNED_IN)
def read_all() -> Response:
    """Mark all one's messages read."""
    service.read_all(current_actor())
    return go(url_for("notify.messages"))


@blueprint.get("/messages/badge")
@allows(SIGNED_IN)
def badge() -> Response:
    """How many are unread: asked for by the page itself every minute, which keeps no session alive."""
    return page("badge.html")


def _place() -> Place | None:
    for name, back in (("after", False), ("before", True)):
        if name in request.args:
            moment, _dash, message_id = request.args[name].partition("-")
            try:
                return Place(datetime.fromtimestamp(int(moment) / 1_000_000, UTC), UUID(hex=message_id), back)
            except (ValueError, OverflowError, OSError):
                raise Invisible from None
    return None


def _address(only_new: bool, side: str, message: Message) -> str:
    microseconds = round(message.at.timestamp() * 1_000_000)
    place = {side: f"{microseconds}-{message.id.hex}"}
    return url_for("notify.messages", show="new" if only_new else None, **place)  # type: ignore[arg-type]
