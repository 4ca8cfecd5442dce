"""What the journal calls what is done: the register and importing into it."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.journal import Fact, Journal, Subject, words

JOURNAL = Journal(
    acts=(
        *words(
            70,
            {
                "assign_picked": _l("批量交办"),
                "assign_imported": _l("交办所导入"),
                "export": _l("导出台账"),
                "import": _l("导入台账"),
            },
        ),
    ),
    subjects=(Subject("import", _l("导入"), 100, business=True),),
    facts=(
        Fact("rows", _l("行数")),
        Fact("conditions", _l("条件")),
    ),
)
