"""Acts on ticked rows of the register: each row is judged by itself, and reported by itself."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from portal.access.actor import Actor
from portal.audit import journal
from portal.instructions.previews import Outcome, assign_registered
from portal.instructions.queries import get_instruction
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible
from portal.matters.models import State

MOST_PICKED = 200


def assign_picked(actor: Actor, picked: Sequence[UUID]) -> list[Outcome]:
    """交办 what was ticked, each to the lead unit named at its registration. What the actor does not see is left out
    without a word; Invalid when nothing or too much is ticked."""
    wanted = list(dict.fromkeys(picked))
    if not wanted:
        raise Invalid(_("请先勾选要交办的批示件"))
    if len(wanted) > MOST_PICKED:
        raise Invalid(_("一次最多交办 %(most)s 件", most=MOST_PICKED))
    outcomes = []
    for matter_id in wanted:
        try:
            matter = get_instruction(actor, matter_id)
        except Invisible:
            continue
        if matter.state != State.REGISTERED:
            why = _("现为“%(state)s”", state=State(matter.state).label)
            outcomes.append(Outcome(matter.id, matter.number, False, _("未交办"), why))
        else:
            outcomes.append(assign_registered(actor, matter))
    journal.record(actor, "assign_picked", "register", "", after={"assigned": sum(o.ok for o in outcomes)})
    return outcomes


def note_export(actor: Actor, conditions: dict[str, str], rows: int) -> None:
    """Write down that this list went out as a workbook: under which conditions' names, and how many rows."""
    journal.record(actor, "export", "register", "", after={"conditions": sorted(conditions), "rows": rows})
