"""What people are told about accounts, and about acts that need two."""

from __future__ import annotations

from portal.kernel.language import _, _l
from portal.registry.messages import Facts, Group, MessageKind, Opens


def _decided(facts: Facts) -> str:
    return _("您提出的事已同意并执行（双人审批）") if facts["granted"] else _("您提出的事未获同意（双人审批）")


MESSAGES = (
    MessageKind("sensitive_proposed", Group.ACCOUNT, _l("有一件事等待您审批（双人审批）"), blanks=(), opens=Opens("officers.acts")),
    MessageKind(
        "sensitive_decided",
        Group.ACCOUNT,
        _l("您提出的事已有决定（双人审批）"),
        _decided,
        ("granted",),
        opens=Opens("officers.acts"),
    ),
    MessageKind(
        "password_reset",
        Group.ACCOUNT,
        _l("您的口令已由两名管理员重置；如不是您要求的，请立即报告"),
        blanks=(),
        opens=Opens("identity.sign_ins"),
    ),
    MessageKind("person_confirmed", Group.ACCOUNT, _l("您的身份已当面核实，限定知悉的内容恢复显示"), blanks=()),
    MessageKind(
        "second_factor_ended",
        Group.ACCOUNT,
        _l("您的动态口令已由两名管理员解除，请尽快重新设置"),
        blanks=(),
        opens=Opens("identity.second_factor"),
    ),
    MessageKind("account_restored", Group.ACCOUNT, _l("您的账号已恢复"), blanks=()),
    MessageKind("officer_appointed", Group.ACCOUNT, _l("您已被任命为三员之一"), blanks=()),
    MessageKind(
        "account_concerns_you", Group.ACCOUNT, _l("有一件涉及您账号或职务的事"), _l("涉及您的账号或职务：%(say)s"), ("say",)
    ),
    MessageKind(
        "account_of_yours",
        Group.ACCOUNT,
        _l("有一件涉及您所管人员账号或职务的事"),
        _l("涉及%(by)s的账号或职务：%(say)s"),
        ("by", "say"),
    ),
    MessageKind(
        "sensitive_asked",
        Group.ACCOUNT,
        _l("有一件涉及账号或三员的事等待您同意（双人审批）"),
        blanks=(),
        opens=Opens("officers.act", "act_id", "about"),
    ),
)
