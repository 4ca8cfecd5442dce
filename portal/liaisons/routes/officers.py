"""The liaison officers: the list by subtree and its workbook."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote

from flask import Response, make_response, request, url_for

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.access.roles import Role
from portal.documents import workbook
from portal.kernel import clock
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invisible
from portal.liaisons import queries
from portal.liaisons.routes import blueprint
from portal.liaisons.service import nominations
from portal.network import queries as network
from portal.network.acts import KEEP_CONTACT, KEEP_NETWORK, KEEP_PEOPLE, READ_NETWORK
from portal.network.models import Level, Unit
from portal.staffing.queries import expected_since
from portal.staffing.rules import OnPost
from portal.web.guards import allows, current_actor
from portal.web.responses import page

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
VIEWS = {queries.ALL: _l("全部"), queries.VACANT: _l("空缺"), queries.UNCONFIRMED: _l("未核对")}


@dataclass(frozen=True, slots=True)
class _Line:
    """An officer of a unit as he is listed; without a person the seat is vacant."""

    unit: str
    unit_url: str
    name: str | None
    url: str | None
    contact: Any
    unconfirmed: bool
    act_url: str | None


@blueprint.get("/network/liaison-officers")
@allows(READ_NETWORK)
def liaison_officers() -> Response:
    """The units of a subtree with their liaison officers, who is missing, who has not confirmed."""
    actor = current_actor()
    under, show = _under(actor), _show()
    after = request.args.get("after", "")[:30]
    desks, more = queries.liaisons(under, show, after=after)
    keeps = bool(allowed(actor, KEEP_NETWORK))
    return page(
        "liaisons/officers.html",
        under=under,
        unit_typed=f"{under.name} ({under.code})",
        show=show,
        lines=[line for desk in desks for line in _lines(actor, desk)],
        views=[
            (label, url_for("liaisons.liaison_officers", unit=under.code, show=view), view == show) for view, label in VIEWS.items()
        ],
        page_url=url_for("liaisons.liaison_officers"),
        suggest_url=url_for("network.suggest"),
        next_url=url_for("liaisons.liaison_officers", unit=under.code, show=show, after=more) if more else None,
        first_url=url_for("liaisons.liaison_officers", unit=under.code, show=show) if after else None,
        export_url=url_for("liaisons.export_liaisons", unit=under.code, show=show),
        drives_url=url_for("liaisons.drives_list") if keeps else None,
        waiting=[(one, url_for("liaisons.nominate", nomination_id=one.id)) for one in nominations.waiting_for(actor)],
        since=expected_since(),
    )


def _under(actor: Actor) -> Unit:
    """The unit that was asked for; else the secretariat's own, for others that above their own unit."""
    typed = request.args.get("unit", "")[:140]
    if typed:
        found = network.resolve_unit(typed)
    else:
        acting = actor.acting
        if acting is None:
            raise Invisible
        own = acting.role == Role.SECRETARIAT or len(acting.path) < 2
        found = network.unit_by_id(acting.for_unit_id if own else acting.path[-2])
    if found is None:
        raise Invisible
    return found


def _show() -> str:
    asked = request.args.get("show", queries.ALL)
    return asked if asked in VIEWS else queries.ALL


def _lines(actor: Actor, desk: queries.Desk) -> list[_Line]:
    unit = desk.unit
    there = url_for("network.unit", unit_id=unit.id)
    if not desk.officers:
        may = allowed(actor, KEEP_PEOPLE, unit)
        url = url_for("staffing.appoint", unit_id=unit.id) if may else None
        return [_Line(unit.name, there, None, None, None, False, url)]
    return [
        _Line(
            unit.name, there, one.name, url_for("staffing.person", person_id=one.person_id), one.contact,
            one.unconfirmed,
            url_for("staffing.contact", post_id=one.post_id)
            if allowed(actor, KEEP_CONTACT, OnPost(unit.path, unit.id, one.post_id)) else None,
        )
        for one in desk.officers
    ]  # fmt: skip


@blueprint.get("/network/liaison-officers.xlsx")
@allows(READ_NETWORK)
def export_liaisons() -> Response:
    """The list as it is shown, all of it, as a workbook."""
    under, show = _under(current_actor()), _show()
    desks, _more = queries.liaisons(under, show, limit=None)
    header = [
        _("单位代码"),
        _("单位"),
        _("层级"),
        _("联络员"),
        _("电话"),
        _("传真"),
        _("邮箱"),
        _("分管领导"),
        _("核对日期"),
        _("状态"),
    ]
    target = BytesIO()
    workbook.write(target, _("联络员"), header, _rows(desks), (16, 30, 12, 12, 18, 18, 26, 14, 12, 10))
    response = make_response(target.getvalue())
    response.mimetype = XLSX
    title = _("联络员名单")
    name = quote(f"{under.short_name}{title}{clock.today():%Y%m%d}.xlsx")
    response.headers["Content-Disposition"] = f"attachment; filename=\"liaison-officers.xlsx\"; filename*=UTF-8''{name}"
    return response


def _rows(desks: list[queries.Desk]) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for desk in desks:
        unit = [desk.unit.code, desk.unit.name, str(Level(desk.unit.level).label)]
        for one in desk.officers:
            kept = one.contact
            reached = [kept.telephone, kept.fax, kept.email, kept.leader, kept.confirmed_on] if kept else [None] * 5
            rows.append([*unit, one.name, *reached, _("未核对") if one.unconfirmed else _("已核对")])
        if not desk.officers:
            rows.append([*unit, *[None] * 6, _("空缺")])
    return rows
