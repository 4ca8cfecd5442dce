"""The shape of a delegation and of an absence as they are typed: whole days, the last one included."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import BooleanField, DateField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.identity.models import Person
from portal.kernel.language import _, _l
from portal.registry.acts import Lent
from portal.web.forms import OfficeForm


def lent_field() -> SelectMultipleField:
    """The kinds of act that are lent, as boxes to tick."""
    return SelectMultipleField(
        _l("委托哪些事务"), [InputRequired(_l("请选择委托哪些事务"))], default=[Lent.ALL.value],
        choices=[SelectChoice(kind.value, kind.label) for kind in Lent],
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
        description=_l("受托人看得到这个岗位所能看到的公开事项，只能办理所选的事务"),
    )  # fmt: skip


def stand_in_field() -> SelectField:
    """Who stands in; nobody is chosen beforehand."""
    return SelectField(_l("受托人"), [InputRequired(_l("请选择受托人"))], coerce=str, validate_choice=False)


def stand_ins(people: Sequence[Person]) -> list[tuple[str, str]]:
    """The persons to choose a stand-in from."""
    return [("", _("请选择")), *((str(one.id), one.name) for one in people)]


class DelegationForm(OfficeForm):
    """Who stands in for which of one's posts, from, to, for what."""

    post = SelectField(_l("委托的岗位"), coerce=int)
    to_person = stand_in_field()
    acts = lent_field()
    from_day = DateField(_l("开始日期"), [InputRequired(_l("请填写开始日期"))])
    to_day = DateField(_l("结束日期"), [InputRequired(_l("请填写结束日期"))], description=_l("含当日；一次委托最长 90 天"))
    covers_confidential = BooleanField(_l("包括限定知悉的事项"), description=_l("不选的，受托人看不到、也不能签批限定知悉的事项"))


class AbsenceForm(OfficeForm):
    """When one is away."""

    from_on = DateField(_l("外出自"), [InputRequired(_l("请填写开始日期"))])
    last_on = DateField(_l("外出至"), [InputRequired(_l("请填写结束日期"))], description=_l("含当日"))
    note = StringField(_l("说明"), [Length(max=60)], description=_l("例如：学习、出差。他人看得到"))
