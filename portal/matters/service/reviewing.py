"""The supervising office's review: four questions; close, or return with the failed ones and a reason. Of a confidential
matter one person reviews; where they left, the head of the office names another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.roles import SUPERVISION
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid
from portal.matters import audience, clocks, notices
from portal.matters.kinds import kind_of
from portal.matters.models import Matter, State
from portal.matters.rules import seats_apart
from portal.matters.service.assigning import Naming
from portal.matters.workflow import MatterDoing
from portal.network.queries import Holder, holders
from portal.papers.models import Paper
from portal.workflow.verbs import Said, need


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Said):
    """Which of the four questions failed; `words` is the reason."""

    failed: tuple[str, ...]


def _issued_report(matter: Matter) -> Paper | None:
    return db.session.scalars(
        select(Paper)
        .where(Paper.record_id == matter.id, Paper.kind == kind_of(matter).report.paper, Paper.state == "issued")
        .order_by(Paper.draft.desc())
        .options(as_seen_by(SYSTEM))
    ).first()


def close(doing: MatterDoing[Said]) -> None:
    """办结: accepted. In time is what was issued before the deadline and is accepted in that round or a later one that
    was also in time."""
    matter = doing.record
    doing.after["in_time"] = matter.in_time
    accepted = _issued_report(matter)
    if accepted:
        accepted.state = "accepted"
    matter.closed_at = clock.now()


@need(_l("勾选未通过的项目"))
def names_what_failed(_matter: Matter, given: Return | None) -> str | None:
    """A report is returned for something."""
    return _("请勾选未通过的项目") if given is not None and not given.failed else None


def return_for_rework(doing: MatterDoing[Return]) -> None:
    """退回重办: names the failed questions and why; the clock runs on as if it had never stopped. Counted, unless it was
    issued by a seat that a correction has since made the wrong one."""
    matter = doing.record
    doing.facts["failed"] = doing.after["failed"] = list(doing.given.failed)
    rightly_issued = seats_apart(matter) is None
    returned = _issued_report(matter)
    if returned:
        returned.state = "returned"
    if rightly_issued:
        matter.returns += 1
    matter.issued_at = None
    db.session.flush()
    clocks.run_on(matter)


def whoever_reported(doing: MatterDoing[Any]) -> list[int | None]:
    """The handler, and the desk of their unit."""
    return [doing.whole.handler_id, *notices.lead_desk(doing.record)]


def reviewers_of(matter: Matter) -> list[Holder]:
    """Who may be named: the supervisors and heads of the office that assigned it."""
    return [holder for role in SUPERVISION for holder in holders(matter.supervising_unit_id, role)]


@need(_l("审核人是本督查室现任的督查员或主任"))
def fit_to_review(matter: Matter, given: Naming | None) -> str | None:
    """Somebody of the office is named."""
    if given is not None and given.post_id not in {one.post_id for one in reviewers_of(matter)}:
        raise Invalid(_("没有指定审核人"), fields={"handler": _("请选择本督查室现任的督查员或主任")})
    return None


def name_reviewer(doing: MatterDoing[Naming]) -> None:
    """指定审核人: the head of the office names who reviews a confidential matter. They read it once it is issued; whoever
    was named before reads no longer."""
    matter = doing.record
    named = next(one for one in reviewers_of(matter) if one.post_id == doing.given.post_id)
    doing.whole.reviewer_id = named.person_id
    doing.facts["handler"] = named.name
    if matter.state == State.UNDER_REVIEW:
        audience.admit(matter.id, [named.person_id], audience.REVIEWER)


def reviewer_if_issued(doing: MatterDoing[Naming]) -> list[int | None]:
    """Who has something to review now."""
    return [doing.whole.reviewer_id] if doing.record.state == State.UNDER_REVIEW else []
