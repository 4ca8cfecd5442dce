"""How a liaison officer is reached."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, url_for

from portal.kernel.language import _
from portal.network.acts import KEEP_CONTACT
from portal.staffing import forms
from portal.staffing.routes import HIGHEST_ID, blueprint
from portal.staffing.routes.acts import perform
from portal.staffing.service import contacts
from portal.web.guards import allows, current_actor
from portal.web.responses import go


@blueprint.route(f"/network/posts/<int(max={HIGHEST_ID}):post_id>/contact", methods=["GET", "POST"])
@allows(KEEP_CONTACT, once=True)
def contact(post_id: int) -> Response:
    """How a liaison officer is reached: kept by himself or by the secretariat."""
    actor = current_actor()
    post, _standing = contacts.officers_post(actor, post_id)
    kept, himself = contacts.contact_of(post_id), post.person_id == actor.person_id
    form = forms.ContactForm(obj=kept)

    def do() -> Response:
        contacts.set_contact(actor, post_id, reached(form))
        flash(_("联络员信息已保存"))
        return go(url_for("staffing.person", person_id=post.person_id))

    confirmed = (_("核对日期"), f"{kept.confirmed_on:%Y-%m-%d}") if kept and kept.confirmed_on else (_("核对日期"), _("未核对"))
    return perform(
        form,
        do,
        title=_("联络员信息"),
        button=_("保存"),
        crumb=post.person.name,
        back_url=url_for("staffing.person", person_id=post.person_id),
        facts=[(_("姓名"), post.person.name), (_("单位"), post.unit.name), confirmed],
        confirm_url=url_for("staffing.confirm_contact", post_id=post_id) if himself and kept else None,
        lead=_("每年 4 月和 10 月的首个工作日请联络员核对一次；本人保存即为核对。"),
    )


def reached(form: Any) -> contacts.Reached:
    """What was typed."""
    return contacts.Reached(form.telephone.data or "", form.fax.data, form.email.data, form.leader.data)


@blueprint.post(f"/network/posts/<int(max={HIGHEST_ID}):post_id>/contact/confirm")
@allows(KEEP_CONTACT)
def confirm_contact(post_id: int) -> Response:
    """核对无误, by one click."""
    contacts.confirm(current_actor(), post_id)
    flash(_("已核对"))
    return go(url_for("staffing.contact", post_id=post_id))
