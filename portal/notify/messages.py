"""What people are told about deadlines that come near or have passed, and about their own addresses."""

from __future__ import annotations

from portal.kernel.language import _l, _n
from portal.registry.messages import Facts, Group, MessageKind, Opens


def _due_soon(facts: Facts) -> str:
    return _n("还有 %(num)d 日到期：%(title)s", "还有 %(num)d 日到期：%(title)s", facts["days"], title=facts["title"])


def _overdue(facts: Facts) -> str:
    said = {"unit": facts["unit"], "title": facts["title"]}
    return _n("%(unit)s超期 %(num)d 日：%(title)s", "%(unit)s超期 %(num)d 日：%(title)s", facts["days"], **said)


MESSAGES = (
    MessageKind(
        "due_soon",
        Group.DUE,
        _l("办理期限临近"),
        _due_soon,
        ("days", "title"),
    ),
    MessageKind("due_today", Group.DUE, _l("今日到期")),
    MessageKind(
        "overdue",
        Group.OVERDUE,
        _l("已超过办理期限"),
        _overdue,
        ("days", "unit", "title"),
    ),
    MessageKind("not_acknowledged", Group.OVERDUE, _l("逾时未签收")),
    MessageKind(
        "address_asked",
        Group.ACCOUNT,
        _l("有人用您的账号申请更换收信地址；如不是本人，请报告"),
        _l("您申请把收信地址改为 %(address)s；如不是本人，请报告"),
        ("address",),
        opens=Opens("notify.settings"),
    ),
)
