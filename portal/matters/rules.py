"""The conditions that a move needs, each with its sentence. What stands in the way is listed before the button is
pressed, all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from portal.access.actor import SYSTEM
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _, _l
from portal.matters.clocks import decline_days, decline_until
from portal.matters.models import ENDED, Matter, State
from portal.matters.shapes import issuing_role
from portal.papers.models import Issue, Paper, Step
from portal.papers.seats import vacant
from portal.workflow.engine import Need

DECLINE_REASONS = {
    "not_ours": _l("不属于本单位职责"),
    "wrong_level": _l("应由上级或下级单位办理"),
    "several_units": _l("涉及多个单位，须另定主办单位"),
    "duplicate": _l("与已交办事项重复"),
}
QUESTIONS = {
    "facts": _l("事实是否清楚"),
    "cause": _l("原因是否找准"),
    "measures": _l("措施是否落实"),
    "form": _l("格式是否合规"),
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


def _nothing_open_below(matter: Matter, given: Mapping[str, Any]) -> str | None:
    content = given.get("content") or matter.content
    if content is not None and not content.has("child"):
        return None
    count = open_below(matter)
    return _("下级还有 %(count)s 件转办事项没有办结", count=count) if count else None


def _given(name: str, sentence: Any) -> Need:
    return lambda matter, given: None if given.get(name) else str(sentence)


def _lead_unit(matter: Matter, given: Mapping[str, Any]) -> str | None:
    unit = given.get("lead_unit")
    if unit is None:
        return _("请选择主办单位")
    if unit.is_organ:
        return _("%(unit)s是办事机构，不作主办单位；请选择它所属的单位", unit=unit.name)
    if unit.retired_on is not None and unit.retired_on <= clock.today():
        return _("%(unit)s已撤销，请选择现有单位", unit=unit.name)
    if matter.supervising_unit_id not in unit.path:
        return _("%(unit)s不在交办单位辖内，不能交办", unit=unit.name)
    return _apart_in_the_family(matter, unit)


def _apart_in_the_family(matter: Matter, unit: Any) -> str | None:
    """What was forwarded goes to a unit below the one that has the whole, and to each once, when it is given to another too."""
    if matter.parent_id is None:
        return None
    if unit.id == matter.supervising_unit_id:
        return _("只能转办给下级单位，%(unit)s不是下级单位", unit=unit.name)
    others = (Matter.parent_id == matter.parent_id, Matter.id != matter.id, Matter.state != State.WITHDRAWN)
    twice = select(Matter.id).where(*others, Matter.lead_unit_id == unit.id).limit(1).options(as_seen_by(SYSTEM))
    return _("%(unit)s已有本件的转办，不必重复", unit=unit.name) if db.session.scalar(twice) else None


def _handler_if_confidential(matter: Matter, given: Mapping[str, Any]) -> str | None:
    if matter.confidential and given.get("handler") is None:
        return _("限定知悉的事项须在交办时指定承办人")
    return None


def _co_units(matter: Matter, given: Mapping[str, Any]) -> str | None:
    units = given.get("co_units") or ()
    if units and matter.confidential:
        return _("限定知悉的事项不设协办单位")
    lead = given.get("lead_unit")
    for unit in units:
        if unit.is_organ:
            return _("%(unit)s是办事机构，不作协办单位", unit=unit.name)
        if lead is not None and unit.id == lead.id:
            return _("%(unit)s已是主办单位，不能同时协办", unit=unit.name)
    return None


def _below_parent(matter: Matter, given: Mapping[str, Any]) -> str | None:
    unit, parent = given.get("lead_unit"), given.get("parent")
    if unit is None or parent is None:
        return None
    if unit.id == parent.lead_unit_id or parent.lead_unit_id not in unit.path:
        return _("只能转办给下级单位，%(unit)s不是下级单位", unit=unit.name)
    return None


def _within_decline_term(matter: Matter, given: Mapping[str, Any]) -> str | None:
    until = decline_until(matter)
    if until is not None and clock.now() >= until:
        return _(
            "交办已超过 %(days)d 个工作日，不能再退回交办；确有困难的，可申请延期或与督查室联系",
            days=decline_days(matter),
        )
    return None


def _report_complete(matter: Matter, given: Mapping[str, Any]) -> str | None:
    report = given.get("report")
    if report is None:
        return None
    parts = {"title": _("标题"), "addressee": _("主送"), "body": _("正文")}
    missing = [label for name, label in parts.items() if not getattr(report, name)]
    return _("报结材料还缺：%(missing)s", missing="、".join(missing)) if missing else None


def _seats_held(matter: Matter, given: Mapping[str, Any]) -> str | None:
    seats = given.get("seats")
    if not seats:
        return None
    found = vacant(seats, given["drafters"], confidential=matter.confidential)
    return "；".join(found) or None


def _extension_decided(matter: Matter, given: Mapping[str, Any]) -> str | None:
    return _("延期申请还没有批复") if matter.extension_pending else None


def wrong_seat(matter: Matter) -> tuple[Role, Role] | None:
    """By which seat the report under review was issued and which one issues by the matter's level as it stands; None where
    it is the same. They differ where the level was corrected after the issue."""
    if matter.state != State.UNDER_REVIEW:
        return None
    issued_by = db.session.scalar(
        select(Step.role)
        .join(Issue, (Issue.sign_off_id == Step.sign_off_id) & (Issue.step == Step.number))
        .join(Paper, (Paper.id == Issue.paper_id) & (Paper.state == "issued"))
        .where(Issue.record_id == matter.id)
        .options(as_seen_by(SYSTEM))
    )
    issues = issuing_role(matter.source_level)
    return None if issued_by is None or issued_by == issues else (Role(issued_by), issues)


def _issued_by_its_seat(matter: Matter, given: Mapping[str, Any]) -> str | None:
    found = wrong_seat(matter)
    if found is None:
        return None
    was, now = found
    return _(
        "批示来源更正后，报结材料须由%(now)s签发，这一稿由%(was)s签发，不能办结；请退回重办，这次退回不计次数",
        now=now.label,
        was=was.label,
    )


NEEDS: dict[str, Need] = {
    "given:lead_unit": _lead_unit,
    "given:handler": _given("handler", _l("请选择承办人")),
    "given:handler_if_confidential": _handler_if_confidential,
    "given:co_units": _co_units,
    "given:reason": _given("reason", _l("请填写理由")),
    "given:failed": _given("failed", _l("请勾选未通过的项目")),
    "given:words": _given("words", _l("请填写内容")),
    "below_parent": _below_parent,
    "nothing_open_below": _nothing_open_below,
    "within_decline_term": _within_decline_term,
    "report_complete": _report_complete,
    "seats_held": _seats_held,
    "extension_decided": _extension_decided,
    "issued_by_its_seat": _issued_by_its_seat,
}
