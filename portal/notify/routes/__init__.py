"""The pages of one's own messages: the list and what is in it, and how and where one is told."""

from __future__ import annotations

from flask import Blueprint, Flask

from portal.config import Settings
from portal.notify import channels, wakeup

blueprint = Blueprint("notify", __name__)

from portal.notify.routes import messages, settings  # noqa: E402, F401


def install(app: Flask) -> None:
    """Open the installation's channels and name its doorbell."""
    said: Settings = app.extensions["settings"]
    channels.configure(said)
    wakeup.configure(said.redis_url)
