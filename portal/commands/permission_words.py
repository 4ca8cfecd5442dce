"""The words of the permission document: what is said besides the words of acts and conditions."""

from __future__ import annotations

from portal.access.models import View
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
