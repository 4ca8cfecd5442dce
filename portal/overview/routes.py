"""The desk 工作台: what waits, what falls due, what was said. Officers see their messages and no business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, Response, request, url_for

from portal.access.acts import SIGNED_IN
from portal.access.policy import allowed
from portal.deadlines.queries import calendar_of
from portal.instructions.routes.register import to_enter
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _, _l, spoken
from portal.matters.acts import READ_REGISTER
from portal.matters.kinds import matter_kinds
from portal.matters.lists import first_rows
from portal.matters.routes.lists import ListPage
from portal.notify.presenter import drawn
from portal.notify.queries import latest
from portal.overview import views
from portal.overview.queries import counts_for
from portal.web.guards import allows, current_actor, current_visitor
from portal.web.responses import go, page

EACH = 5

blueprint = Blueprint("overview", __name__)


@dataclass(frozen=True, slots=True)
class _SignIn:
    at: datetime
    place: str | None
    way: str | None


@blueprint.get("/")
@allows(SIGNED_IN)
def desk() -> Response:
    """Where one begins: counts that open the list, the fortnight, the work in order, the latest messages."""
    actor, visitor = current_actor(), current_visitor()
    assert visitor is not None
    business = bool(allowed(actor, READ_REGISTER))
    kinds = _all_kinds()
    found = counts_for(actor, kinds, visitor.session_id, business=business)
    today = clock.today()
    calendar = calendar_of(db.session())
    to_register = partial(url_for, _list_of_all())
    rows = first_rows(actor, kinds, EACH) if business else []
    return page(
        "overview/desk.html",
        today=today,
        day_kind=views.day_kind(calendar, today),
        acts=to_enter(actor, _("导入登记表")),
        headline=views.headline(found, to_register),
        counts=views.counts(actor, found, to_register),
        days=views.days(found, calendar, today, spoken(), to_register),
        groups=views.groups(rows, found, EACH, to_register),
        messages=drawn(latest(actor)),
        business=business,
        messages_url=url_for("notify.messages"),
        last_sign_in=_SignIn(found.last_sign_in_at, found.last_sign_in_source, None) if found.last_sign_in_at else None,
    )


@blueprint.get("/search")
@allows(READ_REGISTER)
def search() -> Response:
    """All matters that one sees, of whatever kind, under the conditions of a register; where there is but one kind, its register
    is that list."""
    endpoint = _list_of_all()
    asked: dict[str, Any] = request.args.to_dict()
    return EVERYTHING.show() if endpoint == EVERYTHING.endpoint else go(url_for(endpoint, **asked))


def _list_of_all() -> str:
    first, *others = matter_kinds()
    return EVERYTHING.endpoint if others else first.register


def _all_kinds() -> tuple[str, ...]:
    return tuple(kind.name for kind in matter_kinds())


EVERYTHING = ListPage(endpoint="overview.search", kinds=_all_kinds, title=_l("全部事项"))
