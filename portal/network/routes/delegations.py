"""One's own delegations and absences: whom one has named, for whom one stands in, when one is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, flash, url_for

from portal.access.actor import Actor
from portal.access.roles import OFFICERS, Role, post_name
from portal.kernel import clock
from portal.kernel.language import _
from portal.kernel.refusals import Invalid
from portal.network import queries
from portal.network.acts import DELEGATE
from portal.network.forms import AbsenceForm, DelegationForm, stand_ins
from portal.network.models import Delegation
from portal.network.routes import HIGHEST_ID, blueprint
from portal.network.service import being_away, delegating
from portal.registry.acts import Lent
from portal.web.forms import id_from, redraw
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page
from portal.web.transactions import discard

DELEGATIONS = "network/delegations.html"


@blueprint.get("/delegations")
@allows(DELEGATE, once=True)
def delegations() -> Response:
    """One's delegations, and the form for a new one."""
    actor = current_actor()
    form = _form(actor, fresh=True)
    return page(DELEGATIONS, form=form, refusal=None, **_delegations_page(actor))


@blueprint.post("/delegations")
@allows(DELEGATE, once=True)
def delegate() -> Response:
    """Name a stand-in for one of one's own posts."""
    actor = current_actor()
    form = _form(actor)
    first, last = form.from_day.data, form.to_day.data
    if not form.validate() or first is None or last is None:
        return redraw(DELEGATIONS, form, **_delegations_page(actor))
    try:
        delegating.delegate(
            actor,
            form.post.data,
            id_from(form.to_person.data) or 0,
            clock.at(first),
            clock.end_of(last),
            form.covers_confidential.data,
            form.acts.data or (),
        )
    except Invalid as refusal:
        return redraw(DELEGATIONS, form, refusal, **_delegations_page(actor))
    flash(_("委托已保存"))
    return go(url_for("network.delegations"))


@blueprint.post(f"/delegations/<int(max={HIGHEST_ID}):delegation_id>/end")
@allows(DELEGATE)
def end_delegation(delegation_id: int) -> Response:
    """End one of one's own delegations at once."""
    delegating.end_delegation(current_actor(), delegation_id)
    flash(_("委托已结束"))
    return go(url_for("network.delegations"))


@blueprint.get("/absences")
@allows(DELEGATE)
def absences() -> Response:
    """One's absences stand beside one's delegations."""
    return go(url_for("network.delegations"))


@blueprint.post("/absences")
@allows(DELEGATE, once=True)
def be_away() -> Response:
    """Enter when one is away."""
    actor, form = current_actor(), AbsenceForm()
    first, last = form.from_on.data, form.last_on.data
    refusal = None
    if form.validate() and first is not None and last is not None:
        try:
            being_away.be_away(actor, first, last, form.note.data)
        except Invalid as refused:
            refusal = refused
        else:
            flash(_("外出已登记，设定期限的人会看到"))
            return go(url_for("network.delegations"))
    discard()
    if refusal is not None:
        form.take(refusal)
    # Two forms stand on this page: the other one is drawn afresh.
    return page(DELEGATIONS, status=422, form=_form(actor, fresh=True), refusal=refusal, **_delegations_page(actor, away=form))


@blueprint.post(f"/absences/<int(max={HIGHEST_ID}):absence_id>/end")
@allows(DELEGATE)
def end_absence(absence_id: int) -> Response:
    """Take back one's own absence."""
    being_away.end_absence(current_actor(), absence_id)
    flash(_("外出已取消"))
    return go(url_for("network.delegations"))


def _form(actor: Actor, *, fresh: bool = False) -> DelegationForm:
    form = DelegationForm(formdata=None) if fresh else DelegationForm()
    if fresh:
        form.from_day.data = clock.today()
    form.post.choices = [(s.post_id, s.title) for s in actor.standings if s.delegation_id is None and s.role not in OFFICERS]
    form.to_person.choices = stand_ins(queries.colleagues_of(actor.person_id))
    return form


@dataclass(frozen=True, slots=True)
class _Lent:
    """A delegation as it is listed. `at` is the lamp's kind: in force, to come, over."""

    mine: bool
    person: str
    post: str
    from_at: datetime
    last_at: datetime
    acts: tuple[Any, ...]
    set_by_other: bool
    covers_confidential: bool
    state: str
    lamp: str
    end_url: str | None


def _lent(made: Delegation, actor: Actor) -> _Lent:
    now = clock.now()
    mine = made.post.person_id == actor.person_id
    if made.ended_at is not None:
        state, lamp = _("已提前结束"), "done"
    elif made.to_at <= now:
        state, lamp = _("已到期"), "done"
    elif made.from_at > now:
        state, lamp = _("尚未开始"), "done"
    else:
        state, lamp = _("生效中"), "ok"
    running = made.ended_at is None and made.to_at > now
    return _Lent(
        mine,
        made.to_person.name if mine else made.post.person.name,
        post_name(made.post.unit.name, Role(made.post.role)),
        made.from_at,
        made.to_at - timedelta(seconds=1),
        tuple(Lent(kind).label for kind in made.acts if kind != Lent.ALL),
        made.set_by_id is not None,
        made.covers_confidential,
        state,
        lamp,
        url_for("network.end_delegation", delegation_id=made.id) if mine and running else None,
    )


@dataclass(frozen=True, slots=True)
class _Away:
    """An absence as it is listed."""

    span: str
    note: str | None
    end_url: str


def _delegations_page(actor: Actor, away: AbsenceForm | None = None) -> dict[str, Any]:
    lent = [_lent(made, actor) for made in delegating.delegations_of(actor)]
    return {
        "given": [one for one in lent if one.mine],
        "received": [one for one in lent if not one.mine],
        "action": url_for("network.delegate"),
        "away": [
            _Away(being_away.span_words(one), one.note, url_for("network.end_absence", absence_id=one.id))
            for one in being_away.absences([actor.person_id], clock.today(), date.max)
        ],
        "away_form": away or AbsenceForm(formdata=None),
        "away_url": url_for("network.be_away"),
    }
