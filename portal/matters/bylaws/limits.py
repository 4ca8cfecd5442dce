"""签收和退回的时限: how long a unit has to answer what is assigned to it, as it is typed, drawn and compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from wtforms import IntegerField, TimeField
from wtforms.validators import InputRequired

from portal.bylaws.bylaw import Bylaw
from portal.bylaws.forms import RulesForm
from portal.bylaws.rules import Said, instant_words_or_day
from portal.deadlines import reckon, rules
from portal.deadlines.calendar import Calendar
from portal.deadlines.rules import Faulty, Limits, Urgency
from portal.kernel import clock
from portal.kernel.language import _, _l
from portal.web.formats import moment as moment_words

_WHOLE = _l("请填写整数")


class LimitsForm(RulesForm[Limits]):
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


def _facts(limits: Limits) -> list[Said]:
    """The limits, each with its name."""
    hours = f"{limits.opens:%H:%M}—{limits.closes:%H:%M}"
    return [
        (_("退回交办"), _("交办后 %(days)d 个工作日内", days=limits.decline_working_days)),
        (_("签收，一般"), _("交办后 %(days)d 个工作日内", days=limits.acknowledge_working_days)),
        (_("签收，急件"), _("交办后 %(hours)d 个工作小时内", hours=limits.acknowledge_urgent_hours)),
        (_("办公时间"), hours),
    ]


def _drawn(limits: Limits) -> dict[str, object]:
    return {"limits": _facts(limits)}


def _results(limits: Limits, calendar: Calendar, moment: datetime) -> Iterator[Said]:
    """The ends for an assignment made at this moment."""
    yield _("退回交办"), instant_words_or_day(reckon.decline_until(moment, calendar, limits))
    yield _("签收，一般"), instant_words_or_day(reckon.acknowledge_by(moment, Urgency.NORMAL, calendar, limits))
    yield _("签收，急件"), instant_words_or_day(reckon.acknowledge_by(moment, Urgency.URGENT, calendar, limits))


def _example(moment: datetime) -> str:
    return _("%(at)s交办的事项", at=moment_words(moment, today=clock.today()))


LIMITS = Bylaw(
    of=rules.LIMITS,
    title=_l("签收和退回的时限"),
    source=_l("系统默认，按督查工作的规定设置"),
    order=300,
    form=LimitsForm,
    template="matters/bylaw_limits.html",
    drawn=_drawn,
    facts=_facts,
    results=_results,
    example=_example,
)
