"""The shape of what is typed in a drive; what the office's rules say of it is the service's."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, DateField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.kernel.language import _l
from portal.network.models import ORGANS, Kind, Level
from portal.staffing.forms import ContactForm
from portal.web.forms import OfficeForm

_DAYS = ["%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d", "%Y.%m.%d"]


def _boxes(label: Any, choices: list[Any]) -> SelectMultipleField:
    return SelectMultipleField(
        label, [InputRequired(_l("请至少选择一项"))], choices=choices, default=[choice.value for choice in choices],
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
    )  # fmt: skip


class NominationForm(ContactForm):
    """推荐."""

    person = StringField(_l("现有人员"), [Length(max=140)], description=_l("姓名或登录名；新人员请留空，填写姓名"))
    name = StringField(_l("新人员姓名"), [Length(max=60)])


class AcceptForm(OfficeForm):
    """任命推荐的联络员."""

    sign_in_name = StringField(_l("新人员登录名"), [InputRequired(_l("请填写登录名")), Length(max=64)])
    replace = BooleanField(_l("现任联络员同时离任，由推荐的人接手"), default=True)


class SendBackForm(OfficeForm):
    """退回推荐."""

    reason = StringField(_l("退回理由"), [InputRequired(_l("请填写")), Length(max=200)])


class DriveForm(OfficeForm):
    """推荐联络员."""

    unit = StringField(_l("范围"), [InputRequired(_l("请填写单位")), Length(max=140)], description=_l("这个单位和它的下级单位"))
    levels = _boxes(_l("层级"), [SelectChoice(level.value, level.label) for level in Level if level != Level.VILLAGE])
    kinds = _boxes(
        _l("类别"),
        [SelectChoice(kind.value, kind.label) for kind in Kind if kind not in ORGANS | {Kind.VILLAGE}],
    )
    title = StringField(_l("标题"), [InputRequired(_l("请填写标题")), Length(max=80)])
    words = TextAreaField(_l("说明"), [Length(max=500)])
    until = DateField(
        _l("截止日期"), [InputRequired(_l("请填写截止日期"))], format=_DAYS,
        description=_l("含当日；前 3 天自动提醒还没有推荐的单位"),
    )  # fmt: skip
