"""The shape of a delegation as it is typed: whole days, the last one included."""

from __future__ import annotations

from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import InputRequired

from portal.kernel.language import _l
from portal.web.forms import OfficeForm


class DelegationForm(OfficeForm):
    """Who stands in for which of one's posts, from, to."""

    post = SelectField(_l("委托的岗位"), coerce=int)
    to_person = SelectField(_l("受托人"), coerce=int)
    from_day = DateField(_l("开始日期"), [InputRequired(_l("请填写开始日期"))])
    to_day = DateField(
        _l("结束日期"), [InputRequired(_l("请填写结束日期"))], description=_l("含当日；一次委托最长 90 天")
    )
    covers_confidential = BooleanField(
        _l("包括限定知悉的事项"), description=_l("不选的，受托人看不到、也不能签批限定知悉的事项")
    )
