"""When a post ends, what waited for its holder passes on. What that is only the features above know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM, Actor, Standing, System
from portal.audit import journal
from portal.kernel import clock
from portal.kernel.db import current_city, db
from portal.network.models import Post
from portal.registry.hooks import ON_POST_END, OnPostEnd


@dataclass(frozen=True, slots=True)
class Task:
    """One open task that was passed on, for the list of a handover; None as receiver: somebody is still to be named."""

    record_id: UUID
    task: str
    receiver_id: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a handover's list as one reader sees it."""

    number: str
    title: str | None
    task: Any
    receiver: str | None
    record_id: UUID


def settle(actor: Actor | System, standing: Standing | None, post: Post) -> list[Task]:
    """The post has ended: pass on what waited for its holder, once."""
    if post.settled_at is not None:
        return []
    db.session.flush()
    tasks = [task for one in _followers() for task in one.pass_on(actor, standing, post)]
    post.settled_at = clock.now()
    db.session.flush()
    return tasks


def lines_of(actor: Actor, handover_id: int) -> list[Line]:
    """A handover's items that this reader may see."""
    return [line for one in _followers() for line in one.lines(actor, handover_id)]


def ended_posts() -> Sequence[int]:
    """The posts of the city whose last day is over and whose tasks were not passed on."""
    return db.session.scalars(
        select(Post.id)
        .where(Post.city_id == current_city(), Post.to_on <= clock.today(), Post.settled_at.is_(None))
        .order_by(Post.to_on, Post.id)
    ).all()


def settle_ended(post_id: int) -> None:
    """Part of a sweep: the post's last day has come; another sweeper at it is left alone."""
    post = db.session.scalar(
        select(Post)
        .where(Post.id == post_id, Post.city_id == current_city(), Post.settled_at.is_(None))
        .with_for_update(skip_locked=True, of=Post)
    )
    if post is None:
        return
    settle(SYSTEM, None, post)
    journal.record(SYSTEM, "post_over", "post", post.id)


def _followers() -> Iterable[OnPostEnd[Actor | System, Standing | None, Post, Task, Line]]:
    return cast("Iterable[OnPostEnd[Actor | System, Standing | None, Post, Task, Line]]", ON_POST_END)
