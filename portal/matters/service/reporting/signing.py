"""A closing report on its way: submitted into its chain, signed, sent back or recalled, issued under a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from uuid import UUID

from sqlalchemy import select, update

from portal.access.actor import SYSTEM, Actor, Standing
from portal.access.policy import allowed
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Stale
from portal.matters import acts, audience, notices, office
from portal.matters.book import BOOK
from portal.matters.models import Content, Matter, SearchEntry
from portal.matters.papers import OnMatter
from portal.matters.queries import attachments, one, whole_content, with_paper
from portal.matters.service.creation import searched
from portal.matters.service.reporting.document import (
    heading_of,
    report_series,
    shape_of,
)
from portal.network.queries import merged_into
from portal.papers import signoff
from portal.papers.acts import SIGN
from portal.papers.drafting import submittable
from portal.papers.frozen import canonical_fields, digest_to_sign, is_what_was_signed
from portal.papers.models import Paper
from portal.papers.queries import paper
from portal.papers.seats import STEP_LABELS, holders_to_choose
from portal.papers.steps import StepNow
from portal.vault.words import digest_of
from portal.workflow import engine


def submit_report(
    actor: Actor,
    report_id: UUID,
    *,
    version: int | None = None,
    saved: int | None = None,
    named: Mapping[int, int] | None = None,
) -> Matter:
    """报结: the draft enters its chain. Seats with several holders need one named; vacant seats are listed."""
    draft = paper(actor, report_id)
    matter = one(actor, draft.record_id)
    content = whole_content(matter)
    engine.fresh(BOOK, actor, matter, version)
    submittable(draft, saved)
    shape, heading = shape_of(matter), heading_of(draft, matter)
    seats = shape.seats
    drafters = drafters_now(actor, content)
    choices = holders_to_choose(seats, drafters, confidential=matter.confidential)
    chosen = dict(named or {})
    for number, people in choices.items():
        if chosen.get(number) not in {h.person_id for h in people}:
            label = f"{STEP_LABELS[seats[number - 1].kind]}（{seats[number - 1].role.label}）"
            raise Invalid(_("%(step)s有多位，请指定其中一位", step=label), fields={f"signer_{number}": _("请指定一位")})

    def then() -> None:
        standing = allowed(actor, acts.DRAFT_REPORT, matter).standing
        assert standing is not None
        draft.title, draft.addressee, draft.issuing_name, draft.mark = astuple(heading)
        fields = canonical_fields(draft, attachments(actor, matter, draft.id))
        sign_off = signoff.submit(
            actor,
            draft,
            shape,
            {n: p for n, p in chosen.items() if n in choices},
            standing,
            digest_to_sign(draft, fields),
            fields,
        )
        matter.step_now = signoff.arrive(actor, OnMatter(matter, content), sign_off, 1)
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


def sign(
    actor: Actor, report_id: UUID, *, step: int, digest: str, confirm: Callable[[], None], authentication: str = "password"
) -> Matter:
    """Check, endorse, countersign or issue, on exactly the text that was shown, with the password entered again."""
    matter, shown = with_paper(actor, report_id)
    waiting = matter.step_now
    if waiting is None or waiting.sign_off.paper_id != shown.id or waiting.step.number != step:
        raise Stale(_("这一步已经办过，或者轮到了别的步骤；本次签批未执行"))
    if not allowed(actor, SIGN, matter):
        if any(holder.person_id == actor.person_id for holder in waiting.kept_out):
            raise Forbidden(_("您已签过本稿的另一步，同一份材料不能由一个人签两步；请由他人签，没有他人的，请秘书处任职或由您委托"))
        raise Forbidden(_("现在不是轮到您签批"))
    confirm()
    content = matter.content or whole_content(matter)
    last = waiting.step.number == waiting.sign_off.last_step

    def then() -> None:
        standing = allowed(actor, SIGN, matter).standing
        assert standing is not None
        papers = attachments(actor, matter, shown.id)
        if not is_what_was_signed(shown, canonical_fields(shown, papers), waiting.sign_off.digest):
            raise Stale(_("送签的文本与登记的摘要不符，本次签批未执行，请与系统管理员联系"))
        signoff.sign(waiting, actor, standing, digest, authentication)
        if last:
            _issue(actor, standing, matter, content, shown, waiting)
        else:
            matter.step_now = signoff.arrive(actor, OnMatter(matter, content), waiting.sign_off, step + 1)

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


def _issue(actor: Actor, standing: Standing, matter: Matter, content: Content, shown: Paper, waiting: StepNow) -> None:
    assert matter.lead_unit_id is not None
    mark = heading_of(shown, matter).mark
    own = matter.lead_unit_id == standing.for_unit_id  # whose former units are known
    former = standing.former if own else merged_into(matter.lead_unit_id)
    issued = signoff.issue(shown, waiting.sign_off, matter.lead_unit_id, former, mark, report_series(mark))
    matter.issued_at = issued.issued_at
    db.session.flush()
    if not matter.confidential:
        _index_number(matter, content, shown)
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
    waiting = matter.step_now
    if waiting is None or waiting.sign_off.paper_id != shown.id or waiting.step.number != step:
        raise Stale(_("这一步已经办过，或者轮到了别的步骤；没有退回"))
    _back_to_draft(actor, matter, shown, "send_back", reason)
    return matter


def recall(actor: Actor, report_id: UUID, *, version: int | None = None) -> Matter:
    """撤回修改: the handler takes the draft back to change it; the chain begins again."""
    matter, shown = with_paper(actor, report_id)
    engine.fresh(BOOK, actor, matter, version)
    _back_to_draft(actor, matter, shown, "recall", None)
    return matter


def _back_to_draft(actor: Actor, matter: Matter, shown: Paper, event: str, reason: str | None) -> None:
    content = whole_content(matter)

    def then() -> None:
        signoff.back_to_draft(shown)
        matter.step_now = None
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
