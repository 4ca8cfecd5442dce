"""The shape of every act on one matter. What the office's rules say of it is the service's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask_wtf.file import MultipleFileField
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import AnyOf, InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.kernel.language import _l
from portal.matters.rules import DECLINE_REASONS, QUESTIONS
from portal.web.forms import OfficeForm

_DAYS = ["%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d", "%Y.%m.%d"]
MOST_WORDS = 2000
MOST_BODY = 50_000


def _choices(labels: Mapping[str, Any]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


def _words(label: Any, *, required: bool = True, most: int = MOST_WORDS) -> TextAreaField:
    rule = InputRequired(_l("请填写")) if required else Optional()
    return TextAreaField(label, [rule, Length(max=most)])


class PlainForm(OfficeForm):
    """An act without words."""


class AssignForm(OfficeForm):
    """交办."""

    lead_unit = StringField(_l("主办单位"), [InputRequired(_l("请选择主办单位")), Length(max=120)])
    co_units = StringField(_l("协办单位"), [Length(max=1000)], description=_l("几个单位之间用顿号隔开"))
    countersign = BooleanField(_l("请协办单位会签报结材料"))
    requirement = _words(_l("办理要求"), required=False)


class AssignConfidentialForm(OfficeForm):
    """交办 of a confidential matter: the supervisor names the one handler."""

    lead_unit = StringField(_l("主办单位"), [InputRequired(_l("请选择主办单位")), Length(max=120)])
    handler = SelectField(
        _l("承办人"),
        coerce=str,
        validate_choice=False,
        description=_l("先填主办单位并提交一次，即列出该单位可指定的承办人"),
    )
    requirement = _words(_l("办理要求"), required=False)


class ReassignForm(OfficeForm):
    """改派."""

    lead_unit = StringField(_l("改由哪个单位主办"), [InputRequired(_l("请选择主办单位")), Length(max=120)])
    reason = _words(_l("改派理由"))


class ReassignConfidentialForm(ReassignForm):
    """改派 of a confidential matter."""

    handler = SelectField(
        _l("承办人"),
        coerce=str,
        validate_choice=False,
        description=_l("先填主办单位并提交一次，即列出该单位可指定的承办人"),
    )


class HandlerForm(OfficeForm):
    """指定承办人."""

    handler = SelectField(_l("承办人"), [InputRequired(_l("请选择承办人"))], coerce=str, validate_choice=False)


class ReviewerForm(OfficeForm):
    """指定审核人."""

    handler = SelectField(_l("审核人"), [InputRequired(_l("请选择审核人"))], coerce=str, validate_choice=False)


class ForwardForm(OfficeForm):
    """转办."""

    units = StringField(
        _l("转办单位"),
        [InputRequired(_l("请选择下级单位")), Length(max=1000)],
        description=_l("只能是下级单位；几个单位之间用顿号隔开"),
    )
    requirement = _words(_l("转办要求"), required=False)
    due_on = DateField(_l("下级办结期限"), [Optional()], format=_DAYS, description=_l("不填的按规则计算，不晚于本件期限"))


class DeclineForm(OfficeForm):
    """退回交办."""

    code = RadioField(
        _l("退回原因"),
        [InputRequired(_l("请选择退回原因")), AnyOf(list(DECLINE_REASONS))],
        choices=_choices(DECLINE_REASONS),
        validate_choice=False,
    )
    reason = _words(_l("说明"))


class ReasonForm(OfficeForm):
    """An act that needs a reason."""

    reason = _words(_l("理由"))


class ProgressForm(OfficeForm):
    """办理进展."""

    words = _words(_l("办理进展"))
    first_feedback = BooleanField(_l("作为首次反馈"))


class WordsForm(OfficeForm):
    """An act that carries words."""

    words = _words(_l("内容"))


class ExtensionForm(OfficeForm):
    """申请延期."""

    due_on = DateField(_l("延至"), [InputRequired(_l("请填写要延到哪一天"))], format=_DAYS)
    reason = _words(_l("延期理由"))
    progress = _words(_l("目前进展"))


class DecisionForm(OfficeForm):
    """批复延期."""

    granted = RadioField(
        _l("批复"),
        [InputRequired(_l("请选择是否准予延期"))],
        validate_choice=False,
        choices=_choices({"yes": _l("准予延期"), "no": _l("不予延期")}),
    )
    due_on = DateField(_l("准予延至"), [Optional()], format=_DAYS, description=_l("不填即为申请的日期；可以早于申请的日期"))
    reason = _words(_l("批复意见"), required=False)


class CloseForm(OfficeForm):
    """办结."""

    words = _words(_l("审核意见"), required=False)


class ReturnForm(OfficeForm):
    """退回重办."""

    failed = SelectMultipleField(
        _l("未通过的项目"),
        [InputRequired(_l("请勾选未通过的项目"))],
        choices=_choices(QUESTIONS),
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    reason = _words(_l("退回理由"))


class GrantForm(OfficeForm):
    """授权查阅: who, until when, why."""

    person = StringField(
        _l("授权给"),
        [InputRequired(_l("请选择人员")), Length(max=120)],
        description=_l("填姓名或登录名的一部分，从列出的人员中选择"),
    )
    last_day = DateField(
        _l("截至"), [InputRequired(_l("请填写截止日期"))], format=_DAYS, description=_l("当日 24:00 自动结束，最长 90 天")
    )
    reason = _words(_l("事由"), most=200)


class SignForm(OfficeForm):
    """A signature: on the step and the text that were shown, with the password again."""

    step = HiddenField()
    digest = HiddenField()
    password = PasswordField(_l("口令"), [InputRequired(_l("请输入口令"))])
    passcode = PasswordField(_l("动态口令"), [InputRequired(_l("请输入动态口令"))])


class SendBackForm(ReasonForm):
    """送签退回."""

    step = HiddenField()


class OwedInTheEnd:
    """A draft is saved without it and not submitted without it: so the field is not called 选填."""

    field_flags: ClassVar[dict[str, bool]] = {"owed": True}

    def __call__(self, form: Any, field: Any) -> None:
        """What a submission lacks is the chain's to say."""


class ReportForm(OfficeForm):
    """报结材料."""

    title = StringField(_l("标题"), [InputRequired(_l("请填写标题")), Length(max=200)])
    addressee = StringField(_l("主送"), [InputRequired(_l("请填写主送单位")), Length(max=200)])
    text = TextAreaField(_l("正文"), [OwedInTheEnd(), Length(max=MOST_BODY)])
    attachments = MultipleFileField(_l("附件"))
    copies = StringField(_l("抄送"), [Length(max=500)])
    answer_facts = StringField(_l("事实是否清楚：写在哪一部分"), [Length(max=200)])
    answer_cause = StringField(_l("原因是否找准：写在哪一部分"), [Length(max=200)])
    answer_measures = StringField(_l("措施是否落实：写在哪一部分"), [Length(max=200)])
    answer_form = StringField(_l("格式是否合规：写在哪一部分"), [Length(max=200)])
