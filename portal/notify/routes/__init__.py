"""The pages of one's own messages: the list and what is in it, and how and where one is told."""

from __future__ import annotations

from flask import Blueprint, Flask

from portal.config import Settings
from portal.notify import bell, channels
from portal.notify.queries import unread_count
from portal.web import frame

blueprint = Blueprint("notify", __name__)

from portal.notify.routes import messages, settings  # noqa: E402, F401


def install(app: Flask) -> None:
    """Open the installation's channels, name its doorbell, and let the frame count what is unread."""
    said: Settings = app.extensions["settings"]
    channels.configure(said)
    bell.configure(said.redis_url)
    frame.count_unread_with(lambda actor: unread_count(actor.person_id, suspended=actor.suspended))
