"""The shape of what is typed about people; what the office's rules say of it is the service's."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, DateField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional

from portal.access.roles import OFFICERS, Role
from portal.kernel.language import _l
from portal.network.forms import lent_field, stand_in_field
from portal.network.queries import Holder
from portal.web.forms import OfficeForm

_DAYS = ["%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d", "%Y.%m.%d"]


def _reason(label: Any, hint: Any = "") -> StringField:
    return StringField(label, [InputRequired(_l("请填写")), Length(max=200)], description=hint)


class AppointForm(OfficeForm):
    """任职."""

    role = SelectField(_l("岗位"), [InputRequired(_l("请选择岗位"))], validate_choice=False)
    person = StringField(_l("现有人员"), [Length(max=140)], description=_l("姓名或登录名；新人员请留空，填写下面三项"))
    name = StringField(_l("新人员姓名"), [Length(max=60)])
    sign_in_name = StringField(_l("新人员登录名"), [Length(max=64)])
    email = StringField(_l("新人员邮箱"), [Length(max=120)])
    from_on = DateField(_l("任职日期"), [InputRequired(_l("请填写任职日期"))], format=_DAYS)
    to_on = DateField(_l("离任日期"), [Optional()], format=_DAYS, description=_l("自这一天起不再任职；未定的留空"))
    reason = _reason(_l("任职依据"), _l("例如：温委干〔2026〕12号"))

    def offer(self, roles: list[Role]) -> None:
        """The roles to choose from; those of the three officers never."""
        self.role.choices = [SelectChoice(role.value, role.label) for role in roles if role not in OFFICERS]


class EndPostForm(OfficeForm):
    """离任."""

    to_on = DateField(
        _l("离任日期"), [InputRequired(_l("请填写离任日期"))], format=_DAYS, description=_l("自这一天起不再任职；填今日的立即生效")
    )
    successor = SelectField(_l("接手人"), coerce=str, validate_choice=False)
    chains_wait = BooleanField(_l("暂无继任者：送签到这一岗位的材料停在这一步，等继任者到任"))
    reason = _reason(_l("离任原因"))


class LendForm(OfficeForm):
    """代设委托."""

    to_person = stand_in_field()
    acts = lent_field()
    from_day = DateField(_l("开始日期"), [InputRequired(_l("请填写开始日期"))], format=_DAYS)
    to_day = DateField(
        _l("结束日期"), [InputRequired(_l("请填写结束日期"))], format=_DAYS, description=_l("含当日；一次委托最长 90 天")
    )
    reason = _reason(_l("代设理由"), _l("例如：突发疾病住院。本人和受托人都会收到消息"))


class LeaveForm(OfficeForm):
    """离岗交接; the successors of each post are added by `leave_form`."""

    reason = _reason(_l("离岗原因"))


def successor_choices(people: list[Holder], nobody: Any) -> list[Any]:
    """Those who may take over, or nobody yet."""
    return [*(SelectChoice(str(one.post_id), one.name) for one in people), SelectChoice("", nobody)]


def leave_form(posts: list[tuple[int, Any, list[Holder], Any]], *, seats: bool) -> LeaveForm:
    """A form with a choice for each post: (its id, its words, who may take over, what happens if nobody does)."""
    fields: dict[str, Any] = {
        f"successor_{post_id}": SelectField(label, coerce=str, validate_choice=False, choices=successor_choices(people, nobody))
        for post_id, label, people, nobody in posts
    }
    if seats:
        fields["chains_wait"] = BooleanField(_l("暂无继任者的签批岗位：送签到该岗位的材料停在这一步，等继任者到任"))
    made: LeaveForm = type("LeaveForm", (LeaveForm,), fields)()
    return made


class ReceiveForm(OfficeForm):
    """签收."""

    password = PasswordField(_l("口令"), [InputRequired(_l("请输入口令"))])


class ContactForm(OfficeForm):
    """联络员信息."""

    telephone = StringField(_l("联系电话"), [InputRequired(_l("请填写联系电话")), Length(max=40)])
    fax = StringField(_l("传真"), [Length(max=40)])
    email = StringField(_l("邮箱"), [Length(max=120)])
    leader = StringField(_l("分管领导"), [Length(max=60)])
