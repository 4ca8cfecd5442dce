"""Telling people and reading what one was told (`telling`), how one wants to be told (`settings`), and where (`addresses`)."""

from portal.notify.service.telling import Occasion, forget_words, open_message, read_all, tell, tell_each

__all__ = ["Occasion", "forget_words", "open_message", "read_all", "tell", "tell_each"]
