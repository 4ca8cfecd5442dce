"""The secretariat names a stand-in for somebody suddenly away; both are told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from portal.access.actor import Actor
from portal.access.roles import Role
from portal.identity.queries import person_by_id
from portal.kernel import clock
from portal.network.models import Delegation
from portal.network.service import delegating
from portal.notify.service import tell


def lend_for(
    actor: Actor, post_id: int, to_person_id: int, from_at: datetime, to_at: datetime, acts: Collection[str], reason: str
) -> Delegation:
    """As `delegating.delegate_for`; the holder and the stand-in are told by whom, for what and until when."""
    made = delegating.delegate_for(actor, post_id, to_person_id, from_at, to_at, acts, reason)
    post, _decision = delegating.post_kept(actor, post_id)
    stand_in = person_by_id(to_person_id)
    facts = {
        "unit": post.unit.name, "role": Role(post.role).value,
        "until": clock.local(made.to_at - timedelta(seconds=1)).date(),
    }  # fmt: skip
    key = f"delegation:{made.id}"
    tell("stand_in_set", [post.person_id], key=f"{key}:set", facts=facts | {"by": stand_in.name if stand_in else ""})
    tell("standing_in", [to_person_id], key=f"{key}:in", facts=facts | {"by": post.person.name})
    return made
