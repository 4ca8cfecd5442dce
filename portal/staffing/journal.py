"""What the journal calls what is done: appointments, leaves and contacts."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.journal import Fact, Journal, Subject, words

JOURNAL = Journal(
    acts=(
        *words(
            110,
            {
                "make_person": _l("新增人员"),
                "appoint": _l("任职"),
                "ask_appointment": _l("提出任职"),
                "refuse_appointment": _l("不同意任职"),
                "withdraw_appointment": _l("撤回任职提议"),
            },
        ),
        *words(
            140,
            {
                "end_post": _l("离任"),
                "post_over": _l("任期届满"),
                "sign_handover": _l("签收交接清单"),
            },
        ),
        *words(
            170,
            {
                "set_contact": _l("修改联系方式"),
                "confirm_contact": _l("核对联系方式"),
            },
        ),
    ),
    subjects=(
        Subject("handover", _l("交接清单"), 150),
        Subject("appointment", _l("任职提议"), 200),
    ),
    facts=(
        Fact("reason", _l("理由")),
        Fact("until", _l("截止")),
        Fact("told", _l("告知数")),
        Fact("receivers", _l("接手人编号")),
        Fact("handover_id", _l("交接编号")),
        Fact("successor_id", _l("接手岗位编号")),
    ),
)
