"""Changing the tree: what is wanted, what it will do, done. The list of effects stands between the form and the act."""

from __future__ import annotations

from typing import Any, cast

from flask import Response, flash, request, url_for

from portal.access.policy import allowed
from portal.kernel import clock
from portal.kernel.language import _, _l
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Stale
from portal.network import acts, queries
from portal.network.changing_forms import FORMS, choices_of, drawn_from, facts_in
from portal.network.models import ChangeKind, Unit
from portal.network.routes import HIGHEST_ID, blueprint
from portal.network.service import changing
from portal.network.service.wanted import Wanted, act_of
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page

FORM = "network/change.html"
_ID = f"<int(max={HIGHEST_ID}):unit_id>"
_LEADS = {
    ChangeKind.FOUND: _l("在“%(unit)s”之下设立一个单位。"),
    ChangeKind.RENAME: _l("已经登记的事项仍显示当时的名称。"),
    ChangeKind.MOVE: _l("连同其下的单位一起改到另一个上级之下。"),
    ChangeKind.MERGE: _l("并入另一个单位：下级单位、未办结的工作随之过去，岗位逐个决定去留。"),
    ChangeKind.SPLIT: _l("从“%(unit)s”分出一个新单位，选定的下级单位和岗位随之过去。"),
    ChangeKind.RETIRE: _l("撤销“%(unit)s”，由指定的单位承接下级单位和未了的工作。"),
}
TITLES = {
    ChangeKind.FOUND: _l("设立下级单位"), ChangeKind.RENAME: _l("更名"), ChangeKind.MOVE: _l("划转"),
    ChangeKind.MERGE: _l("合并"), ChangeKind.SPLIT: _l("分设"), ChangeKind.RETIRE: _l("撤销单位"),
}  # fmt: skip


@blueprint.route(f"/network/units/{_ID}/<any(found, rename):kind>", methods=["GET", "POST"])
@allows(acts.KEEP_UNIT, once=True)
def keep_unit(unit_id: int, kind: str) -> Response:
    """Founding a unit below this one, or giving it other names."""
    return _changing(unit_id, ChangeKind(kind))


@blueprint.route(f"/network/units/{_ID}/<any(move, merge, split, retire):kind>", methods=["GET", "POST"])
@allows(acts.END_UNIT, once=True)
def end_unit(unit_id: int, kind: str) -> Response:
    """Moving a unit, merging, splitting or retiring it."""
    return _changing(unit_id, ChangeKind(kind))


@blueprint.post(f"/network/changes/<int(max={HIGHEST_ID}):change_id>/cancel")
@allows(acts.KEEP_UNIT)
def cancel_change(change_id: int) -> Response:
    """Give up a change whose day has not come."""
    row = changing.cancel(current_actor(), change_id)
    flash(_("已取消"))
    return go(url_for("network.unit", unit_id=row.unit_id or row.other_id))


def _changing(unit_id: int, kind: ChangeKind) -> Response:
    """Asked for; sent, first what it will do; then done."""
    return _sent(unit_id, kind) if request.method == "POST" else _asked(unit_id, kind)


def _asked(unit_id: int, kind: ChangeKind) -> Response:
    unit = _unit(unit_id, kind)
    if unit.retired_on is not None:
        raise Invalid(_("“%(unit)s”已经撤销，不能再变更", unit=unit.name))
    form = FORMS[kind](formdata=None)
    choices_of(form, unit)
    drawn_from(form, unit)
    form.from_on.data = clock.today()
    return page(FORM, form=form, refusal=None, **_around(unit, kind))


def _sent(unit_id: int, kind: ChangeKind) -> Response:
    unit = _unit(unit_id, kind)
    form = FORMS[kind]()
    choices_of(form, unit)
    around = _around(unit, kind)
    if not form.validate() or form.from_on.data is None:
        return redraw(FORM, form, **around)
    if request.form.get("step") == "edit":
        return page(FORM, form=form, refusal=None, **around)
    actor, version = current_actor(), cast("int | None", form.version.data)
    try:
        wanted = Wanted(kind, unit.id, form.from_on.data, form.reason.data or "", facts_in(form))
        if request.form.get("step") != "do":
            case = changing.foresee(actor, wanted, version)
            return page(
                "network/change_confirm.html",
                case=case,
                wanted=wanted,
                kept=_kept(),
                today=clock.today(),
                **_around(case.unit, kind),
            )
        row = changing.change(actor, wanted, version)
    except (Invalid, Stale) as refusal:
        return redraw(FORM, form, refusal, **around)
    if row.planned:
        flash(_("已定于 %(day)s 执行，此前可以取消", day=row.from_on.isoformat()))
    else:
        flash(_("已执行：%(kind)s", kind=TITLES[kind]))
    return go(url_for("network.unit", unit_id=row.unit_id or row.other_id))


def _kept() -> list[tuple[str, str]]:
    left_out = ("csrf_token", "version", "step", "request_key")
    return [(name, value) for name, value in request.form.items(multi=True) if name not in left_out]


def _unit(unit_id: int, kind: ChangeKind) -> Unit:
    unit = queries.unit_by_id(unit_id)
    if unit is None:
        raise Invisible
    decision = allowed(current_actor(), act_of(kind), unit)
    if not decision:
        raise Forbidden(_("“%(unit)s”不归您管理", unit=unit.name), unmet=decision.unmet)
    return unit


def address_of(unit: Unit, kind: ChangeKind) -> str:
    """Where this kind of change of the unit is asked for."""
    endpoint = "network.keep_unit" if act_of(kind) == acts.KEEP_UNIT else "network.end_unit"
    return url_for(endpoint, unit_id=unit.id, kind=str(kind))


def _around(unit: Unit, kind: ChangeKind) -> dict[str, Any]:
    return {
        "unit": unit,
        "version": unit.version,
        "title": TITLES[kind],
        "lead": str(_LEADS[kind]) % {"unit": unit.name},
        "action": address_of(unit, kind),
        "back_url": url_for("network.unit", unit_id=unit.id),
        "tree_url": url_for("network.tree"),
        "pickers": dict.fromkeys(("parent", "into", "heir"), url_for("network.suggest", organs=1)),
    }
