"""A closing report on its way: submitted into its chain, signed, sent back or recalled, issued under a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple
from uuid import UUID

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.audit import journal
from portal.documents.numbering import bracketed, next_number, where_counted
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Stale
from portal.matters import acts, audience, notices, office
from portal.matters.book import BOOK
from portal.matters.models import Content, Matter, Paper, Submission
from portal.matters.queries import attachments, one, report, whole_content
from portal.matters.service.creation import index_words
from portal.matters.service.reporting.document import (
    canonical_fields,
    digest_to_sign,
    heading_of,
    is_what_was_signed,
    report_series,
    seats_of,
)
from portal.network.queries import merged_into
from portal.vault.words import digest_of
from portal.workflow import engine, signoff
from portal.workflow.seats import STEP_LABELS, holders_to_choose


def submit_report(
    actor: Actor,
    report_id: UUID,
    *,
    version: int | None = None,
    saved: int | None = None,
    named: Mapping[int, int] | None = None,
) -> Matter:
    """报结: the draft enters its chain. Seats with several holders need one named; vacant seats are listed."""
    draft = report(actor, report_id)
    matter = one(actor, draft.record_id)
    content = whole_content(matter)
    engine.fresh(BOOK, actor, matter, version)
    if draft.state != "draft":
        raise Stale(_("这一稿已经送签"))
    if saved is not None and saved != draft.saved:
        raise Stale(_("这一稿在另一个页面里保存过，请核对后再送签"))
    seats, heading = seats_of(matter), heading_of(draft, matter)
    drafters = drafters_now(actor, content)
    choices = holders_to_choose(seats, drafters, confidential=matter.confidential)
    chosen = dict(named or {})
    for number, people in choices.items():
        if chosen.get(number) not in {h.person_id for h in people}:
            label = f"{STEP_LABELS[seats[number - 1].kind]}（{seats[number - 1].role.label}）"
            raise Invalid(_("%(step)s有多位，请指定其中一位", step=label), fields={f"signer_{number}": _("请指定一位")})

    def then() -> None:
        draft.state, draft.generation = "in_sign_off", draft.generation + 1
        standing = allowed(actor, acts.DRAFT_REPORT, matter).standing
        assert standing is not None
        draft.drafter_id, draft.drafter_post_id = actor.person_id, standing.post_id
        draft.title, draft.addressee, draft.issuing_name, draft.mark = astuple(heading)
        db.session.flush()
        fields = canonical_fields(draft, attachments(actor, matter, draft.id))
        sign_off = signoff.submit(
            paper_id=draft.id,
            record_id=matter.id,
            generation=draft.generation,
            seats=seats,
            named={n: p for n, p in chosen.items() if n in choices},
            drafter=standing,
            drafter_id=actor.person_id,
            digest=digest_to_sign(draft, fields),
            confidential=matter.confidential,
        )
        db.session.add(
            Submission(
                id=sign_off.id,
                record_id=matter.id,
                generation=draft.generation,
                draft=draft.draft,
                submitted_at=sign_off.submitted_at,
                confidential=matter.confidential,
                fields=fields,
            )
        )
        matter.step_now = signoff.step_now(matter.id, confidential=matter.confidential)
        _arrive(actor, matter, content)
        journal.record(
            actor,
            "sign_off_started",
            "report",
            draft.id,
            confidential=matter.confidential,
            after={"generation": draft.generation, "digest": sign_off.digest, "words": digest_of(draft)},
        )

    engine.move(
        BOOK,
        actor,
        matter,
        "submit_report",
        content=content,
        report=draft,
        seats=seats,
        drafters=drafters,
        report_id=draft.id,
        entry_facts={"draft": draft.draft},
        then=[then],
    )
    return matter


def drafters_now(actor: Actor, content: Content) -> frozenset[int]:
    """Who would count as the drafters if this person submitted now: he, and the handler for whom he may stand in."""
    return frozenset({actor.person_id, content.handler_id or actor.person_id})


def _arrive(actor: Actor, matter: Matter, content: Content) -> None:
    """The chain waits at a step: its people are admitted and told; a vacant seat is reported."""
    waiting = matter.step_now
    people = [h.person_id for h in waiting.people]
    if matter.confidential:
        audience.admit(matter.id, people, audience.SIGNER)
    entry = journal.record(
        actor,
        "step_reached",
        "report",
        waiting.sign_off.paper_id,
        confidential=matter.confidential,
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
    matter = one(actor, shown.record_id)
    waiting = matter.step_now
    if waiting is None or waiting.sign_off.paper_id != shown.id or waiting.step.number != step:
        raise Stale(_("这一步已经办过，或者轮到了别的步骤；本次签批未执行"))
    if not allowed(actor, acts.SIGN, matter):
        if any(holder.person_id == actor.person_id for holder in waiting.kept_out):
            raise Forbidden(_("您已签过本稿的另一步，同一份材料不能由一个人签两步；请由他人签，没有他人的，请秘书处任职或由您委托"))
        raise Forbidden(_("现在不是轮到您签批"))
    confirm()
    content = whole_content(matter)
    last = waiting.step.number == waiting.sign_off.last_step

    def then() -> None:
        standing = allowed(actor, acts.SIGN, matter).standing
        assert standing is not None
        papers = attachments(actor, matter, shown.id)
        if not is_what_was_signed(shown, canonical_fields(shown, papers), waiting.sign_off.digest):
            raise Stale(_("送签的文本与登记的摘要不符，本次签批未执行，请与系统管理员联系"))
        signoff.sign(waiting, actor, standing, digest, authentication, confidential=matter.confidential)
        if last:
            _issue(actor, matter, content, shown, waiting)
        else:
            signoff.reach(waiting.sign_off, step + 1, confidential=matter.confidential)
            matter.step_now = signoff.step_now(matter.id, confidential=matter.confidential)
            _arrive(actor, matter, content)

    engine.move(
        BOOK,
        actor,
        matter,
        waiting.step.kind,
        content=content,
        report_id=shown.id,
        entry_facts={"draft": shown.draft},
        facts={"digest": digest, "step": step},
        then=[then],
    )
    return matter


def _issue(actor: Actor, matter: Matter, content: Content, shown: Paper, waiting: signoff.StepNow) -> None:
    unit = matter.lead_unit
    assert unit is not None
    year, mark = clock.today().year, heading_of(shown, matter).mark
    series = report_series(mark)
    # A report that was submitted in the name of a unit that is no more has its place in that one's series.
    counting_id = where_counted((unit.id, *merged_into(unit.id)), series, year) or unit.id
    number = next_number(counting_id, series, year)
    signoff.issue(waiting.sign_off, unit_id=counting_id, series=series, year=year, number=number)
    signoff.end(matter.id)
    shown.state = "issued"
    shown.issued_at = matter.issued_at = clock.now()
    shown.document_number = bracketed(mark, year, number)
    db.session.flush()
    if not matter.confidential:
        index_words(matter, content)
    entry = journal.record(
        actor,
        "issued",
        "report",
        shown.id,
        confidential=matter.confidential,
        after={"document_number": shown.document_number},
    )
    said, told = (
        office.reviewer_admitted(matter, content) if matter.confidential else ("issued_to_review", notices.supervisors(matter))
    )
    notices.notify(matter, content, entry, said, told)


def send_back(actor: Actor, report_id: UUID, *, step: int, reason: str) -> Matter:
    """送签退回: the signer returns the draft with a reason; the chain begins again with the next submission."""
    shown = report(actor, report_id)
    matter = one(actor, shown.record_id)
    waiting = matter.step_now
    if waiting is None or waiting.sign_off.paper_id != shown.id or waiting.step.number != step:
        raise Stale(_("这一步已经办过，或者轮到了别的步骤；没有退回"))
    _back_to_draft(actor, matter, shown, "send_back", reason)
    return matter


def recall(actor: Actor, report_id: UUID, *, version: int | None = None) -> Matter:
    """撤回修改: the handler takes the draft back to change it; the chain begins again."""
    shown = report(actor, report_id)
    matter = one(actor, shown.record_id)
    engine.fresh(BOOK, actor, matter, version)
    _back_to_draft(actor, matter, shown, "recall", None)
    return matter


def _back_to_draft(actor: Actor, matter: Matter, shown: Paper, event: str, reason: str | None) -> None:
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
        BOOK,
        actor,
        matter,
        event,
        content=content,
        reason=reason,
        report_id=shown.id,
        entry_facts={"draft": shown.draft},
        then=[then],
    )
