"""What the journal calls what is done: rules and the calendar."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.journal import Fact, Journal, Subject, words

JOURNAL = Journal(
    acts=(
        *words(
            180,
            {
                "set_rules": _l("发布规则"),
                "import_calendar": _l("导入放假安排"),
            },
        ),
    ),
    subjects=(
        Subject("rules", _l("督办规则"), 170),
        Subject("calendar", _l("工作日历"), 180),
    ),
    facts=(Fact("days", _l("工作日历")),),
)
