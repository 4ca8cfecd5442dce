"""Reading one instruction, always for somebody."""

from __future__ import annotations

from uuid import UUID

from portal.access.actor import Actor
from portal.instructions.rules import INSTRUCTION
from portal.kernel.refusals import Invisible
from portal.matters.models import Matter
from portal.matters.queries import get_matter


def get_instruction(actor: Actor, matter_id: UUID) -> Matter:
    """The instruction as this reader sees it (`matters.queries.get_matter`). A matter of another kind is none, so Invisible."""
    matter = get_matter(actor, matter_id)
    if matter.kind != INSTRUCTION:
        raise Invisible
    return matter
