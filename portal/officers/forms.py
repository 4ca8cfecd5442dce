"""The shapes of the officers' forms."""

from __future__ import annotations

from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional

from portal.access.roles import Role
from portal.kernel.language import _l
from portal.web.forms import OfficeForm

OFFICES = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)


class ProposeForm(OfficeForm):
    """What is proposed, and why."""

    role = SelectField(_l("职务"), choices=[SelectChoice(role.value, role.label) for role in OFFICES], validate_choice=False)
    named = StringField(
        _l("接任人的登录名"),
        [InputRequired(_l("请填写登录名")), Length(max=64)],
        description=_l("必须没有其他岗位；三员由三个人分别担任"),
    )
    reason = TextAreaField(
        _l("理由"),
        [InputRequired(_l("请写明理由")), Length(max=200)],
        description=_l("审批人据此判断，例如本人何时到场、如何核实；记入日志"),
    )


class JournalForm(OfficeForm):
    """What of the journal is asked for; kept in the address."""

    class Meta(OfficeForm.Meta):
        csrf = False

    from_day = DateField(_l("从"), [Optional()])
    until_day = DateField(_l("到"), [Optional()])
    person = StringField(_l("何人"), [Length(max=64)])
    act = SelectField(_l("何事"), validate_choice=False)
    kind = SelectField(_l("对象"), validate_choice=False)
    officers = BooleanField(_l("只看三员"))
