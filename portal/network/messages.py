"""What people are told about the tree of units."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.messages import Group, MessageKind

MESSAGES = (
    MessageKind(
        "change_refused",
        Group.OFFICE,
        _l("一项到期的机构变更未能执行，请查看"),
        _l("“%(unit)s”到期的机构变更未能执行，请查看"),
        ("unit",),
    ),
)
