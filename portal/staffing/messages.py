"""What people are told about posts, leaves and stand-ins."""

from __future__ import annotations

from portal.kernel.language import _, _l
from portal.registry.messages import Facts, Group, MessageKind, Opens


def _decided(facts: Facts) -> str:
    said = {"by": facts["by"], "unit": facts["unit"], "role": facts["role"]}
    return _("%(by)s已任%(unit)s%(role)s", **said) if facts["granted"] else _("%(by)s任%(unit)s%(role)s未获同意", **said)


MESSAGES = (
    MessageKind(
        "handover_to_sign",
        Group.TASKS,
        _l("请核对并签收离岗交接清单"),
        _l("请核对并签收%(by)s的离岗交接清单"),
        ("by",),
        opens=Opens("staffing.handover", "handover_id", "about"),
    ),
    MessageKind("appointed", Group.OFFICE, _l("您有新的任职"), _l("您已任%(unit)s%(role)s"), ("unit", "role")),
    MessageKind(
        "appointment_asked",
        Group.OFFICE,
        _l("有督查员、督查室主任或领导的任职等待您同意"),
        blanks=(),
        opens=Opens("staffing.appointments"),
    ),
    MessageKind(
        "appointment_waits",
        Group.OFFICE,
        _l("您的一项任职已提出，同意以后生效"),
        _l("拟任您为%(unit)s%(role)s，同意以后生效"),
        ("unit", "role"),
    ),
    MessageKind(
        "appointment_decided",
        Group.OFFICE,
        _l("一项任职已有决定"),
        _decided,
        ("by", "unit", "role", "granted"),
    ),
    MessageKind(
        "post_ended",
        Group.OFFICE,
        _l("您的一个岗位将结束"),
        _l("您自%(until)s起不再担任%(unit)s%(role)s"),
        ("unit", "role", "until"),
    ),
    MessageKind(
        "stand_in_set",
        Group.OFFICE,
        _l("秘书处为您的岗位设了受托人"),
        _l("秘书处为您的%(unit)s%(role)s岗位设了受托人%(by)s，至%(until)s"),
        ("unit", "role", "by", "until"),
        opens=Opens("network.delegations"),
    ),
    MessageKind(
        "standing_in",
        Group.OFFICE,
        _l("请您代行他人岗位"),
        _l("请您代行%(by)s的%(unit)s%(role)s岗位，至%(until)s"),
        ("unit", "role", "by", "until"),
        opens=Opens("network.delegations"),
    ),
)
