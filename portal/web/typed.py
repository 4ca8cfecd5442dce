"""What an address asks, and what no database can keep: one place for values that nobody can mean.

Of an address (bookmarked, mangled by a mail program, made up) the characters that nobody can read are left out before any
view sees them; the rest of the question stays good. In a form they are refused beside their field (`portal/web/forms.py`).
Whatever a view lets through all the same, the database refuses: that is the sender's fault, said in a sentence, not ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.datastructures import ImmutableMultiDict

from portal.kernel.text import legible
from portal.web.bodies import InMemory


class _Asked(ImmutableMultiDict[str, str]):
    """The fields of an address, without what nobody can read."""

    def __init__(self, mapping: Iterable[tuple[str, str]] | Any = ()) -> None:
        pairs = ImmutableMultiDict(mapping).items(multi=True)
        super().__init__([(legible(name), legible(value)) for name, value in pairs])


class PortalRequest(InMemory):
    """Flask's, with an address that can be asked, and files that stay in memory."""

    @property
    def args(self) -> ImmutableMultiDict[str, str]:  # type: ignore[override]
        found = self.__dict__.get("_asked")
        if found is None:
            found = self.__dict__["_asked"] = _Asked(super().args)
        return found
