"""What the journal calls what is done about the nomination of liaison officers."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.journal import Fact, Journal, Subject, words

JOURNAL = Journal(
    acts=words(
        172,
        {
            "open_drive": _l("发起推荐"),
            "urge_drive": _l("催报推荐"),
            "close_drive": _l("结束推荐"),
            "nominate": _l("推荐人选"),
            "return_nomination": _l("退回推荐"),
            "accept_nomination": _l("采纳推荐"),
        },
    ),
    subjects=(
        Subject("drive", _l("推荐联络员"), 130),
        Subject("nomination", _l("推荐人选"), 140),
    ),
    facts=(
        Fact("asked", _l("发出数")),
        Fact("urges", _l("催办次数")),
    ),
)
