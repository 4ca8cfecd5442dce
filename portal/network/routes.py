"""The pages of the network: its tree, a unit, what pickers ask, and one's own delegations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, jsonify, request, url_for

from portal.access.actor import Actor
from portal.access.policy import Act
from portal.access.roles import OFFICERS, Role
from portal.kernel import clock
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid, Invisible
from portal.kernel.text import objections, tidy
from portal.network import queries, service
from portal.network.forms import DelegationForm
from portal.network.models import Delegation, Kind, Unit
from portal.web.answers import go, page
from portal.web.forms import redraw
from portal.web.frame import Section, register
from portal.web.guards import allows, current_actor

blueprint = Blueprint("network", __name__)
LONGEST_QUESTION = 60
MOST_FOUND = 50
HIGHEST_ID = 2**31 - 1
DELEGATIONS = "network/delegations.html"

register(
    Section("network.tree", _l("单位网络"), "network", Act.READ_NETWORK, _l("基础"), 800),
    Section("network.delegations", _l("岗位委托"), "person", Act.DELEGATE, _l("基础"), 810),
)


@blueprint.get("/network")
@allows(Act.READ_NETWORK)
def tree() -> Response:
    """The city's root and what lies right below it; or what was searched for."""
    query = _question()
    if query:
        found = [_line(unit) for unit in queries.units_matching(query, MOST_FOUND, organs=True)]
        return page("network/tree.html", path=[], query=query, found=found, page_url=url_for("network.tree"))
    roots = queries.branch(None)
    if len(roots) == 1:
        return _unit_page(roots[0][0])
    return page(
        "network/tree.html",
        path=[],
        unit=None,
        children=[_line(unit, count) for unit, count in roots],
        posts=[],
        page_url=url_for("network.tree"),
    )


@blueprint.get(f"/network/units/<int(max={HIGHEST_ID}):unit_id>")
@allows(Act.READ_NETWORK)
def unit(unit_id: int) -> Response:
    """One unit: who holds its posts, what lies below it."""
    found = queries.unit_by_id(unit_id)
    if found is None:
        raise Invisible
    return _unit_page(found)


@blueprint.get("/network/suggest")
@allows(Act.READ_NETWORK)
def suggest() -> Response:
    """For pickers: units that may lead or help, by part of name, short name, code or pinyin."""
    return jsonify(
        [
            {"value": f"{one.name} ({one.code})", "label": one.name, "note": one.code}
            for one in queries.units_matching(_question())
        ]
    )


@blueprint.get("/network/suggest-leaders")
@allows(Act.READ_NETWORK)
def suggest_leaders() -> Response:
    """For pickers: leaders of this city's committees and governments."""
    return jsonify(
        [
            {"value": one.name, "label": one.name, "note": one.sign_in_name}
            for one in queries.leaders_matching(_question())
        ]
    )


@blueprint.get("/delegations")
@allows(Act.DELEGATE)
def delegations() -> Response:
    """One's delegations, and the form for a new one."""
    actor = current_actor()
    form = _form(actor, fresh=True)
    form.from_day.data = clock.today()
    return page(DELEGATIONS, form=form, **_delegations_page(actor))


@blueprint.post("/delegations")
@allows(Act.DELEGATE)
def delegate() -> Response:
    """Name a stand-in for one of one's own posts."""
    actor = current_actor()
    form = _form(actor)
    first, last = form.from_day.data, form.to_day.data
    if not form.validate() or first is None or last is None:
        return redraw(DELEGATIONS, form, **_delegations_page(actor))
    try:
        service.delegate(
            actor,
            form.post.data,
            form.to_person.data,
            clock.at(first),
            clock.end_of(last),
            form.covers_confidential.data,
        )
    except Invalid as refusal:
        return redraw(DELEGATIONS, form, refusal, **_delegations_page(actor))
    flash(_("委托已保存"))
    return go(url_for("network.delegations"))


@blueprint.post(f"/delegations/<int(max={HIGHEST_ID}):delegation_id>/end")
@allows(Act.DELEGATE)
def end_delegation(delegation_id: int) -> Response:
    """End one of one's own delegations at once."""
    service.end_delegation(current_actor(), delegation_id)
    flash(_("委托已结束"))
    return go(url_for("network.delegations"))


def _question() -> str:
    # What no unit can be named is a question without an answer, never an error.
    said = tidy(request.args.get("q", ""))[:LONGEST_QUESTION]
    return "" if objections(said, single_line=True) else said


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    code: str
    kind: Any
    children: int
    path: str
    url: str


@dataclass(frozen=True, slots=True)
class _Post:
    role: Any
    person: str
    telephone: str | None = None


@dataclass(frozen=True, slots=True)
class _Shown:
    name: str
    code: str
    kind: Any
    document_prefix: str | None


def _unit_url(unit: Unit) -> str:
    return url_for("network.unit", unit_id=unit.id)


def _line(unit: Unit, children: int = 0) -> _Line:
    short = unit.short_name if unit.short_name != unit.name else ""
    return _Line(unit.name, unit.code, Kind(unit.kind).label, children, short, _unit_url(unit))


def _unit_page(unit: Unit) -> Response:
    path = [_Step(above.name, _unit_url(above)) for above in queries.ancestors(unit.id)]
    posts = []
    for post, person, stand_ins in queries.posts_in(unit.id):
        delegates = "".join(_("，%(name)s（代）", name=one.name) for one in stand_ins)
        posts.append(_Post(Role(post.role).label, person.name + delegates))
    return page(
        "network/tree.html",
        path=[*path, _Step(unit.name, _unit_url(unit))],
        unit=_Shown(unit.name, unit.code, Kind(unit.kind).label, unit.document_prefix),
        children=[_line(below, count) for below, count in queries.branch(unit.id)],
        posts=posts,
        page_url=url_for("network.tree"),
    )


def _form(actor: Actor, *, fresh: bool = False) -> DelegationForm:
    form = DelegationForm(formdata=None) if fresh else DelegationForm()
    form.post.choices = [
        (s.post_id, f"{s.unit_name}　{s.role.label}")
        for s in actor.standings
        if s.delegation_id is None and s.role not in OFFICERS
    ]
    form.to_person.choices = [(one.id, one.name) for one in queries.colleagues_of(actor.person_id)]
    return form


@dataclass(frozen=True, slots=True)
class _Lent:
    """A delegation as it is listed. `at` is the lamp's kind: in force, to come, over."""

    mine: bool
    person: str
    post: str
    from_at: datetime
    last_at: datetime
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
        f"{made.post.unit.name}　{Role(made.post.role).label}",
        made.from_at,
        made.to_at - timedelta(seconds=1),
        made.covers_confidential,
        state,
        lamp,
        url_for("network.end_delegation", delegation_id=made.id) if mine and running else None,
    )


def _delegations_page(actor: Actor) -> dict[str, Any]:
    lent = [_lent(made, actor) for made in service.delegations_of(actor)]
    return {
        "given": [one for one in lent if one.mine],
        "received": [one for one in lent if not one.mine],
        "action": url_for("network.delegate"),
    }
