"""The closing report: written, submitted into its chain, signed, sent back, issued under a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM, Actor, Standing
from portal.access.policy import Act, allowed
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.deadlines.rules import SourceLevel
from portal.documents.numbering import bracketed, next_number
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Stale
from portal.matters import audience, clocks, notices
from portal.matters.book import BOOK
from portal.matters.models import Attachment, CoUnit, Matter, MatterContent, Report, State, Submission
from portal.matters.queries import attachments, one, report, whole_content
from portal.network.models import Kind, Unit
from portal.vault.words import canonical_digest, digest_of
from portal.workflow import engine, signoff
from portal.workflow.signoff import Seat

PARTY_LEVELS = (SourceLevel.CENTRAL, SourceLevel.PROVINCE)


def issuing_name(matter: Matter, unit: Unit) -> str:
    """In whose name the report goes out: central and provincial matters in that of the Party committee or Party group,
    the others in the unit's own."""
    if unit.official_name:
        return unit.official_name
    if unit.kind == Kind.PARTY_COMMITTEE:
        return f"中共{unit.name}委员会"
    if matter.source_level not in PARTY_LEVELS:
        return unit.name
    if unit.kind == Kind.TOWNSHIP:
        return f"中共{unit.name}{'工作委员会' if unit.name.endswith('街道') else '委员会'}"
    return f"中共{unit.name}党组"


def document_mark(matter: Matter, unit: Unit) -> str:
    """The mark before the document number."""
    mark = unit.document_prefix or unit.short_name
    party = matter.source_level in PARTY_LEVELS and unit.kind == Kind.DEPARTMENT
    return f"{mark}党组" if party else mark


def addressee(matter: Matter) -> str:
    """To whom the closing report is addressed: the committee whose supervision office assigned it."""
    unit = matter.supervising_unit
    return f"中共{unit.name}委员会督查室" if unit.kind == Kind.PARTY_COMMITTEE else unit.name


def seats_of(matter: Matter) -> tuple[Seat, ...]:
    """The chain that a report on this matter goes through."""
    countersigning = []
    if matter.content is not None and matter.content.has("co_unit"):
        countersigning = list(
            db.session.scalars(
                select(CoUnit.unit_id)
                .where(CoUnit.matter_id == matter.id, CoUnit.countersigns)
                .options(as_seen_by(SYSTEM))
                .order_by(CoUnit.unit_id)
            )
        )
    assert matter.lead_unit_id is not None
    return signoff.shape(matter.source_level, matter.lead_unit_id, countersigning)


def draft_of(actor: Actor, matter: Matter) -> Report | None:
    """The draft that is being written, if there is one."""
    return db.session.scalars(
        select(Report)
        .where(Report.matter_id == matter.id, Report.state == "draft")
        .options(as_seen_by(actor))
    ).first()


def for_drafter(actor: Actor, matter_id: UUID) -> tuple[Matter, Standing]:
    """The matter, for whoever may draft its report, and in which post; Forbidden for its other readers."""
    matter = one(actor, matter_id)
    decision = allowed(actor, Act.DRAFT_REPORT, matter)
    if not decision:
        raise Forbidden(_("您不能起草报结材料：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    assert decision.standing is not None
    return matter, decision.standing


def may_begin(matter: Matter) -> None:
    """Invalid where the matter stands so that no draft can be begun."""
    if matter.state not in (State.ACKNOWLEDGED, State.IN_PROGRESS):
        raise Invalid(_("此件现为“%(state)s”，不能起草报结材料", state=matter.state.label))


def open_draft(actor: Actor, matter_id: UUID, *, version: int | None = None) -> tuple[Matter, Report]:
    """The handler opens the draft: the present one, whatever his page showed, or a new one that begins with the words of
    the last. Asked for twice at once, the second waits and finds what the first began."""
    db.session.execute(
        select(Matter.id).where(Matter.id == matter_id).with_for_update().options(as_seen_by(actor))
    )
    matter, standing = for_drafter(actor, matter_id)
    existing = draft_of(actor, matter)
    if existing is not None:
        return matter, existing
    engine.fresh(BOOK, actor, matter, version)
    may_begin(matter)
    content = whole_content(matter)
    if matter.state == State.ACKNOWLEDGED:
        engine.move(BOOK, actor, matter, "start", content=content)
    assert matter.lead_unit is not None
    last = db.session.scalars(
        select(Report).where(Report.matter_id == matter.id).options(as_seen_by(actor)).order_by(Report.draft.desc())
    ).first()
    made = Report(
        matter_id=matter.id,
        confidential=matter.confidential,
        draft=(last.draft if last else 0) + 1,
        drafter_id=actor.person_id,
        drafter_post_id=standing.post_id,
        changed_at=clock.now(),
        title=last.title if last else _("关于%(title)s办理情况的报告", title=_subject(content.title)),
        addressee=last.addressee if last else addressee(matter),
        body=last.body if last else "",
        copies=last.copies if last else None,
        answers=last.answers if last else {},
        issuing_name=issuing_name(matter, matter.lead_unit),
    )
    db.session.add(made)
    content.mark("report")
    db.session.flush()
    return matter, made


def _subject(title: str) -> str:
    return title.removeprefix("关于").removesuffix("的情况反映").removesuffix("情况反映") or title


def save_draft(actor: Actor, report_id: UUID, saved: int | None, words: Mapping[str, Any]) -> Report:
    """Save what is written so far. `saved` is the number of the save that the writer's page began with: another tab's
    later save is not overwritten."""
    draft = report(actor, report_id)
    matter = one(actor, draft.matter_id)
    decision = allowed(actor, Act.DRAFT_REPORT, matter)
    if not decision:
        raise Forbidden(_("您不能修改报结材料：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    db.session.refresh(draft, with_for_update=True)
    if draft.state != "draft":
        raise Stale(_("这一稿已经送签，不能再改；要改动请先撤回"))
    if saved is not None and saved != draft.saved:
        raise Stale(_("这一稿在另一个页面里保存过，本页没有覆盖它；请核对后再保存"))
    for name in ("title", "addressee", "body", "copies", "answers"):
        if name in words:
            setattr(draft, name, words[name])
    draft.saved += 1
    draft.changed_at = clock.now()
    db.session.flush()
    return draft


def canonical_fields(draft: Report, papers: list[Attachment]) -> dict[str, Any]:
    """Exactly what a signature binds: text, title, addressee, the name it goes out in, and the attachments' digests."""
    return {
        "title": draft.title,
        "addressee": draft.addressee,
        "body": draft.body,
        "copies": draft.copies,
        "issuing_name": draft.issuing_name,
        "attachments": sorted([paper.name, paper.digest] for paper in papers),
    }


def submit_report(
    actor: Actor, report_id: UUID, *, version: int | None = None, saved: int | None = None,
    named: Mapping[int, int] | None = None,
) -> Matter:
    """报结: the draft enters its chain. Seats with several holders need one named; vacant seats are listed."""
    draft = report(actor, report_id)
    matter = one(actor, draft.matter_id)
    content = whole_content(matter)
    engine.fresh(BOOK, actor, matter, version)
    if draft.state != "draft":
        raise Stale(_("这一稿已经送签"))
    if saved is not None and saved != draft.saved:
        raise Stale(_("这一稿在另一个页面里保存过，请核对后再送签"))
    seats = seats_of(matter)
    choices = signoff.holders_to_choose(seats, actor.person_id, confidential=matter.confidential)
    chosen = dict(named or {})
    for number, people in choices.items():
        if chosen.get(number) not in {h.person_id for h in people}:
            label = f"{signoff.STEP_LABELS[seats[number - 1].kind]}（{seats[number - 1].role.label}）"
            raise Invalid(
                _("%(step)s有多位，请指定其中一位", step=label), fields={f"signer_{number}": _("请指定一位")}
            )

    def then() -> None:
        draft.state, draft.generation = "in_sign_off", draft.generation + 1
        standing = allowed(actor, Act.DRAFT_REPORT, matter).standing
        assert standing is not None
        draft.drafter_id, draft.drafter_post_id = actor.person_id, standing.post_id
        db.session.flush()
        fields = canonical_fields(draft, attachments(actor, matter, draft.id))
        sign_off = signoff.submit(
            report_id=draft.id, matter_id=matter.id, generation=draft.generation, seats=seats,
            named={n: p for n, p in chosen.items() if n in choices}, drafter=standing, drafter_id=actor.person_id,
            digest=canonical_digest(fields), confidential=matter.confidential,
        )
        db.session.add(
            Submission(
                matter_id=matter.id, report_id=draft.id, generation=draft.generation, draft=draft.draft,
                submitted_at=sign_off.submitted_at, confidential=matter.confidential, fields=fields,
            )
        )
        matter.step_now = signoff.step_now(matter.id, confidential=matter.confidential)
        _arrive(actor, matter, content)
        journal.record(
            actor, "sign_off_started", "report", draft.id, confidential=matter.confidential,
            after={"generation": draft.generation, "digest": sign_off.digest, "words": digest_of(draft)},
        )

    engine.move(
        BOOK, actor, matter, "submit_report", content=content, report=draft, seats=seats, drafter_id=actor.person_id,
        report_id=draft.id, entry_facts={"draft": draft.draft}, then=[then],
    )
    return matter


def _arrive(actor: Actor, matter: Matter, content: MatterContent) -> None:
    """The chain waits at a step: its people are admitted and told; a vacant seat is reported."""
    waiting = matter.step_now
    people = [h.person_id for h in waiting.people]
    if matter.confidential:
        audience.admit(matter.id, people, audience.SIGNER)
    entry = journal.record(
        actor, "step_reached", "report", waiting.step.report_id, confidential=matter.confidential,
        after={"step": waiting.step.number},
    )
    if people:
        notices.ask_to_sign(matter, content, entry, waiting.step.kind, people)
    else:
        notices.notify(matter, content, entry, "seat_vacant", [*notices.lead_desk(matter), *notices.supervisors(matter)])


def sign(
    actor: Actor, report_id: UUID, *, step: int, digest: str, confirm: Callable[[], None], authentication: str = "password"
) -> Matter:
    """Check, endorse, countersign or issue, on exactly the text that was shown, with the password entered again."""
    shown = report(actor, report_id)
    matter = one(actor, shown.matter_id)
    waiting = matter.step_now
    if waiting is None or waiting.step.report_id != shown.id or waiting.step.number != step:
        raise Stale(_("这一步已经办过，或者轮到了别的步骤；本次签批未执行"))
    if not allowed(actor, Act.SIGN, matter):
        if any(holder.person_id == actor.person_id for holder in waiting.kept_out):
            raise Forbidden(_("您已签过本稿的另一步，同一份材料不能由一个人签两步；请由他人签，没有他人的，请秘书处任职或由您委托"))
        raise Forbidden(_("现在不是轮到您签批"))
    confirm()
    content = whole_content(matter)
    last = waiting.step.number == waiting.sign_off.last_step

    def then() -> None:
        standing = allowed(actor, Act.SIGN, matter).standing
        assert standing is not None
        papers = attachments(actor, matter, shown.id)
        if canonical_digest(canonical_fields(shown, papers)) != waiting.sign_off.digest:
            raise Stale(_("送签的文本与登记的摘要不符，本次签批未执行，请与系统管理员联系"))
        signoff.sign(waiting, actor, standing, digest, authentication, confidential=matter.confidential)
        if last:
            _issue(actor, matter, content, shown, waiting)
        else:
            signoff.reach(waiting.sign_off, step + 1, confidential=matter.confidential)
            matter.step_now = signoff.step_now(matter.id, confidential=matter.confidential)
            _arrive(actor, matter, content)

    engine.move(
        BOOK, actor, matter, waiting.step.kind, content=content, report_id=shown.id,
        entry_facts={"draft": shown.draft}, facts={"digest": digest, "step": step}, then=[then],
    )
    return matter


def _issue(actor: Actor, matter: Matter, content: MatterContent, shown: Report, waiting: signoff.StepNow) -> None:
    unit = matter.lead_unit
    assert unit is not None
    year = clock.today().year
    mark = document_mark(matter, unit)
    number = next_number(unit.id, f"report:{mark}", year)
    signoff.issue(waiting.sign_off, unit_id=unit.id, series=f"report:{mark}", year=year, number=number)
    signoff.end(matter.id)
    shown.state = "issued"
    shown.issued_at = matter.issued_at = clock.now()
    shown.document_number = bracketed(mark, year, number)
    closing = clocks.clock_of(matter, clocks.CLOSING)
    matter.in_time = closing is not None and clock.now() < closing.due_at
    db.session.flush()
    entry = journal.record(
        actor, "issued", "report", shown.id, confidential=matter.confidential,
        after={"document_number": shown.document_number},
    )
    told = [content.reviewer_id] if matter.confidential else notices.supervisors(matter)
    if matter.confidential and content.reviewer_id:
        audience.admit(matter.id, [content.reviewer_id], audience.REVIEWER)
    notices.notify(matter, content, entry, "issued_to_review", [p for p in told if p])


def send_back(actor: Actor, report_id: UUID, *, step: int, reason: str) -> Matter:
    """送签退回: the signer returns the draft with a reason; the chain begins again with the next submission."""
    shown = report(actor, report_id)
    matter = one(actor, shown.matter_id)
    waiting = matter.step_now
    if waiting is None or waiting.step.report_id != shown.id or waiting.step.number != step:
        raise Stale(_("这一步已经办过，或者轮到了别的步骤；没有退回"))
    _back_to_draft(actor, matter, shown, "send_back", reason)
    return matter


def recall(actor: Actor, report_id: UUID, *, version: int | None = None) -> Matter:
    """撤回修改: the handler takes the draft back to change it; the chain begins again."""
    shown = report(actor, report_id)
    matter = one(actor, shown.matter_id)
    engine.fresh(BOOK, actor, matter, version)
    _back_to_draft(actor, matter, shown, "recall", None)
    return matter


def _back_to_draft(actor: Actor, matter: Matter, shown: Report, event: str, reason: str | None) -> None:
    content = whole_content(matter)

    def then() -> None:
        signoff.end(matter.id)
        shown.state = "draft"
        matter.step_now = None
        db.session.flush()
        if matter.confidential:
            audience.shut_out(matter.id, audience.SIGNER)
        entry = journal.record(actor, f"{event}_done", "report", shown.id, confidential=matter.confidential)
        notices.notify(matter, content, entry, "sent_back", [content.handler_id] if content.handler_id else [])

    engine.move(
        BOOK, actor, matter, event, content=content, reason=reason, report_id=shown.id,
        entry_facts={"draft": shown.draft}, then=[then],
    )

