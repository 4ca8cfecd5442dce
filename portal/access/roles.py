"""The roles a post may have, as in the offices' workbooks, and the grammar of principals.

A principal is whoever a record can be shown to: a standing (unit, role) or a natural person, written as one integer
so that the index of viewers stays narrow. Both have a second one for what is confidential, which not everybody carries who
carries the first: see `access.actor`.
"""

from __future__ import annotations

from enum import StrEnum

from flask_babel import LazyString

from portal.kernel.language import _l, official


class Role(StrEnum):
    """A role, with its official name. The order of declaration is the number in a principal: never reorder, and no more
    than sixteen."""

    SUPERVISOR = "supervisor"
    SUPERVISION_HEAD = "supervision_head"
    SECRETARIAT = "secretariat"
    INFORMATION_EDITOR = "information_editor"
    DUTY_OFFICER = "duty_officer"
    LIAISON_OFFICER = "liaison_officer"
    HANDLER = "handler"
    OFFICE_DIRECTOR = "office_director"
    DEPUTY_LEADER = "deputy_leader"
    PRINCIPAL_LEADER = "principal_leader"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDITOR = "auditor"

    @property
    def label(self) -> LazyString:
        return _LABELS[self]


_LABELS = {
    Role.SUPERVISOR: _l("督查员"),
    Role.SUPERVISION_HEAD: _l("督查室主任"),
    Role.SECRETARIAT: _l("秘书处"),
    Role.INFORMATION_EDITOR: _l("信息编辑"),
    Role.DUTY_OFFICER: _l("值班员"),
    Role.LIAISON_OFFICER: _l("联络员"),
    Role.HANDLER: _l("承办人"),
    Role.OFFICE_DIRECTOR: _l("办公室主任"),
    Role.DEPUTY_LEADER: _l("分管领导"),
    Role.PRINCIPAL_LEADER: _l("主要领导"),
    Role.SYSTEM_ADMIN: _l("系统管理员"),
    Role.SECURITY_ADMIN: _l("安全管理员"),
    Role.AUDITOR: _l("审计员"),
}
_AUDIENCE = 1 << 40  # beyond every person's number
_OF_UNIT, _SHELLS = 32, 16  # the numbers of one unit's standings; from the sixteenth on, with what is confidential
_NUMBERS = {role: number for number, role in enumerate(Role)}

OFFICERS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})
SUPERVISION = (Role.SUPERVISOR, Role.SUPERVISION_HEAD)
LEADERS = (Role.DEPUTY_LEADER, Role.PRINCIPAL_LEADER)


def post_name(unit_name: str, role: Role) -> str:
    """A post as it goes on record, in the official wording whatever language the page is in, the office named once:
    永嘉县委督查室 + 督查室主任 is 永嘉县委督查室主任."""
    words = official(role.label)
    return unit_name.removesuffix(words.removesuffix("主任")) + words


def standing_principal(unit_id: int, role: Role) -> int:
    """Whoever holds this role for this unit, today or later."""
    return unit_id * _OF_UNIT + _NUMBERS[role]


def shells_principal(unit_id: int, role: Role) -> int:
    """Whoever holds this role for this unit in a post that covers confidential matters: he sees their shells."""
    return standing_principal(unit_id, role) + _SHELLS


def person_principal(person_id: int) -> int:
    """This natural person, in whatever post."""
    return -person_id


def audience_principal(person_id: int) -> int:
    """This natural person as one of the audience of what is confidential: he lacks it while that access is suspended."""
    return -(person_id + _AUDIENCE)


def person_of(principal: int) -> int | None:
    """The person of a personal principal, None for a standing."""
    return -principal % _AUDIENCE if principal < 0 else None


def standing_of(principal: int) -> tuple[int, Role] | None:
    """(unit, role) of a standing, None for a person."""
    if principal < 0:
        return None
    return principal // _OF_UNIT, list(Role)[principal % _SHELLS]


def of_shells(principal: int) -> bool:
    """Whether it is the principal of a standing for the shells of confidential matters."""
    return principal >= 0 and principal % _OF_UNIT >= _SHELLS
