"""How one matter is put into words for its pages: whose turn, lamps, timeline, tree. Nothing here reads anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import SimpleNamespace as Drawn

from portal.access.actor import Actor
from portal.access.roles import Role, post_name
from portal.deadlines.formatting import day_words, explain
from portal.deadlines.lamp import Lamp, lamp
from portal.deadlines.why import Why
from portal.kernel import clock
from portal.kernel.language import _
from portal.matters.fields import FIELDS
from portal.matters.kinds import kind_of
from portal.matters.models import Clock, CoUnit, Entry, Matter, Milestone, State
from portal.matters.rules import DECLINE_REASONS
from portal.network.models import Kind
from portal.network.queries import Holder
from portal.papers.seats import STEP_LABELS
from portal.registry.journal import entry_words

_BACK = ("decline", "send_back", "end_sign_off", "return_for_rework", "withdraw", "make_confidential", "extension_refused")


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
            names = named(matter.step_now.people) or str(matter.step_now.step.role.label)
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
    waiting = named(matter.step_now.people) if matter.step_now is not None else ""
    return [told, (_("将送签批人"), waiting)] if waiting else [told]


def head(matter: Matter, url: str) -> Drawn:
    """What forms and pages say of the matter; of a shell, nothing of its content."""
    content, kind = matter.content, kind_of(matter)
    return Drawn(
        number=matter.number,
        title=content.title if content else None,
        url=url,
        version=matter.version,
        source=str(kind.source(matter)),
        text_label=str(kind.text_label),
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


def closing(matter: Matter) -> Drawn | None:
    """The closing term with its reasons, and what became of it once the report is issued."""
    drawn = why(matter.closing)
    light = lamp_of(matter)
    if drawn is not None and matter.issued_at is not None and light.stage in ("issued", "closed"):
        day = day_words(clock.local(matter.issued_at).date())
        drawn.why.append((_("报结"), _("%(day)s签发，%(result)s", day=day, result=light.result or _("延期待批"))))
    return drawn


def why(running: Clock | None) -> Drawn | None:
    """A term with its reasons."""
    if running is None:
        return None
    light = Lamp("done", 0, "closed") if running.stopped_at else lamp(running.due_on, clock.today(), True, None, False)
    words = _("已反馈") if running.stopped_at else light.words
    return Drawn(by=running.due_at, why=explain(Why.from_json(running.why)), lamp=Drawn(kind=light.kind, words=words))


def log(entries: Sequence[Entry], matter: Matter) -> list[Drawn]:
    """办理经过 as lines."""
    return [line(entry, matter) for entry in entries]


def line(entry: Entry, matter: Matter) -> Drawn:
    """One line of 办理经过: what was done, by whom, with what was said."""
    facts = entry.facts or {}
    name = entry.person.name if entry.person else ""
    post = post_name(entry.unit_name, Role(entry.role)) if entry.unit_name and entry.role else ""
    if entry.unit_name and entry.unit_name in name:  # he is called by his post
        post = post.removeprefix(entry.unit_name)
        post = "" if post in name else post
    who = "　".join(part for part in (post, name) if part)
    who += _("（代）") if entry.delegation_id else ""
    tags = [_("首次反馈")] if entry.first_feedback else []
    if entry.kind == "decline" and facts.get("code") in DECLINE_REASONS:
        tags.append(str(DECLINE_REASONS[facts["code"]]))
    questions = kind_of(matter).review.questions
    tags += [str(questions[code].label) for code in facts.get("failed", ()) if code in questions]
    what = next((facts[k] for k in ("handler", "unit") if facts.get(k) and facts[k] != entry.unit_name), None)
    if facts.get("until"):
        what = _("至 %(day)s", day=day_words(date.fromisoformat(facts["until"])))
    if facts.get("changed"):
        fields = _("、").join(str(FIELDS[field]) for field in facts["changed"])
        until = facts.get("until")
        what = _("%(fields)s，期限改为%(day)s", fields=fields, day=day_words(date.fromisoformat(until))) if until else fields
    if facts.get("ended"):
        what = entry_words(facts["ended"])
    if facts.get("draft"):
        what = _("第 %(n)s 稿", n=facts["draft"])
    return Drawn(
        at=entry.at,
        verb=entry_words(entry.kind) + "　",
        who=who,
        what=what,
        say=entry.words,
        kind="back" if entry.kind in _BACK else ("auto" if entry.person_id is None else ""),
        tags=tags,
    )


def dates(milestones: Sequence[Milestone]) -> list[Drawn]:
    """The dates of a shell, without names."""
    return [
        Drawn(
            at=m.at,
            verb=entry_words(m.kind),
            who="",
            what=None,
            say=None,
            kind="back" if m.kind in _BACK else "",
            tags=[],
        )
        for m in milestones
    ]


def urgings(milestones: Sequence[Milestone]) -> list[Drawn]:
    """The office's urgings of a shell."""
    return [Drawn(at=m.at, verb=None, who="", what=_("催办"), say=None, kind="", tags=[]) for m in milestones if m.kind == "urge"]


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


def named(holders: Sequence[Holder]) -> str:
    """Whoever may sign, each once; who stands in for a holder is marked."""
    return _("、").join(dict.fromkeys(_("%(name)s（代）", name=h.name) if h.delegation_id is not None else h.name for h in holders))


def watermark(actor: Actor, matter: Matter) -> str | None:
    """On pages with confidential content: reader's name, unit and the time."""
    if not matter.confidential or matter.content is None:
        return None
    unit = actor.acting.unit_name if actor.acting else ""
    return f"{actor.name}　{unit}　{clock.local(clock.now()):%Y-%m-%d %H:%M}"
