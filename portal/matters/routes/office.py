"""What the supervising office and leaders do with a matter: assign, urge, decide an extension, review, end it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response

from portal.deadlines.words import day_words
from portal.kernel.language import _
from portal.matters import acts, away, forms, queries, views
from portal.matters.models import Matter, State
from portal.matters.routes import blueprint
from portal.matters.routes.acts import chosen_post, offer_handlers, perform, units_typed, version_of
from portal.matters.service import assigning, ending, handling, reviewing
from portal.network.queries import proposal_for, unit_meant, unit_typed
from portal.registry.acts import Act
from portal.web.forms import OfficeForm
from portal.web.guards import allows, current_actor


@blueprint.route("/matters/<uuid:matter_id>/assign", methods=["GET", "POST"])
@allows(acts.ASSIGN, once=True)
def assign(matter_id: UUID) -> Response:
    """交办."""
    found = queries.one(current_actor(), matter_id)
    form = forms.AssignConfidentialForm() if found.confidential else forms.AssignForm()
    if not form.is_submitted():
        form.lead_unit.data = f"{found.lead_unit.name} ({found.lead_unit.code})" if found.lead_unit else None
        form.requirement.data = found.content.requirement if found.content else None
        if "co_units" in form:
            form["co_units"].data = "、".join(f"{c.unit.name} ({c.unit.code})" for c in getattr(found, "co_units", ()))
    if found.confidential:
        offer_handlers(form, unit_meant(form.lead_unit.data) if form.lead_unit.data else None, found)

    def do(_found: Matter, filled: Any) -> str:
        helping = None
        if "co_units" in filled:
            helping = tuple((unit, None, bool(filled.countersign.data)) for unit in units_typed(filled.co_units.data, "co_units"))
        assigning.assign(
            current_actor(),
            matter_id,
            version=version_of(filled),
            lead_unit=unit_typed(filled.lead_unit.data, "lead_unit"),
            co_units=helping,
            requirement=filled.requirement.data or None,
            handler_post_id=chosen_post(filled),
        )
        return _("已交办") + away.notice(current_actor(), found)

    return perform(
        matter_id,
        acts.ASSIGN,
        form,
        do,
        title=_("交办"),
        template="instructions/assign.html",
        proposal=_proposal(found),
    )


def _proposal(found: Matter) -> str | None:
    unit = found.lead_unit
    county = proposal_for(unit, found.registering_unit.keeper_id) if unit is not None and not found.confidential else None
    if unit is None or county is None:
        return None
    return _("建议交办%(county)s，再由其转办%(unit)s；直接交办的，将告知其督查室", county=county.name, unit=unit.name)


@blueprint.route("/matters/<uuid:matter_id>/reassign-unit", methods=["GET", "POST"])
@allows(acts.REASSIGN_UNIT, once=True)
def reassign_unit(matter_id: UUID) -> Response:
    """改派."""
    found = queries.one(current_actor(), matter_id)
    form = forms.ReassignConfidentialForm() if found.confidential else forms.ReassignForm()
    if found.confidential:
        offer_handlers(form, unit_meant(form.lead_unit.data) if form.lead_unit.data else None, found)

    def do(_found: Matter, filled: Any) -> str:
        assigning.reassign_unit(
            current_actor(),
            matter_id,
            version=version_of(filled),
            lead_unit=unit_typed(filled.lead_unit.data, "lead_unit"),
            reason=filled.reason.data,
            handler_post_id=chosen_post(filled),
        )
        return _("已改派")

    return perform(
        matter_id,
        acts.REASSIGN_UNIT,
        form,
        do,
        title=_("改派"),
        template="instructions/assign.html",
        proposal=_ends_with_it(found),
    )


def _ends_with_it(found: Matter) -> str | None:
    if found.confidential:
        return None
    ended = [_("正在进行的签批随之终止，新的主办单位从空白稿写起")] if found.state == State.IN_SIGN_OFF else []
    ended += [_("待批的延期申请随之终止")] if found.extension_pending else []
    return _("；").join(ended) or None


def _with_reason(
    matter_id: UUID, act: Act, title: str, event: str, lead: str, verb: Callable[..., Matter], said: Callable[[Matter], str]
) -> Response:
    def do(_found: Matter, filled: Any) -> str:
        return said(verb(current_actor(), matter_id, version=version_of(filled), reason=filled.reason.data))

    return perform(matter_id, act, forms.ReasonForm(), do, title=title, event=event, lead=lead)


@blueprint.route("/matters/<uuid:matter_id>/withdraw", methods=["GET", "POST"])
@allows(acts.WITHDRAW, once=True)
def withdraw(matter_id: UUID) -> Response:
    """撤销."""
    lead = _("撤销后不再办理，编号保留。理由记入办理经过。")
    return _with_reason(matter_id, acts.WITHDRAW, _("撤销"), "withdraw", lead, ending.withdraw, lambda _ended: _("已撤销"))


@blueprint.route("/matters/<uuid:matter_id>/make-confidential", methods=["GET", "POST"])
@allows(acts.MAKE_CONFIDENTIAL, once=True)
def make_confidential(matter_id: UUID) -> Response:
    """改为限定知悉."""
    lead = _(
        "本件作废：编号保留，文字和附件清除，不能恢复；已经读过的人只看到编号。批示内容按限定知悉另行登记，附件请先另存，登记后再加。"
    )
    return _with_reason(
        matter_id,
        acts.MAKE_CONFIDENTIAL,
        _("改为限定知悉"),
        "make_confidential",
        lead,
        ending.make_confidential,
        lambda made: _("已作废，并按限定知悉另行登记为 %(number)s", number=made.number),
    )


@blueprint.route("/matters/<uuid:matter_id>/urge", methods=["GET", "POST"])
@allows(acts.URGE, once=True)
def urge(matter_id: UUID) -> Response:
    """催办: of a confidential matter without words."""
    found = queries.one(current_actor(), matter_id)
    form: OfficeForm = forms.PlainForm() if found.confidential else forms.WordsForm()

    def do(_found: Matter, filled: Any) -> str:
        handling.urge(
            current_actor(),
            matter_id,
            version=version_of(filled),
            words=filled["words"].data if "words" in filled else None,
        )
        return _("已催办")

    lead = _("催办用固定文字，不带内容，由系统送达。") if found.confidential else None
    return perform(matter_id, acts.URGE, form, do, title=_("催办"), lead=lead, facts=views.urged(found))


@blueprint.route("/matters/<uuid:matter_id>/instruct-again", methods=["GET", "POST"])
@allows(acts.INSTRUCT_AGAIN, once=True)
def instruct_again(matter_id: UUID) -> Response:
    """再次批示."""

    def do(_found: Matter, filled: Any) -> str:
        handling.instruct_again(current_actor(), matter_id, version=version_of(filled), words=filled.words.data)
        return _("批示已送督查室")

    return perform(matter_id, acts.INSTRUCT_AGAIN, forms.WordsForm(), do, title=_("再次批示"))


@blueprint.route("/matters/<uuid:matter_id>/extension-decision", methods=["GET", "POST"])
@allows(acts.DECIDE_EXTENSION, once=True)
def decide_extension(matter_id: UUID) -> Response:
    """批复延期."""
    actor = current_actor()
    found = queries.one(actor, matter_id)
    asked = next((e for e in queries.extensions(actor, found) if e.decided_at is None), None)
    facts = []
    if asked:
        facts = [
            (_("现定期限"), day_words(found.due_on)),
            (_("申请延至"), day_words(asked.until)),
            (_("理由"), asked.reason),
            (_("目前进展"), asked.progress),
        ]

    def do(_found: Matter, filled: Any) -> str:
        granted = filled.granted.data == "yes"
        handling.decide_extension(
            actor,
            matter_id,
            version=version_of(filled),
            granted=granted,
            until=filled.due_on.data,
            words=filled.reason.data or None,
        )
        return _("已准予延期") + away.notice(actor, found) if granted else _("已批复不予延期")

    return perform(
        matter_id,
        acts.DECIDE_EXTENSION,
        forms.DecisionForm(),
        do,
        title=_("批复延期"),
        facts=facts,
        **({} if asked else {"lead": _("没有待批复的延期申请")}),
    )


@blueprint.route("/matters/<uuid:matter_id>/name-reviewer", methods=["GET", "POST"])
@allows(acts.NAME_REVIEWER, once=True)
def name_reviewer(matter_id: UUID) -> Response:
    """指定审核人 of a confidential matter."""
    found = queries.one(current_actor(), matter_id)
    form = forms.ReviewerForm()
    form.handler.choices = [("", _("请选择")), *((str(h.post_id), h.name) for h in reviewing.reviewers_of(found))]

    def do(_found: Matter, filled: Any) -> str:
        reviewing.name_reviewer(current_actor(), matter_id, version=version_of(filled), reviewer_post_id=chosen_post(filled))
        return _("已指定审核人")

    return perform(
        matter_id,
        acts.NAME_REVIEWER,
        form,
        do,
        title=_("指定审核人"),
        lead=_("报结材料签发后由审核人一人阅读和审核；原来的审核人不再可读。"),
    )


@blueprint.route("/matters/<uuid:matter_id>/close", methods=["GET", "POST"])
@allows(acts.REVIEW, once=True)
def close(matter_id: UUID) -> Response:
    """审核办结."""

    def do(_found: Matter, filled: Any) -> str:
        reviewing.close(current_actor(), matter_id, version=version_of(filled), words=filled.words.data or None)
        return _("已办结")

    return perform(
        matter_id,
        acts.REVIEW,
        forms.CloseForm(),
        do,
        title=_("审核办结"),
        event="close",
        lead=_("办结前请核对四问：事实是否清楚、原因是否找准、措施是否落实、格式是否合规。有一项不过的，退回重办。"),
    )


@blueprint.route("/matters/<uuid:matter_id>/return-for-rework", methods=["GET", "POST"])
@allows(acts.REVIEW, once=True)
def return_for_rework(matter_id: UUID) -> Response:
    """退回重办."""

    def do(_found: Matter, filled: Any) -> str:
        reviewing.return_for_rework(
            current_actor(), matter_id, version=version_of(filled), failed=tuple(filled.failed.data), reason=filled.reason.data
        )
        return _("已退回重办")

    return perform(
        matter_id,
        acts.REVIEW,
        forms.ReturnForm(),
        do,
        title=_("退回重办"),
        lead=_("退回后期限按从未停止计算，退回次数计入本件。"),
    )
