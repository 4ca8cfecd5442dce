"""What the journal's acts, subjects and facts are called on the auditor's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString

from portal.access.roles import Role
from portal.kernel.language import _, _l
from portal.matters.book import ENTRY_LABELS
from portal.officers.rules import Kind

KINDS: dict[str, LazyString] = {
    "person": _l("人员"),
    "sensitive_act": _l("双人审批"),
    "delegation": _l("委托"),
    "network": _l("单位网络"),
    "unit": _l("单位"),
    "post": _l("岗位"),
    "matter": _l("督查事项"),
    "report": _l("报结材料"),
    "register": _l("台账"),
    "import": _l("导入"),
    "form": _l("表单"),
    "journal": _l("日志"),
}

ACTS: dict[str, LazyString] = {
    "sign_in": _l("登录"),
    "sign_out": _l("退出"),
    "sign_in_failed": _l("登录失败"),
    "sign_in_locked": _l("登录锁定"),
    "change_password": _l("改口令"),
    "give_one_time_password": _l("发一次性口令"),
    "set_up_second_factor": _l("启用动态口令"),
    "give_up_second_factor": _l("停用动态口令"),
    "renew_recovery_codes": _l("换发备用码"),
    "end_second_factor": _l("解除动态口令"),
    "confirm_in_person": _l("当面核实身份"),
    "confirmed_by_second_factor": _l("动态口令核实身份"),
    "deactivate_person": _l("停用账号"),
    "reactivate_person": _l("恢复账号"),
    "end_sessions": _l("结束登录"),
    "propose_sensitive": _l("提出双人审批"),
    "agree_sensitive": _l("同意并执行"),
    "refuse_sensitive": _l("不同意"),
    "withdraw_sensitive": _l("撤回提出"),
    "delegate": _l("委托"),
    "end_delegation": _l("结束委托"),
    "import_network": _l("导入单位网络"),
    "found_officers": _l("设立三员"),
    "classification_mark": _l("拒收涉密标志"),
    "step_reached": _l("轮到签批"),
    "seat_filled": _l("签批岗位补缺"),
    "assign_picked": _l("批量交办"),
    "assign_imported": _l("交办所导入"),
    "export": _l("导出台账"),
    "import": _l("导入台账"),
    "export_journal": _l("导出日志"),
    **ENTRY_LABELS,
}

_TOLD = {
    "assigned": "assign", "handler_named": "name_handler", "declined": "decline", "reassigned": "reassign_unit",
    "issued": "issue", "returned": "return_for_rework", "closed": "close", "send_back_done": "send_back",
    "recall_done": "recall", "withdraw_done": "withdraw", "make_confidential_done": "make_confidential",
}
"""Entries that follow a move, by which people are told of it."""

_FACTS: dict[str, LazyString] = {
    "source": _l("来源"),
    "count": _l("次数"),
    "kind": _l("事项"),
    "reason": _l("理由"),
    "role": _l("职务"),
    "on": _l("开启"),
    "rows": _l("行数"),
    "conditions": _l("条件"),
    "rule": _l("规则"),
    "units": _l("单位数"),
    "people": _l("人数"),
    "posts": _l("岗位数"),
    "person_id": _l("人员编号"),
    "old_person_id": _l("原任人员编号"),
    "post_id": _l("岗位编号"),
    "to_person_id": _l("受托人员编号"),
    "from_at": _l("起"),
    "to_at": _l("止"),
    "covers_confidential": _l("含限定知悉"),
}


def act_words(act: str) -> str:
    """The act, as the office calls it; what has no name keeps its code."""
    if act in _TOLD:
        return _("%(act)s（通知）", act=ACTS[_TOLD[act]])
    return str(ACTS.get(act, act))


def fact_words(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """The facts of an entry in one line."""
    facts = {name: value for name, value in {**(before or {}), **(after or {})}.items() if value not in (None, "")}
    return _("；").join(f"{_FACTS.get(name, name)} {_value(name, value)}" for name, value in facts.items())


def _value(name: str, value: Any) -> str:
    if name == "kind" and value in list(Kind):
        return str(Kind(value).label)
    if name == "role" and value in list(Role):
        return str(Role(value).label)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return _("、").join(map(str, value)) if isinstance(value, list) else str(value)
