"""The forms of the closing report: written, signed, sent back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from flask_wtf.file import MultipleFileField
from wtforms import (
    HiddenField,
    PasswordField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length

from portal.kernel.language import _l
from portal.matters.forms.fields import MOST_BODY, words_field
from portal.matters.kinds import Question
from portal.web.forms import OfficeForm


class PlainForm(OfficeForm):
    """An act without words."""


class SignForm(OfficeForm):
    """A signature: on the step and the text that were shown, with the password again."""

    step = HiddenField()
    digest = HiddenField()
    password = PasswordField(_l("口令"), [InputRequired(_l("请输入口令"))])
    passcode = PasswordField(_l("动态口令"), [InputRequired(_l("请输入动态口令"))])


class SendBackForm(OfficeForm):
    """送签退回."""

    reason = words_field(_l("理由"))
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

    @classmethod
    def asking(cls, questions: Mapping[str, Question]) -> type[ReportForm]:
        """The form with a field for each question of the review: where the report answers it."""
        label = _l("%(question)s：写在哪一部分")
        fields = {f"answer_{code}": (str(label) % {"question": one.label}) for code, one in questions.items()}
        return type(cls.__name__, (cls,), {name: StringField(words, [Length(max=200)]) for name, words in fields.items()})
