"""What a sweep does about people: posts whose last day is over pass on what waited for their holders, contacts are
confirmed. Each part commits by itself."""

from __future__ import annotations

import logging

from portal.kernel.db import db
from portal.staffing.service import agreeing, contacts
from portal.staffing.service.settling import ended_posts, settle_ended

log = logging.getLogger(__name__)


def pass_on_ended_posts() -> None:
    """A transaction for each post; what fails for one is left for the next sweep."""
    posts = ended_posts()
    db.session.rollback()
    for post_id in posts:
        try:
            settle_ended(post_id)
            db.session.commit()
        except Exception:
            db.session.rollback()
            log.exception("the tasks of post %s could not be passed on; the next sweep tries again", post_id)


def tell_of_appointments() -> None:
    """Whoever has to agree to posts that a workbook asked for."""
    agreeing.tell_of_new()


def ask_to_confirm() -> None:
    """Liaison officers, twice a year."""
    contacts.ask_to_confirm()
