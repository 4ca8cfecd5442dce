"""The shape of rules as they are typed: a row for each paper, a row for each rung, the limits; and of a notice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time
from typing import Any, cast

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.bylaws.judging import MOST_TEXT
from portal.bylaws.rules import MOST_REASON, AnyRules, role_words
from portal.deadlines.ladder import (
    AGAIN,
    CONFIDENTIAL_ROLES,
    LATEST,
    LEGAL,
    MOST_RUNGS,
    OPEN_ROLES,
    UNACKNOWLEDGED,
    Ladder,
    Rung,
    code_of,
)
from portal.deadlines.rules import Faulty, Limits, Rule, RuleTable, SourceLevel, Span, Urgency
from portal.deadlines.versions import Kind
from portal.deadlines.words import fault_words
from portal.kernel.language import _l
from portal.web.forms import OfficeForm

BLANK_RUNGS = 2
_PAPERS = [(level, urgency) for level in SourceLevel for urgency in Urgency]
_WHOLE = _l("请填写整数")


class RulesForm(OfficeForm):
    """What every new version needs: from when, and why."""

    from_on = DateField(_l("施行日期"), [Optional()], description=_l("不填的，保存后两分钟起施行；填写的，自当日零时起施行"))
    reason = TextAreaField(_l("理由"), [InputRequired(_l("请写明理由")), Length(max=MOST_REASON)])

    def rules(self, version: int) -> AnyRules:
        """What was typed, as rules; Faulty where they cannot hold."""
        raise NotImplementedError

    def show(self, rules: Any) -> None:
        """Fill the fields with these rules."""
        raise NotImplementedError

    def field_of(self, fault: Faulty) -> str:
        """The field beside which a fault is said."""
        raise NotImplementedError

    def built(self, version: int) -> AnyRules | None:
        """The rules that were typed; None where they cannot hold, with the sentence beside the field."""
        try:
            return self.rules(version)
        except Faulty as fault:
            field = self._fields.get(self.field_of(fault))
            if field is not None:
                field.errors = [*field.errors, fault_words(fault)]
            else:
                self.form_errors.append(fault_words(fault))
            return None


def _checks(label: Any, roles: Iterable[str]) -> SelectMultipleField:
    choices = [SelectChoice(role, role) for role in roles]
    return SelectMultipleField(label, choices=choices, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False))


class _DeadlinesForm(RulesForm):
    """A row for each source level and urgency; see `DeadlinesForm`."""

    def rules(self, version: int) -> RuleTable:
        return RuleTable(version, tuple((level, urgency, self._rule(level, urgency)) for level, urgency in _PAPERS))

    def _rule(self, level: SourceLevel, urgency: Urgency) -> Rule:
        name = f"{level}_{urgency}"
        count, feedback = self[f"{name}_closing"].data or 0, self[f"{name}_feedback"].data
        closing = Span(months=count) if self[f"{name}_unit"].data == "months" else Span(days=count)
        return Rule(closing, Span(days=feedback) if feedback else None)

    def show(self, rules: RuleTable) -> None:
        for level, urgency, rule in rules.rows:
            name = f"{level}_{urgency}"
            self[f"{name}_closing"].data = rule.closing.days or rule.closing.months
            self[f"{name}_unit"].data = "days" if rule.closing.days else "months"
            self[f"{name}_feedback"].data = rule.first_feedback.most if rule.first_feedback else None

    def field_of(self, fault: Faulty) -> str:
        name = f"{fault.params.get('source_level')}_{fault.params.get('urgency')}"
        return f"{name}_feedback" if fault.code == "feedback_late" else f"{name}_closing"


def _paper_fields() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    units = [SelectChoice("days", _l("日")), SelectChoice("months", _l("个月"))]
    for level, urgency in _PAPERS:
        name = f"{level}_{urgency}"
        fields[f"{name}_closing"] = IntegerField(
            _l("办结期限"), [InputRequired(_WHOLE), NumberRange(1, 366, _l("填写 1 至 366 的整数"))]
        )
        fields[f"{name}_unit"] = SelectField(_l("单位"), choices=units)
        fields[f"{name}_feedback"] = IntegerField(
            _l("首次反馈（日）"), [Optional(), NumberRange(1, 366, _l("填写 1 至 366 的整数"))]
        )
    return fields


DeadlinesForm = cast("type[_DeadlinesForm]", type("DeadlinesForm", (_DeadlinesForm,), _paper_fields()))


class LimitsForm(RulesForm):
    """The limits for declining and acknowledging, and when offices are open."""

    decline_working_days = IntegerField(_l("退回交办：交办后几个工作日内"), [InputRequired(_WHOLE)])
    acknowledge_working_days = IntegerField(_l("签收：交办后几个工作日内"), [InputRequired(_WHOLE)])
    acknowledge_urgent_hours = IntegerField(_l("急件签收：交办后几个工作小时内"), [InputRequired(_WHOLE)])
    opens = TimeField(_l("上班"), [InputRequired(_l("请填写时刻"))])
    closes = TimeField(_l("下班"), [InputRequired(_l("请填写时刻"))])

    def rules(self, version: int) -> Limits:
        return Limits(
            version,
            int(self.decline_working_days.data or 0),
            int(self.acknowledge_working_days.data or 0),
            int(self.acknowledge_urgent_hours.data or 0),
            self.opens.data or time(),
            self.closes.data or time(),
        )

    def show(self, rules: Limits) -> None:
        for name in ("decline_working_days", "acknowledge_working_days", "acknowledge_urgent_hours", "opens", "closes"):
            self[name].data = getattr(rules, name)

    def field_of(self, fault: Faulty) -> str:
        return str(fault.params.get("field"))


class _LadderForm(RulesForm):
    """A row for each rung; see `ladder_form`."""

    slots: int
    rungs = HiddenField()
    hour = TimeField(_l("发送时刻"), [InputRequired(_l("请填写时刻"))])
    again_days = IntegerField(_l("从超期第几日起"), [InputRequired(_WHOLE)])
    repeat_days = IntegerField(_l("每几日一次"), [InputRequired(_WHOLE)])
    again_roles = _checks(_l("公开件"), OPEN_ROLES)
    again_confidential = _checks(_l("限定知悉件"), CONFIDENTIAL_ROLES)
    receipt_roles = _checks(_l("公开件"), OPEN_ROLES)
    receipt_confidential = _checks(_l("限定知悉件"), CONFIDENTIAL_ROLES)

    def rules(self, version: int) -> Ladder:
        rungs = sorted((rung for slot in range(self.slots) if (rung := self._rung(slot))), key=lambda r: r.day_offset)
        return Ladder(
            version=version,
            rungs=tuple(rungs),
            repeated=self._other(AGAIN, int(self.again_days.data or 0), "again"),
            repeat_days=int(self.repeat_days.data or 0),
            not_acknowledged=self._other(UNACKNOWLEDGED, 0, "receipt"),
            hour=self.hour.data or time(),
        )

    def offset(self, slot: int) -> int | None:
        """The day of the rung in this row; None where there is none, or it is to go."""
        days, side = self[f"r{slot}_days"].data, self[f"r{slot}_side"].data
        if self[f"r{slot}_drop"].data or (days is None and side != "due"):
            return None
        return {"due": 0, "before": -(days or 0), "after": days or 0}.get(side)  # what is none of them is refused beside its field

    def legal(self, slot: int) -> bool:
        """The rung in this row is one that cannot be taken away."""
        return self.offset(slot) in LEGAL.values()

    def _rung(self, slot: int) -> Rung | None:
        offset = self.offset(slot)
        if offset is None:
            return None
        roles, confidential = self[f"r{slot}_roles"].data or (), self[f"r{slot}_confidential"].data or ()
        return Rung(code_of(offset), offset, tuple(roles), tuple(confidential))

    def _other(self, code: str, offset: int, name: str) -> Rung:
        return Rung(code, offset, tuple(self[f"{name}_roles"].data or ()), tuple(self[f"{name}_confidential"].data or ()))

    def show(self, rules: Ladder) -> None:
        self.rungs.data = str(self.slots)
        self.hour.data, self.repeat_days.data = rules.hour, rules.repeat_days
        self.again_days.data = rules.repeated.day_offset
        for slot, rung in enumerate(rules.rungs):
            self[f"r{slot}_days"].data = abs(rung.day_offset)
            self[f"r{slot}_side"].data = "before" if rung.day_offset < 0 else "after" if rung.day_offset else "due"
            self[f"r{slot}_roles"].data = list(rung.roles)
            self[f"r{slot}_confidential"].data = list(rung.for_confidential)
        for name, rung in (("again", rules.repeated), ("receipt", rules.not_acknowledged)):
            self[f"{name}_roles"].data = list(rung.roles)
            self[f"{name}_confidential"].data = list(rung.for_confidential)

    def field_of(self, fault: Faulty) -> str:
        code = fault.params.get("rung")
        part = "confidential" if fault.code == "rung_outsider" else "roles"
        if code in (AGAIN, UNACKNOWLEDGED):
            name = "again" if code == AGAIN else "receipt"
            return "again_days" if fault.code in ("repeat_first", "rung_far") else f"{name}_{part}"
        if fault.code in ("repeat_days", "ladder_hour"):
            return "repeat_days" if fault.code == "repeat_days" else "hour"
        slot = next((n for n in range(self.slots) if (day := self.offset(n)) is not None and code_of(day) == code), None)
        if slot is None:
            return ""
        return f"r{slot}_days" if fault.code == "rung_far" else f"r{slot}_{part}"

    def word_roles(self) -> None:
        """Put the roles' names, in the reader's language, beside the boxes."""
        for field in self:
            if isinstance(field, SelectMultipleField):
                roles = CONFIDENTIAL_ROLES if field.name.endswith("_confidential") else OPEN_ROLES
                field.choices = [SelectChoice(role, role_words(role)) for role in roles]


def ladder_form(slots: int, **arguments: Any) -> _LadderForm:
    """The form of a ladder with so many rows for rungs."""
    slots = min(max(slots, 1), MOST_RUNGS + BLANK_RUNGS)
    fields: dict[str, Any] = {"slots": slots}
    for slot in range(slots):
        fields[f"r{slot}_side"] = SelectField(
            _l("到期前后"),
            choices=[
                SelectChoice("before", _l("到期前")),
                SelectChoice("due", _l("到期当日")),
                SelectChoice("after", _l("超期第")),
            ],
        )
        fields[f"r{slot}_days"] = IntegerField(_l("天数"), [Optional(), NumberRange(0, LATEST, _l("填写 0 至 90 的整数"))])
        fields[f"r{slot}_roles"] = _checks(_l("公开件"), OPEN_ROLES)
        fields[f"r{slot}_confidential"] = _checks(_l("限定知悉件"), CONFIDENTIAL_ROLES)
        fields[f"r{slot}_drop"] = BooleanField(_l("去掉这一档"))
    form = cast("type[_LadderForm]", type("LadderForm", (_LadderForm,), fields))(**arguments)
    form.word_roles()
    return form


def form_for(kind: Kind, posted: Any, slots: int) -> RulesForm:
    """The form of a kind of rules, as posted, or empty to be filled."""
    arguments = {} if posted else {"formdata": None}
    if kind is Kind.DEADLINES:
        return DeadlinesForm(**arguments)
    return LimitsForm(**arguments) if kind is Kind.LIMITS else ladder_form(slots, **arguments)


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
