"""Kinds of messages, each in one of the groups by which people settle how they are told; which of them nobody may silence.

What the ladder of reminders, urging and the safety of an account say reaches its reader at once, by every channel: that
they were told is what a later reproach rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import LazyString

from portal.kernel.language import _, _l
from portal.registry.registered import ByName


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

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Opens:
    """The page that a message which is about no matter opens: its endpoint and the argument that is filled by a fact."""

    endpoint: str
    argument: str | None = None
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class MessageKind:
    """One kind of message: a fixed sentence with blanks, rendered in the reader's language when it is shown.

    Every kind has two sentences: `full`, which needs the facts named in `blanks`, and `constant`, which needs nothing. About
    a confidential matter only the number is ever kept, so the constant sentence is what is left; it also serves where a blank
    was not given. Without `full`, the title follows the constant sentence, or, where there are no blanks, nothing does.
    """

    name: str
    group: Group
    constant: LazyString
    full: LazyString | Callable[[Facts], str] | None = None
    blanks: tuple[str, ...] = ("title",)
    opens: Opens | None = None

    def said(self, facts: Facts) -> str:
        """The sentence with these facts, each in the words in which it is said."""
        if not self.blanks or any(facts.get(name) is None for name in self.blanks):
            return str(self.constant)
        if self.full is None:
            return _("%(what)s：%(title)s", what=self.constant, title=facts["title"])
        return str(self.full) % facts if isinstance(self.full, LazyString) else self.full(facts)

    @property
    def facts(self) -> frozenset[str]:
        """The facts that the kind knows what to do with."""
        return frozenset({*self.blanks, *((self.opens.fact,) if self.opens and self.opens.fact else ())})

    def fault(self) -> str | None:
        """What is missing, for the sentence that refuses the start."""
        if self.full is None and self.blanks not in ((), ("title",)):
            return "has blanks, but no sentence for them"
        if self.full is not None and not self.blanks:
            return "has a sentence that is never said: it has no blanks"
        if self.opens and (self.opens.argument is None) != (self.opens.fact is None):
            return "opens a page with an argument that no fact fills"
        return None


MESSAGES: ByName[MessageKind] = ByName("kind of message", fault=MessageKind.fault)
