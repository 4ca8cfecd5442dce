"""House rules that reading the code can check. Those of the templates stand in tests/web/test_templates.py."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Set
from functools import cache
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

import portal.app  # noqa: F401 - every model
from portal.access.visibility import Guarded
from portal.kernel.db import db
from portal.web.cities import OUTSIDE

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "portal").rglob("*.py"))
DOMAIN = {"models", "rules", "chain", "queries", "service"}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a module, with the last word of what is called."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute):
                yield called.attr, node
            elif isinstance(called, ast.Name):
                yield called.id, node


def _literal(node: ast.AST) -> str:
    """All that is written as text inside an expression."""
    return " ".join(n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str))


@cache
def _guarded_tables() -> frozenset[str]:
    mapped = [mapper.class_ for mapper in db.Model.registry.mappers]
    return frozenset(model.__tablename__ for model in mapped if issubclass(model, Guarded))


def _reads_guarded(statement: str) -> set[str]:
    """The guarded tables that a piece of SQL reads, changes or joins."""
    named = re.findall(r"\b(?:from|join|update|into|table)\s+(?:public\.)?\"?(\w+)", statement, re.IGNORECASE)
    return {name for name in named if name in _guarded_tables()}


def _rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint not in OUTSIDE]


# ------------------------------------------------------------------------------------------------------------ the seam


def test_matter_and_signature_are_guarded() -> None:
    assert {"matter", "content", "paper", "signature"} <= _guarded_tables()
    assert _reads_guarded("SELECT 1 FROM matter JOIN viewer ON true") == {"matter"}


def test_no_raw_sql_reads_a_guarded_table() -> None:
    raw = [
        (_name(path), call.lineno, _literal(call)) for path in MODULES for name, call in _calls(path)
        if name in ("text", "execute", "exec_driver_sql")
    ]  # fmt: skip
    assert [(path, line) for path, line, statement in raw if _reads_guarded(statement)] == []


def test_no_model_is_used_as_a_bare_table() -> None:
    bare = [
        (_name(path), node.lineno) for path in MODULES for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "__table__"
    ]  # fmt: skip
    assert bare == []


# ---------------------------------------------------------------------------------------------------------- the modules


def test_a_module_says_what_is_decided_in_it() -> None:
    assert [_name(path) for path in MODULES if not ast.get_docstring(_tree(path))] == []


def test_no_module_is_called_after_nothing() -> None:
    empty = re.compile(r"(utils?|helpers?|common|misc|base|tools?)(\.py)?")
    named = {part for path in MODULES for part in path.relative_to(ROOT).parts}
    assert {part for part in named if empty.fullmatch(part)} == set()


def test_there_is_one_clock() -> None:
    asked = [
        (_name(path), call.lineno)
        for path in MODULES
        if _name(path) != "portal/kernel/clock.py"
        for name, call in _calls(path)
        if name in ("now", "today", "utcnow")
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in ("datetime", "date")
    ]
    assert asked == []


def _room(path: Path) -> str:
    """The room of a feature a module stands in: `service` for portal/matters/service/reporting.py."""
    inside = path.relative_to(ROOT / "portal").parts[1:]
    return inside[0].removesuffix(".py") if inside else ""


def test_the_door_and_the_domain_never_commit() -> None:
    rooms = [path for path in MODULES if _room(path) in DOMAIN | {"routes", "forms"}]
    assert len(rooms) > 20
    committed = [(_name(p), call.lineno) for p in rooms for name, call in _calls(p) if name == "commit"]
    assert committed == []


# ------------------------------------------------------------------------------------------------------------ the floors


@cache
def _floors() -> dict[str, int]:
    """How high each package stands, as the import contract says."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "floors")
    return {name.strip(" ()"): height for height, layer in enumerate(reversed(layers)) for name in layer.split("|")}


def _upwards(own: str, said: str, endpoints: Set[str]) -> bool:
    """Whether this text, which stands in that package, names an endpoint or a template of a floor above it."""
    package = re.split(r"[./]", said)[0]
    named = said in endpoints or (said.endswith(".html") and "/" in said)
    return named and _floors().get(package, 0) > _floors()[own]


def test_no_string_points_to_a_floor_above(app: Flask) -> None:
    endpoints = app.view_functions.keys()
    said = [
        (path, path.relative_to(ROOT / "portal").parts[0].removesuffix(".py"), node.value)
        for path in MODULES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    for path in sorted((ROOT / "templates").rglob("*.html")):
        own = path.relative_to(ROOT / "templates").parts[0]
        quoted = re.findall(r"""["']([a-z_./]+)["']""", path.read_text(encoding="utf-8"))
        said += [(path, own if own in _floors() else "web", one) for one in quoted]
    found: dict[str, set[str]] = {}
    for path, own, one in said:
        if _upwards(own, one, endpoints):
            found.setdefault(_name(path), set()).add(one)
    assert not found, "what a page of another feature is needed for is a purpose (`registry.navigation`)"


def test_what_features_bring_is_put_together_in_one_file() -> None:
    imported = {
        _name(path) for path in MODULES for node in ast.walk(_tree(path))
        if isinstance(node, ast.ImportFrom) and re.fullmatch(r"portal\.\w+\.feature", node.module or "")
        and node.module != "portal.registry.feature"
    }  # fmt: skip
    assert imported == {"portal/features.py"}


# -------------------------------------------------------------------------------------------------------------- the door


def test_every_route_stands_in_a_city(app: Flask) -> None:
    assert [rule.rule for rule in _rules(app) if not rule.rule.startswith("/<slug:city>/")] == []


def test_addresses_are_kebab_case(app: Flask) -> None:
    fixed = [(rule.rule, part) for rule in _rules(app) for part in re.sub(r"<[^>]*>", "", rule.rule).split("/")]
    assert [rule for rule, part in fixed if part and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?", part)] == []


def test_what_an_address_names_is_typed(app: Flask) -> None:
    untyped = [rule.rule for rule in _rules(app) if re.search(r"<(?:string:)?[a-z_]*id>", rule.rule)]
    assert untyped == []


def test_no_route_deletes_or_puts(app: Flask) -> None:
    assert [rule.rule for rule in _rules(app) if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS", "POST"}] == []
