"""What follows from the facts of a matter is derived again here, in the act that corrects one of them.

Terms, the running sign-off, the draft's title, what search looks in, the viewers, and the same in all that was forwarded.
What was signed or issued keeps the words and names that it bore; an act that cannot be followed somewhere says so, before
it is done: `Followed` holds what is said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, Self

from sqlalchemy import select

from portal.access.actor import SYSTEM, Actor, Standing
from portal.access.record import Record
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.deadlines import reckon
from portal.deadlines.formatting import day_words, granted_words, instant_words
from portal.deadlines.lamp import Lamp
from portal.deadlines.reckon import Deadline
from portal.deadlines.why import Line, Why
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.matters import acts, audience, clocks, notices
from portal.matters.fields import FIELDS
from portal.matters.kinds import kind_of
from portal.matters.models import ENDED, Clock, Content, Extension, Matter, State
from portal.matters.queries import whole_content
from portal.matters.readers import index_viewers
from portal.matters.rules import wrong_seat
from portal.matters.service.creation import facts, index_words
from portal.matters.views import lamp_of
from portal.matters.workflow import WORKFLOW, MatterDoing, MatterVerb, write_entry
from portal.papers import signoff
from portal.papers.models import Paper
from portal.papers.seats import STEP_LABELS
from portal.papers.steps import step_now
from portal.workflow.engine import perform
from portal.workflow.verbs import Offered, Said, Verb

_TERMS = {"source_level", "urgency", "received_on"}
_SHELL = ("source_level", "urgency", "instructed_on")
_WORDS = ("title", "text", "leader", "leader_id", "document_number")
_IN_THE_REPORT = {"title", "text", "leader", "document_number"}
"""What a report may have taken over from the instruction, in words of its own."""


@dataclass(slots=True)
class Followed:
    """What follows from a correction besides the corrected words, a sentence each; `key` stands for just these."""

    sentences: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return sha256("\n".join(self.sentences).encode()).hexdigest()[:20] if self.sentences else ""


@dataclass(frozen=True, slots=True)
class Before:
    """A matter as it stood before a fact was corrected."""

    facts: dict[str, Any]
    title: str
    requirement: str | None
    due_on: date
    ends: dict[str, Deadline]
    lamp: Lamp

    @classmethod
    def of(cls, matter: Matter, content: Content) -> Self:
        ends = {running.kind: clocks.deadline_of(running) for running in _clocks(matter)}
        return cls(facts(matter, content), content.title, content.requirement, matter.due_on, ends, lamp_of(matter))


def correct(
    actor: Actor,
    standing: Standing,
    matter: Matter,
    content: Content,
    changed: Collection[str],
    before: Before,
    words: str | None,
) -> Followed:
    """更正: these fields were corrected; everything that was derived from them follows, here and in what was forwarded."""
    followed = Followed()
    _follow(actor, standing, matter, content, set(changed), before, words, matter, followed)
    return followed


def below(actor: Actor, standing: Standing, parent: Matter, content: Content) -> None:
    """The parent's deadline moved: what was forwarded, and not ended, is due again by its own rule, no later than that."""
    for child in _children(parent, content):
        theirs = whole_content(child)
        _follow(actor, standing, child, theirs, set(), Before.of(child, theirs), None, parent, Followed())


def _follow(
    actor: Actor,
    standing: Standing,
    matter: Matter,
    content: Content,
    changed: set[str],
    before: Before,
    words: str | None,
    root: Matter,
    followed: Followed,
) -> None:
    """`root` is the matter that was corrected itself; whoever may correct it has what was forwarded follow."""
    own = matter is root
    if not own or changed & _TERMS:
        clocks.renew(matter)
    moved = matter.due_on != before.due_on
    ended = _end_sign_off(actor, matter, content, root) if "source_level" in changed else []
    if "title" in changed:
        _retitle(matter, before.title)
    if "leader_id" in changed and matter.confidential:
        audience.replace(matter.id, [content.leader_id] if content.leader_id else [], audience.LEADER)
    _say(matter, before, changed, bool(ended), own, followed)
    if not (own or changed or moved):
        return
    if not own:
        matter.version += 1
    index_words(matter, content)
    named = [name for name in FIELDS if name in changed or (name == "due_on" and moved and not own)]
    said: dict[str, Any] = {"changed": named}
    if moved:
        said["until"] = matter.due_on.isoformat()
    write_entry(matter, "amend" if own else "parent_amended", actor, standing, words=words if own else None, facts=said)
    entry = journal.record(
        actor,
        "amend" if own else "parent_amended",
        "matter",
        matter.id,
        standing=standing,
        confidential=matter.confidential,
        before=before.facts,
        after=facts(matter, content),
    )
    if matter.assigned_at is not None and matter.state != State.REGISTERED:
        people = [*notices.lead_desk(matter), *([content.handler_id] if content.handler_id else [])]
        notices.notify_in_turn(
            matter, content, entry, ("sign_off_ended", ended), ("amended" if own else "parent_amended", people), **said
        )
    if any(line.code == "extension_cut" for line in _newly_held(matter, before)):
        notices.notify(matter, content, entry, "extension_cut", notices.heads(matter), until=matter.due_on.isoformat())
    for child in _children(matter, content):
        theirs = whole_content(child)
        stood = Before.of(child, theirs)
        handed = _hand_down(matter, content, child, theirs, changed, before)
        _follow(actor, standing, child, theirs, handed, stood, None, root, followed)
    index_viewers(matter, content)


def _hand_down(parent: Matter, content: Content, child: Matter, theirs: Content, changed: set[str], before: Before) -> set[str]:
    """What the child has from its parent becomes as it is there now; a requirement of its own stays."""
    handed = changed & {*_SHELL, *_WORDS}
    for name in handed.intersection(_SHELL):
        setattr(child, name, getattr(parent, name))
    for name in handed.intersection(_WORDS):
        setattr(theirs, name, getattr(content, name))
    if "requirement" in changed and theirs.requirement == before.requirement:
        theirs.requirement = content.requirement
        handed.add("requirement")
    return handed


def _children(parent: Matter, content: Content) -> list[Matter]:
    """What was forwarded and has not ended, held until the act is done."""
    if not content.has("child"):
        return []
    db.session.flush()
    return list(
        db.session.scalars(
            select(Matter)
            .join(Record, Record.id == Matter.id)
            .where(Matter.parent_id == parent.id, Matter.state.not_in(ENDED))
            .order_by(Record.created_at, Record.id)
            .with_for_update(of=Matter)
            .options(as_seen_by(SYSTEM))
            .execution_options(populate_existing=True)
        )
    )


def _end_sign_off(actor: Actor, matter: Matter, content: Content, root: Matter) -> list[int]:
    """The report goes back to its drafter, its text kept: by another level other seats sign. Who was concerned: the
    handler, whoever has signed, and whoever was asked to."""
    if matter.state != State.IN_SIGN_OFF:
        return []
    waiting = step_now(matter.id)
    concerned = [content.handler_id] if content.handler_id else []
    if waiting is not None:
        concerned += [*sorted(waiting.signed), *(holder.person_id for holder in waiting.people)]

    perform(WORKFLOW, END_SIGN_OFF, actor, matter, Said(words="来源级别已更正"), on=root)  # on record in the official wording
    return concerned


def _overtaken(doing: MatterDoing[Said]) -> None:
    signoff.end(doing.record.id)
    for report in _reports(doing.record, "in_sign_off"):
        report.state = "draft"
    doing.record.step_now = None
    db.session.flush()


END_SIGN_OFF: MatterVerb[Said] = Verb(
    name="end_sign_off",
    act=acts.AMEND,
    from_=frozenset({State.IN_SIGN_OFF}),
    to=State.IN_PROGRESS,
    shuts=(audience.SIGNER,),
    work=_overtaken,
    offered=Offered.NEVER,
)


def _retitle(matter: Matter, former: str) -> None:
    """What the reports were called by themselves until now, they are called no more (`reporting.document.heading_of`): neither a
    draft, though it is saved once more from a page that shows the former title, nor one that comes back to its drafter."""
    outdated = kind_of(matter).report.title(former)
    for report in _reports(matter):
        if outdated not in (report.former_titles or ()):
            report.former_titles = [*(report.former_titles or ()), outdated]


def _reports(matter: Matter, *states: str) -> Iterable[Paper]:
    its_own = Paper.kind == kind_of(matter).report.paper
    wanted = select(Paper).where(Paper.record_id == matter.id, its_own).options(as_seen_by(SYSTEM))
    return db.session.scalars(wanted.where(Paper.state.in_(states)) if states else wanted).all()


def _clocks(matter: Matter) -> Iterable[Clock]:
    return db.session.scalars(select(Clock).where(Clock.record_id == matter.id).options(as_seen_by(SYSTEM))).all()


def _newly_held(matter: Matter, before: Before) -> list[Line]:
    """Extensions that hold otherwise than before, no longer until the day to which they were granted."""
    closing = clocks.clock_of(matter, clocks.CLOSING)
    then = before.ends[clocks.CLOSING].why.lines if clocks.CLOSING in before.ends else ()
    lines = Why.from_json(closing.why).lines if closing else ()
    return [line for line in lines if line.code in ("extension_cut", "extension_idle") and line not in then]


# ------------------------------------------------------------------------------------------------- what is said of it


def _say(matter: Matter, before: Before, changed: set[str], ended: bool, own: bool, followed: Followed) -> None:
    said = [*_terms(matter, before), *_report(matter, changed, ended)]
    followed.sentences += said if own else [_("下级事项 %(number)s：%(what)s", number=matter.number, what=one) for one in said]
    if own and matter.content is not None and matter.content.has("child"):
        followed.sentences += _family(matter, changed)


def _terms(matter: Matter, before: Before) -> list[str]:
    running = {one.kind: one for one in _clocks(matter) if one.stopped_at is None}
    stopped = {one.kind for one in _clocks(matter) if one.stopped_at is not None}
    said = []
    if matter.due_on != before.due_on:
        said.append(_moved(_("办结期限"), day_words(before.due_on), day_words(matter.due_on)))
    for kind, label in ((clocks.FIRST_FEEDBACK, _("首次反馈期限")), (clocks.RECEIPT, _("签收期限"))):
        then, now = before.ends.get(kind), running.get(kind)
        if kind not in stopped and (then.due_at if then else None) != (now.due_at if now else None):
            said.append(_moved(label, _end_words(then), _end_words(now)))
    said += [granted_words(line) for line in _newly_held(matter, before)]
    lamp = lamp_of(matter)
    if (lamp.stage, lamp.result) != (before.lamp.stage, before.lamp.result):
        said.append(_moved(_("是否按期"), before.lamp.result or _("未定"), lamp.result or _("未定")))
    elif lamp.kind == "late" and before.lamp.kind != "late":
        said.append(lamp.words)
    return said + _asked_in_vain(matter)


def _end_words(end: Deadline | Clock | None) -> str:
    if end is None:
        return _("无")
    return day_words(end.due_on) if end.due_at == clock.end_of(end.due_on) else instant_words(end.due_at)


def _asked_in_vain(matter: Matter) -> list[str]:
    if not matter.extension_pending:
        return []
    until = db.session.scalar(
        select(Extension.until).where(Extension.record_id == matter.id, Extension.decided_at.is_(None)).options(as_seen_by(SYSTEM))
    )
    if until is None:
        return []
    if until <= matter.due_on:
        return [_("待批的延期申请至%(until)s，不晚于更正后的期限", until=day_words(until))]
    limit = reckon.extension_limit(matter.original_due_on)
    limit = min(limit, clocks.parent_due(matter) or limit)
    if until <= limit:
        return []
    return [_("待批的延期申请至%(until)s，超出限额%(limit)s", until=day_words(until), limit=day_words(limit))]


def _report(matter: Matter, changed: set[str], ended: bool) -> list[str]:
    if ended:
        seats = kind_of(matter).report.shape(matter, ()).seats
        way = _("、").join(_("%(step)s（%(seat)s）", step=STEP_LABELS[seat.kind], seat=seat.role.label) for seat in seats)
        return [_("正在进行的签批终止，文稿保留为草稿，须重新报结，签批顺序为%(way)s", way=way)]
    said = []
    if "source_level" in changed and (wrong := wrong_seat(matter)) is not None:
        was, now = (role.label for role in wrong)
        said.append(_("报结材料由%(was)s签发，应由%(now)s签发，不能办结，须退回；这次退回不计次数", was=was, now=now))
    if changed & _IN_THE_REPORT and matter.state in (State.IN_SIGN_OFF, State.UNDER_REVIEW):
        said.append(_("已送签或签发的报结材料，文字不随之改动"))
    return said


def _family(matter: Matter, changed: set[str]) -> list[str]:
    if not changed & {*_SHELL, *_WORDS, "requirement"}:
        return []
    states = db.session.scalars(
        select(Matter.state).where(Matter.parent_id == matter.id, Matter.state != State.WITHDRAWN).options(as_seen_by(SYSTEM))
    ).all()
    closed = sum(state == State.CLOSED for state in states)
    said = [_("转办的 %(n)s 件随之更正", n=len(states) - closed)] if len(states) > closed else []
    return said + ([_("已办结的转办事项 %(n)s 件不再改动", n=closed)] if closed else [])


def _moved(label: str, before: str, after: str) -> str:
    return f"{label} {before} → {after}"
