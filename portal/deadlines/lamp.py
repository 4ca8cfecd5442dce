"""The lamp beside a matter: green, amber, red or grey, and the few words that go with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from portal.kernel.language import _, _n

SOON_DAYS = 7

Kind = Literal["ok", "soon", "late", "done"]
Stage = Literal["running", "extension_pending", "issued", "closed", "ended"]


@dataclass(frozen=True, slots=True)
class Lamp:
    """`days` left for `ok` and `soon`, days overdue for `late` and `done` (nought: in time). Not `judged`: whether it was
    in time hangs on an extension that is not decided."""

    kind: Kind
    days: int
    stage: Stage = "running"
    judged: bool = True

    @property
    def words(self) -> str:
        """What stands beside the lamp, in the reader's language."""
        match self.stage:
            case "extension_pending":
                return _("延期待批")
            case "ended":
                return _("已撤销")
            case "issued":
                return _("已报结，%(result)s", result=self.result) if self.result else _("已报结")
            case "closed":
                return _("已办结，%(result)s", result=self.result) if self.result else _("已办结")
        if self.kind == "late":
            return _overdue(self.days)
        if self.days == 0:
            return _("今日到期")
        return _n("剩 %(num)d 日", "剩 %(num)d 日", self.days)

    @property
    def brief(self) -> str:
        """The same where `result` stands by itself."""
        return replace(self, judged=False).words

    @property
    def result(self) -> str:
        """Of what is reported or closed: in time, or by how much it was late; empty where that is not known yet."""
        if self.stage not in ("issued", "closed") or not self.judged:
            return ""
        return _overdue(self.days) if self.days else _("按期")


def lamp(due_on: date, today: date, open: bool, stopped_on: date | None, extension_pending: bool) -> Lamp:
    """The lamp of a matter.

    `stopped_on` is the day the closing report was issued: from then on nothing gets later. Not open and never stopped
    means withdrawn. An extension asked in time keeps the lamp from turning red until it is decided.
    """
    if stopped_on is not None:
        late = max((stopped_on - due_on).days, 0)
        undecided = extension_pending and late > 0
        return Lamp("done", 0 if undecided else late, "issued" if open else "closed", judged=not undecided)
    if not open:
        return Lamp("done", 0, "ended")
    left = (due_on - today).days
    if left < 0:
        return Lamp("soon", 0, "extension_pending") if extension_pending else Lamp("late", -left)
    return Lamp("soon" if left <= SOON_DAYS else "ok", left)


def _overdue(days: int) -> str:
    return _n("超期 %(num)d 日", "超期 %(num)d 日", days)
