"""Which acts take two officers, what they are called, and who proposes and who decides each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from flask_babel import LazyString

from portal.access.roles import OFFICERS, Role
from portal.kernel.language import _l

LAPSES_AFTER = timedelta(days=3)
"""A proposal that nobody decides in this time lapses."""


class Kind(StrEnum):
    """What takes two."""

    RESET_PASSWORD = "reset_password"  # noqa: S105 - a kind of act
    CONFIRM_PERSON = "confirm_person"
    END_SECOND_FACTOR = "end_second_factor"
    DEACTIVATE = "deactivate"
    REACTIVATE = "reactivate"
    END_SESSIONS = "end_sessions"
    APPOINT_OFFICER = "appoint_officer"
    DENGBAO = "dengbao"
    SECOND_FACTOR_FOR_ALL = "second_factor_for_all"

    @property
    def label(self) -> LazyString:
        return _LABELS[self]


_LABELS = {
    Kind.RESET_PASSWORD: _l("重置口令"),
    Kind.CONFIRM_PERSON: _l("当面核实身份，恢复限定知悉"),
    Kind.END_SECOND_FACTOR: _l("解除动态口令（手机丢失）"),
    Kind.DEACTIVATE: _l("停用账号"),
    Kind.REACTIVATE: _l("恢复账号"),
    Kind.END_SESSIONS: _l("结束三员的登录"),
    Kind.APPOINT_OFFICER: _l("任命或更换三员"),
    Kind.DENGBAO: _l("等保口令规则"),
    Kind.SECOND_FACTOR_FOR_ALL: _l("全员使用动态口令"),
}

SWITCHES = frozenset({Kind.DENGBAO, Kind.SECOND_FACTOR_FOR_ALL})
"""They are about the whole city, and turn something on or off."""


OUTSIDE = frozenset({Kind.APPOINT_OFFICER, Kind.DEACTIVATE, Kind.END_SESSIONS, Kind.RESET_PASSWORD, Kind.END_SECOND_FACTOR})
"""Where they are about an officer they take him out of his office, or let somebody else into it: somebody outside the three agrees
first."""


class Outcome(StrEnum):
    """How a proposal ended."""

    CARRIED_OUT = "carried_out"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def label(self) -> LazyString:
        return _OUTCOMES[self]


_OUTCOMES = {
    Outcome.CARRIED_OUT: _l("已执行"),
    Outcome.REFUSED: _l("未同意"),
    Outcome.WITHDRAWN: _l("已撤回"),
    Outcome.LAPSED: _l("已失效"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """A proposal as the policy judges it: who may propose, who may decide, whom it is about. `heads` decide too: those of the
    person who is to be confirmed; `outsiders` agree first where an officer is taken out of his office; `reset_by` are the two who
    reset the password of whom is to be confirmed."""

    proposers: frozenset[Role]
    deciders: frozenset[Role]
    about: frozenset[int]
    proposed_by_id: int | None = None
    heads: frozenset[int] = frozenset()
    needs_outside: bool = False
    outsiders: frozenset[int] = frozenset()
    outside_by_id: int | None = None
    reset_by: frozenset[int] = frozenset()


def case(kind: Kind, about: frozenset[int], roles: frozenset[Role], proposed_by_id: int | None = None) -> Case:
    """`roles` are those held today by whom it is about. What concerns an officer is the other two's; the appointment of
    one is any two's; the rest is proposed by the security administrator and decided by the system administrator, rules by
    the auditor too. A person is confirmed by the auditor or by his own head (`heads`), never by those who reset his password."""
    if kind is Kind.APPOINT_OFFICER:
        proposers = deciders = OFFICERS
    elif roles & OFFICERS:
        proposers = deciders = OFFICERS - roles
    else:
        proposers, deciders = frozenset({Role.SECURITY_ADMIN}), frozenset({Role.SYSTEM_ADMIN})
        if kind in SWITCHES:
            deciders |= {Role.AUDITOR}
    if kind is Kind.CONFIRM_PERSON:
        deciders = frozenset({Role.AUDITOR}) - roles
    return Case(proposers, deciders, about, proposed_by_id)
