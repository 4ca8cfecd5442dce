"""A city made of the country's divisions: its committee and those of its counties with their organs, and the townships.

The rows are those of the two workbooks, so that one judgement serves both. Codes and sign-in names follow the pattern
of the demonstration city; the government's offices stand vacant, as there.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass, field
from pathlib import Path

from portal.importing.cells import Cell, Row, Sheet
from portal.kernel.language import _
from portal.kernel.refusals import Invalid
from portal.network import rules

_FILE = Path(__file__).with_name("data") / "divisions.csv.gz"

# code suffix, name after the division's, kind, mark after the division's short mark
_ORGANS = (
    ("-01", "委办公室", "办公室", "委办"),
    ("-02", "委督查室", "督查室", ""),
    ("-03", "委办公室信息处", "信息处(科)", ""),
    ("-04", "委总值班室", "总值班室", ""),
    ("-05", "委秘书处", "秘书处(科)", ""),
    ("-13", "政府办公室", "办公室", "政办"),
    ("-14", "政府督查室", "督查室", ""),
)
# sign-in name after the division's, name after the division's, where, role
_COMMITTEE_POSTS = (
    ("ducha.head", "督查室主任", "-02", "督查室主任"),
    ("ducha", "督查员", "-02", "督查员"),
    ("mishu", "秘书处网络管理员", "-05", "秘书处"),
    ("xinxi", "信息编辑", "-03", "信息编辑"),
    ("zhiban", "值班员", "-04", "值班员"),
    ("ban.director", "委办主任", "-01", "办公室主任"),
    ("leader", "委主要领导", "", "主要领导"),
    ("deputy", "委分管领导", "", "分管领导"),
    ("handler", "委承办人", "", "承办人"),
    ("liaison", "委联络员", "", "联络员"),
)
_TOWNSHIP_POSTS = (
    ("handler", "承办人", "", "承办人"),
    ("liaison", "联络员", "", "联络员"),
    ("office", "办公室主任", "", "办公室主任"),
    ("deputy", "分管领导", "", "分管领导"),
    ("leader", "主要领导", "", "主要领导"),
)
_OFFICERS = (
    ("sys.admin", "系统管理员", "系统管理员"),
    ("sec.admin", "安全管理员", "安全管理员"),
    ("auditor", "审计员", "审计员"),
)


@dataclass(slots=True)
class _Rows:
    units: list[tuple[str, ...]] = field(default_factory=list)
    posts: list[tuple[str, ...]] = field(default_factory=list)
    prefixes: set[str] = field(default_factory=set)

    def unit(self, code: str, name: str, short: str, level: str, kind: str, parent: str, prefix: str = "") -> None:
        if prefix in self.prefixes:
            prefix = ""
        self.prefixes.add(prefix)
        self.units.append((code, name, short, level, kind, parent, prefix))

    def committee(self, code: str, name: str, level: str, parent: str, sign_in: str) -> None:
        mark = name[:-1]
        self.unit(code, name, name, level, "党委", parent, f"{mark}委")
        for suffix, words, kind, prefix in _ORGANS:
            self.unit(code + suffix, name + words, name + words, level, kind, code, prefix and mark + prefix)
        self.hold(code, name, sign_in, _COMMITTEE_POSTS)

    def hold(self, code: str, name: str, sign_in: str, posts: tuple[tuple[str, str, str, str], ...]) -> None:
        for word, title, suffix, role in posts:
            self.posts.append((f"{sign_in}.{word}", name + title, code + suffix, role, ""))


def tables_of(code: str) -> tuple[Sheet, Sheet]:
    """The units and posts of the city with this division code (four digits); refused (Invalid) where there is none."""
    below: dict[str, list[tuple[str, str, str]]] = {}
    city = ""
    with gzip.open(_FILE, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["code"] == code and row["level"] == "city":
                city = row["name"]
            below.setdefault(row["parent"], []).append((row["code"], row["name"], row["level"]))
    if not city:
        raise Invalid(_("没有代码为“%(code)s”的市", code=code[:20]))
    rows = _Rows()
    rows.committee(code, city, "市", "", "city")
    for sign_in, title, role in _OFFICERS:
        rows.posts.append((sign_in, title, code, role, ""))
    for place, name, level in below.get(code, ()):
        if level == "township":  # a city without counties
            _add_township(rows, place, name, code, city)
            continue
        rows.committee(place, name, "县(市、区)", code, place)
        for township, township_name, _level in below.get(place, ()):
            _add_township(rows, township, township_name, place, name)
    return _table(rules.UNIT_COLUMNS, rows.units), _table(rules.POST_COLUMNS, rows.posts)


def _add_township(rows: _Rows, code: str, name: str, parent: str, parent_name: str) -> None:
    rows.unit(code, parent_name + name, name, "乡镇(街道)", "乡镇(街道)", parent)
    rows.hold(code, parent_name + name, code, _TOWNSHIP_POSTS)


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Sheet:
    return Sheet("", columns, [Row(number, tuple(map(Cell, row))) for number, row in enumerate(rows, start=2)])
