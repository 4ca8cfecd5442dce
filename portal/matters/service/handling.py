"""The handler's work: acknowledge, progress; and what others add meanwhile: urging, a further instruction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.identity.pace import MOST_URGES, keep_pace
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid
from portal.matters import clocks, notices, office
from portal.matters.models import Matter, State
from portal.matters.workflow import MatterDoing
from portal.workflow.verbs import Said, need


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Said):
    """What was done; as the first feedback, where one is owed."""

    first_feedback: bool = False


def acknowledge(doing: MatterDoing[None]) -> None:
    """签收: the handler confirms receipt."""
    doing.record.acknowledged_at = clock.now()


def whoever_assigned(doing: MatterDoing[None]) -> list[int | None]:
    """Who gave it to the unit."""
    return [*office.who_assigned(doing.record)] if doing.record.confidential else [doing.record.assigned_by_id]


def progress(doing: MatterDoing[Progress]) -> None:
    """进展: a dated entry on what was done; one marked as first feedback stops that clock. The first begins the work."""
    if doing.former == State.ACKNOWLEDGED:
        doing.earlier.append(("start", {}))
    if doing.given.first_feedback:
        clocks.stop(doing.record, clocks.FIRST_FEEDBACK)
    doing.marks["first_feedback"] = doing.after["first_feedback"] = doing.given.first_feedback


@need(_l("写明内容"))
def progress_said(_matter: Matter, given: Progress | None) -> str | None:
    """There is progress to write down."""
    return _needed(given, _("请填写办理进展"))


@need(_l("写明内容"))
def co_progress_said(_matter: Matter, given: Said | None) -> str | None:
    """A co-unit has done something."""
    return _needed(given, _("请填写协办情况"))


@need(_l("写明内容"))
def instruction_said(_matter: Matter, given: Said | None) -> str | None:
    """The leader has written something."""
    return _needed(given, _("请填写批示内容"))


@need(_l("写明内容（限定知悉的用固定文字）"))
def urging_said(matter: Matter, given: Said | None) -> str | None:
    """An urging says something; of a confidential matter its text is fixed."""
    return None if matter.confidential else _needed(given, _("请填写催办内容"))


def _needed(given: Said | None, sentence: str) -> str | None:
    if given is not None and not given.words:
        raise Invalid(sentence, fields={"words": sentence})
    return None


def urge(doing: MatterDoing[Said]) -> None:
    """催办: counted. For a confidential matter the text is fixed and goes to the handler, whoever it is."""
    matter = doing.record
    keep_pace(doing.person_id, f"urge:{matter.id}", MOST_URGES)
    matter.urges += 1
    if matter.confidential:
        doing.words = None
    doing.after["urges"] = matter.urges
    doing.blanks["say"] = doing.words
    db.session.flush()


def whoever_has_it(doing: MatterDoing[Said]) -> list[int]:
    """The handler, or the desk that is to name one; and whoever may sign the step that waits."""
    matter, content = doing.record, doing.whole
    told = [content.handler_id] if content.handler_id else notices.lead_desk(matter)
    waiting = [h.person_id for h in matter.step_now.people] if matter.step_now is not None else []
    return [*told, *waiting]


def handler(doing: MatterDoing[Any]) -> list[int | None]:
    """Who handles it."""
    return [doing.whole.handler_id]


def supervising_office(doing: MatterDoing[Said]) -> list[int]:
    """The office that reviews, extends and urges."""
    return notices.supervisors(doing.record)
