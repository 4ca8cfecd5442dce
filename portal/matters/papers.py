"""What a matter does as the sign-off of its paper goes its way: who signs reads a confidential one, is asked, and the lead
unit's desk and the supervising office learn that a seat is vacant."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from portal.matters import audience, notices
from portal.matters.models import Content, Matter
from portal.notify.service import Occasion


@dataclass(frozen=True, slots=True)
class OnMatter:
    """The `papers.signoff.Course` of a matter's paper."""

    subject: ClassVar[str] = "report"

    matter: Matter
    content: Content

    @property
    def confidential(self) -> bool:
        """Whether its matter is."""
        return self.matter.confidential

    def let_read(self, come: Collection[int], gone: Collection[int]) -> None:
        """Who has signed reads until it is closed, whatever post he holds."""
        if not self.matter.confidential:
            return
        if gone:
            audience.dismiss(self.matter.id, gone, audience.SIGNER)
        audience.admit(self.matter.id, come, audience.SIGNER)

    def ask(self, occasion: Occasion, step: str, persons: Sequence[int]) -> None:
        """Those who hold the seat of this step are asked for their signature."""
        notices.notify(self.matter, self.content, occasion, "countersign" if step == "countersign" else "to_sign", persons)

    def say_vacant(self, occasion: Occasion) -> None:
        """The desk and the office are told."""
        told = [*notices.lead_desk(self.matter), *notices.supervisors(self.matter)]
        notices.notify(self.matter, self.content, occasion, "seat_vacant", told)
