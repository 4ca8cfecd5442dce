"""The kinds of workbook that can be imported: each has a name of its own, under which what was judged is kept for its owner."""

from __future__ import annotations

from typing import Protocol

from flask_babel import LazyString

from portal.registry.registered import ByName


class ImportKind(Protocol):
    """One kind of workbook, as far as names go; `importing.service` knows the rest."""

    @property
    def name(self) -> str: ...

    @property
    def words(self) -> LazyString:
        """What the workbook is called on screen."""


IMPORTS: ByName[ImportKind] = ByName("kind of workbook")
