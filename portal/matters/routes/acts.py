"""One form, one act, on one matter. Each route names its form and the verb of the service; the rest is said once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response, flash, request, url_for
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from portal.access.policy import Act, allowed
from portal.deadlines.words import day_words
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Refusal
from portal.matters import forms, queries, views
from portal.matters.book import BOOK
from portal.matters.models import Matter
from portal.matters.routes import blueprint
from portal.matters.routes.matter import head_of, url_of
from portal.matters.service import assigning, handling, reviewing
from portal.network.models import Unit
from portal.network.queries import handlers_of, proposal_for, unit_meant
from portal.web.answers import go, page
from portal.web.forms import OfficeForm, redraw
from portal.web.guards import allows, current_actor
from portal.web.transactions import discard
from portal.workflow import engine

Do = Callable[[Matter, Any], str]


def unit_typed(text: str | None, field: str) -> Unit | None:
    """The unit that was typed; Invalid beside the field when there is none."""
    if not text:
        return None
    unit = unit_meant(text)
    if unit is None:
        raise Invalid(
            _("没有找到“%(text)s”", text=text), fields={field: _("单位网络中没有这个单位，请从列出的名称中选择，或填单位代码")}
        )
    return unit


def units_typed(text: str | None, field: str) -> list[Unit]:
    """Several units, parted by 、 or commas."""
    names = [part.strip() for part in (text or "").replace("，", "、").replace(",", "、").split("、") if part.strip()]
    return [unit for name in names if (unit := unit_typed(name, field)) is not None]


def _show(found: Matter, form: OfficeForm, template: str, words: dict[str, Any], refusal: Refusal | None = None) -> Response:
    drawn = {
        "matter": head_of(found), "action": request.path, "back_url": url_of(found), "pickers": _pickers(),
        "facts": [], "quote": None, "blocked": [], "lead": None, "proposal": None, "deadline": views.why(found.closing), "rows": {},
        "watermark": views.watermark(current_actor(), found), **words,
    }
    if refusal is not None or form.errors:
        return redraw(template, form, refusal, **drawn)
    return page(template, form=form, refusal=None, **drawn)


def _pickers() -> dict[str, str]:
    suggest = url_for("network.suggest")
    return {"lead_unit": suggest, "co_units": suggest, "units": suggest}


def perform(
    matter_id: UUID, act: Act, form: OfficeForm, do: Do, *, title: str, button: str | None = None, event: str | None = None,
    template: str = "instructions/act.html", **words: Any,
) -> Response:
    """Show the form (GET), or do the act and go back to the matter (POST). What stands in the way is listed first; a
    refusal draws the form again with what was typed."""
    found = queries.one(current_actor(), matter_id)
    decision = allowed(current_actor(), act, found)
    if not decision:
        raise Forbidden(_("您不能办理这一步：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    drawn = {"title": title, "button": button or title, **words}
    if event is not None:
        judged = engine.judge(BOOK, current_actor(), found, event)
        drawn["blocked"] = list(judged.unmet) if not judged.possible else []
    if not form.is_submitted():
        return _show(found, form, template, drawn)
    try:
        if not form.validate():
            return _show(found, form, template, drawn | {"blocked": []})
        engine.fresh(BOOK, current_actor(), found, _version(form))
        said = do(found, form)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        discard()
        again = queries.one(current_actor(), matter_id)
        return _show(again, form, template, drawn | {"blocked": []}, refusal)
    flash(said)
    return go(url_of(found))


def _version(form: OfficeForm) -> int | None:
    version: int | None = form.version.data  # type: ignore[assignment]
    return version


def _handlers(form: OfficeForm, unit: Unit | None) -> None:
    field = form["handler"]
    assert isinstance(field, SelectField)
    people = handlers_of(unit.id) if unit else []
    field.choices = [SelectChoice("", _("请选择")), *(SelectChoice(str(h.post_id), h.name) for h in people)]


def _chosen(form: OfficeForm) -> int | None:
    value = form["handler"].data if "handler" in form else None
    return int(value) if value and str(value).isdigit() else None


@blueprint.route("/matters/<uuid:matter_id>/assign", methods=["GET", "POST"])
@allows(Act.ASSIGN)
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
        _handlers(form, unit_meant(form.lead_unit.data) if form.lead_unit.data else None)

    def do(_found: Matter, filled: Any) -> str:
        helping = None
        if "co_units" in filled:
            helping = tuple(
                (unit, None, bool(filled.countersign.data)) for unit in units_typed(filled.co_units.data, "co_units")
            )
        assigning.assign(
            current_actor(), matter_id, version=_version(filled), lead_unit=unit_typed(filled.lead_unit.data, "lead_unit"),
            co_units=helping, requirement=filled.requirement.data or None, handler_post_id=_chosen(filled),
        )
        return _("已交办")

    return perform(
        matter_id, Act.ASSIGN, form, do, title=_("交办"), template="instructions/assign.html", proposal=_proposal(found),
    )


def _proposal(found: Matter) -> str | None:
    unit = found.lead_unit
    county = proposal_for(unit, found.registering_unit) if unit is not None and not found.confidential else None
    if unit is None or county is None:
        return None
    return _("建议交办%(county)s，再由其转办%(unit)s；直接交办的，将告知其督查室", county=county.name, unit=unit.name)


@blueprint.route("/matters/<uuid:matter_id>/reassign-unit", methods=["GET", "POST"])
@allows(Act.REASSIGN_UNIT)
def reassign_unit(matter_id: UUID) -> Response:
    """改派."""
    found = queries.one(current_actor(), matter_id)
    form = forms.ReassignConfidentialForm() if found.confidential else forms.ReassignForm()
    if found.confidential:
        _handlers(form, unit_meant(form.lead_unit.data) if form.lead_unit.data else None)

    def do(_found: Matter, filled: Any) -> str:
        assigning.reassign_unit(
            current_actor(), matter_id, version=_version(filled), lead_unit=unit_typed(filled.lead_unit.data, "lead_unit"),
            reason=filled.reason.data, handler_post_id=_chosen(filled),
        )
        return _("已改派")

    return perform(matter_id, Act.REASSIGN_UNIT, form, do, title=_("改派"), template="instructions/assign.html")


@blueprint.route("/matters/<uuid:matter_id>/name-handler", methods=["GET", "POST"])
@allows(Act.NAME_HANDLER)
def name_handler(matter_id: UUID) -> Response:
    """指定承办人."""
    found = queries.one(current_actor(), matter_id)
    form = forms.HandlerForm()
    _handlers(form, found.lead_unit)

    def do(_found: Matter, filled: Any) -> str:
        assigning.name_handler(current_actor(), matter_id, version=_version(filled), handler_post_id=_chosen(filled))
        return _("已指定承办人")

    return perform(matter_id, Act.NAME_HANDLER, form, do, title=_("指定承办人"),
        lead=_("一件事项由一名承办人负责，签收、办理、报结都由他进行。"))


@blueprint.route("/matters/<uuid:matter_id>/name-co-handler", methods=["GET", "POST"])
@allows(Act.CO_PROGRESS)
def name_co_handler(matter_id: UUID) -> Response:
    """A co-unit names who does its part."""
    actor = current_actor()
    found = queries.one(actor, matter_id)
    form = forms.HandlerForm()
    mine = next((c.unit for c in getattr(found, "co_units", ()) if c.unit_id in {s.for_unit_id for s in actor.standings}), None)
    _handlers(form, mine)

    def do(_found: Matter, filled: Any) -> str:
        assigning.name_co_handler(actor, matter_id, handler_post_id=_chosen(filled) or 0)
        return _("已指定协办承办人")

    return perform(matter_id, Act.CO_PROGRESS, form, do, title=_("指定协办承办人"))


@blueprint.post("/matters/<uuid:matter_id>/acknowledge")
@allows(Act.ACKNOWLEDGE)
def acknowledge(matter_id: UUID) -> Response:
    """签收."""
    form = forms.PlainForm()
    matter = handling.acknowledge(current_actor(), matter_id, version=_version(form))
    flash(_("已签收"))
    return go(url_of(matter))


@blueprint.route("/matters/<uuid:matter_id>/decline", methods=["GET", "POST"])
@allows(Act.DECLINE)
def decline(matter_id: UUID) -> Response:
    """退回交办."""

    def do(_found: Matter, filled: Any) -> str:
        assigning.decline(
            current_actor(), matter_id, version=_version(filled), code=filled.code.data, reason=filled.reason.data
        )
        return _("已退回交办")

    return perform(
        matter_id, Act.DECLINE, forms.DeclineForm(), do, title=_("退回交办"), event="decline",
        lead=_("交办后 3 个工作日内可以退回。退回后由交办单位另行交办，期限继续计算。"),
    )


@blueprint.route("/matters/<uuid:matter_id>/forward", methods=["GET", "POST"])
@allows(Act.FORWARD)
def forward(matter_id: UUID) -> Response:
    """转办."""

    def do(_found: Matter, filled: Any) -> str:
        made = assigning.forward(
            current_actor(), matter_id, version=_version(filled), units=units_typed(filled.units.data, "units"),
            requirement=filled.requirement.data or None, due_on=filled.due_on.data,
        )
        return _("已转办 %(n)s 个单位", n=len(made))

    return perform(
        matter_id, Act.FORWARD, forms.ForwardForm(), do, title=_("转办"),
        lead=_("转办给下级单位，每个单位各成一件，期限不晚于本件。下级没有全部办结，本件不能报结。"),
    )


def _with_reason(
    matter_id: UUID, act: Act, title: str, event: str, lead: str, verb: Callable[..., object], said: str
) -> Response:
    def do(_found: Matter, filled: Any) -> str:
        verb(current_actor(), matter_id, version=_version(filled), reason=filled.reason.data)
        return said

    return perform(matter_id, act, forms.ReasonForm(), do, title=title, event=event, lead=lead)


@blueprint.route("/matters/<uuid:matter_id>/withdraw", methods=["GET", "POST"])
@allows(Act.WITHDRAW)
def withdraw(matter_id: UUID) -> Response:
    """撤销."""
    lead = _("撤销后不再办理，编号保留。理由记入办理经过。")
    return _with_reason(matter_id, Act.WITHDRAW, _("撤销"), "withdraw", lead, assigning.withdraw, _("已撤销"))


@blueprint.route("/matters/<uuid:matter_id>/make-confidential", methods=["GET", "POST"])
@allows(Act.MAKE_CONFIDENTIAL)
def make_confidential(matter_id: UUID) -> Response:
    """改为限定知悉."""
    lead = _("本件作废、编号保留；随后请按限定知悉重新登记。已经读过本件的人仍可看到作废的本件。")
    return _with_reason(
        matter_id, Act.MAKE_CONFIDENTIAL, _("改为限定知悉"), "make_confidential", lead, assigning.make_confidential,
        _("已作废，请按限定知悉重新登记"),
    )


@blueprint.route("/matters/<uuid:matter_id>/progress", methods=["GET", "POST"])
@allows(Act.PROGRESS)
def progress(matter_id: UUID) -> Response:
    """办理进展."""

    def do(_found: Matter, filled: Any) -> str:
        handling.progress(
            current_actor(), matter_id, version=_version(filled), words=filled.words.data,
            first_feedback=bool(filled.first_feedback.data),
        )
        return _("进展已记入")

    return perform(
        matter_id, Act.PROGRESS, forms.ProgressForm(), do, title=_("写进展"), rows={"words": 8},
        lead=_("进展不是结果：只写进展不报结，期限照常计算。"),
    )


@blueprint.route("/matters/<uuid:matter_id>/co-progress", methods=["GET", "POST"])
@allows(Act.CO_PROGRESS)
def co_progress(matter_id: UUID) -> Response:
    """协办情况."""

    def do(_found: Matter, filled: Any) -> str:
        handling.co_progress(current_actor(), matter_id, words=filled.words.data)
        return _("协办情况已告知主办单位")

    return perform(matter_id, Act.CO_PROGRESS, forms.WordsForm(), do, title=_("写协办情况"), rows={"words": 6})


@blueprint.route("/matters/<uuid:matter_id>/urge", methods=["GET", "POST"])
@allows(Act.URGE)
def urge(matter_id: UUID) -> Response:
    """催办: of a confidential matter without words."""
    found = queries.one(current_actor(), matter_id)
    form: OfficeForm = forms.PlainForm() if found.confidential else forms.WordsForm()

    def do(_found: Matter, filled: Any) -> str:
        handling.urge(current_actor(), matter_id, words=filled["words"].data if "words" in filled else None)
        return _("已催办")

    lead = _("催办用固定文字，不带内容，由系统送达。") if found.confidential else None
    return perform(matter_id, Act.URGE, form, do, title=_("催办"), lead=lead)


@blueprint.route("/matters/<uuid:matter_id>/instruct-again", methods=["GET", "POST"])
@allows(Act.INSTRUCT_AGAIN)
def instruct_again(matter_id: UUID) -> Response:
    """再次批示."""

    def do(_found: Matter, filled: Any) -> str:
        handling.instruct_again(current_actor(), matter_id, words=filled.words.data)
        return _("批示已送督查室")

    return perform(matter_id, Act.INSTRUCT_AGAIN, forms.WordsForm(), do, title=_("再次批示"))


@blueprint.route("/matters/<uuid:matter_id>/extension", methods=["GET", "POST"])
@allows(Act.ASK_EXTENSION)
def ask_extension(matter_id: UUID) -> Response:
    """申请延期."""

    def do(_found: Matter, filled: Any) -> str:
        handling.ask_extension(
            current_actor(), matter_id, version=_version(filled), until=filled.due_on.data, reason=filled.reason.data,
            progress_so_far=filled.progress.data,
        )
        return _("延期申请已送督查室主任")

    return perform(
        matter_id, Act.ASK_EXTENSION, forms.ExtensionForm(), do, title=_("申请延期"),
        lead=_("须在期限届满前申请；累计不得超过原定期限的次月同日。批复前不计超期，不予延期的仍按原期限计算。"),
    )


@blueprint.route("/matters/<uuid:matter_id>/extension-decision", methods=["GET", "POST"])
@allows(Act.DECIDE_EXTENSION)
def decide_extension(matter_id: UUID) -> Response:
    """批复延期."""
    actor = current_actor()
    found = queries.one(actor, matter_id)
    asked = next((e for e in queries.extensions(actor, found) if e.decided_at is None), None)
    facts = []
    if asked:
        facts = [
            (_("申请延至"), day_words(asked.until)), (_("理由"), asked.reason), (_("目前进展"), asked.progress),
        ]

    def do(_found: Matter, filled: Any) -> str:
        granted = filled.granted.data == "yes"
        handling.decide_extension(
            actor, matter_id, version=_version(filled), granted=granted, until=filled.due_on.data,
            words=filled.reason.data or None,
        )
        return _("已准予延期") if granted else _("已批复不予延期")

    return perform(
        matter_id, Act.DECIDE_EXTENSION, forms.DecisionForm(), do, title=_("批复延期"), facts=facts,
        **({} if asked else {"lead": _("没有待批复的延期申请")}),
    )


@blueprint.route("/matters/<uuid:matter_id>/close", methods=["GET", "POST"])
@allows(Act.REVIEW)
def close(matter_id: UUID) -> Response:
    """审核办结."""

    def do(_found: Matter, filled: Any) -> str:
        reviewing.close(current_actor(), matter_id, version=_version(filled), words=filled.words.data or None)
        return _("已办结")

    return perform(
        matter_id, Act.REVIEW, forms.CloseForm(), do, title=_("审核办结"), event="close",
        lead=_("办结前请核对四问：事实是否清楚、原因是否找准、措施是否落实、格式是否合规。有一项不过的，退回重办。"),
    )


@blueprint.route("/matters/<uuid:matter_id>/return-for-rework", methods=["GET", "POST"])
@allows(Act.REVIEW)
def return_for_rework(matter_id: UUID) -> Response:
    """退回重办."""

    def do(_found: Matter, filled: Any) -> str:
        reviewing.return_for_rework(
            current_actor(), matter_id, version=_version(filled), failed=tuple(filled.failed.data), reason=filled.reason.data
        )
        return _("已退回重办")

    return perform(
        matter_id, Act.REVIEW, forms.ReturnForm(), do, title=_("退回重办"),
        lead=_("退回后期限按从未停止计算，退回次数计入本件。"),
    )
