"""What the unit that has a matter does with it: name its handler, acknowledge, decline, forward, write progress, ask for time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, flash

from portal.deadlines.reckon import extension_limit
from portal.deadlines.words import day_words
from portal.kernel.language import _
from portal.matters import acts, away, forms, queries
from portal.matters.clocks import decline_days, parent_due
from portal.matters.models import Matter
from portal.matters.routes import blueprint
from portal.matters.routes.acts import chosen_post, offer_handlers, perform, units_typed, version_of
from portal.matters.routes.matter import url_of
from portal.matters.service import assigning, forwarding, handling
from portal.web.answers import go
from portal.web.guards import allows, current_actor


@blueprint.route("/matters/<uuid:matter_id>/name-handler", methods=["GET", "POST"])
@allows(acts.NAME_HANDLER, once=True)
def name_handler(matter_id: UUID) -> Response:
    """指定承办人."""
    found = queries.one(current_actor(), matter_id)
    form = forms.HandlerForm()
    offer_handlers(form, found.lead_unit, found)

    def do(_found: Matter, filled: Any) -> str:
        assigning.name_handler(current_actor(), matter_id, version=version_of(filled), handler_post_id=chosen_post(filled))
        return _("已指定承办人") + away.notice(current_actor(), found)

    return perform(
        matter_id,
        acts.NAME_HANDLER,
        form,
        do,
        title=_("指定承办人"),
        lead=_("一件事项由一名承办人负责，签收、办理、报结都由他进行。"),
    )


@blueprint.route("/matters/<uuid:matter_id>/name-co-handler", methods=["GET", "POST"])
@allows(acts.CO_PROGRESS, once=True)
def name_co_handler(matter_id: UUID) -> Response:
    """A co-unit names who does its part."""
    actor = current_actor()
    found = queries.one(actor, matter_id)
    form = forms.HandlerForm()
    mine = next((c.unit for c in getattr(found, "co_units", ()) if c.unit_id in {s.for_unit_id for s in actor.standings}), None)
    offer_handlers(form, mine, found)

    def do(_found: Matter, filled: Any) -> str:
        assigning.name_co_handler(actor, matter_id, version=version_of(filled), handler_post_id=chosen_post(filled))
        return _("已指定协办承办人")

    return perform(matter_id, acts.CO_PROGRESS, form, do, title=_("指定协办承办人"))


@blueprint.post("/matters/<uuid:matter_id>/acknowledge")
@allows(acts.ACKNOWLEDGE)
def acknowledge(matter_id: UUID) -> Response:
    """签收."""
    form = forms.PlainForm()
    matter = handling.acknowledge(current_actor(), matter_id, version=version_of(form))
    flash(_("已签收"))
    return go(url_of(matter))


@blueprint.route("/matters/<uuid:matter_id>/decline", methods=["GET", "POST"])
@allows(acts.DECLINE, once=True)
def decline(matter_id: UUID) -> Response:
    """退回交办."""

    def do(_found: Matter, filled: Any) -> str:
        assigning.decline(current_actor(), matter_id, version=version_of(filled), code=filled.code.data, reason=filled.reason.data)
        return _("已退回交办")

    return perform(
        matter_id,
        acts.DECLINE,
        forms.DeclineForm(),
        do,
        title=_("退回交办"),
        event="decline",
        lead=lambda found: _(
            "交办后 %(days)d 个工作日内可以退回。退回后由交办单位另行交办，期限继续计算。", days=decline_days(found)
        ),
    )


@blueprint.route("/matters/<uuid:matter_id>/forward", methods=["GET", "POST"])
@allows(acts.FORWARD, once=True)
def forward(matter_id: UUID) -> Response:
    """转办."""

    def do(_found: Matter, filled: Any) -> str:
        made = forwarding.forward(
            current_actor(),
            matter_id,
            version=version_of(filled),
            units=units_typed(filled.units.data, "units"),
            requirement=filled.requirement.data or None,
            due_on=filled.due_on.data,
        )
        return _("已转办 %(n)s 个单位", n=len(made))

    return perform(
        matter_id,
        acts.FORWARD,
        forms.ForwardForm(),
        do,
        title=_("转办"),
        lead=_("转办给下级单位，每个单位各成一件，期限不晚于本件。下级没有全部办结，本件不能报结。"),
    )


@blueprint.route("/matters/<uuid:matter_id>/progress", methods=["GET", "POST"])
@allows(acts.PROGRESS, once=True)
def progress(matter_id: UUID) -> Response:
    """办理进展."""

    def do(_found: Matter, filled: Any) -> str:
        handling.progress(
            current_actor(),
            matter_id,
            version=version_of(filled),
            words=filled.words.data,
            first_feedback=bool(filled.first_feedback.data),
        )
        return _("进展已记入")

    return perform(
        matter_id,
        acts.PROGRESS,
        forms.ProgressForm(),
        do,
        title=_("写进展"),
        rows={"words": 8},
        lead=_("进展不是结果：只写进展不报结，期限照常计算。"),
    )


@blueprint.route("/matters/<uuid:matter_id>/co-progress", methods=["GET", "POST"])
@allows(acts.CO_PROGRESS, once=True)
def co_progress(matter_id: UUID) -> Response:
    """协办情况."""

    def do(_found: Matter, filled: Any) -> str:
        handling.co_progress(current_actor(), matter_id, version=version_of(filled), words=filled.words.data)
        return _("协办情况已告知主办单位")

    return perform(matter_id, acts.CO_PROGRESS, forms.WordsForm(), do, title=_("写协办情况"), rows={"words": 6})


@blueprint.route("/matters/<uuid:matter_id>/extension", methods=["GET", "POST"])
@allows(acts.ASK_EXTENSION, once=True)
def ask_extension(matter_id: UUID) -> Response:
    """申请延期."""

    def do(_found: Matter, filled: Any) -> str:
        handling.ask_extension(
            current_actor(),
            matter_id,
            version=version_of(filled),
            until=filled.due_on.data,
            reason=filled.reason.data,
            progress_so_far=filled.progress.data,
        )
        return _("延期申请已送督查室主任")

    return perform(
        matter_id,
        acts.ASK_EXTENSION,
        forms.ExtensionForm(),
        do,
        title=_("申请延期"),
        facts=_room_for_more,
        lead=_("须在期限届满前申请；累计不得超过原定期限的次月同日。批复前不计超期，不予延期的仍按原期限计算。"),
    )


def _room_for_more(found: Matter) -> list[tuple[str, str]]:
    limit, above = extension_limit(found.original_due_on), parent_due(found)
    facts = [(_("现定期限"), day_words(found.due_on)), (_("最迟可延至"), day_words(min(limit, above or limit)))]
    return facts if above is None else [*facts, (_("上级事项的期限"), day_words(above))]
