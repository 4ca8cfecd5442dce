"""What the network's workbooks may say: their columns, their words for levels, kinds and roles, and what fits what; and what
may be typed for a unit."""

from __future__ import annotations

import re

from portal.access.actor import Actor, Standing
from portal.access.roles import LEADERS, OFFICERS, SUPERVISION, Role
from portal.kernel.language import _
from portal.kernel.text import folded
from portal.network.models import ORGANS, Kind, Level, Unit

CODE = "单位代码"
NAME = "单位名称"
SHORT_NAME = "简称"
LEVEL = "层级"
KIND = "类别"
PARENT = "上级单位代码"
PREFIX = "机关代字"
UNIT_COLUMNS = (CODE, NAME, SHORT_NAME, LEVEL, KIND, PARENT, PREFIX)

SIGN_IN_NAME = "登录名"
DISPLAY_NAME = "显示名"
ROLE = "岗位"
EMAIL = "邮箱"
POST_COLUMNS = (SIGN_IN_NAME, DISPLAY_NAME, CODE, ROLE, EMAIL)

LONGEST = {CODE: 30, NAME: 80, SHORT_NAME: 60, PREFIX: 20, SIGN_IN_NAME: 64, DISPLAY_NAME: 60, EMAIL: 120}
"""Characters, as wide as the columns they go to."""
DEEPEST = 12
"""Levels of one tree, the root counted: a real city has five."""

# The workbooks' own words. They are data, not screen text, so they do not follow the reader's language.
LEVELS = {"市": Level.CITY, "县(市、区)": Level.COUNTY, "乡镇(街道)": Level.TOWNSHIP, "村(社区)": Level.VILLAGE}
KINDS = {
    "党委": Kind.PARTY_COMMITTEE,
    "政府": Kind.GOVERNMENT,
    "办公室": Kind.GENERAL_OFFICE,
    "督查室": Kind.SUPERVISION_OFFICE,
    "信息处(科)": Kind.INFORMATION_SECTION,
    "总值班室": Kind.DUTY_OFFICE,
    "秘书处(科)": Kind.SECRETARIAT_OFFICE,
    "部门": Kind.DEPARTMENT,
    "乡镇(街道)": Kind.TOWNSHIP,
    "村(社区)": Kind.VILLAGE,
    "信息直报点": Kind.REPORTING_POINT,
}
ROLES = {
    "督查员": Role.SUPERVISOR,
    "督查室主任": Role.SUPERVISION_HEAD,
    "秘书处": Role.SECRETARIAT,
    "信息编辑": Role.INFORMATION_EDITOR,
    "值班员": Role.DUTY_OFFICER,
    "联络员": Role.LIAISON_OFFICER,
    "承办人": Role.HANDLER,
    "办公室主任": Role.OFFICE_DIRECTOR,
    "分管领导": Role.DEPUTY_LEADER,
    "主要领导": Role.PRINCIPAL_LEADER,
    "系统管理员": Role.SYSTEM_ADMIN,
    "安全管理员": Role.SECURITY_ADMIN,
    "审计员": Role.AUDITOR,
}

_OWN_OR_GENERAL_OFFICE = (frozenset(Kind) - ORGANS) | {Kind.GENERAL_OFFICE}
_PLACES = {
    Role.SUPERVISOR: frozenset({Kind.SUPERVISION_OFFICE}),
    Role.SUPERVISION_HEAD: frozenset({Kind.SUPERVISION_OFFICE}),
    Role.SECRETARIAT: frozenset({Kind.SECRETARIAT_OFFICE, Kind.GENERAL_OFFICE}),
    Role.INFORMATION_EDITOR: frozenset({Kind.INFORMATION_SECTION, Kind.GENERAL_OFFICE}),
    Role.DUTY_OFFICER: frozenset({Kind.DUTY_OFFICE, Kind.GENERAL_OFFICE}),
}
_PLACE_WORDS = {
    Role.SUPERVISOR: "督查室",
    Role.SUPERVISION_HEAD: "督查室",
    Role.SECRETARIAT: "秘书处(科)或办公室",
    Role.INFORMATION_EDITOR: "信息处(科)或办公室",
    Role.DUTY_OFFICER: "总值班室或办公室",
}

CODE_FORM = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z.\-]*[0-9A-Za-z])?")
SIGN_IN_FORM = re.compile(r"[^\W_](?:[\w.@\-]*[^\W_])?")
EMAIL_FORM = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]+@[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?")

_CODE_IN_BRACKETS = re.compile(r"[(（\[［〔【﹝]\s*([^()（）\[\]［］〔〕【】﹝﹞]+?)\s*[)）\]］〕】﹞]$")


def name_and_code(typed: str) -> tuple[str, str]:
    """What was typed for a unit, parted: “name (code)” in any brackets; else it is either, and stands as both."""
    said = typed.strip()
    coded = _CODE_IN_BRACKETS.search(said)
    return (said[: coded.start()].strip(), coded[1]) if coded else (said, said)


def names_of(unit: Unit) -> frozenset[str]:
    """The names that the unit bears, as they are looked for."""
    return frozenset(map(folded, (unit.name, unit.short_name, unit.official_name))) - {""}


def contradiction(unit: Unit, typed: str) -> tuple[str, str] | None:
    """Why, and what to do, where the unit found by its code was typed with a name that is none of its own: of the two
    nobody knows which was meant."""
    name, code = name_and_code(typed)
    if name == code or folded(name) in names_of(unit) | {"", folded(unit.code)}:
        return None
    fix = _("代码 %(code)s 是%(unit)s；请核对后只填其中一项", code=unit.code, unit=unit.name)
    return _("“%(typed)s”的名称与代码不符", typed=typed.strip()[:40]), fix


def plain_label(text: str) -> str:
    """A label with its brackets and spaces as the workbooks write them."""
    return "".join(text.split()).translate(str.maketrans("（）", "()"))


def fits(role: Role, kind: Kind) -> bool:
    """Whether a unit of this kind has posts of this role."""
    return kind in _PLACES.get(role, _OWN_OR_GENERAL_OFFICE)


def place_of(role: Role) -> str:
    """Where posts of this role belong, in the workbooks' words."""
    return _PLACE_WORDS.get(role, "单位本身或其办公室")


AGREED = frozenset({*SUPERVISION, *LEADERS})
"""Who supervises, heads an office or leads a unit is appointed with somebody else's agreement: domain, "powers do not add up"."""


def head_role(role: Role) -> Role:
    """The role of whoever is at the head of those who hold this one: of supervisors the head of their office, of all others the
    unit's principal leader."""
    return Role.SUPERVISION_HEAD if role in SUPERVISION else Role.PRINCIPAL_LEADER


def business_of(actor: Actor) -> list[Standing]:
    """The posts by which somebody takes part in the business of units, held or stood in for: what widens them he leaves
    to another, even where he keeps the tree."""
    apart = OFFICERS | {Role.SECRETARIAT, Role.INFORMATION_EDITOR}
    return [standing for standing in actor.standings if standing.role not in apart]
