"""Why this date, in sentences: the codes of `why` put into the office's words, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from portal.deadlines.rules import SourceLevel, Urgency
from portal.deadlines.why import Line, Why
from portal.kernel import clock
from portal.kernel.language import _, _l, _n

_MONTHS = (
    _l("1月"), _l("2月"), _l("3月"), _l("4月"), _l("5月"), _l("6月"),
    _l("7月"), _l("8月"), _l("9月"), _l("10月"), _l("11月"), _l("12月"),
)  # fmt: skip
_WEEKDAYS = (_l("周一"), _l("周二"), _l("周三"), _l("周四"), _l("周五"), _l("周六"), _l("周日"))
_HOLIDAYS = {
    "元旦": _l("元旦"), "农历除夕": _l("农历除夕"), "春节": _l("春节"), "清明节": _l("清明节"), "劳动节": _l("劳动节"),
    "端午节": _l("端午节"), "中秋节": _l("中秋节"), "国庆节": _l("国庆节"), "休息日": _l("休息日"),
}  # fmt: skip
_PAPERS = {
    SourceLevel.CENTRAL: _l("中央批示件"),
    SourceLevel.PROVINCE: _l("省级批示件"),
    SourceLevel.CITY: _l("市级批示件"),
    SourceLevel.COUNTY: _l("县级批示件"),
}

_EXTENDED = ("extension", "extension_cut", "extension_idle")


def explain(why: Why) -> list[tuple[str, str]]:
    """The panel 为什么是这天: label and sentence, line by line."""
    panel = [said for line in why.lines for said in (_sentence(line), _version(line)) if said]
    if why.first("closing_rule") and not any(line.code in _EXTENDED for line in why.lines):
        panel.append((_("延期"), _("未延期")))
    return panel


def month_words(month: int) -> str:
    """10月."""
    return str(_MONTHS[month - 1])


def weekday_words(number: int) -> str:
    """周一 is number 0."""
    return str(_WEEKDAYS[number])


def day_words(day: date) -> str:
    """10月26日; with the year when it is not the present one."""
    month = _MONTHS[day.month - 1]
    if day.year == clock.today().year:
        return _("%(month)s%(day)d日", month=month, day=day.day)
    return _("%(year)d年%(month)s%(day)d日", year=day.year, month=month, day=day.day)


def holiday_words(name: str) -> str:
    """A day off by its name; one that falls on two festivals bears both."""
    return _("、").join(str(_HOLIDAYS.get(one, one)) for one in name.split("; "))


def due_words(day: date) -> str:
    """10月26日（周一）24:00: a day as the end of a deadline."""
    return _("%(day)s（%(weekday)s）24:00", day=day_words(day), weekday=_WEEKDAYS[day.weekday()])


def instant_words(moment: datetime) -> str:
    """10月26日（周一）14:05: a moment on the office's clock."""
    local = clock.local(moment)
    return _(
        "%(day)s（%(weekday)s）%(time)s",
        day=day_words(local.date()),
        weekday=_WEEKDAYS[local.weekday()],
        time=f"{local:%H:%M}",
    )


def span_words(span: Mapping[str, int]) -> str:
    """15 日, or 1 个月."""
    if "days" in span:
        return _n("%(num)d 日", "%(num)d 日", span["days"])
    return _n("%(num)d 个月", "%(num)d 个月", span["months"])


def _sentence(line: Line) -> tuple[str, str]:
    p = line.params
    match line.code:
        case "closing_rule":
            return _("规则"), _(
                "%(paper)s（%(urgency)s），收到次日起 %(span)s内办结", paper=_paper(p), urgency=_urgency(p),
                span=span_words(p["span"]),
            )  # fmt: skip
        case "first_feedback_rule":
            return _("规则"), _(
                "%(paper)s（%(urgency)s），收到次日起 %(span)s内首次反馈", paper=_paper(p), urgency=_urgency(p),
                span=span_words(p["span"]),
            )  # fmt: skip
        case "given_rule":
            return _("规则"), _("%(by)s %(on)s指定", by=p["by"], on=_day(p["on"]))
        case "decline_rule":
            return _("规则"), _("交办后 %(days)d 个工作日内可退回", days=p["working_days"])
        case "acknowledge_rule" if p.get("working_days", 1) == 1:
            return _("规则"), _("交办后次一工作日内签收")
        case "acknowledge_rule":
            return _("规则"), _("交办后 %(days)d 个工作日内签收", days=p["working_days"])
        case "acknowledge_urgent_rule":
            return _("规则"), _(
                "急件，交办后 %(hours)d 个工作小时（%(opens)s—%(closes)s）内签收", hours=p["hours"],
                opens=p["opens"], closes=p["closes"],
            )  # fmt: skip
        case "received":
            return _("起算"), _("%(received)s收到，%(first)s为第 1 日", received=_day(p["received_on"]), first=_day(p["first_day"]))
        case "assigned":
            return _("起算"), _("%(moment)s交办", moment=instant_words(datetime.fromisoformat(p["at"])))
        case "calendar_days":
            return _("扣除"), _not_deducted(p["holidays"])
        case "days_off":
            return _("扣除"), _deducted(p["days"])
        case "provisional":
            years = _("、").join(str(year) for year in p["years"])
            return _("暂定"), _("%(years)s 年放假安排未公布，工作日为推算", years=years)
        case "parent":
            return _("上级事项"), _(
                "按规则为 %(by_rule)s，不晚于上级事项的期限 %(due)s",
                by_rule=_day(p["by_rule"]), due=_day(p["due_on"]),
            )  # fmt: skip
        case "original":
            return _("原定"), due_words(date.fromisoformat(p["due_on"]))
        case "extension":
            return _("延期"), _(
                "%(days)s，%(by)s %(on)s批准；累计 %(total)s，最晚至 %(limit)s",
                days=span_words({"days": p["days"]}), by=p["by"], on=_day(p["on"]),
                total=span_words({"days": p["total_days"]}), limit=_day(p["limit"]),
            )  # fmt: skip
        case "extension_cut" | "extension_idle":
            return _("延期"), granted_words(line)
        case "current":
            return _("现定"), due_words(date.fromisoformat(p["due_on"]))
        case "instant":
            due_on, due_at = date.fromisoformat(p["due_on"]), datetime.fromisoformat(p["due_at"])
            return _("期限"), due_words(due_on) if due_at == clock.end_of(due_on) else instant_words(due_at)
    raise LookupError(line.code)


def granted_words(line: Line) -> str:
    """What became of an extension that holds no longer until the day to which it was granted."""
    p = line.params
    if line.code == "extension_idle":
        return _("准予至%(until)s，不晚于原定期限，暂不起作用", until=_day(p["until"]))
    if p["by"] == "limit":
        return _("准予至%(until)s，按限额截至%(due)s", until=_day(p["until"]), due=_day(p["due_on"]))
    return _("准予至%(until)s，按上级事项的期限截至%(due)s", until=_day(p["until"]), due=_day(p["due_on"]))


def _version(line: Line) -> tuple[str, str] | None:
    """Which version of the city's rules a reason is of, and who set it; the first is the default that nobody set."""
    p = line.params
    if "set_by" not in p:
        return None
    return _("版本"), _("第 %(version)d 版，%(by)s设定，%(on)s起施行", version=p["version"], by=p["set_by"], on=_day(p["set_on"]))


def _not_deducted(holidays: list[str]) -> str:
    if holidays:
        return _("无。按自然日计，%(names)s假期不扣除", names=_("、").join(map(holiday_words, holidays)))
    return _("无。按自然日计，周末和节假日不扣除")


def _deducted(days: list[dict[str, Any]]) -> str:
    if not days:
        return _("无")
    return _("、").join(_runs(days))


def _runs(days: list[dict[str, Any]]) -> Iterator[str]:
    """Neighbouring days of one name as one run: 国庆节 10月1日—10月7日."""
    off = [(date.fromisoformat(entry["day"]), entry["name"]) for entry in days]
    numbered = enumerate(off)
    for (_start, name), group in groupby(numbered, key=lambda item: (item[1][0] - timedelta(item[0]), item[1][1])):
        run = [day for _number, (day, _name) in group]
        shown = holiday_words(name) if name else _("周末")
        if len(run) == 1:
            yield f"{shown} {day_words(run[0])}"
        else:
            yield f"{shown} {day_words(run[0])}—{day_words(run[-1])}"


def _day(text: str) -> str:
    return day_words(date.fromisoformat(text))


def _paper(params: Mapping[str, Any]) -> str:
    return str(_PAPERS[SourceLevel(params["source_level"])])


def _urgency(params: Mapping[str, Any]) -> str:
    return str(Urgency(params["urgency"]).label)
