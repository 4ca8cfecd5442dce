"""The tree of units: opened a branch at a time, searched while one types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, request, url_for

from portal.access.policy import allowed
from portal.kernel.language import _
from portal.kernel.refusals import Invisible
from portal.network import queries
from portal.network.acts import KEEP_NETWORK, READ_NETWORK
from portal.network.models import Kind, Unit
from portal.network.routes import HIGHEST_ID, blueprint
from portal.network.routes.pickers import question
from portal.web.guards import allows, current_actor
from portal.web.navigation import Button
from portal.web.responses import go, is_partial, page

MOST_FOUND = 50


@dataclass(slots=True)
class Node:
    """A unit as the tree draws it. `below` is None while the branch is shut."""

    id: int
    name: str
    note: str
    code: str
    kind: Any
    count: int
    url: str
    branch_url: str
    retired: bool = False
    heir: tuple[str, str] | None = None
    below: list[Node] | None = field(default=None)


@blueprint.get("/network")
@allows(READ_NETWORK)
def tree() -> Response:
    """The city's root opened; or what was searched for. An exact answer leads to the unit itself."""
    query, retired = question(), request.args.get("retired") == "1"
    if not query:
        roots = queries.branch(None)
        opened = {None: roots} | (queries.branches([roots[0][0].id]) if len(roots) == 1 else {})
        return _drawn(_nodes(opened, None))
    found = queries.units_matching(query, MOST_FOUND, organs=True, retired=retired)
    if len(found) == 1 and query.endswith(f"({found[0].code})") and not is_partial():
        return go(_unit_url(found[0]))
    nodes = [node_of(unit) for unit in found]
    return _drawn([], query=query, retired=retired, found=nodes, most=len(nodes) == MOST_FOUND)


@blueprint.get(f"/network/branches/<int(max={HIGHEST_ID}):unit_id>")
@allows(READ_NETWORK)
def branch(unit_id: int) -> Response:
    """One branch opened or shut: alone to htmx, in the whole tree to a browser without script."""
    unit = queries.unit_by_id(unit_id)
    if unit is None:
        raise Invisible
    shut = request.args.get("shut") == "1"
    if is_partial():
        below = queries.branch(unit.id)
        node = node_of(unit, len(below))
        node.below = None if shut else [node_of(one, count) for one, count in below]
        return page("network/_branch.html", node=node, shut_url=_shut_url)
    path = unit.path[:-1] if shut else unit.path
    return _drawn(_nodes(queries.branches((None, *path)), None))


def _nodes(opened: Mapping[int | None, Sequence[tuple[Unit, int]]], parent: int | None) -> list[Node]:
    nodes = []
    for unit, count in opened.get(parent, ()):
        node = node_of(unit, count)
        node.below = _nodes(opened, unit.id) if unit.id in opened else None
        nodes.append(node)
    return nodes


def node_of(unit: Unit, count: int = 0) -> Node:
    """A unit, shut; of a retired one the heir, who must be loaded, with his page."""
    note = "" if unit.name.endswith(unit.short_name) else unit.short_name
    heir = (unit.heir.name, _unit_url(unit.heir)) if unit.heir is not None else None
    return Node(
        unit.id, unit.name, note, unit.code, Kind(unit.kind).label, count, _unit_url(unit),
        url_for("network.branch", unit_id=unit.id), unit.retired_on is not None, heir,
    )  # fmt: skip


def _unit_url(unit: Unit) -> str:
    return url_for("network.unit", unit_id=unit.id)


def _shut_url(node: Node) -> str:
    return url_for("network.branch", unit_id=node.id, shut=1)


def _drawn(nodes: list[Node], **more: Any) -> Response:
    actor = current_actor()
    acts = []
    if allowed(actor, KEEP_NETWORK):
        acts = [
            Button(url_for("network.import_workbook"), _("导入"), icon="upload"),
            Button(url_for("network.export", sheet="units"), _("导出单位表"), icon="download"),
            Button(url_for("network.export", sheet="posts"), _("导出岗位表"), icon="download"),
        ]
    given: dict[str, Any] = {"query": "", "retired": False, "found": None, "most": False} | more
    return page(
        "network/tree.html", "network/_body.html", nodes=nodes, shut_url=_shut_url, acts=acts,
        page_url=url_for("network.tree"), **given,
    )  # fmt: skip
