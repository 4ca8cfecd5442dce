"""催办提醒: the ladder of reminders, as it is typed, drawn and compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Self, cast

from wtforms import BooleanField, HiddenField, IntegerField, SelectField, SelectMultipleField, TimeField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.access.roles import Role
from portal.bylaws.bylaw import Bylaw
from portal.bylaws.forms import RulesForm
from portal.bylaws.rules import Said
from portal.deadlines import ladder as ladders
from portal.deadlines.calendar import Calendar
from portal.deadlines.formatting import day_words, instant_words
from portal.deadlines.ladder import (
    AGAIN,
    ASSIGNING_SUPERVISOR,
    CONFIDENTIAL_ROLES,
    LATEST,
    LEGAL,
    MOST_RUNGS,
    OPEN_ROLES,
    UNACKNOWLEDGED,
    Ladder,
    Rung,
    code_of,
    planned,
)
from portal.deadlines.rules import Faulty
from portal.kernel import clock
from portal.kernel.language import _, _l, _n

BLANK_RUNGS = 2
_WHOLE = _l("请填写整数")


def _checks(label: Any, roles: Iterable[str]) -> SelectMultipleField:
    choices = [SelectChoice(role, role) for role in roles]
    return SelectMultipleField(label, choices=choices, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False))


class LadderForm(RulesForm[Ladder]):
    """A row for each rung: of the rungs that stand and some blank ones, or as many as were sent."""

    manner = "rungs"
    slots: int
    rungs = HiddenField()
    hour = TimeField(_l("发送时刻"), [InputRequired(_l("请填写时刻"))])
    again_days = IntegerField(_l("从超期第几日起"), [InputRequired(_WHOLE)])
    repeat_days = IntegerField(_l("每几日一次"), [InputRequired(_WHOLE)])
    again_roles = _checks(_l("公开件"), OPEN_ROLES)
    again_confidential = _checks(_l("限定知悉件"), CONFIDENTIAL_ROLES)
    receipt_roles = _checks(_l("公开件"), OPEN_ROLES)
    receipt_confidential = _checks(_l("限定知悉件"), CONFIDENTIAL_ROLES)

    @classmethod
    def following(cls, stands: Ladder, sent: Mapping[str, str] | None) -> Self:
        said = sent.get("rungs", "") if sent is not None else ""
        slots = int(said) if said.isascii() and said.isdigit() and len(said) < 3 else len(stands.rungs) + BLANK_RUNGS
        slots = min(max(slots, 1), MOST_RUNGS + BLANK_RUNGS)
        form = cast("type[Self]", type(cls.__name__, (cls,), {"slots": slots, **_rung_fields(slots)}))
        made = form() if sent is not None else form(formdata=None)
        made.word_roles()
        return made

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
                field.choices = [SelectChoice(role, _role_words(role)) for role in roles]


def _rung_fields(slots: int) -> dict[str, Any]:
    fields: dict[str, Any] = {}
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
    return fields


def _rung_words(rung: Rung, repeat_days: int | None = None) -> str:
    """When a rung is sent: 到期前 7 日, 到期当日, 超期第 3 日."""
    if rung.code == UNACKNOWLEDGED:
        return _("逾时未签收")
    if repeat_days is not None:
        return _("超期第 %(day)d 日起，每 %(every)d 日一次", day=rung.day_offset, every=repeat_days)
    return _offset_words(rung.day_offset)


def _offset_words(offset: int) -> str:
    """A day counted from the due day."""
    if offset == 0:
        return _("到期当日")
    if offset < 0:
        return _n("到期前 %(num)d 日", "到期前 %(num)d 日", -offset)
    return _("超期第 %(day)d 日", day=offset)


def _role_words(role: str) -> str:
    """Whom a rung reaches."""
    return _("交办的督查员") if role == ASSIGNING_SUPERVISOR else str(Role(role).label)


def _roles_words(roles: tuple[str, ...]) -> str:
    """Several of them."""
    return _("、").join(_role_words(role) for role in roles)


def _rungs_of(ladder: Ladder) -> list[tuple[Rung, str]]:
    """All rungs of a ladder with the words for their day, in order."""
    return [
        *((rung, _rung_words(rung)) for rung in ladder.rungs),
        (ladder.repeated, _rung_words(ladder.repeated, ladder.repeat_days)),
        (ladder.not_acknowledged, _rung_words(ladder.not_acknowledged)),
    ]


def _drawn(ladder: Ladder) -> dict[str, object]:
    rungs = [
        (words, _roles_words(rung.roles), _roles_words(rung.for_confidential), rung.code in LEGAL)
        for rung, words in _rungs_of(ladder)
    ]
    return {"rungs": rungs, "hour": f"{ladder.hour:%H:%M}"}


def _facts(ladder: Ladder) -> Iterator[Said]:
    yield _("发送时刻"), f"{ladder.hour:%H:%M}"
    yield _("重复提醒"), _rung_words(ladder.repeated, ladder.repeat_days)
    for rung, words in _rungs_of(ladder):
        label = _("重复提醒的对象") if rung.code == AGAIN else words
        yield label, _(
            "%(open)s；限定知悉件：%(confidential)s",
            open=_roles_words(rung.roles), confidential=_roles_words(rung.for_confidential),
        )  # fmt: skip


def _due_on(moment: datetime) -> date:
    """The due day of the example by which a ladder is shown: a month from now."""
    return clock.local(moment).date() + timedelta(days=30)


def _results(ladder: Ladder, calendar: Calendar, moment: datetime) -> Iterator[Said]:
    for reminder in planned(_due_on(moment), moment, calendar, ladder):
        rung = ladder.rung(reminder.rung)
        words = _("%(at)s，%(roles)s", at=instant_words(reminder.send_at), roles=_roles_words(rung.roles))
        again = rung.code == ladder.repeated.code
        yield (_("首次重复提醒") if again else _rung_words(rung)), words


def _example(moment: datetime) -> str:
    return _("%(day)s到期的公开件，以此为例", day=day_words(_due_on(moment)))


LADDER = Bylaw(
    of=ladders.LADDER,
    title=_l("催办提醒"),
    source=_l("系统默认，按督查工作的规定设置"),
    order=200,
    form=LadderForm,
    template="matters/bylaw_ladder.html",
    drawn=_drawn,
    facts=_facts,
    results=_results,
    example=_example,
)
