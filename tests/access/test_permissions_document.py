"""docs/permissions.md says what the portal does: it is what `flask permissions` prints now."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from portal.access.predicates import Predicate
from portal.commands.permission_cases import RELATIONS
from portal.commands.permissions import document
from portal.matters.verbs import VERBS
from portal.registry.acts import ACTS

DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"


def test_the_document_is_what_the_rules_say_now(app: Flask) -> None:
    with app.app_context():
        assert DOCUMENT.read_text(encoding="utf-8") == document(app), "run `make permissions`"


def test_what_the_policy_judges_by_are_predicates() -> None:
    assert {type(condition) for act in ACTS for row in act.rows for condition in row} == {Predicate}


def test_every_need_is_put_into_words() -> None:
    assert all(str(need.meant) for verb in VERBS for need in verb.needs)


def test_each_relation_is_one_person() -> None:
    numbers = [relation.number for relation in RELATIONS]
    assert len(set(numbers)) == len(numbers)


def test_the_officers_see_and_do_nothing_of_a_matter(app: Flask) -> None:
    with app.app_context():
        lines = document(app).splitlines()
    rows = [line for line in lines if line.startswith(("| 系统管理员 |", "| 安全管理员 |", "| 审计员 |"))]
    assert len(rows) == 12
    assert all({cell.strip() for cell in row.split("|")[2:-1]} <= {"—", ""} for row in rows)
