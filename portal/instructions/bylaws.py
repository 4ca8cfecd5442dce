"""办理期限: how long an instruction may take, by its level and urgency, as it is typed, drawn and compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from wtforms import IntegerField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, NumberRange, Optional

from portal.bylaws.bylaw import Bylaw
from portal.bylaws.forms import RulesForm
from portal.bylaws.rules import Said
from portal.deadlines import reckon, rules
from portal.deadlines.calendar import Calendar
from portal.deadlines.formatting import due_words, span_words
from portal.deadlines.rules import Faulty, Rule, RuleTable, SourceLevel, Span, Urgency
from portal.kernel import clock
from portal.kernel.language import _, _l, spoken
from portal.web.formats import month_day

_PAPERS = [(level, urgency) for level in SourceLevel for urgency in Urgency]
_WHOLE = _l("请填写整数")


class _DeadlinesForm(RulesForm[RuleTable]):
    """A row for each source level and urgency; see `DeadlinesForm`."""

    @property
    def papers(self) -> list[Said]:
        """Each row: how its fields' names begin, and its words."""
        return [(f"{level}_{urgency}", _paper_words(level, urgency)) for level, urgency in _PAPERS]

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


def _paper_words(level: SourceLevel, urgency: Urgency) -> str:
    """中央，急件."""
    return f"{level.label}{_('，')}{urgency.label}"


def _drawn(table: RuleTable) -> dict[str, object]:
    papers = [
        (_paper_words(level, urgency), span_words(rule.closing.to_json()),
         span_words(rule.first_feedback.to_json()) if rule.first_feedback else None)
        for level, urgency, rule in table.rows
    ]  # fmt: skip
    return {"papers": papers}


def _facts(table: RuleTable) -> Iterator[Said]:
    for level, urgency, rule in table.rows:
        paper = _paper_words(level, urgency)
        yield _("%(paper)s：办结", paper=paper), span_words(rule.closing.to_json())
        feedback = rule.first_feedback
        yield _("%(paper)s：首次反馈", paper=paper), span_words(feedback.to_json()) if feedback else _("不要求")


def _results(table: RuleTable, _calendar: Calendar, moment: datetime) -> Iterator[Said]:
    """The ends for an instruction received on the day of this moment."""
    today = clock.local(moment).date()
    for level, urgency, _rule in table.rows:
        paper = _paper_words(level, urgency)
        yield _("%(paper)s：办结", paper=paper), due_words(reckon.closing(today, level, urgency, table).due_on)
        feedback = reckon.first_feedback(today, level, urgency, table)
        yield _("%(paper)s：首次反馈", paper=paper), due_words(feedback.due_on) if feedback else _("不要求")


def _example(moment: datetime) -> str:
    return _("%(day)s收到的批示件", day=month_day(moment, spoken(), clock.today()))


DEADLINES = Bylaw(
    of=rules.DEADLINES,
    title=_l("办理期限"),
    source=_l("系统默认，按督查工作的规定设置"),
    order=100,
    form=DeadlinesForm,
    template="instructions/bylaw_deadlines.html",
    drawn=_drawn,
    facts=_facts,
    results=_results,
    example=_example,
)
