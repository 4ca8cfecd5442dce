"""Who is on shift now: there is no roster, so whoever holds a duty post."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import InstrumentedAttribute

from portal.access.roles import Role
from portal.kernel import clock
from portal.network.models import Post
from portal.network.queries import in_force


def on_shift(person_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether the person in this column is on shift, as a part of another statement."""
    return exists().where(Post.person_id == person_id, Post.role == Role.DUTY_OFFICER, in_force(clock.today()))
