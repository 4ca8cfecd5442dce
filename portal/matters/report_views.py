"""How a closing report is put into words for its pages: its chain, what is new in a draft, the sheet it will become.
Nothing here reads anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from types import SimpleNamespace as Drawn
from typing import Any

from portal.access.roles import Role
from portal.kernel import clock
from portal.kernel.language import _
from portal.matters.kinds import Review, kind_of
from portal.matters.models import Entry, Matter
from portal.matters.service.reporting.document import Heading
from portal.matters.views import line, named, office_of
from portal.papers.comparison import compare, counted
from portal.papers.models import Paper, Signature, Signer, Step, Submission
from portal.papers.seats import STEP_LABELS


def steps(
    report: Paper,
    shown: Sequence[Step],
    signatures: dict[int, Signature],
    people: dict[int, list[Signer]],
    matter: Matter,
    seats: Sequence[Any] = (),
) -> list[Drawn]:
    """The whole chain: done, now, to come; the drafting before it, the review behind it. A draft that is being written has
    all of its chain before it, as the facts want it now (`seats`); one that has ended, no more than was signed."""
    being_written = report.state == "draft"
    drafting = _("第 %(n)s 稿", n=report.draft)
    drawn = [_step("now" if being_written else "done", _("拟稿"), report.drafter.name, drafting, report.changed_at)]
    if being_written and seats:
        drawn += planned(seats, matter)
    else:
        drawn += [_walked(report, step, signatures.get(step.number), people.get(step.number, ()), matter) for step in shown]
    issued = report.issued_at is not None
    state = {"accepted": "done", "returned": "back"}.get(report.state, "now" if issued else "todo")
    word = {"accepted": _("办结"), "returned": _("已退回")}.get(report.state, _("待审核") if issued else _to_come(report))
    drawn.append(_step(state, _("审核"), office_of(matter), word, matter.closed_at if state == "done" else None))
    return drawn


def _walked(report: Paper, step: Step, signature: Signature | None, people: Sequence[Signer], matter: Matter) -> Drawn:
    title, unit = f"{STEP_LABELS[step.kind]}", step.unit.name
    if signature:
        one = _step("done", title, signature.person.name, _("已签"), signature.signed_at)
        one.delegate, unit = signature.delegation_id is not None, signature.unit_name
    elif report.state == "in_sign_off" and step.reached_at:
        now = matter.step_now if matter.step_now is not None and matter.step_now.step.number == step.number else None
        names = named(now.people) if now else _("、").join(s.person.name for s in people)
        met = step.vacant and now is not None and now.kept_out
        word = _("已签过另一步，须由他人签") if met else _("无人在任") if step.vacant else _("待签")
        one = _step("now", title, named(now.kept_out) if met and now else names, word, step.reached_at)
    else:
        one = _step("todo", title, str(Role(step.role).label), _to_come(report), None)
    one.note = unit if step.unit_id != matter.lead_unit_id else None
    return one


def _to_come(report: Paper) -> str:
    return _("已终止") if report.state == "ended" else _("未到")


def planned(seats: Sequence[Any], matter: Matter) -> list[Drawn]:
    """The chain that a draft will walk; a seat in a co-unit says whose it is."""
    helping = {c.unit_id: c.unit_name for c in getattr(matter, "co_units", ())}
    drawn = []
    for seat in seats:
        one = _step("todo", str(STEP_LABELS[seat.kind]), str(seat.role.label), _("未到"), None)
        one.note = helping.get(seat.unit_id)
        drawn.append(one)
    return drawn


def last_return(back: Sequence[Entry], matter: Matter) -> Drawn | None:
    """The last return for rework and, if a signer sent the draft back after it, that too: what the next draft answers."""
    told = [entry for entry in back if entry.kind != "recall"]
    rework = next((entry for entry in told if entry.kind == "return_for_rework"), None)
    if not told:
        return None
    codes = (rework.facts or {}).get("failed", ()) if rework else ()
    questions = kind_of(matter).review.questions
    return Drawn(
        failed=[str(questions[code].label) for code in codes if code in questions],
        codes=list(codes),
        count=matter.returns,
        reason=rework.words if rework else None,
        at=rework.at if rework else None,
        sent_back=line(told[0], matter) if told[0] is not rework else None,
    )


def changes(shown: Paper, before: Submission, now: dict[str, Any], back: Sequence[Entry], matter: Matter) -> dict[str, Any]:
    """A draft beside what was submitted before it: text, heads and attachments, and why that one came back."""
    then = before.fields
    labels = {"title": _("标题"), "addressee": _("主送"), "issuing_name": _("落款"), "copies": _("抄送")}
    text = compare(then["body"], now["body"])
    heads = [
        (label, compare(then[name] or "", now[name] or ""))
        for name, label in labels.items()
        if (then[name] or "") != (now[name] or "")
    ]
    old, new = ({tuple(paper) for paper in fields["attachments"]} for fields in (then, now))
    again = {name for name, _digest in old} & {name for name, _digest in new}
    papers = [("del", _("去掉"), name) for name, _digest in sorted(old - new) if name not in again]
    papers += [("ins", _("换过") if name in again else _("新增"), name) for name, _digest in sorted(new - old)]
    ended = next((entry for entry in reversed(back) if entry.at >= before.submitted_at), None)
    same = before.draft == shown.draft
    return {
        "draft_no": shown.draft,
        "text": text,
        "heads": heads,
        "papers": papers,
        "counted": counted(text),
        "same": not heads and not papers and not any(paragraph.changed for paragraph in text),
        "former": _("第 %(n)s 稿第 %(time)s 次送签", n=before.draft, time=before.generation)
        if same or before.generation > 1
        else _("第 %(n)s 稿", n=before.draft),
        "submitted_at": before.submitted_at,
        "ended": line(ended, matter) if ended else None,
    }


def questions(review: Review, failed: Sequence[str]) -> list[Drawn]:
    """What to think of while one writes; what the last review found wanting is marked."""
    return [
        Drawn(title=str(question.label), hint=str(question.hint), failed=code in failed)
        for code, question in review.questions.items()
    ]


def sheet(report: Paper, heading: Heading, papers: Sequence[str], issuer: str | None, year: int, upward: bool) -> Drawn:
    """The report as the page it will become."""
    issued_on: date | None = clock.local(report.issued_at).date() if report.issued_at else None
    return Drawn(
        draft_no=report.draft,
        title=heading.title,
        masthead=heading.name,
        number_prefix=f"{heading.mark}〔{year}〕",
        document_number=report.document_number,
        issuer=issuer,
        upward=upward,
        addressee=heading.addressee,
        text=report.body or "",
        attachments=list(papers),
        signature_unit=heading.name,
        issued_on=issued_on,
        copies=report.copies,
        printed_by=None,
    )


def _step(state: str, title: str, who: str, word: str, time: datetime | None) -> Drawn:
    return Drawn(state=state, title=title, who=who, word=word, time=time, delegate=False, note=None)
