"""What the journal calls what is done: letters and how people want to be told."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.journal import Fact, Journal, Subject, words

JOURNAL = Journal(
    acts=(
        *words(
            190,
            {
                "settle_notification": _l("改通知设置"),
                "ask_address": _l("申请改收信地址"),
                "change_address": _l("改收信地址"),
            },
        ),
    ),
    subjects=(Subject("delivery", _l("发信"), 220),),
    facts=(
        Fact("channel", _l("渠道")),
        Fact("address", _l("地址")),
    ),
)
