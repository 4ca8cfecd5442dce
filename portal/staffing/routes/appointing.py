"""Appointing, ending a post, naming a stand-in for somebody suddenly away."""

from __future__ import annotations

from flask import Response, flash, url_for

from portal.access.roles import OFFICERS, Role
from portal.kernel import clock
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden
from portal.network.acts import KEEP_PEOPLE
from portal.network.forms import stand_ins
from portal.network.models import Appointment, Kind, Post, Unit
from portal.network.queries import colleagues_of
from portal.network.rules import fits, head_role
from portal.network.service import delegating
from portal.staffing import forms, queries
from portal.staffing.routes import HIGHEST_ID, blueprint
from portal.staffing.routes.acts import chosen, perform, person_typed
from portal.staffing.rules import SIGNING_SEATS
from portal.staffing.service import appointing, lending
from portal.web.forms import id_from
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page


@blueprint.route(f"/network/units/<int(max={HIGHEST_ID}):unit_id>/appoint", methods=["GET", "POST"])
@allows(KEEP_PEOPLE, once=True)
def appoint(unit_id: int) -> Response:
    """任职: somebody who is in the city, or a new person, whose one-time password is shown once."""
    actor = current_actor()
    unit, _standing = appointing.unit_kept(actor, unit_id)
    form = forms.AppointForm()
    form.offer([role for role in Role if fits(role, Kind(unit.kind))])
    if not form.is_submitted():
        form.from_on.data = clock.today()

    def do() -> Response:
        who = person_typed(form.person.data)
        if who is None and (form.name.data or form.sign_in_name.data):
            new = appointing.NewPerson(form.name.data or "", form.sign_in_name.data or "", form.email.data or None)
        else:
            new = None
        assert form.from_on.data is not None
        post, once = appointing.appoint(
            actor, unit_id, _role(form.role.data), who or new, from_on=form.from_on.data, to_on=form.to_on.data,
            reason=form.reason.data or "",
        )  # fmt: skip
        return appointed(post, unit, once)

    return perform(
        form,
        do,
        title=_("任职"),
        back_url=url_for("network.unit", unit_id=unit.id),
        crumb=unit.name,
        lead=_(
            "任职自任职日期起生效；督查员、督查室主任和领导，须经该单位现任负责人同意后生效，没有现任负责人的由安全管理员同意；"
            "系统管理员、安全管理员、审计员不由秘书处任命。"
        ),
    )


def appointed(post: Post | Appointment, unit: Unit, once: str | None) -> Response:
    """On to the person; a new one's one-time password is shown first, once."""
    there = url_for("staffing.person", person_id=post.person_id)
    if isinstance(post, Appointment):
        head = head_role(Role(post.role)).label
        flash(_("已提出，%(head)s同意后生效；该岗位无人在任的，由安全管理员同意", head=head), "done")
        there = url_for("staffing.appointments")
    if once is None and isinstance(post, Appointment):
        return go(there)
    if once is None:
        flash(_("已任%(unit)s%(role)s", unit=unit.name, role=Role(post.role).label))
        return go(there)
    role, waits = Role(post.role).label, isinstance(post, Appointment)
    return page("staffing/once.html", person=post.person, role=role, unit=unit.name, waits=waits, password=once, onward=there)


def _role(typed: str | None) -> Role | None:
    return Role(typed) if typed in {role.value for role in Role} else None


@blueprint.route(f"/network/posts/<int(max={HIGHEST_ID}):post_id>/end", methods=["GET", "POST"])
@allows(KEEP_PEOPLE, once=True)
def end_post(post_id: int) -> Response:
    """离任: one post ends; what waits for its holder passes to the chosen successor."""
    actor = current_actor()
    post = _kept(post_id)
    form = forms.EndPostForm()
    form.successor.choices = forms.successor_choices(queries.candidates(post), nobody_yet(post))
    if post.role not in SIGNING_SEATS:
        del form.chains_wait
    if not form.is_submitted():
        form.to_on.data = clock.today()

    def do() -> Response:
        assert form.to_on.data is not None
        appointing.end_post(
            actor, post_id, to_on=form.to_on.data, reason=form.reason.data or "", successor_id=chosen(form.successor.data),
            chains_wait=bool(form["chains_wait"].data) if "chains_wait" in form else False,
        )  # fmt: skip
        flash(_("离任已办理"))
        return go(url_for("staffing.person", person_id=post.person_id))

    return perform(
        form,
        do,
        title=_("离任"),
        back_url=url_for("staffing.person", person_id=post.person_id),
        crumb=post.person.name,
        facts=[(_("姓名"), post.person.name), (_("单位"), post.unit.name), (_("岗位"), Role(post.role).label)],
        lead=_("只结束这一个岗位。此人离开单位、所有岗位一并结束的，请用离岗交接。"),
    )


def nobody_yet(post: Post) -> str:
    """What happens with the open tasks of a post for which nobody takes over."""
    if post.role == Role.HANDLER:
        return _("暂无接手人，由联络员或办公室主任另行指定")
    return _("暂无接手人，等继任者到任")


def _kept(post_id: int) -> Post:
    post, _decision = delegating.post_kept(current_actor(), post_id)
    if post.role in OFFICERS:
        raise Forbidden(_("系统管理员、安全管理员、审计员的岗位不由秘书处管理"))
    return post


@blueprint.route(f"/network/posts/<int(max={HIGHEST_ID}):post_id>/delegate", methods=["GET", "POST"])
@allows(KEEP_PEOPLE, once=True)
def lend_for(post_id: int) -> Response:
    """代设委托: a stand-in for somebody suddenly away; both are told."""
    actor = current_actor()
    post = _kept(post_id)
    form = forms.LendForm()
    among = delegating.agreed_there(post)
    form.to_person.choices = stand_ins([one for one in colleagues_of(post.person_id) if among is None or one.id in among])
    if not form.is_submitted():
        form.from_day.data = clock.today()

    def do() -> Response:
        first, last = form.from_day.data, form.to_day.data
        assert first is not None
        assert last is not None
        lending.lend_for(
            actor, post_id, id_from(form.to_person.data) or 0, clock.at(first), clock.end_of(last), form.acts.data or (),
            form.reason.data or "",
        )  # fmt: skip
        flash(_("委托已保存，已告知本人和受托人"))
        return go(url_for("staffing.person", person_id=post.person_id))

    return perform(
        form,
        do,
        title=_("代设委托"),
        back_url=url_for("staffing.person", person_id=post.person_id),
        crumb=post.person.name,
        facts=[(_("姓名"), post.person.name), (_("单位"), post.unit.name), (_("岗位"), Role(post.role).label)],
        lead=_("本人突然不能办理、又没有自己委托的，由秘书处代设。不包括限定知悉的事项。"),
    )


@blueprint.post(f"/network/delegations/<int(max={HIGHEST_ID}):delegation_id>/end")
@allows(KEEP_PEOPLE)
def end_lent(delegation_id: int) -> Response:
    """The secretariat ends a delegation in its subtree."""
    made = delegating.end_delegation(current_actor(), delegation_id)
    flash(_("委托已结束"))
    return go(url_for("staffing.person", person_id=made.post.person_id))
