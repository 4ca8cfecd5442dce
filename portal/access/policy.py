"""Who may do what: the one judgement, on what an act itself says: any-of rows, each an all-of of one-line conditions.

It draws the buttons, guards the handlers and judges each row of a bulk act. What an act needs beyond
the person (a lead unit, a reason, nothing open below) is the chain's matter: see `matters.verbs`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from portal.access.actor import Actor, Standing
from portal.access.predicates import Predicate
from portal.kernel.language import _l
from portal.registry.acts import ANYONE, Act, Lent


def covers(post: Standing, act: Act) -> bool:
    """Whether this post may be used for the act: a post of one's own for any, a borrowed one for what was lent."""
    if post.delegation_id is None or Lent.ALL in post.lent or act.reading:
        return True
    return act.lent in post.lent


@dataclass(frozen=True, slots=True)
class Decision:
    """May he, and in which of his posts; if not, every condition that is not met in the nearest row."""

    may: bool
    standing: Standing | None
    unmet: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.may


def allowed(actor: Actor, act: Act, record: Any = None) -> Decision:
    """Judge one act. The post acted in is tried first; the post that permits is the one that is recorded. A delegate's
    borrowed post serves for the kinds of act that were lent, and reaches a confidential matter only where the delegation
    names such matters."""
    rows = cast("tuple[tuple[Predicate, ...], ...]", act.rows)  # the registry, below, knows a condition's words alone
    confidential = bool(getattr(record, "confidential", False))
    if actor.suspended and act.of_officers:
        return Decision(False, None, (str(_l("口令由他人发放或重置，还没有核实身份，这类事务暂不能办理")),))
    if confidential and actor.suspended:
        return Decision(False, None, (str(_l("口令由他人发放或重置，还没有核实身份，限定知悉的事项暂不能办理")),))
    nearest: tuple[str, ...] | None = None
    lent_for_other = False
    for post in actor.standings:
        if confidential and not post.covers_confidential:
            continue
        if not covers(post, act):
            lent_for_other = True
            continue
        for row in rows:
            unmet = tuple(str(p.sentence) for p in row if not p.holds(actor, post, record))
            if not unmet:
                return Decision(True, post)
            if nearest is None or len(unmet) < len(nearest):
                nearest = unmet
    if nearest is None and rows == ANYONE:
        return Decision(True, None)
    if lent_for_other:
        nearest = (*(nearest or ()), str(_l("受托的岗位没有委托这类事务")))
    return Decision(False, None, nearest or (str(_l("您当前没有在任的岗位")),))
