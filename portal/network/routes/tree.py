"""The tree of units, a level at a time, and the page of one unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, url_for

from portal.access.policy import Act
from portal.access.roles import Role
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invisible
from portal.network import queries
from portal.network.models import Kind, Unit
from portal.network.routes import HIGHEST_ID, blueprint
from portal.network.routes.pickers import question
from portal.web.answers import page
from portal.web.frame import Section, register
from portal.web.guards import allows

MOST_FOUND = 50

register(Section("network.tree", _l("单位网络"), "network", Act.READ_NETWORK, _l("基础"), 800))


@blueprint.get("/network")
@allows(Act.READ_NETWORK)
def tree() -> Response:
    """The city's root and what lies right below it; or what was searched for."""
    query = question()
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
