"""Telling people and reading what one was told (`telling`), how one wants to be told (`settings`), and where (`addresses`).
"""

from portal.notify.service.telling import open_message, read_all, tell

__all__ = ["open_message", "read_all", "tell"]
