"""The shape of what is typed: what every new version of rules needs, and a notice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Generic, Self

from flask_wtf.file import FileField
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from portal.bylaws.judging import MOST_TEXT
from portal.bylaws.rules import MOST_REASON
from portal.deadlines.rules import Faulty
from portal.deadlines.versions import V
from portal.kernel.language import _l
from portal.kernel.refusals import Invalid
from portal.web.forms import OfficeForm


class RulesForm(OfficeForm, Generic[V]):
    """What every new version needs: from when, and why; the rules themselves are typed in the fields of whose they are.
    `manner`: further classes of the form as it is drawn."""

    manner = ""
    from_on = DateField(_l("施行日期"), [Optional()], description=_l("不填的，保存后两分钟起施行；填写的，自当日零时起施行"))
    reason = TextAreaField(_l("理由"), [InputRequired(_l("请写明理由")), Length(max=MOST_REASON)])

    @classmethod
    def following(cls, _stands: V, sent: Mapping[str, str] | None) -> Self:
        """The form of a version that is to follow this one: as it was sent, or empty."""
        return cls() if sent is not None else cls(formdata=None)

    def rules(self, version: int) -> V:
        """What was typed, as rules; Faulty where they cannot hold."""
        raise NotImplementedError

    def show(self, rules: V) -> None:
        """Fill the fields with these rules."""
        raise NotImplementedError

    def field_of(self, fault: Faulty) -> str:
        """The field beside which a fault is said."""
        raise NotImplementedError

    def built(self, version: int) -> V | None:
        """The rules that were typed; None where they cannot hold, with the sentence beside the field."""
        try:
            return self.rules(version)
        except Faulty as fault:
            if fault.sentence is None:
                raise
            self.take(Invalid(str(fault), fields={self.field_of(fault): str(fault.sentence)}))
            return None


class NoticeForm(OfficeForm):
    """The State Council's notice for a year: a workbook, or a pasted list."""

    year = SelectField(_l("年份"), coerce=int)
    source = StringField(
        _l("通知文号"),
        [InputRequired(_l("请填写通知的文号")), Length(max=40)],
        description=_l("如：%(example)s", example="国办发明电〔2026〕7号"),
    )
    workbook = FileField(_l("工作簿"))
    days = TextAreaField(_l("或者粘贴日期"), [Length(max=MOST_TEXT)])
    reason = TextAreaField(_l("更正的理由"), [Length(max=MOST_REASON)], description=_l("该年安排已经导入过的，更正时必填"))


def years_to_import(today: date, ahead: int) -> list[int]:
    """This year and those that may be imported ahead."""
    return list(range(today.year, today.year + ahead + 1))
