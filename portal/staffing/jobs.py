"""What a sweep does about units and people: changes of the tree whose day has come are carried out, posts whose last day is
over pass on what waited for their holders, contacts are confirmed. Each part commits by itself."""

from __future__ import annotations

import logging

from portal.kernel import clock
from portal.kernel.db import db
from portal.network.service import changing
from portal.notify.service import tell
from portal.staffing.service import agreeing, contacts
from portal.staffing.service.post_tasks import ended_posts, settle_ended

log = logging.getLogger(__name__)


def carry_out_changes() -> None:
    """The changes of the tree whose day has come, a transaction for each; who planned one that cannot be is told."""
    due = changing.due_changes(clock.today())
    db.session.rollback()
    for change_id in due:
        try:
            _carry_out_change(change_id)
            db.session.commit()
        except Exception:  # what fails for one does not keep the others from their day
            db.session.rollback()
            log.exception("the change %s of the tree could not be carried out; the next sweep tries again", change_id)


def _carry_out_change(change_id: int) -> None:
    done = changing.carry_out(change_id)
    if done is not None and done.refused:
        about = done.unit or done.other
        tell(
            "change_refused", [done.person_id], key=f"unit_change:{done.id}",
            facts={"unit": about.name if about else ""},
        )  # fmt: skip


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
