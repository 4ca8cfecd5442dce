"""How one matter is put into words for its pages: whose turn, lamps, steps, timeline, tree. Nothing here reads anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from types import SimpleNamespace as Drawn
from typing import Any

from portal.access.actor import Actor
from portal.access.roles import Role
from portal.deadlines.lamp import Lamp, lamp
from portal.deadlines.why import Why
from portal.deadlines.words import day_words, explain
from portal.kernel import clock
from portal.kernel.language import _, _l
from portal.matters.book import ENTRY_LABELS, FIELD_LABELS
from portal.matters.comparison import compare, counted
from portal.matters.models import Clock, CoUnit, Entry, Matter, Milestone, Report, State, Submission
from portal.matters.rules import DECLINE_REASONS, QUESTIONS
from portal.network.models import Kind
from portal.network.queries import Holder
from portal.workflow.models import Signature, Signer, Step
from portal.workflow.seats import STEP_LABELS

_SOURCES = {
    "central": _l("中央批示件"), "province": _l("省级批示件"), "city": _l("市级批示件"), "county": _l("县级批示件"),
}
_BACK = ("decline", "send_back", "return_for_rework", "withdraw", "make_confidential", "extension_refused")


def lamp_of(matter: Matter) -> Lamp:
    """The matter's lamp today."""
    stands = matter.issued_at is not None and matter.state in (State.UNDER_REVIEW, State.CLOSED)
    stopped = clock.local(matter.issued_at).date() if stands and matter.issued_at else None
    return lamp(matter.due_on, clock.today(), matter.open, stopped, matter.extension_pending)


def turn(matter: Matter, reader_id: int) -> Drawn:
    """The first line: whose turn it is, to do what, by when. To the handler and the signer himself it says so."""
    light = lamp_of(matter)
    if not matter.open:
        return Drawn(lamp=light, sentence=_ended(matter), who=None, what=None, by=None, over=False, kind=None)
    who, what = _whose(matter)
    if reader_id in _awaited(matter):
        who = _("您")
    over = matter.due_on < clock.today()
    return Drawn(lamp=light, sentence=None, who=who, what=what, by=clock.end_of(matter.due_on), over=over, kind=None)


def _ended(matter: Matter) -> str:
    day = day_words(clock.local(matter.closed_at).date()) if matter.closed_at else ""
    if matter.state == State.WITHDRAWN:
        return _("%(day)s撤销", day=day)
    return _("%(day)s办结，按期报结", day=day) if matter.in_time else _("%(day)s办结", day=day)


def office_of(matter: Matter) -> str:
    """The office that supervises it, by the name it goes by: a Party committee's is 温州市委督查室."""
    unit = matter.supervising_unit
    if not matter.supervised_by_office:
        return unit.name
    committee = unit.kind == Kind.PARTY_COMMITTEE
    return _("%(unit)s委督查室", unit=unit.name) if committee else _("%(unit)s督查室", unit=unit.name)


def _office_acting(matter: Matter) -> str:
    name = office_of(matter)
    return name if matter.supervised_by_office else _("%(unit)s办公室主任", unit=name)


def _awaited(matter: Matter) -> list[int | None]:
    """The persons whom it waits for by name."""
    match matter.state:
        case State.ASSIGNED | State.ACKNOWLEDGED | State.IN_PROGRESS:
            return [matter.content.handler_id] if matter.content else []
        case State.IN_SIGN_OFF if matter.step_now is not None:
            return [h.person_id for h in matter.step_now.people]
    return []


def _whose(matter: Matter) -> tuple[str, str]:
    office, unit, content = _office_acting(matter), matter.lead_unit_name or "", matter.content
    if matter.state == State.REGISTERED:
        return office, _("交办")
    if matter.state == State.UNDER_REVIEW:
        return office, _("审核")
    if content is None:
        return unit, _("办理")
    name = content.handler.name if content.handler else ""
    handler = name if name.startswith(unit) else f"{unit}{name}"
    match matter.state:
        case State.ASSIGNED:
            return (handler, _("签收")) if content.handler_id else (unit, _("指定承办人"))
        case State.IN_SIGN_OFF if matter.step_now is not None:
            names = _named(matter.step_now.people) or str(matter.step_now.step.role.label)
            return names, str(STEP_LABELS[matter.step_now.step.kind])
        case State.IN_SIGN_OFF:
            return unit, _("签批")
    return handler, _("重办") if matter.returns else _("办理并报结")


def urged(matter: Matter) -> list[tuple[str, str]]:
    """Whom an urging will reach (`service.handling.urge`), by names that stand on the matter's page too; to whoever sees
    the shell alone, by no name."""
    content = matter.content
    if content is None:
        return [(_("将送"), _("承办人，姓名不向您显示"))]
    told = (_("将送承办人"), content.handler.name) if content.handler else (_("将送"), _("主办单位联络员、办公室主任"))
    waiting = _named(matter.step_now.people) if matter.step_now is not None else ""
    return [told, (_("将送签批人"), waiting)] if waiting else [told]


def head(matter: Matter, url: str) -> Drawn:
    """What forms and pages say of the matter; of a shell, nothing of its content."""
    content = matter.content
    return Drawn(
        number=matter.number,
        title=content.title if content else None,
        url=url,
        version=matter.version,
        source=str(_SOURCES[matter.source_level]),
        source_level=str(matter.source_level.label),
        urgent=matter.urgency == "urgent",
        confidential=matter.confidential,
        round=matter.round,
        returns=matter.returns,
        state=str(State(matter.state).label),
        lead_unit=matter.lead_unit_name,
        text=content.text if content else "",
        leader=content.leader if content else None,
        instructed_on=matter.instructed_on if content else None,
        document_number=content.document_number if content else None,
        received_on=matter.received_on if content else None,
        requirement=content.requirement if content else None,
        registered_by=matter.registering_name or matter.registering_unit.name,
        registered_at=matter.registered_at,
        co_units=[c.unit_name for c in getattr(matter, "co_units", ())],
        handler=content.handler.name if content and content.handler else None,
    )


def why(running: Clock | None) -> Drawn | None:
    """A term with its reasons."""
    if running is None:
        return None
    light = (
        Lamp("done", 0, "closed")
        if running.stopped_at
        else lamp(running.due_on, clock.today(), True, None, False)
    )
    words = _("已反馈") if running.stopped_at else light.words
    return Drawn(
        by=running.due_at, why=explain(Why.from_json(running.why)), lamp=Drawn(kind=light.kind, words=words)
    )


def log(entries: Sequence[Entry]) -> list[Drawn]:
    """办理经过 as lines."""
    return [_line(entry) for entry in entries]


def _line(entry: Entry) -> Drawn:
    facts = entry.facts or {}
    name = entry.person.name if entry.person else ""
    post = [entry.unit_name, str(Role(entry.role).label)] if entry.unit_name and entry.role else []
    who = "　".join(part for part in (*post, name) if part and (part == name or part not in name))
    who += _("（代）") if entry.delegation_id else ""
    tags = [_("首次反馈")] if entry.first_feedback else []
    if entry.kind == "decline" and facts.get("code") in DECLINE_REASONS:
        tags.append(str(DECLINE_REASONS[facts["code"]]))
    tags += [str(QUESTIONS[f]) for f in facts.get("failed", ()) if f in QUESTIONS]
    what = next((facts[k] for k in ("handler", "unit") if facts.get(k) and facts[k] != entry.unit_name), None)
    if facts.get("until"):
        what = _("至 %(day)s", day=day_words(date.fromisoformat(facts["until"])))
    if facts.get("changed"):
        what = _("、").join(str(FIELD_LABELS[field]) for field in facts["changed"])
    if facts.get("draft"):
        what = _("第 %(n)s 稿", n=facts["draft"])
    return Drawn(
        at=entry.at, verb=str(ENTRY_LABELS.get(entry.kind, entry.kind)) + "　", who=who, what=what, say=entry.words,
        kind="back" if entry.kind in _BACK else ("auto" if entry.person_id is None else ""), tags=tags,
    )


def dates(milestones: Sequence[Milestone]) -> list[Drawn]:
    """The dates of a shell, without names."""
    return [
        Drawn(at=m.at, verb=str(ENTRY_LABELS.get(m.kind, m.kind)), who="", what=None, say=None,
              kind="back" if m.kind in _BACK else "", tags=[])
        for m in milestones
    ]


def urgings(milestones: Sequence[Milestone]) -> list[Drawn]:
    """The office's urgings of a shell."""
    return [
        Drawn(at=m.at, verb=None, who="", what=_("催办"), say=None, kind="", tags=[]) for m in milestones if m.kind == "urge"
    ]


def tree(matter: Matter, children: Sequence[tuple[Matter, str]], co_units: Sequence[CoUnit]) -> list[Drawn]:
    """Who has it: registering office, lead unit, what was forwarded, who helps."""
    below = [_node(child.lead_unit_name or "", _("转办"), url, lamp_of(child)) for child, url in children]
    helping = [_node(c.unit_name, _("协办"), None, None, c.task) for c in co_units]
    root = _node(matter.registering_name or matter.registering_unit.name, _("登记"), None, None, "")
    if matter.lead_unit_name:
        lead = _node(matter.lead_unit_name, _("主办"), None, lamp_of(matter))
        lead.strong, lead.children = True, below
        root.children = [lead, *helping]
    return [root]


def _node(name: str, role: str, url: str | None, light: Lamp | None, note: str | None = None) -> Drawn:
    return Drawn(name=name, role=role, strong=False, url=url, lamp=light, note=note, children=[])


def steps(
    report: Report, shown: Sequence[Step], signatures: dict[int, Signature], people: dict[int, list[Signer]], matter: Matter
) -> list[Drawn]:
    """The whole chain: done, now, to come; the drafting before it, the review behind it."""
    drawn = [_step("done" if report.state != "draft" else "now", _("拟稿"), report.drafter.name,
                   _("第 %(n)s 稿", n=report.draft), report.changed_at)]
    running = report.state == "in_sign_off"
    for step in shown:
        signature = signatures.get(step.number)
        title = f"{STEP_LABELS[step.kind]}"
        if signature:
            one = _step("done", title, signature.person.name, _("已签"), signature.signed_at)
            one.delegate = signature.delegation_id is not None
        elif running and step.reached_at:
            now = matter.step_now if matter.step_now is not None and matter.step_now.step.number == step.number else None
            names = _named(now.people) if now else _("、").join(s.person.name for s in people.get(step.number, ()))
            met = step.vacant and now is not None and now.kept_out
            word = _("已签过另一步，须由他人签") if met else _("无人在任") if step.vacant else _("待签")
            one = _step("now", title, _named(now.kept_out) if met and now else names, word, step.reached_at)
        else:
            one = _step("todo", title, str(Role(step.role).label), _("未到"), None)
        one.note = step.unit.name if step.unit_id != matter.lead_unit_id else None
        drawn.append(one)
    issued = report.issued_at is not None
    state = {"accepted": "done", "returned": "back"}.get(report.state, "now" if issued else "todo")
    word = {"accepted": _("办结"), "returned": _("已退回")}.get(report.state, _("待审核") if issued else _("未到"))
    drawn.append(_step(state, _("审核"), office_of(matter), word, matter.closed_at if state == "done" else None))
    return drawn


def _named(holders: Sequence[Holder]) -> str:
    """Whoever may sign, each once; who stands in for a holder is marked."""
    return _("、").join(
        dict.fromkeys(_("%(name)s（代）", name=h.name) if h.delegation_id is not None else h.name for h in holders)
    )


def _step(state: str, title: str, who: str, word: str, time: datetime | None) -> Drawn:
    return Drawn(state=state, title=title, who=who, word=word, time=time, delegate=False, note=None)


def planned(seats: Sequence[Any], matter: Matter) -> list[Drawn]:
    """The chain that a draft will walk; a seat in a co-unit says whose it is."""
    helping = {c.unit_id: c.unit_name for c in getattr(matter, "co_units", ())}
    drawn = []
    for seat in seats:
        one = _step("todo", str(STEP_LABELS[seat.kind]), str(seat.role.label), _("未到"), None)
        one.note = helping.get(seat.unit_id)
        drawn.append(one)
    return drawn


def last_return(back: Sequence[Entry], count: int) -> Drawn | None:
    """The last return for rework and, if a signer sent the draft back after it, that too: what the next draft answers."""
    told = [entry for entry in back if entry.kind != "recall"]
    rework = next((entry for entry in told if entry.kind == "return_for_rework"), None)
    if not told:
        return None
    codes = (rework.facts or {}).get("failed", ()) if rework else ()
    return Drawn(
        failed=[str(QUESTIONS[c]) for c in codes if c in QUESTIONS], codes=list(codes), count=count,
        reason=rework.words if rework else None, at=rework.at if rework else None,
        sent_back=_line(told[0]) if told[0] is not rework else None,
    )


def changes(shown: Report, before: Submission, now: dict[str, Any], back: Sequence[Entry]) -> dict[str, Any]:
    """A draft beside what was submitted before it: text, heads and attachments, and why that one came back."""
    then = before.fields
    labels = {"title": _("标题"), "addressee": _("主送"), "issuing_name": _("落款"), "copies": _("抄送")}
    text = compare(then["body"], now["body"])
    heads = [
        (label, compare(then[name] or "", now[name] or ""))
        for name, label in labels.items() if (then[name] or "") != (now[name] or "")
    ]
    old, new = ({tuple(paper) for paper in fields["attachments"]} for fields in (then, now))
    again = {name for name, _digest in old} & {name for name, _digest in new}
    papers = [("del", _("去掉"), name) for name, _digest in sorted(old - new) if name not in again]
    papers += [("ins", _("换过") if name in again else _("新增"), name) for name, _digest in sorted(new - old)]
    ended = next((entry for entry in reversed(back) if entry.at >= before.submitted_at), None)
    same = before.draft == shown.draft
    return {
        "draft_no": shown.draft, "text": text, "heads": heads, "papers": papers, "counted": counted(text),
        "same": not heads and not papers and not any(paragraph.changed for paragraph in text),
        "former": _("第 %(n)s 稿第 %(time)s 次送签", n=before.draft, time=before.generation) if same or before.generation > 1
        else _("第 %(n)s 稿", n=before.draft),
        "submitted_at": before.submitted_at, "ended": _line(ended) if ended else None,
    }


def questions(failed: Sequence[str]) -> list[Drawn]:
    """写前四问."""
    hints = {
        "facts": _("时间、地点、经过、数据是否核实，有无遗漏"),
        "cause": _("直接原因和根源是否分开说清"),
        "measures": _("做了什么、谁负责、何时完成，是否见效"),
        "form": _("标题、主送、附件、落款是否合乎格式"),
    }
    return [Drawn(title=str(label), hint=hints[code], failed=code in failed) for code, label in QUESTIONS.items()]


def sheet(report: Report, names: Sequence[str], mark: str, issuer: str | None, year: int, upward: bool) -> Drawn:
    """The report as the page it will become."""
    issued_on: date | None = clock.local(report.issued_at).date() if report.issued_at else None
    return Drawn(
        draft_no=report.draft, title=report.title, masthead=report.issuing_name, number_prefix=f"{mark}〔{year}〕",
        document_number=report.document_number, issuer=issuer, upward=upward, addressee=report.addressee,
        text=report.body or "", attachments=list(names), signature_unit=report.issuing_name, issued_on=issued_on,
        copies=report.copies, printed_by=None,
    )


def watermark(actor: Actor, matter: Matter) -> str | None:
    """On pages with confidential content: reader's name, unit and the time."""
    if not matter.confidential or matter.content is None:
        return None
    unit = actor.acting.unit_name if actor.acting else ""
    return f"{actor.name}　{unit}　{clock.local(clock.now()):%Y-%m-%d %H:%M}"
