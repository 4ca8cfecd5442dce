"""The secretariat's workbooks of units and posts: their pages; export in the same columns; passwords, once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, url_for

from portal.access.actor import Actor
from portal.access.roles import Role
from portal.importing.judging import AnyJudged
from portal.importing.models import ImportPreview
from portal.importing.pages import Pages, lead_through
from portal.importing.service import judgement
from portal.kernel import clock
from portal.kernel.language import _
from portal.network import acts, previews
from portal.network.plan import UNITS
from portal.network.previews import IMPORTS
from portal.network.routes import blueprint
from portal.web.guards import allows, current_actor
from portal.web.responses import xlsx

SHOWN = 200
MOST_NEW = 10
_SHEET = "<any(units, posts):sheet>"


@blueprint.post(f"/network/import/{_SHEET}/<uuid:preview_id>/passwords")
@allows(acts.KEEP_NETWORK)
def fetch_passwords(sheet: str, preview_id: UUID) -> Response:
    """The one-time passwords of the people whom this import brought in: once."""
    return xlsx(previews.passwords_once(current_actor(), preview_id), _("一次性口令.xlsx"))


@blueprint.get(f"/network/export/{_SHEET}")
@allows(acts.KEEP_NETWORK)
def export(sheet: str) -> Response:
    """One's part of the network, as an import takes it."""
    return xlsx(previews.export(current_actor(), sheet), f"{IMPORTS[sheet].words}{clock.today():%Y%m%d}.xlsx")


def _choose() -> dict[str, Any]:
    return {"exports": [(what.words, url_for("network.export", sheet=name)) for name, what in IMPORTS.items()]}


def _view(_actor: Actor, kept: ImportPreview) -> AnyJudged:
    return judgement(kept, dict)


def _rows(kept: ImportPreview, judged: AnyJudged) -> dict[str, Any]:
    new = [_new(kept.kind, one) for one in judged.good if "what" not in one]
    return {"first_new": new[:MOST_NEW], "first_changed": [one for one in judged.good if "what" in one][:SHOWN]}


def _new(kind: str, one: dict[str, Any]) -> tuple[int, str, str, str]:
    if kind == UNITS:
        return one["row"], one["code"], one["name"], one["parent_code"] or ""
    return one["row"], f"{one['name']}（{one['sign_in_name']}）", str(Role(one["role"]).label), one["unit_code"]


def _done(kept: ImportPreview, _judged: AnyJudged) -> dict[str, Any]:
    fetch = url_for("network.fetch_passwords", sheet=kept.kind, preview_id=kept.id) if kept.secrets else None
    return {"passwords_url": fetch}


lead_through(
    blueprint,
    Pages(
        imports=tuple(IMPORTS.values()),
        address="/network/import",
        empty="/network/empty-workbook",
        templates="network",
        back="network.tree",
        view=_view,
        choose=_choose,
        rows=_rows,
        done=_done,
    ),
)
