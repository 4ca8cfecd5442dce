"""延期: asked for in writing before the deadline by the handler, granted or refused by the head of the office that assigned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.access.actor import Actor
from portal.access.visibility import as_seen_by
from portal.deadlines import reckon
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid, Invisible
from portal.matters import audience, clocks, notices
from portal.matters.models import Extension, Matter
from portal.matters.service import renewing
from portal.matters.workflow import MatterDoing
from portal.workflow.verbs import Said, need


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking(Said):
    """Until when, and what has been done so far; `words` is the reason."""

    until: date | None
    progress: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Said):
    """Granted, until the day that was asked for or an earlier one, or refused."""

    granted: bool
    until: date | None = None


@need(_l("没有待批的延期申请"))
def none_waits(matter: Matter, _given: object) -> str | None:
    """Whether an earlier request is still to be decided."""
    return _("上一次延期申请还没有批复，请等批复后再申请") if matter.extension_pending else None


@need(_l("在期限届满之前"))
def before_the_end(matter: Matter, _given: object) -> str | None:
    """More time is asked for before the time is over."""
    if matter.extension_pending:
        return None
    closing = clocks.clock_of(matter, clocks.CLOSING)
    assert closing is not None
    return _("延期须在期限届满前申请，本件已经超期") if clock.now() >= closing.due_at else None


@need(_l("写明延至哪一天、理由和目前进展，累计不超过限额"))
def well_asked(matter: Matter, given: Asking | None) -> str | None:
    """A day that may be granted, a reason, and how far it is."""
    if given is None:
        return None
    fields = {}
    if given.until is None:
        fields["due_on"] = _("请填写要延到哪一天")
    if not given.words:
        fields["reason"] = _("请填写延期理由")
    if not given.progress:
        fields["progress"] = _("请填写目前进展")
    if fields or given.until is None:
        raise Invalid(_("延期申请还没有填完"), fields=fields)
    _reckon(matter, given.until, "")
    return None


def _reckon(matter: Matter, until: date, title: str) -> None:
    """Raise Invalid where the term cannot be extended to that day."""
    closing = clocks.clock_of(matter, clocks.CLOSING)
    assert closing is not None
    above = clocks.parent_due(matter)
    reckon.extended(clocks.deadline_of(closing), closing.original_due_on, until, title, clock.today(), above)


def ask_extension(doing: MatterDoing[Asking]) -> None:
    """申请延期: the heads who decide are told, and read a confidential matter for it. The `result` is the request."""
    matter, content, given = doing.record, doing.whole, doing.given
    assert given.until is not None
    assert given.words is not None
    doing.result = Extension(
        record_id=matter.id,
        confidential=matter.confidential,
        asked_at=clock.now(),
        asked_by_id=doing.person_id,
        until=given.until,
        reason=given.words,
        progress=given.progress,
    )
    db.session.add(doing.result)
    content.mark("extension")
    matter.extension_pending = True
    until = {"until": given.until.isoformat()}
    doing.facts, doing.after, doing.blanks = until, until, until
    if matter.confidential:
        audience.admit(matter.id, notices.heads(matter), audience.EXTENSION)


def deciders(doing: MatterDoing[Asking]) -> list[int]:
    """Who decides it."""
    return notices.heads(doing.record)


def asked_for(actor: Actor, matter: Matter) -> Extension | None:
    """The request that waits for a decision, as far as this person may read it."""
    return db.session.scalars(
        select(Extension).where(Extension.record_id == matter.id, Extension.decided_at.is_(None)).options(as_seen_by(actor))
    ).first()


@need(_l("有待批的延期申请"))
def one_waits(matter: Matter, given: Decision | None) -> str | None:
    """There is a request to decide; what was asked of a matter that has ended waits for nobody."""
    if matter.extension_pending:
        return None
    if given is not None and matter.content is None:
        raise Invisible
    return _("没有待批复的延期申请")


@need(_l("不予延期的，写明理由"))
def refused_with_reason(_matter: Matter, given: Decision | None) -> str | None:
    """Who refuses says why."""
    if given is not None and not given.granted and not given.words:
        raise Invalid(_("不予延期须写明理由"), fields={"reason": _("请填写理由")})
    return None


def decide_extension(doing: MatterDoing[Decision]) -> None:
    """批复延期: to the day asked or an earlier one, or refused; refused, it is overdue from the original deadline. The
    `result` is the request."""
    matter, content, given = doing.record, doing.whole, doing.given
    request = asked_for(doing.actor, matter)
    if request is None:
        raise Invisible if matter.content is None else Invalid(_("没有待批复的延期申请"))
    day = given.until or request.until
    if given.granted:
        if day > request.until:
            raise Invalid(_("批准的日期不得晚于申请的日期"), fields={"due_on": _("不得晚于申请的日期")})
        title = doing.standing.title
        _reckon(matter, day, title)
        request.granted_until, request.granted_as = day, title
    request.decided_at, request.decided_by_id, request.granted = clock.now(), doing.person_id, given.granted
    request.decision = given.words
    matter.extension_pending = False
    if given.granted:
        clocks.renew(matter)
        doing.facts["until"] = day.isoformat()
    doing.called = "extension_granted" if given.granted else "extension_refused"
    doing.after["due_on"] = matter.due_on.isoformat()
    doing.blanks |= {"granted": given.granted, "until": day.isoformat()}
    doing.result = request
    if matter.confidential:
        audience.shut_out(matter.id, audience.EXTENSION)
    renewing.below(doing.actor, doing.standing, matter, content)


def asker(doing: MatterDoing[Decision]) -> list[int | None]:
    """Whom the decision concerns: of a confidential matter who handles it now, whoever asked."""
    return [doing.whole.handler_id if doing.record.confidential else doing.result.asked_by_id]
