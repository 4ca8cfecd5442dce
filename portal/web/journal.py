"""What the journal calls what is done: what is refused at the door."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.journal import Fact, Journal, Subject, Word

JOURNAL = Journal(
    acts=(
        Word("classification_mark", _l("拒收涉密标志"), 50),
        Word("refused_act", _l("越权或不合规的办理被拒"), 130),
    ),
    subjects=(Subject("form", _l("表单"), 110),),
    facts=(
        Fact("rule", _l("规则")),
        Fact("endpoint", _l("所办")),
        Fact("status", _l("答复")),
        Fact("last", _l("此后一小时内不再记")),
    ),
)
