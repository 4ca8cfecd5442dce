"""What the page of an instruction offers: the verbs of every matter, and between them what leads to pages of their own."""

from __future__ import annotations

from typing import Any

from portal.access.actor import Actor
from portal.kernel.language import _l
from portal.matters import acts, verbs
from portal.matters.chain import ANY, ENDS, IN_HAND, OPEN
from portal.matters.models import Matter
from portal.matters.models import State as S
from portal.matters.workflow import MatterVerb
from portal.workflow.verbs import Link, Offered


def _of_its_own(matter: Matter, _actor: Actor) -> Offered:
    return Offered.OPEN if matter.parent_id is None else Offered.NEVER


_REPORT: Link[Matter] = Link(
    endpoint="matters.begin_report",
    act=acts.DRAFT_REPORT,
    label=_l("写报结材料"),
    from_=frozenset({S.ACKNOWLEDGED, S.IN_PROGRESS}),
    bare=True,
    offered=Offered.TURN,
)
_ANOTHER_HANDLER: Link[Matter] = Link(
    endpoint="matters.name_handler", act=acts.NAME_HANDLER, label=_l("改派承办人"), from_=IN_HAND, offered=verbs.while_named
)
_NEW_ROUND: Link[Matter] = Link(
    endpoint="instructions.new_round",
    act=acts.NEW_ROUND,
    label=_l("登记新一轮"),
    from_=frozenset({S.CLOSED}),
    offered=_of_its_own,
)
_SLIP: Link[Matter] = Link(
    endpoint="instructions.slip", act=acts.READ_MATTER, label=_l("交办单"), from_=ANY - {S.REGISTERED}, offered=verbs.to_readers
)

BUTTONS: tuple[MatterVerb[Any] | Link[Matter], ...] = (
    verbs.DECIDE_EXTENSION,
    verbs.ACKNOWLEDGE,
    verbs.ASSIGN,
    verbs.NAME_HANDLER,
    verbs.CLOSE,
    verbs.RETURN_FOR_REWORK,
    _REPORT,
    verbs.PROGRESS,
    verbs.FORWARD,
    _ANOTHER_HANDLER,
    verbs.ASK_EXTENSION,
    verbs.CO_PROGRESS,
    verbs.NAME_CO_HANDLER,
    verbs.URGE,
    verbs.NAME_REVIEWER,
    verbs.INSTRUCT_AGAIN,
    Link(endpoint="matters.grants", act=acts.GRANT_READING, label=_l("授权查阅"), from_=ENDS),
    _NEW_ROUND,
    _SLIP,
    Link(endpoint="instructions.amend", act=acts.AMEND, label=_l("更正"), from_=OPEN),
    Link(endpoint="matters.attach", act=acts.ATTACH, label=_l("加附件"), from_=OPEN),
    verbs.DECLINE,
    verbs.REASSIGN_UNIT,
    verbs.WITHDRAW,
    verbs.MAKE_CONFIDENTIAL,
)
"""In their order; what comes late is folded away on a page that has many."""
