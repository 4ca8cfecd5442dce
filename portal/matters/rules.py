"""The conditions that a verb needs, each with its sentence. What stands in the way is listed before the button is pressed, all
of it; what only the form can meet, once it is given."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from portal.access.actor import SYSTEM
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _, _l
from portal.matters.clocks import decline_days, decline_until
from portal.matters.kinds import kind_of
from portal.matters.models import ENDED, Matter, State
from portal.network.models import Unit
from portal.papers.models import Issue, Paper, Step
from portal.workflow.verbs import Said, need

DECLINE_REASONS = {
    "not_ours": _l("不属于本单位职责"),
    "wrong_level": _l("应由上级或下级单位办理"),
    "several_units": _l("涉及多个单位，须另定主办单位"),
    "duplicate": _l("与已交办事项重复"),
}


def open_below(matter: Matter) -> int:
    """How many matters directly below are neither closed nor withdrawn, whoever may see them."""
    return (
        db.session.scalar(
            select(func.count(Matter.id))
            .where(Matter.parent_id == matter.id, Matter.state.not_in(ENDED))
            .options(as_seen_by(SYSTEM))
        )
        or 0
    )


@need(_l("下级没有未办结的转办事项"))
def nothing_open_below(matter: Matter, _given: object) -> str | None:
    if matter.content is not None and not matter.content.has("child"):
        return None
    count = open_below(matter)
    return _("下级还有 %(count)s 件转办事项没有办结", count=count) if count else None


@need(_l("写明理由"))
def has_reason(_matter: Matter, given: Said | None) -> str | None:
    return _("请填写理由") if given is not None and not given.words else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead(Said):
    """A unit is to lead the matter; of a confidential one, with its handler."""

    lead_unit: Unit | None
    handler_post_id: int | None = None


@need(_l("主办单位在交办单位辖内，不是办事机构，没有撤销"))
def fit_to_lead(matter: Matter, given: Lead | None) -> str | None:
    if given is None:
        return None
    unit = given.lead_unit
    if unit is None:
        return _("请选择主办单位")
    if unit.is_organ:
        return _("%(unit)s是办事机构，不作主办单位；请选择它所属的单位", unit=unit.name)
    if unit.retired_on is not None and unit.retired_on <= clock.today():
        return _("%(unit)s已撤销，请选择现有单位", unit=unit.name)
    if matter.supervising_unit_id not in unit.path:
        return _("%(unit)s不在交办单位辖内，不能交办", unit=unit.name)
    return _apart_in_the_family(matter, unit)


def _apart_in_the_family(matter: Matter, unit: Unit) -> str | None:
    """What was forwarded goes to a unit below the one that has the whole, and to each once, when it is given to another too."""
    if matter.parent_id is None:
        return None
    if unit.id == matter.supervising_unit_id:
        return _("只能转办给下级单位，%(unit)s不是下级单位", unit=unit.name)
    others = (Matter.parent_id == matter.parent_id, Matter.id != matter.id, Matter.state != State.WITHDRAWN)
    twice = select(Matter.id).where(*others, Matter.lead_unit_id == unit.id).limit(1).options(as_seen_by(SYSTEM))
    return _("%(unit)s已有本件的转办，不必重复", unit=unit.name) if db.session.scalar(twice) else None


@need(_l("限定知悉的，已选承办人"))
def handler_if_confidential(matter: Matter, given: Lead | None) -> str | None:
    if matter.confidential and given is not None and given.handler_post_id is None:
        return _("限定知悉的事项须在交办时指定承办人")
    return None


@need(_l("在退回交办的期限内（默认为交办后 3 个工作日）"))
def within_decline_term(matter: Matter, _given: object) -> str | None:
    until = decline_until(matter)
    if until is not None and clock.now() >= until:
        return _(
            "交办已超过 %(days)d 个工作日，不能再退回交办；确有困难的，可申请延期或与督查室联系",
            days=decline_days(matter),
        )
    return None


@need(_l("没有待批的延期申请"))
def extension_decided(matter: Matter, _given: object) -> str | None:
    return _("延期申请还没有批复") if matter.extension_pending else None


def wrong_seat(matter: Matter) -> tuple[Role, Role] | None:
    """By which seat the report under review was issued and which one issues by the matter's level as it stands; None where
    it is the same. They differ where the level was corrected after the issue."""
    return seats_apart(matter) if matter.state == State.UNDER_REVIEW else None


def seats_apart(matter: Matter) -> tuple[Role, Role] | None:
    """The same, of a matter that has an issued report."""
    report = kind_of(matter).report
    issued_by = db.session.scalar(
        select(Step.role)
        .join(Issue, (Issue.sign_off_id == Step.sign_off_id) & (Issue.step == Step.number))
        .join(Paper, (Paper.id == Issue.paper_id) & (Paper.kind == report.paper) & (Paper.state == "issued"))
        .where(Issue.record_id == matter.id)
        .options(as_seen_by(SYSTEM))
    )
    issues = report.shape(matter, ()).seats[-1].role
    return None if issued_by is None or issued_by == issues else (Role(issued_by), issues)


@need(_l("报结材料由现行批示来源的签发岗位签发"))
def issued_by_its_seat(matter: Matter, _given: object) -> str | None:
    found = wrong_seat(matter)
    if found is None:
        return None
    was, now = found
    return _(
        "批示来源更正后，报结材料须由%(now)s签发，这一稿由%(was)s签发，不能办结；请退回重办，这次退回不计次数",
        now=now.label,
        was=was.label,
    )
