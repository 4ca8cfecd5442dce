"""Who may do what: the acts of matters."""

from __future__ import annotations

from portal.access.predicates import has_business
from portal.kernel.language import _l
from portal.matters.predicates import (
    desk_of_co_unit,
    desk_of_lead_unit,
    has_units_below,
    heads_supervising_office,
    is_confidential_matter,
    is_ended,
    is_handler,
    is_handler_himself,
    is_linked_leader,
    is_open_matter,
    is_reviewer,
    leads_above,
    of_co_unit,
    of_its_supervisor,
    of_registering_office,
    of_supervising_office,
    reads_content,
    stands_alone,
    supervision_above,
    supervision_of_lead_unit,
)
from portal.registry.acts import ANYONE, About, Act, Lent

READ_MATTER = Act("read_matter", _l("阅读事项"), rows=ANYONE, reading=True)  # what is visible is the seam's to say
READ_REGISTER = Act("read_register", _l("查看台账"), rows=((has_business,),), about=About.NOTHING, reading=True)
READ_READINGS = Act("read_readings", _l("查看阅读记录"), rows=((heads_supervising_office, is_confidential_matter),))
GRANT_READING = Act("grant_reading", _l("授权查阅"), rows=((heads_supervising_office, is_confidential_matter, is_ended),))
AMEND = Act("amend", _l("更正登记"), rows=((of_registering_office, reads_content, stands_alone),))
ATTACH = Act("attach", _l("加附件"), rows=((of_registering_office, reads_content),))
MAKE_CONFIDENTIAL = Act("make_confidential", _l("改为限定知悉"), rows=((of_registering_office, is_open_matter, stands_alone),))
ASSIGN = Act("assign", _l("交办"), rows=((of_supervising_office, of_its_supervisor),), lent=Lent.SUPERVISE)
REASSIGN_UNIT = Act("reassign_unit", _l("改派"), rows=((of_supervising_office, of_its_supervisor),), lent=Lent.SUPERVISE)
WITHDRAW = Act("withdraw", _l("撤销"), rows=((of_registering_office, of_its_supervisor),))
NEW_ROUND = Act("new_round", _l("登记新一轮"), rows=((of_registering_office,),))
INSTRUCT_AGAIN = Act("instruct_again", _l("再次批示"), rows=((leads_above, is_open_matter), (is_linked_leader,)))
NAME_HANDLER = Act(
    "name_handler",
    _l("指定承办人"),
    rows=(
        (desk_of_lead_unit, is_open_matter),
        (of_supervising_office, is_confidential_matter, of_its_supervisor),
    ),
    lent=Lent.GIVE,
)
FORWARD = Act(
    "forward",
    _l("转办"),
    rows=(
        (desk_of_lead_unit, is_open_matter, has_units_below),
        (supervision_of_lead_unit, is_open_matter, has_units_below),
        (is_handler, is_open_matter, has_units_below),
    ),
    lent=Lent.GIVE,
)
DECLINE = Act(
    "decline",
    _l("退回交办"),
    rows=((desk_of_lead_unit, is_open_matter), (is_handler_himself, is_confidential_matter)),
    lent=Lent.GIVE,
)
ACKNOWLEDGE = Act("acknowledge", _l("签收"), rows=((is_handler,),))
PROGRESS = Act("progress", _l("写进展"), rows=((is_handler,),))
CO_PROGRESS = Act("co_progress", _l("写协办情况"), rows=((of_co_unit, is_open_matter),), lent=Lent.GIVE)
NAME_CO_HANDLER = Act("name_co_handler", _l("指定协办承办人"), rows=((desk_of_co_unit, is_open_matter),), lent=Lent.GIVE)
DRAFT_REPORT = Act("draft_report", _l("起草报结材料"), rows=((is_handler,),))
SUBMIT_REPORT = Act("submit_report", _l("提交签批"), rows=((is_handler,),))
RECALL = Act("recall", _l("撤回修改"), rows=((is_handler,),))
REVIEW = Act(
    "review",
    _l("审核"),
    rows=((of_supervising_office, is_open_matter), (of_supervising_office, is_reviewer, is_confidential_matter)),
    lent=Lent.SUPERVISE,
)
NAME_REVIEWER = Act(
    "name_reviewer", _l("指定审核人"), rows=((heads_supervising_office, is_confidential_matter),), lent=Lent.SUPERVISE
)
ASK_EXTENSION = Act("ask_extension", _l("申请延期"), rows=((is_handler,),))
DECIDE_EXTENSION = Act("decide_extension", _l("批复延期"), rows=((heads_supervising_office,),), lent=Lent.SUPERVISE)
URGE = Act("urge", _l("催办"), rows=((supervision_above,), (of_supervising_office,)), lent=Lent.SUPERVISE)
