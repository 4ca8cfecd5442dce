"""The page of one matter, or of its shell: what it is, whose turn, what may be done now."""

from __future__ import annotations

from types import SimpleNamespace as Drawn
from typing import Any
from uuid import UUID

from flask import Response, url_for

from portal.access.actor import Actor
from portal.access.policy import Act, allowed
from portal.audit import journal
from portal.kernel.language import _
from portal.matters import queries, views
from portal.matters.book import BOOK
from portal.matters.models import Matter, Report, State
from portal.matters.routes import blueprint
from portal.web.answers import page
from portal.web.frame import optional_url
from portal.web.guards import allows, current_actor
from portal.workflow import engine

AT_WORK = (State.ASSIGNED, State.ACKNOWLEDGED, State.IN_PROGRESS)
IN_HANDS = (*AT_WORK, State.IN_SIGN_OFF)


@blueprint.get("/matters/<uuid:matter_id>")
@allows(Act.READ_MATTER)
def matter(matter_id: UUID) -> Response:
    """One matter; of a confidential one the reading is logged."""
    actor = current_actor()
    found = queries.one(actor, matter_id)
    if found.content is None:
        return _shell(actor, found)
    if found.confidential:
        journal.reading(actor, found.id, "read")
    content = found.content
    reports = queries.reports(actor, found) if content.has("report") else []
    acts, blocked = buttons(actor, found, reports)
    children = queries.children(actor, found) if content.has("child") else []
    papers = queries.attachments(actor, found) if content.has("attachment") else []
    helping = getattr(found, "co_units", [])
    return page(
        "instructions/matter.html",
        matter=views.head(found, url(found.id)),
        turn=views.turn(found),
        acts=acts,
        deadline=views.why(found.closing) if found.state != State.REGISTERED else None,
        feedback=views.why(found.feedback),
        report=_report(actor, found, reports),
        blocked=blocked,
        entries=views.log(queries.entries(actor, found)),
        tree=views.tree(found, [(child, url(child.id)) for child in children], helping),
        tree_note=None,
        attachments=[Drawn(name=p.name, url=url_for("matters.attachment", attachment_id=p.id), size=p.size) for p in papers],
        rounds=_rounds(found),
        readings_url=_readings_url(actor, found),
        extension=_("有延期申请待批复") if found.extension_pending else None,
        register_url=optional_url("instructions.register_list"),
        watermark=views.watermark(actor, found),
    )


def _shell(actor: Actor, found: Matter) -> Response:
    stones = queries.milestones(actor, found)
    acts, _blocked = buttons(actor, found, [])
    readings = _readings_url(actor, found)
    if readings:
        acts.append(Drawn(url=readings, label=_("阅读记录"), kind="quiet", method="get", icon=None))
    return page(
        "instructions/shell.html",
        matter=views.head(found, url(found.id)),
        turn=views.turn(found),
        acts=acts,
        deadline=views.why(found.closing) if found.state != State.REGISTERED else None,
        dates=views.dates(stones),
        urgings=views.urgings(stones),
        register_url=optional_url("instructions.register_list"),
    )


def url(matter_id: UUID) -> str:
    """The address of a matter's page."""
    return url_for("matters.matter", matter_id=matter_id)


def _readings_url(actor: Actor, found: Matter) -> str | None:
    return url_for("matters.readings", matter_id=found.id) if allowed(actor, Act.READ_READINGS, found) else None


def _rounds(found: Matter) -> list[Any]:
    earlier = [Drawn(label=_("上一轮"), url=url(found.previous_id))] if found.previous_id else []
    parent = [Drawn(label=_("上级事项"), url=url(found.parent_id))] if found.parent_id else []
    return parent + earlier


def _report(actor: Actor, found: Matter, reports: list[Report]) -> Drawn | None:
    shown = next((r for r in reports if r.generation), None)
    if shown is None:
        return None
    _sign_off, steps, signatures, people = queries.chain_of(actor, shown)
    return Drawn(
        draft_no=shown.draft,
        document_number=shown.document_number,
        url=url_for("matters.report", matter_id=found.id, report_id=shown.id),
        steps=views.steps(shown, steps, signatures, people, found),
    )


def buttons(actor: Actor, found: Matter, reports: list[Report]) -> tuple[list[Any], list[str]]:
    """What this reader may do now, one of them primary: the thing to do next; and what stands in its way."""
    drawn: list[Any] = []
    blocked: list[str] = []
    main: list[str] = []

    def add(endpoint: str, label: str, *, first: bool = False, method: str = "get", **values: Any) -> None:
        kind = "primary" if first and not main else "quiet"
        main.extend(["there"] if kind == "primary" else [])
        address = url_for(endpoint, matter_id=found.id, **values)
        drawn.append(Drawn(url=address, label=label, kind=kind, method=method, icon=None))

    def by_chain(event: str, label: str, *, first: bool = False, method: str = "get", endpoint: str | None = None) -> None:
        judgement = engine.judge(BOOK, actor, found, event)
        if not judgement.mine:
            return
        if first:
            blocked.extend(s for s in judgement.unmet if s not in blocked)
        add(endpoint or f"matters.{event}", label, first=first, method=method)

    def by_policy(act: Act, label: str, endpoint: str, when: bool = True, **more: Any) -> None:
        if when and allowed(actor, act, found):
            add(endpoint, label, **more)

    waiting = next((r for r in reports if r.state == "in_sign_off"), None)
    drafting = next((r for r in reports if r.state == "draft"), None)
    inside = found.content is not None
    if waiting is not None:
        by_policy(Act.SIGN, _("阅读并签批"), "matters.report", first=True, report_id=waiting.id)
    by_policy(Act.DECIDE_EXTENSION, _("批复延期"), "matters.decide_extension", inside and found.extension_pending, first=True)
    by_chain("acknowledge", _("签收"), first=True, method="post")
    by_chain("assign", _("交办"), first=True)
    unnamed = inside and found.content is not None and found.content.handler_id is None
    by_chain("name_handler", _("指定承办人") if unnamed else _("更换承办人"), first=unnamed)
    by_chain("close", _("办结"), first=True)
    by_chain("return_for_rework", _("退回重办"))
    if found.state in (State.ACKNOWLEDGED, State.IN_PROGRESS):
        label = _("继续写报结材料") if drafting else _("写报结材料")
        if drafting is not None:
            by_policy(Act.DRAFT_REPORT, label, "matters.write_report", first=True)
        else:
            by_policy(Act.DRAFT_REPORT, label, "matters.begin_report", first=True, method="post")
        by_policy(Act.PROGRESS, _("记进展"), "matters.progress")
    by_policy(Act.PROGRESS, _("记进展"), "matters.progress", found.state == State.IN_SIGN_OFF)
    by_policy(Act.CO_PROGRESS, _("记协办情况"), "matters.co_progress", found.open)
    by_policy(Act.CO_PROGRESS, _("指定协办承办人"), "matters.name_co_handler", found.open)
    by_policy(Act.FORWARD, _("转办"), "matters.forward", found.state in AT_WORK)
    by_policy(Act.ASK_EXTENSION, _("申请延期"), "matters.ask_extension", found.state in IN_HANDS and not found.extension_pending)
    by_chain("decline", _("退回交办"))
    by_policy(Act.URGE, _("催办"), "matters.urge", found.state in IN_HANDS)
    by_policy(Act.INSTRUCT_AGAIN, _("再次批示"), "matters.instruct_again", inside and found.open)
    by_chain("reassign_unit", _("改派"))
    by_policy(Act.AMEND, _("更正"), "instructions.amend", inside and found.open)
    by_policy(Act.AMEND, _("加附件"), "matters.attach", inside and found.open)
    by_policy(Act.NEW_ROUND, _("登记新一轮"), "instructions.new_round", inside and not found.open)
    by_policy(Act.READ_MATTER, _("交办单"), "matters.slip", inside and found.state != State.REGISTERED)
    by_chain("make_confidential", _("改为限定知悉"))
    by_chain("withdraw", _("撤销"))
    return drawn, blocked
