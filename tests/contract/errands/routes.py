"""The pages of errands: their list, registering one, importing some."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import Blueprint, Response, flash, url_for
from wtforms import StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from portal.access.policy import allowed
from portal.importing.judging import Judged
from portal.importing.models import ImportPreview
from portal.importing.pages import Pages, lead_through
from portal.kernel.language import _, _l
from portal.matters.acts import READ_REGISTER
from portal.matters.routes.lists import ListPage
from portal.network.queries import unit_typed
from portal.web.forms import OfficeForm, redraw
from portal.web.guards import allows, current_actor
from portal.web.navigation import Button
from portal.web.responses import go, page
from tests.contract.errands import acts, imported, service
from tests.contract.errands.rules import ERRAND

blueprint = Blueprint("errands", __name__, template_folder="templates")


def _kinds() -> Collection[str]:
    return (ERRAND,)


LIST = ListPage(endpoint="errands.errands_list", kinds=_kinds, title=_l("小事登记表"))


class ErrandForm(OfficeForm):
    """What is to be done, and where."""

    title = StringField(_l("小事"), [InputRequired(_l("请填写")), Length(max=100)])
    text = TextAreaField(_l("小事内容"), [InputRequired(_l("请填写")), Length(max=500)])
    place = StringField(_l("地点"), [InputRequired(_l("请填写")), Length(max=80)])
    lead_unit = StringField(_l("主办单位"), [Length(max=120)])


@blueprint.get("/errands")
@allows(READ_REGISTER)
def errands_list() -> Response:
    """All errands that one sees."""
    may = allowed(current_actor(), acts.REGISTER)
    return LIST.show([Button(url_for("errands.register"), _("登记小事"), kind="primary")] if may else [])


@blueprint.route("/errands/register", methods=["GET", "POST"])
@allows(acts.REGISTER, once=True)
def register() -> Response:
    """Enter one."""
    form = ErrandForm()
    about = {"action": url_for("errands.register"), "back_url": url_for("errands.errands_list")}
    if not form.is_submitted():
        return page("errands/form.html", form=form, refusal=None, **about)
    if not form.validate():
        return redraw("errands/form.html", form, None, **about)
    unit = unit_typed(form.lead_unit.data, "lead_unit") if form.lead_unit.data else None
    said = service.NewErrand(form.title.data or "", form.text.data or "", form.place.data or "", unit)
    matter = service.register(current_actor(), said)
    flash(_("已登记，编号 %(number)s", number=matter.number))
    return go(url_for("matters.matter", matter_id=matter.id))


def _rows(_kept: ImportPreview, _judged: Judged[imported.Planned]) -> Mapping[str, Any]:
    return {}


def _done(_kept: ImportPreview, judged: Judged[imported.Planned]) -> Mapping[str, Any]:
    return {"imported": len(judged.good)}


lead_through(
    blueprint,
    Pages(
        imports=(imported.IMPORT,),
        address="/errands/import",
        empty="/errands/import/empty",
        templates="errands",
        back="errands.errands_list",
        view=imported.judgement,
        rows=_rows,
        done=_done,
    ),
)
