"""A verb's form, with all that its page says."""

from __future__ import annotations

from typing import Any, ClassVar

from flask_babel import LazyString

from portal.access.actor import Actor
from portal.web.forms import OfficeForm


class ActForm(OfficeForm):
    """The shape of one act on one record. `lead`: what it does, in a sentence or two; `template` draws it, its fields in as many
    `rows`; `path`: where it stands, if not under the verb's name."""

    lead: ClassVar[LazyString | None] = None
    template: ClassVar[str] = "workflow/act.html"
    rows: ClassVar[dict[str, int]] = {}
    path: ClassVar[str | None] = None

    @classmethod
    def of(cls, found: Any) -> ActForm:
        """The form of this record."""
        return cls()

    def offer(self, actor: Actor, found: Any) -> None:
        """Fill the fields that may be chosen from; and, of a form that nobody has filled in yet, what is known beforehand."""

    def on_page(self, actor: Actor, found: Any) -> dict[str, Any]:
        """What else its page says of the record."""
        return {}

    def given(self, found: Any) -> Any:
        """What the act is given, of a form of the right shape. Raises Invalid."""

    def outcome(self, actor: Actor, doing: Any) -> str:
        """What is said when it is done."""
        return str(doing.verb.said)
