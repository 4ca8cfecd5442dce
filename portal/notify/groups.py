"""The kinds of messages in the groups by which people settle how they are told; which of them nobody may silence.

What the ladder of reminders, urging and the safety of an account say reaches its reader at once, by every channel: that
he was told is what a later reproach rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import LazyString

from portal.kernel.language import _l


class Group(StrEnum):
    """Groups of kinds, in the order of the settings page."""

    TASKS = "tasks"
    SIGNING = "signing"
    REVIEW = "review"
    DUE = "due"
    OVERDUE = "overdue"
    URGING = "urging"
    RESULTS = "results"
    OFFICE = "office"
    ACCOUNT = "account"

    @property
    def words(self) -> Words:
        return WORDS[self]

    @property
    def legal(self) -> bool:
        """Cannot be switched off or put off."""
        return WORDS[self].source is not None


@dataclass(frozen=True, slots=True)
class Words:
    """What a group is called and holds. `source`: the rule by which it cannot be silenced. `presses`: so urgent that who
    works a duty post is told in his quiet hours too."""

    label: LazyString
    holds: LazyString
    source: LazyString | None = None
    presses: bool = False


WORDS: Mapping[Group, Words] = {
    Group.TASKS: Words(_l("交办与签收"), _l("交办、转办、指定承办人、退回交办、退回重办、离岗交接"), presses=True),
    Group.SIGNING: Words(_l("签批与会签"), _l("请签批、请会签、送签退回、签批终止、签批岗位空缺")),
    Group.REVIEW: Words(_l("审核与审批"), _l("报结待审核、延期待批")),
    Group.DUE: Words(_l("到期提醒"), _l("到期前 7 日、3 日、1 日和当日"), _l("依据：本市期限规则中的提醒阶梯")),
    Group.OVERDUE: Words(_l("超期与逾时"), _l("超期、逾时未签收"), _l("依据：本市期限规则中的提醒阶梯"), presses=True),
    Group.URGING: Words(
        _l("催办与再次批示"),
        _l("督查室催办、领导再次批示"),
        _l("依据：催办计入考核，须当即送达"),
        presses=True,
    ),
    Group.RESULTS: Words(_l("办理情况"), _l("已签收、更正、撤销、新一轮、协办情况、延期决定、办结、授权查阅")),
    Group.OFFICE: Words(_l("机关事务与日历"), _l("放假安排、任职与委托、联络员推荐与核对、单位变动")),
    Group.ACCOUNT: Words(
        _l("账号安全"),
        _l("登录锁定、口令重置、身份确认、三员事项、收信地址变更"),
        _l("依据：账号安全规定，须告知本人"),
        presses=True,
    ),
}

# Each kind of `notify.kinds` in exactly one group.
HOLDS: Mapping[Group, frozenset[str]] = {
    Group.TASKS: frozenset({
        "co_assigned", "co_handler_named", "forwarded", "name_handler", "handler_named", "handler_replaced", "declined",
        "assign_asked", "reassigned", "returned", "unit_followed", "handed_over", "person_left", "handover_to_sign",
    }),
    Group.SIGNING: frozenset({"to_sign", "countersign", "sent_back", "seat_vacant", "sign_off_ended"}),
    Group.REVIEW: frozenset({"issued_to_review", "extension_asked", "reviewer_asked"}),
    Group.DUE: frozenset({"due_soon", "due_today"}),
    Group.OVERDUE: frozenset({"overdue", "not_acknowledged"}),
    Group.URGING: frozenset({"urged", "instruct_again"}),
    Group.RESULTS: frozenset({
        "acknowledged", "amended", "withdrawn", "co_progress", "new_round", "county_informed", "closed",
        "extension_decided", "extension_cut", "extension_ended", "parent_amended", "reading_granted",
    }),
    Group.OFFICE: frozenset({
        "calendar_missing", "change_refused", "appointed", "post_ended", "stand_in_set", "standing_in", "nominate",
        "nominate_urged", "nomination_returned", "nomination_accepted", "confirm_contact", "appointment_asked",
        "appointment_waits", "appointment_decided",
    }),
    Group.ACCOUNT: frozenset({
        "locked_out", "codes_guessed", "address_asked", "password_reset", "second_factor_ended", "sensitive_proposed",
        "sensitive_asked", "sensitive_decided", "account_restored", "account_concerns_you", "account_of_yours",
        "person_confirmed", "officer_appointed",
    }),
}  # fmt: skip
_GROUP_OF = {kind: group for group, kinds in HOLDS.items() for kind in kinds}


def group_of(kind: str) -> Group:
    """The group of a kind of message; raises KeyError for a kind that stands in none."""
    return _GROUP_OF[kind]
