"""离岗交接: the one act by which a person leaves, and the list that its receivers sign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, flash, url_for

from portal.access.queries import kinds_of
from portal.access.roles import Role, post_name
from portal.identity.authentication import confirm
from portal.kernel.language import _
from portal.kernel.refusals import Refusal
from portal.staffing import acts, forms, queries
from portal.staffing.routes import HIGHEST_ID, blueprint
from portal.staffing.routes.acts import chosen, perform
from portal.staffing.routes.appointing import nobody_yet
from portal.staffing.rules import SIGNING_SEATS
from portal.staffing.service import leaving
from portal.staffing.service.post_tasks import lines_of
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor
from portal.web.places import record_url
from portal.web.responses import go, page

HANDOVER = "staffing/handover.html"


@blueprint.route(f"/network/people/<int(max={HIGHEST_ID}):person_id>/hand-over", methods=["GET", "POST"])
@allows(acts.HAND_OVER, once=True)
def hand_over(person_id: int) -> Response:
    """离岗交接: for each of his posts, who takes over."""
    actor = current_actor()
    person, posts, _standing = leaving.leaver(actor, person_id)
    form = forms.leave_form(
        [
            (post.id, _("%(unit)s%(role)s的接手人", unit=post.unit.name, role=Role(post.role).label), queries.candidates(post),
             nobody_yet(post))
            for post in posts
        ],
        seats=any(post.role in SIGNING_SEATS for post in posts),
    )  # fmt: skip

    def do() -> Response:
        successors = {
            int(field.name.removeprefix("successor_")): chosen(field.data) for field in form if field.name.startswith("successor_")
        }
        made = leaving.hand_over(
            actor, person_id, successors, reason=form.reason.data or "",
            chains_wait=bool(form["chains_wait"].data) if "chains_wait" in form else False,
        )  # fmt: skip
        flash(_("离岗交接已办理"))
        return go(url_for("staffing.handover", handover_id=made.id))

    return perform(
        form, do, title=_("离岗交接"), back_url=url_for("staffing.person", person_id=person.id), crumb=person.name,
        facts=[(_("姓名"), person.name), (_("岗位"), "、".join(post_name(p.unit.name, Role(p.role)) for p in posts))],
        lead=_(
            "今日起生效，一次办完：未办完的事项交给接手人，岗位、委托和登录同时结束，没有其他岗位的账号停用。"
            "限定知悉的事项不随本次交接，由交办的督查室另行指定人员。"
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Receiver:
    """Who takes over, and when he signed for it."""

    name: str
    signed_at: datetime | None
    himself: bool


@blueprint.get(f"/network/handovers/<int(max={HIGHEST_ID}):handover_id>")
@allows(acts.HAND_OVER)
def handover(handover_id: int) -> Response:
    """交接清单: each reader sees of it what he may read."""
    return page(HANDOVER, form=forms.ReceiveForm(formdata=None), refusal=None, **_list(handover_id))


@blueprint.post(f"/network/handovers/<int(max={HIGHEST_ID}):handover_id>")
@allows(acts.HAND_OVER)
def receive(handover_id: int) -> Response:
    """签收, with the password again."""
    actor, form = current_actor(), forms.ReceiveForm()
    shown = _list(handover_id)
    if not form.validate():
        return redraw(HANDOVER, form, **shown)
    try:
        leaving.sign_for(actor, handover_id, lambda: confirm(actor, form.password.data or ""))
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        return redraw(HANDOVER, form, refusal, **_list(handover_id))
    flash(_("已签收"))
    return go(url_for("staffing.handover", handover_id=handover_id))


def _list(handover_id: int) -> dict[str, Any]:
    actor = current_actor()
    made, posts, receivers = leaving.handover(actor, handover_id)
    names = [_Receiver(one.person.name, one.signed_at, one.person_id == actor.person_id) for one in receivers]
    lines = lines_of(actor, handover_id)
    kinds = kinds_of([line.record_id for line in lines])
    return {
        "handover_id": made.id,
        "person": made.person.name,
        "made_by": made.made_by.name,
        "made_at": made.made_at,
        "reason": made.reason,
        "posts": [post_name(post.unit.name, Role(post.role)) for post in posts],
        "lines": [(line, record_url(kinds[line.record_id], line.record_id)) for line in lines],
        "receivers": names,
        "to_sign": any(one.himself and one.signed_at is None for one in names),
        "action": url_for("staffing.receive", handover_id=made.id),
    }
