"""What the journal's acts, subjects and facts are called on the auditor's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString

from portal.access.roles import Role
from portal.kernel.language import _, _l
from portal.matters.book import ENTRY_LABELS
from portal.network.models import Kind as UnitKind
from portal.network.models import Level
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
    "drive": _l("推荐联络员"),
    "nomination": _l("推荐人选"),
    "handover": _l("交接清单"),
    "absence": _l("外出"),
    "rules": _l("督办规则"),
    "calendar": _l("工作日历"),
    "attachment": _l("附件"),
    "appointment": _l("任职提议"),
    "installation": _l("系统"),
    "delivery": _l("发信"),
    "sweep": _l("巡检"),
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
    "classified_refused": _l("拒收带涉密标志的文件"),
    "unit_found": _l("设立单位"),
    "unit_rename": _l("更名"),
    "unit_move": _l("划转"),
    "unit_merge": _l("合并"),
    "unit_split": _l("分设"),
    "unit_retire": _l("撤销单位"),
    "change_planned": _l("预定变更"),
    "change_cancelled": _l("取消变更"),
    "change_refused": _l("变更未能执行"),
    "import_units": _l("导入单位表"),
    "import_posts": _l("导入岗位表"),
    "passwords_fetched": _l("下载一次性口令"),
    "make_person": _l("新增人员"),
    "appoint": _l("任职"),
    "ask_appointment": _l("提出任职"),
    "refuse_appointment": _l("不同意任职"),
    "withdraw_appointment": _l("撤回任职提议"),
    "agree_from_outside": _l("三员以外的同意"),
    "refused_act": _l("越权或不合规的办理被拒"),
    "end_post": _l("离任"),
    "post_over": _l("任期届满"),
    "sign_handover": _l("签收交接清单"),
    "handed_over": _l("移交办理"),
    "step_passed_on": _l("签批移交"),
    "person_left": _l("移出知悉范围"),
    "be_away": _l("登记外出"),
    "end_absence": _l("取消外出"),
    "set_contact": _l("修改联系方式"),
    "confirm_contact": _l("核对联系方式"),
    "open_drive": _l("发起推荐"),
    "urge_drive": _l("催报推荐"),
    "close_drive": _l("结束推荐"),
    "nominate": _l("推荐人选"),
    "return_nomination": _l("退回推荐"),
    "accept_nomination": _l("采纳推荐"),
    "set_rules": _l("发布规则"),
    "import_calendar": _l("导入放假安排"),
    "settle_notification": _l("改通知设置"),
    "ask_address": _l("申请改收信地址"),
    "change_address": _l("改收信地址"),
    "seat_vacant": _l("签批岗位空缺"),
    "decider_changed": _l("审批人变动"),
    "part_ended": _l("经手人不再经办"),
    "sign_off_started": _l("开始送签"),
    "grant_reading": _l("授权查阅"),
    "end_grant": _l("收回授权"),
    "attach": _l("加附件"),
    "restored": _l("由备份恢复"),
    "released": _l("恢复发送"),
    "send_again": _l("重发退信"),
    "confirm_clock": _l("确认时钟"),
    **ENTRY_LABELS,
}

_TOLD = {
    "assigned": "assign",
    "handler_named": "name_handler",
    "declined": "decline",
    "reassigned": "reassign_unit",
    "issued": "issue",
    "returned": "return_for_rework",
    "closed": "close",
    "send_back_done": "send_back",
    "recall_done": "recall",
    "withdraw_done": "withdraw",
    "make_confidential_done": "make_confidential",
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
    "from_on": _l("起"),
    "to_on": _l("止"),
    "until": _l("截止"),
    "unit_id": _l("单位编号"),
    "person": _l("人员编号"),
    "code": _l("单位代码"),
    "name": _l("单位名称"),
    "short_name": _l("简称"),
    "official_name": _l("规范名称"),
    "document_prefix": _l("机关代字"),
    "asked": _l("发出数"),
    "told": _l("告知数"),
    "urges": _l("催办次数"),
    "receivers": _l("接手人编号"),
    "handover_id": _l("交接编号"),
    "changed": _l("有变更的代码"),
    "new": _l("新设行数"),
    "channel": _l("渠道"),
    "address": _l("地址"),
    "refused": _l("未执行原因"),
    "level": _l("层级"),
    "parent_id": _l("上级单位编号"),
    "retired_on": _l("撤销单位"),
    "merged_into_id": _l("并入单位编号"),  # of entries from before heirs were kept
    "into_id": _l("并入单位编号"),
    "heir_id": _l("承接单位编号"),
    "change": _l("变更编号"),
    "days": _l("工作日历"),
    "posts_ended": _l("结束的岗位"),
    "moving": _l("转入的岗位"),
    "successor_id": _l("接手岗位编号"),
    "endpoint": _l("所办"),
    "status": _l("答复"),
    "last": _l("此后一小时内不再记"),
    "swept_at": _l("巡检时间"),
}


def act_words(act: str) -> str:
    """The act, as the office calls it; what has no name keeps its code."""
    if act in _TOLD:
        return _("%(act)s（通知）", act=ACTS[_TOLD[act]])
    return str(ACTS.get(act, act))


def fact_words(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """The facts of an entry in one line."""
    facts = {name: value for name, value in {**(before or {}), **(after or {})}.items() if value not in (None, "", [])}
    return _("；").join(f"{_FACTS.get(name, name)} {_value(name, value)}" for name, value in facts.items())


def _value(name: str, value: Any) -> str:
    if name == "kind" and value in list(Kind):
        return str(Kind(value).label)
    if name == "kind" and value in list(UnitKind):
        return str(UnitKind(value).label)
    if name == "level" and value in list(Level):
        return str(Level(value).label)
    if name == "role" and value in list(Role):
        return str(Role(value).label)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, (dict, list, tuple)) for one in value)):
        return _("共 %(n)s 项", n=len(value))  # a calendar's days, a table of rules: their page shows them
    return _("、").join(map(str, value)) if isinstance(value, list) else str(value)
