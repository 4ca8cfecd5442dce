"""A paper while it is written: found, saved as one writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import Actor
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Stale
from portal.papers.models import Paper

_WRITTEN = ("title", "addressee", "body", "copies", "answers")


def draft_of(actor: Actor, record_id: UUID, kind: str) -> Paper | None:
    """The record's draft of this kind of paper that is being written, if there is one."""
    return db.session.scalars(
        select(Paper).where(Paper.record_id == record_id, Paper.kind == kind, Paper.state == "draft").options(as_seen_by(actor))
    ).first()


def keep(draft: Paper, saved: int | None, words: Mapping[str, Any]) -> None:
    """Save what is written so far, on the draft as it is held. `saved` is the number of the save that the writer's page began
    with: another tab's later save is not overwritten."""
    if draft.state != "draft":
        raise Stale(_("这一稿已经送签，不能再改；要改动请先撤回"))
    if saved is not None and saved != draft.saved:
        raise Stale(_("这一稿在另一个页面里保存过，本页没有覆盖它；请核对后再保存"))
    for name in _WRITTEN:
        if name in words:
            setattr(draft, name, words[name])
    draft.saved += 1
    draft.changed_at = clock.now()
    db.session.flush()


def submittable(draft: Paper, saved: int | None) -> None:
    """Stale where the draft is no draft any more, or was saved elsewhere since."""
    if draft.state != "draft":
        raise Stale(_("这一稿已经送签"))
    if saved is not None and saved != draft.saved:
        raise Stale(_("这一稿在另一个页面里保存过，请核对后再送签"))
