"""The words of the permission document: what each act, each relation and each condition is called."""

from __future__ import annotations

from portal.access.models import View
from portal.access.policy import Act
from portal.kernel.language import _l

INTRODUCTION = (
    _l("本表由程序从权限规则、状态变动表和可见规则直接生成，与系统实际执行的判断一致。"),
    _l(
        "以一件急件为例：县委督查室登记，交县级部门主办，另有一个协办单位；市委在其上。斜体是能看到的范围，其下是可以办理的事项；“—”表示对其不存在。"
    ),
    _l("受托人在委托期内以委托人的岗位办理，限定知悉的事项须在委托中写明。"),
    _l(
        "单位撤销后，其台账由承接的单位保管：承接单位的人员对其登记、交办、主办、协办过的事项，与原单位同一岗位的人员一样查阅和办理；限定知悉的内容仍只有知悉范围内的人能看到。"
    ),
)

VIEWS = {View.SHELL: _l("要素"), View.PART: _l("协办所需内容"), View.CONTENT: _l("全部内容")}

ACTS = {
    Act.OPEN_TO_ALL: _l("打开公开页面"),
    Act.SIGNED_IN: _l("登录后使用"),
    Act.READ_MATTER: _l("阅读事项"),
    Act.READ_REGISTER: _l("查看台账"),
    Act.READ_NETWORK: _l("查看单位网络"),
    Act.KEEP_NETWORK: _l("维护单位网络"),
    Act.KEEP_UNIT: _l("设立下级单位、更名、接收并入"),
    Act.END_UNIT: _l("划转、合并、分设、撤销单位"),
    Act.DELEGATE: _l("委托岗位"),
    Act.KEEP_RULES: _l("维护督办规则"),
    Act.KEEP_CALENDAR: _l("维护工作日历"),
    Act.KEEP_PEOPLE: _l("任职、离任、代设委托"),
    Act.AGREE_APPOINTMENT: _l("同意督查员、督查室主任、领导的任职"),
    Act.HAND_OVER: _l("办理离岗交接"),
    Act.KEEP_CONTACT: _l("维护联络员信息"),
    Act.NOMINATE: _l("推荐联络员"),
    Act.READ_JOURNAL: _l("查看日志"),
    Act.READ_HEALTH: _l("查看系统运行"),
    Act.KEEP_RUNNING: _l("重发退信、确认时钟"),
    Act.KEEP_ACCOUNTS: _l("管理账号"),
    Act.READ_SENSITIVE: _l("查看双人审批"),
    Act.PROPOSE_SENSITIVE: _l("提出双人审批事项"),
    Act.AGREE_FROM_OUTSIDE: _l("同意涉及三员的双人审批事项"),
    Act.DECIDE_SENSITIVE: _l("审批双人审批事项"),
    Act.REGISTER: _l("登记批示件"),
    Act.READ_READINGS: _l("查看阅读记录"),
    Act.GRANT_READING: _l("授权查阅"),
    Act.AMEND: _l("更正登记"),
    Act.ATTACH: _l("加附件"),
    Act.MAKE_CONFIDENTIAL: _l("改为限定知悉"),
    Act.ASSIGN: _l("交办"),
    Act.REASSIGN_UNIT: _l("改派"),
    Act.WITHDRAW: _l("撤销"),
    Act.NEW_ROUND: _l("登记新一轮"),
    Act.INSTRUCT_AGAIN: _l("再次批示"),
    Act.NAME_HANDLER: _l("指定承办人"),
    Act.FORWARD: _l("转办"),
    Act.DECLINE: _l("退回交办"),
    Act.ACKNOWLEDGE: _l("签收"),
    Act.PROGRESS: _l("写进展"),
    Act.CO_PROGRESS: _l("写协办情况"),
    Act.DRAFT_REPORT: _l("起草报结材料"),
    Act.SUBMIT_REPORT: _l("提交签批"),
    Act.RECALL: _l("撤回修改"),
    Act.SIGN: _l("签批"),
    Act.REVIEW: _l("审核"),
    Act.NAME_REVIEWER: _l("指定审核人"),
    Act.ASK_EXTENSION: _l("申请延期"),
    Act.DECIDE_EXTENSION: _l("批复延期"),
    Act.URGE: _l("催办"),
}

NEEDS = {
    "given:lead_unit": _l("主办单位在交办单位辖内，不是办事机构，没有撤销"),
    "given:handler": _l("已选承办人"),
    "given:handler_if_confidential": _l("限定知悉的，已选承办人"),
    "given:co_units": _l("协办单位不是办事机构，也不是主办单位；限定知悉的没有协办单位"),
    "given:reason": _l("写明理由"),
    "given:failed": _l("勾选未通过的项目"),
    "given:words": _l("写明内容"),
    "below_parent": _l("是上级事项主办单位的下级单位"),
    "nothing_open_below": _l("下级没有未办结的转办事项"),
    "within_decline_term": _l("在退回交办的期限内（默认为交办后 3 个工作日）"),
    "report_complete": _l("报结材料的标题、主送、正文齐全"),
    "seats_held": _l("各签批岗位有人在任"),
    "extension_decided": _l("没有待批的延期申请"),
    "issued_by_its_seat": _l("报结材料由现行批示来源的签发岗位签发"),
}

# A predicate's own sentence says what is missing; here it says who is meant.
PREDICATES = {
    "supervision": _l("督查员、督查室主任"),
    "of_registering_office": _l("登记单位督查室的督查员、主任"),
    "of_supervising_office": _l("交办单位督查室的督查员、主任（没有督查室的，其办公室主任）"),
    "heads_supervising_office": _l("交办单位的督查室主任（没有督查室的，其办公室主任）"),
    "supervision_above": _l("主办单位或其任一上级的督查员、督查室主任"),
    "leads_above": _l("主办单位任一上级的分管领导、主要领导"),
    "is_linked_leader": _l("作出批示的领导"),
    "desk_of_lead_unit": _l("主办单位的联络员、办公室主任"),
    "supervision_of_lead_unit": _l("主办单位的督查员、督查室主任"),
    "has_units_below": _l("主办单位有下级单位"),
    "is_handler": _l("承办人"),
    "is_handler_himself": _l("承办人本人（受托人不行）"),
    "is_reviewer": _l("指定的审核人"),
    "is_open_matter": _l("公开事项"),
    "is_confidential_matter": _l("限定知悉的事项"),
    "is_ended": _l("办结或撤销以后"),
    "of_its_supervisor": _l("限定知悉的，只有登记或交办它的督查员本人、督查室主任"),
    "reads_content": _l("能看到内容的"),
    "stands_alone": _l("非转办的事项"),
    "of_co_unit": _l("协办单位的联络员、办公室主任、承办人"),
    "is_signer_now": _l("轮到签批的人"),
    "secretariat": _l("秘书处"),
    "heads_the_citys_office": _l("市级督查室主任"),
    "secretariat_of_the_city": _l("市级秘书处"),
    "keeps_unit": _l("这个单位或其任一上级的秘书处"),
    "keeps_from_above": _l("这个单位任一上级的秘书处（本单位的不行）"),
    "directs_unit": _l("该单位的办公室主任"),
    "holds_staff_posts": _l("离岗的只任承办人、联络员"),
    "leads_unit": _l("该单位的主要领导"),
    "holds_this_post": _l("任这个岗位的本人"),
    "reads_the_journal": _l("审计员"),
    "runs_the_system": _l("系统管理员"),
    "keeps_accounts": _l("安全管理员"),
    "is_an_officer": _l("系统管理员、安全管理员、审计员"),
    "proposes_it": _l("可以提出这件事的管理员（涉及三员的，是另外两员之一；其余是安全管理员）"),
    "decides_it": _l(
        "可以审批这件事的管理员（涉及三员的，是另外两员之一；核实身份，是审计员或本人的负责人；其余是系统管理员，安全规则也可以是审计员）"
    ),
    "agrees_from_outside": _l("市级督查室主任本人（空缺的，市级主要领导）"),
    "agreed_from_outside": _l("更换、停用三员或结束其登录的，市级督查室主任已同意"),
    "did_not_reset_him": _l("不是重置其口令的两人"),
    "heads_it_now": _l("该单位现任督查室主任（任职督查岗位的）、主要领导（任职领导的）本人"),
    "nobody_heads_it": _l("该单位现无负责人"),
    "did_not_propose_it": _l("不是提出人"),
    "is_not_concerned": _l("事情不涉及本人"),
    "not_an_officer": _l("三员以外的人员"),
    "holds_a_post": _l("本人任职的岗位（受托的岗位不行）"),
    "has_business": _l("三员、秘书处、信息编辑以外的人员"),
}
