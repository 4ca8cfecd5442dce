"""What people are told about the rules and the calendar."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.messages import Group, MessageKind, Opens

MESSAGES = (
    MessageKind(
        "calendar_missing",
        Group.OFFICE,
        _l("放假安排未导入，期限为暂定"),
        _l("%(year)s 年放假安排未导入，该年的期限为暂定"),
        ("year",),
        opens=Opens("bylaws.calendar", "year", "year"),
    ),
)
