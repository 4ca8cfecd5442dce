"""What people are told about posts, leaves, stand-ins and nominations."""

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
    MessageKind(
        "nominate",
        Group.OFFICE,
        _l("请推荐本单位联络员"),
        _l("请于%(until)s前推荐%(unit)s联络员"),
        ("unit", "until"),
        opens=Opens("staffing.nominate", "nomination_id", "about"),
    ),
    MessageKind(
        "nominate_urged",
        Group.OFFICE,
        _l("本单位联络员还没有推荐，请尽快推荐"),
        _l("%(unit)s联络员还没有推荐，%(until)s截止"),
        ("unit", "until"),
        opens=Opens("staffing.nominate", "nomination_id", "about"),
    ),
    MessageKind(
        "nomination_returned",
        Group.OFFICE,
        _l("推荐的联络员被退回，请重新推荐"),
        _l("推荐的%(unit)s联络员被退回，请重新推荐"),
        ("unit",),
        opens=Opens("staffing.nominate", "nomination_id", "about"),
    ),
    MessageKind("nomination_accepted", Group.OFFICE, _l("推荐的联络员已任命"), _l("推荐的%(unit)s联络员已任命"), ("unit",)),
    MessageKind(
        "confirm_contact",
        Group.OFFICE,
        _l("请核对您的联络员信息"),
        _l("请核对您的%(unit)s联络员信息"),
        ("unit",),
        opens=Opens("staffing.contact", "post_id", "about"),
    ),
)
