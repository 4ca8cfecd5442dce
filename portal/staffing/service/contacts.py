"""A liaison officer's telephone, fax, e-mail and supervising leader: kept by himself or by the secretariat, and
confirmed by himself twice a year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from portal.access.actor import Actor, Standing
from portal.access.policy import allowed
from portal.access.roles import Role
from portal.audit import journal
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Invisible
from portal.network.acts import KEEP_CONTACT
from portal.network.models import Post
from portal.network.queries import post_by_id
from portal.network.rules import EMAIL_FORM
from portal.notify.models import Message
from portal.notify.service import tell_each
from portal.staffing import queries
from portal.staffing.models import Contact
from portal.staffing.rules import on_post

TELEPHONE_FORM = re.compile(r"\+?[0-9][0-9 \-()（）转,，]{4,38}[0-9]")
ASKED_WITHIN = timedelta(days=7)
"""How late a request to confirm is still sent: a portal that was away longer asks the next time."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How somebody is reached, as it was typed."""

    telephone: str
    fax: str | None = None
    email: str | None = None
    leader: str | None = None

    def faults(self) -> dict[str, str]:
        """A sentence beside each field that cannot be right."""
        found = {}
        if not self.telephone:
            found["telephone"] = _("请填写联系电话")
        elif not TELEPHONE_FORM.fullmatch(self.telephone):
            found["telephone"] = _("电话号码由数字、空格、横线组成，至少 6 位")
        if self.fax and not TELEPHONE_FORM.fullmatch(self.fax):
            found["fax"] = _("传真号码由数字、空格、横线组成，至少 6 位")
        if self.email and not EMAIL_FORM.fullmatch(self.email):
            found["email"] = _("邮箱地址不完整")
        return found


def officers_post(actor: Actor, post_id: int) -> tuple[Post, Standing | None]:
    """A liaison officer's post, for himself or the secretariat that keeps his unit. Invisible where there is none or it
    is over, Forbidden for others."""
    post = post_by_id(post_id)
    if post is None or post.role != Role.LIAISON_OFFICER or not queries.held(post):
        raise Invisible
    decision = allowed(actor, KEEP_CONTACT, on_post(post))
    if not decision:
        raise Forbidden(_("联络员信息由本人或秘书处维护"), unmet=decision.unmet)
    return post, decision.standing


def contact_of(post_id: int) -> Contact | None:
    """What is kept for this post."""
    return db.session.scalar(select(Contact).where(Contact.city_id == current_city(), Contact.post_id == post_id))


def set_contact(actor: Actor, post_id: int, reached: Reached) -> Contact:
    """Write down how the liaison officer is reached. What he writes himself is thereby confirmed."""
    post, standing = officers_post(actor, post_id)
    if faults := reached.faults():
        raise Invalid(_("联络员信息没有保存"), fields=faults)
    kept = keep(post, reached)
    if post.person_id == actor.person_id:
        kept.confirmed_on = clock.today()
    journal.record(actor, "set_contact", "post", post.id, standing=standing)
    return kept


def keep(post: Post, reached: Reached) -> Contact:
    """The post's contact as it now reads; what was not confirmed anew is unconfirmed."""
    kept = contact_of(post.id)
    if kept is None:
        kept = Contact(post_id=post.id)
        db.session.add(kept)
    elif (kept.telephone, kept.fax, kept.email) != (reached.telephone, reached.fax, reached.email):
        kept.confirmed_on = None
    kept.telephone, kept.fax, kept.email = reached.telephone, reached.fax or None, reached.email or None
    kept.leader, kept.changed_at = reached.leader or None, clock.now()
    db.session.flush()
    return kept


def confirm(actor: Actor, post_id: int) -> Contact:
    """核对无误: the officer himself says that what is kept is right."""
    post, standing = officers_post(actor, post_id)
    if post.person_id != actor.person_id:
        raise Forbidden(_("须由联络员本人核对"))
    kept = contact_of(post_id)
    if kept is None:
        raise Invalid(_("还没有联系电话，请先填写"), fields={"telephone": _("请填写联系电话")})
    kept.confirmed_on = clock.today()
    journal.record(actor, "confirm_contact", "post", post.id, standing=standing)
    return kept


def ask_to_confirm() -> None:
    """Part of every sweep: on the first working day of April and of October each liaison officer who has not just done
    so is asked to confirm, once."""
    day = queries.expected_since()
    key = f"confirm_contact:{day.isoformat()}"
    if clock.today() - day > ASKED_WITHIN or _asked(key):
        return
    asked = queries.officers_to_ask(day)
    tell_each(
        "confirm_contact",
        [(person_id, f"{key}:{post_id}", {"unit": unit, "about": post_id}) for post_id, person_id, unit in asked],
    )


def _asked(key: str) -> bool:
    return db.session.scalar(
        select(Message.id).where(Message.city_id == current_city(), Message.key.startswith(f"{key}:")).limit(1)
    ) is not None  # fmt: skip
