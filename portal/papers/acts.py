"""Who may do what with a paper: the acts of papers. Their record says at which step it waits, as `step_now`."""

from __future__ import annotations

from typing import Any

from portal.access.actor import Actor, Standing
from portal.access.predicates import predicate
from portal.kernel.language import _l
from portal.registry.acts import Act, Lent


@predicate(_l("须由列入本步的签批人办理"), _l("轮到签批的人"))
def is_signer_now(actor: Actor, post: Standing, record: Any) -> bool:
    return record.step_now is not None and record.step_now.may_sign(actor, post)


SIGN = Act("sign", _l("签批"), rows=((is_signer_now,),), lent=Lent.SIGN)
