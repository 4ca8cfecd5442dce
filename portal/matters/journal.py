"""What the journal and 办理经过 call what is done: matters and their reports."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.journal import Journal, Subject, Told, Word, words

ENTRIES = words(
    1000,
    {
        "register": _l("登记"),
        "amend": _l("更正"),
        "parent_amended": _l("上级更正"),
        "end_sign_off": _l("签批终止"),
        "assign": _l("交办"),
        "forward": _l("转办"),
        "forwarded": _l("转办下级"),
        "name_handler": _l("指定承办人"),
        "name_co_handler": _l("指定协办承办人"),
        "hand_over": _l("离岗交接"),
        "name_reviewer": _l("指定审核人"),
        "acknowledge": _l("签收"),
        "decline": _l("退回交办"),
        "reassign_unit": _l("改派"),
        "unit_followed": _l("机构调整，改由承接单位办理"),
        "start": _l("开始办理"),
        "progress": _l("进展"),
        "co_progress": _l("协办情况"),
        "submit_report": _l("报结"),
    },
) + words(
    1002,
    {
        "return_for_rework": _l("退回重办"),
        "close": _l("办结"),
        "withdraw": _l("撤销"),
        "make_confidential": _l("作废"),  # those who read it learn no more than that
        "ask_extension": _l("申请延期"),
        "extension_granted": _l("准予延期"),
        "extension_refused": _l("不予延期"),
        "extension_ended": _l("延期申请终止"),
        "urge": _l("催办"),
        "instruct_again": _l("再次批示"),
        "new_round": _l("登记新一轮"),
        "reminded": _l("提醒"),
    },
)

JOURNAL = Journal(
    acts=(
        Word("classified_refused", _l("拒收带涉密标志的文件"), 90),
        Word("handed_over", _l("移交办理"), 150),
        Word("step_passed_on", _l("签批移交"), 150, formerly=True),
        Word("person_left", _l("移出知悉范围"), 150),
        *words(
            200,
            {
                "decider_changed": _l("审批人变动"),
                "part_ended": _l("经手人不再经办"),
                "sign_off_started": _l("开始送签"),
                "grant_reading": _l("授权查阅"),
                "end_grant": _l("收回授权"),
                "attach": _l("加附件"),
            },
        ),
    ),
    subjects=(
        Subject("matter", _l("督查事项"), 70, business=True),
        Subject("report", _l("报结材料"), 80, business=True),
        Subject("register", _l("台账"), 90, business=True),
        Subject("attachment", _l("附件"), 190, business=True),
    ),
    told=(
        Told("assigned", "assign"),
        Told("handler_named", "name_handler"),
        Told("declined", "decline"),
        Told("reassigned", "reassign_unit"),
        Told("issued", "issue"),
        Told("returned", "return_for_rework"),
        Told("closed", "close"),
        Told("send_back_done", "send_back"),
        Told("recall_done", "recall"),
        Told("withdraw_done", "withdraw"),
        Told("make_confidential_done", "make_confidential"),
    ),
)
