"""The invented matter of the permission document: who stands how to it, and what each of them sees of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from portal.access.actor import Actor, Standing
from portal.access.models import View
from portal.access.roles import Role
from portal.deadlines.rules import SourceLevel
from portal.kernel.language import _l
from portal.matters.around import Around
from portal.matters.models import State
from portal.matters.readers import readers_of
from portal.papers.steps import Waiting

CITY, COUNTY, LEAD, CO_UNIT, OTHER_COUNTY = 1, 2, 3, 4, 5
PATHS = {CITY: (1,), COUNTY: (1, 2), LEAD: (1, 2, 3), CO_UNIT: (1, 2, 4), OTHER_COUNTY: (1, 5)}


@dataclass(frozen=True, slots=True)
class Relation:
    """Somebody who stands in one relation to the invented instruction; his number is his person and his post."""

    number: int
    role: Role
    unit: int
    words: Any

    @property
    def actor(self) -> Actor:
        standing = Standing(self.number, self.role, self.unit, "", self.unit, PATHS[self.unit])
        return Actor(self.number, 1, "", (standing,))


REGISTRAR, LEADER, HANDLER, CO_HANDLER, SIGNER, REVIEWER = 11, 12, 13, 14, 15, 16
RELATIONS = (
    Relation(REGISTRAR, Role.SUPERVISOR, COUNTY, _l("登记并交办的督查员")),
    Relation(21, Role.SUPERVISOR, COUNTY, _l("同一督查室的其他督查员")),
    Relation(22, Role.SUPERVISION_HEAD, COUNTY, _l("登记单位的督查室主任")),
    Relation(REVIEWER, Role.SUPERVISOR, COUNTY, _l("限定知悉事项的审核人")),
    Relation(23, Role.DUTY_OFFICER, COUNTY, _l("登记单位的值班员（急件）")),
    Relation(LEADER, Role.PRINCIPAL_LEADER, COUNTY, _l("作出批示的领导")),
    Relation(24, Role.SUPERVISOR, CITY, _l("上级的督查员")),
    Relation(25, Role.DEPUTY_LEADER, CITY, _l("上级的领导")),
    Relation(26, Role.LIAISON_OFFICER, LEAD, _l("主办单位的联络员")),
    Relation(27, Role.OFFICE_DIRECTOR, LEAD, _l("主办单位的办公室主任")),
    Relation(28, Role.DEPUTY_LEADER, LEAD, _l("主办单位的分管领导")),
    Relation(29, Role.PRINCIPAL_LEADER, LEAD, _l("主办单位的主要领导")),
    Relation(SIGNER, Role.DEPUTY_LEADER, LEAD, _l("轮到签批的人")),
    Relation(HANDLER, Role.HANDLER, LEAD, _l("本件的承办人")),
    Relation(30, Role.HANDLER, LEAD, _l("主办单位的其他承办人")),
    Relation(31, Role.LIAISON_OFFICER, CO_UNIT, _l("协办单位的联络员")),
    Relation(CO_HANDLER, Role.HANDLER, CO_UNIT, _l("协办单位指定的承办人")),
    Relation(32, Role.SUPERVISOR, OTHER_COUNTY, _l("其他县的督查员")),
    Relation(33, Role.SECRETARIAT, COUNTY, Role.SECRETARIAT.label),
    Relation(34, Role.INFORMATION_EDITOR, COUNTY, Role.INFORMATION_EDITOR.label),
    Relation(35, Role.SYSTEM_ADMIN, CITY, Role.SYSTEM_ADMIN.label),
    Relation(36, Role.SECURITY_ADMIN, CITY, Role.SECURITY_ADMIN.label),
    Relation(37, Role.AUDITOR, CITY, Role.AUDITOR.label),
)


# Who stands how to a unit and to the post of its liaison officer (26).
ON_A_UNIT = (
    Relation(33, Role.SECRETARIAT, COUNTY, _l("上级的秘书处")),
    Relation(41, Role.SECRETARIAT, LEAD, _l("本单位的秘书处")),
    Relation(42, Role.SECRETARIAT, OTHER_COUNTY, _l("其他县的秘书处")),
    Relation(27, Role.OFFICE_DIRECTOR, LEAD, _l("本单位的办公室主任")),
    Relation(29, Role.PRINCIPAL_LEADER, LEAD, _l("本单位的主要领导")),
    Relation(26, Role.LIAISON_OFFICER, LEAD, _l("联络员本人")),
    Relation(30, Role.HANDLER, LEAD, _l("本单位的承办人")),
    Relation(22, Role.SUPERVISION_HEAD, COUNTY, _l("上级的督查室主任")),
    Relation(35, Role.SYSTEM_ADMIN, CITY, Role.SYSTEM_ADMIN.label),
    Relation(36, Role.SECURITY_ADMIN, CITY, Role.SECURITY_ADMIN.label),
    Relation(37, Role.AUDITOR, CITY, Role.AUDITOR.label),
)
THE_POST = SimpleNamespace(path=PATHS[LEAD], unit_id=LEAD, post_id=26, roles=frozenset({Role.LIAISON_OFFICER}))


class StepNow:
    """The step of the invented sign-off that waits: for one signer."""

    def may_sign(self, actor: Actor, post: Standing) -> bool:
        return actor.person_id == SIGNER


A_DAY = date(2026, 1, 5)


def invented(kind: str, state: State, confidential: bool) -> Any:
    """An urgent matter of this kind, of a county's supervision office for one of its departments, in this state."""
    handled = state != State.REGISTERED
    content = SimpleNamespace(
        leader_id=LEADER,
        handler_id=HANDLER if handled else None,
        handler_post_id=HANDLER if handled else None,
        reviewer_id=REVIEWER if confidential and state in (State.UNDER_REVIEW, State.CLOSED) else None,
    )
    return SimpleNamespace(
        kind=kind, state=state, open=state not in (State.CLOSED, State.WITHDRAWN), confidential=confidential, urgency="urgent",
        source_level=SourceLevel.COUNTY, received_on=A_DAY, due_on=A_DAY,
        extension_pending=False, returns=0, parent_id=None,
        registering_unit_id=COUNTY, supervising_unit_id=COUNTY, supervised_by_office=True,
        registered_by_id=REGISTRAR, assigned_by_id=REGISTRAR if handled else None,
        lead_unit_id=LEAD if handled else None,
        lead_unit=SimpleNamespace(id=LEAD, path=list(PATHS[LEAD]), has_below=True) if handled else None,
        co_unit_ids=() if confidential else (CO_UNIT,),
        step_now=StepNow() if state == State.IN_SIGN_OFF else None,
        content=content,
    )  # fmt: skip


def views_of(matter: Any) -> dict[int, View]:
    """Relation's number → what they see of the matter."""
    state = matter.state
    audience = {LEADER}
    if state == State.REGISTERED:
        audience.add(REGISTRAR)
    else:
        audience.add(HANDLER)
    if state == State.IN_SIGN_OFF:
        audience.add(SIGNER)
    if state == State.UNDER_REVIEW:
        audience |= {SIGNER, REVIEWER}
    signing = Waiting(LEAD, Role.DEPUTY_LEADER, SIGNER, (SIGNER,)) if state == State.IN_SIGN_OFF else None
    around = Around(
        lead_path=PATHS[LEAD] if matter.lead_unit else (),
        co_units=() if matter.confidential else ((CO_UNIT, CO_HANDLER),),
        waiting=signing,
        audience=frozenset(audience) if matter.confidential else frozenset(),
    )
    seen = readers_of(cast("Any", matter), matter.content, around)
    found = {}
    for relation in RELATIONS:
        views = [seen[principal][0] for principal in relation.actor.principals if principal in seen]
        if views:
            found[relation.number] = max(views)
    return found


def as_seen(matter: Any, view: View) -> Any:
    """The matter as it is loaded for them: without its content where he sees the shell alone."""
    return SimpleNamespace(**{**vars(matter), "content": matter.content if view > View.SHELL else None})
