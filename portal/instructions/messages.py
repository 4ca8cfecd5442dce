"""What people are told about the instructions they handle."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.messages import Group, MessageKind

MESSAGES = (
    MessageKind("new_round", Group.RESULTS, _l("已登记新一轮"), _l("已登记第 %(round)s 轮：%(title)s"), ("round", "title")),
)
