"""A closing report on its way: submitted into its chain, signed, sent back or recalled, issued under a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from portal.access.actor import SYSTEM, Actor
from portal.access.policy import allowed
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.kernel.language import _, _l
from portal.kernel.refusals import Forbidden, Invalid, Stale
from portal.matters import acts, audience, clocks, notices, office
from portal.matters.models import Content, Matter, SearchEntry, State
from portal.matters.papers import OnMatter
from portal.matters.queries import attachments, whole_content, with_paper
from portal.matters.rules import has_reason, nothing_open_below
from portal.matters.service.creation import searched
from portal.matters.service.handling import handler
from portal.matters.service.reporting.document import (
    heading_of,
    report_series,
    shape_of,
)
from portal.matters.workflow import WORKFLOW, MatterDoing, MatterVerb
from portal.network.queries import merged_into
from portal.papers import signoff
from portal.papers.acts import SIGN
from portal.papers.drafting import submittable
from portal.papers.frozen import canonical_fields, digest_to_sign, is_what_was_signed
from portal.papers.models import Paper
from portal.papers.seats import STEP_LABELS, Shape, holders_to_choose, vacant
from portal.papers.steps import StepNow
from portal.vault.encrypted_fields import digest_of
from portal.workflow import engine
from portal.workflow.verbs import Offered, Said, Tell, Verb, need

_SIGNING = frozenset({State.IN_SIGN_OFF})


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A draft with the chain that it is to go through, and who was chosen for the seats that several hold."""

    report: Paper
    shape: Shape
    drafters: frozenset[int]
    named: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A signature on the step that waits, on the text of this digest."""

    report: Paper
    waiting: StepNow
    digest: str
    authentication: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Said):
    """A report that goes back to whoever drafted it."""

    report: Paper


@need(_l("报结材料的标题、主送、正文齐全"))
def report_complete(_matter: Matter, given: Submission | None) -> str | None:
    if given is None:
        return None
    parts = {"title": _("标题"), "addressee": _("主送"), "body": _("正文")}
    missing = [label for name, label in parts.items() if not getattr(given.report, name)]
    return _("报结材料还缺：%(missing)s", missing="、".join(missing)) if missing else None


@need(_l("各签批岗位有人在任"))
def seats_held(matter: Matter, given: Submission | None) -> str | None:
    found = vacant(given.shape.seats, given.drafters, confidential=matter.confidential) if given is not None else []
    return "；".join(found) or None


def submit_report(
    actor: Actor,
    report_id: UUID,
    *,
    version: int | None = None,
    saved: int | None = None,
    named: Mapping[int, int] | None = None,
) -> Matter:
    """报结: the draft enters its chain. Seats with several holders need one named; vacant seats are listed."""
    matter, draft = with_paper(actor, report_id)
    engine.check_version(WORKFLOW, actor, matter, version)
    submittable(draft, saved)
    shape, drafters = shape_of(matter), drafters_now(actor, whole_content(matter))
    choices = holders_to_choose(shape.seats, drafters, confidential=matter.confidential)
    chosen = {number: person for number, person in (named or {}).items() if number in choices}
    for number, people in choices.items():
        if chosen.get(number) not in {h.person_id for h in people}:
            seat = shape.seats[number - 1]
            label = f"{STEP_LABELS[seat.kind]}（{seat.role.label}）"
            raise Invalid(_("%(step)s有多位，请指定其中一位", step=label), fields={f"signer_{number}": _("请指定一位")})
    engine.perform(WORKFLOW, SUBMIT_REPORT, actor, matter, Submission(report=draft, shape=shape, drafters=drafters, named=chosen))
    return matter


def _submit(doing: MatterDoing[Submission]) -> None:
    matter, draft = doing.record, doing.given.report
    draft.title, draft.addressee, draft.issuing_name, draft.mark = astuple(heading_of(draft, matter))
    fields = canonical_fields(draft, attachments(doing.actor, matter, draft.id))
    digest = digest_to_sign(draft, fields)
    sign_off = signoff.submit(doing.actor, draft, doing.given.shape, doing.given.named, doing.standing, digest, fields)
    matter.step_now = signoff.arrive(OnMatter(matter, doing.whole), doing, sign_off, 1)
    _of_report(doing, draft)
    doing.after |= {"generation": draft.generation, "digest": digest, "words": digest_of(draft)}


def _of_report(doing: MatterDoing[Any], report: Paper) -> None:
    doing.marks["paper_id"], doing.facts["draft"], doing.after["report"] = report.id, report.draft, str(report.id)


def drafters_now(actor: Actor, content: Content) -> frozenset[int]:
    """Who would count as the drafters if this person submitted now: he, and the handler for whom he may stand in."""
    return frozenset({actor.person_id, content.handler_id or actor.person_id})


def sign(
    actor: Actor, report_id: UUID, *, step: int, digest: str, confirm: Callable[[], None], authentication: str = "password"
) -> Matter:
    """Check, endorse, countersign or issue, on exactly the text that was shown, with the password entered again."""
    matter, shown = with_paper(actor, report_id)
    waiting = _waiting(matter, shown, step, _("这一步已经办过，或者轮到了别的步骤；本次签批未执行"))
    if not allowed(actor, SIGN, matter):
        if any(holder.person_id == actor.person_id for holder in waiting.kept_out):
            raise Forbidden(_("您已签过本稿的另一步，同一份材料不能由一个人签两步；请由他人签，没有他人的，请秘书处任职或由您委托"))
        raise Forbidden(_("现在不是轮到您签批"))
    confirm()
    verb = next(verb for verb in (CHECK, ENDORSE, COUNTERSIGN, ISSUE) if verb.name == waiting.step.kind)
    given = Signing(report=shown, waiting=waiting, digest=digest, authentication=authentication)
    engine.perform(WORKFLOW, verb, actor, matter, given)
    return matter


def _waiting(matter: Matter, shown: Paper, step: int, otherwise: str) -> StepNow:
    """The step of this report that waits, if it is the one that the page showed; else Stale."""
    waiting: StepNow | None = matter.step_now
    if waiting is None or waiting.sign_off.paper_id != shown.id or waiting.step.number != step:
        raise Stale(otherwise)
    return waiting


def _put_down(doing: MatterDoing[Signing]) -> None:
    """The signature itself."""
    given = doing.given
    files = attachments(doing.actor, doing.record, given.report.id)
    if not is_what_was_signed(given.report, canonical_fields(given.report, files), given.waiting.sign_off.digest):
        raise Stale(_("送签的文本与登记的摘要不符，本次签批未执行，请与系统管理员联系"))
    signoff.sign(given.waiting, doing.actor, doing.standing, given.digest, given.authentication)
    _of_report(doing, given.report)
    doing.after |= {"digest": given.digest, "step": given.waiting.step.number}


def _sign(doing: MatterDoing[Signing]) -> None:
    _put_down(doing)
    matter, waiting = doing.record, doing.given.waiting
    matter.step_now = signoff.arrive(OnMatter(matter, doing.whole), doing, waiting.sign_off, waiting.step.number + 1)


def _issue(doing: MatterDoing[Signing]) -> None:
    """签发: the last signature; the report goes out under the number of its series, and to the office that reviews it."""
    _put_down(doing)
    matter, shown = doing.record, doing.given.report
    assert matter.lead_unit_id is not None
    mark, post = heading_of(shown, matter).mark, doing.standing
    own = matter.lead_unit_id == post.for_unit_id  # whose former units are known
    former = post.former if own else merged_into(matter.lead_unit_id)
    issued = signoff.issue(shown, doing.given.waiting.sign_off, matter.lead_unit_id, former, mark, report_series(mark))
    matter.issued_at = issued.issued_at
    db.session.flush()
    if not matter.confidential:
        _index_number(matter, doing.whole, shown)
    doing.after["document_number"] = shown.document_number
    if matter.confidential:
        said, told = office.reviewer_admitted(matter, doing.whole)
    else:
        said, told = "issued_to_review", notices.supervisors(matter)
    notices.notify(matter, doing.whole, doing, said, told)


def _index_number(matter: Matter, content: Content, issued: Paper) -> None:
    """Its number is searched for too; of everything else that is, nothing has changed."""
    numbers: Sequence[str | None] = [issued.document_number]
    if issued.draft > 1:
        own = select(Paper.document_number).where(Paper.record_id == matter.id).order_by(Paper.draft)
        numbers = db.session.scalars(own.options(as_seen_by(SYSTEM))).all()
    for row in searched(matter, content, numbers):
        if row.part == "words":
            db.session.execute(
                update(SearchEntry)
                .where(SearchEntry.record_id == row.record_id, SearchEntry.part == row.part)
                .values(grams=row.grams)
                .execution_options(synchronize_session=False)
            )


def send_back(actor: Actor, report_id: UUID, *, step: int, reason: str) -> Matter:
    """送签退回: the signer returns the draft with a reason; the chain begins again with the next submission."""
    matter, shown = with_paper(actor, report_id)
    _waiting(matter, shown, step, _("这一步已经办过，或者轮到了别的步骤；没有退回"))
    engine.perform(WORKFLOW, SEND_BACK, actor, matter, Return(report=shown, words=reason))
    return matter


def recall(actor: Actor, report_id: UUID, *, version: int | None = None) -> Matter:
    """撤回修改: the handler takes the draft back to change it; the chain begins again."""
    matter, shown = with_paper(actor, report_id)
    engine.perform(WORKFLOW, RECALL, actor, matter, Return(report=shown), version=version)
    return matter


def _back_to_draft(doing: MatterDoing[Return]) -> None:
    signoff.back_to_draft(doing.given.report)
    doing.record.step_now = None
    _of_report(doing, doing.given.report)


SUBMIT_REPORT: MatterVerb[Submission] = Verb(
    name="submit_report",
    act=acts.SUBMIT_REPORT,
    from_=frozenset({State.IN_PROGRESS}),
    to=State.IN_SIGN_OFF,
    needs=(report_complete, nothing_open_below, seats_held),
    work=_submit,
    offered=Offered.NEVER,
)
CHECK: MatterVerb[Signing] = Verb(name="check", act=SIGN, from_=_SIGNING, work=_sign, offered=Offered.NEVER)
ENDORSE: MatterVerb[Signing] = Verb(name="endorse", act=SIGN, from_=_SIGNING, work=_sign, offered=Offered.NEVER)
COUNTERSIGN: MatterVerb[Signing] = Verb(name="countersign", act=SIGN, from_=_SIGNING, work=_sign, offered=Offered.NEVER)
ISSUE: MatterVerb[Signing] = Verb(
    name="issue",
    act=SIGN,
    from_=_SIGNING,
    to=State.UNDER_REVIEW,
    stops=(clocks.CLOSING, clocks.FIRST_FEEDBACK),
    work=_issue,
    dated=True,
    offered=Offered.NEVER,
)
SEND_BACK: MatterVerb[Return] = Verb(
    name="send_back",
    act=SIGN,
    from_=_SIGNING,
    to=State.IN_PROGRESS,
    needs=(has_reason,),
    shuts=(audience.SIGNER,),
    work=_back_to_draft,
    tells=(Tell("sent_back", handler),),
    offered=Offered.NEVER,
)
RECALL: MatterVerb[Return] = Verb(
    name="recall",
    act=acts.RECALL,
    from_=_SIGNING,
    to=State.IN_PROGRESS,
    shuts=(audience.SIGNER,),
    work=_back_to_draft,
    tells=(Tell("sent_back", handler),),
    offered=Offered.NEVER,
)
