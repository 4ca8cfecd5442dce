"""What the manual and the READMEs tell an operator to type is there, and what there is for him to type stands in the manual."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from flask import Flask

from portal import commands
from portal.app import create_app
from tests.conftest import CLONE

MANUAL = "docs/operations.md"
COMMAND = re.compile(r"\bflask ((?:(?!flask)[^`|#\n;)])+)")
NOT_FOR_OPERATORS = {"demo", "permissions"}
NOT_OURS = {"…", "db"}  # any command; Alembic's


@pytest.fixture(scope="module")
def portal(app: Flask) -> Flask:
    """A portal with its commands, as `wsgi.py` makes it."""
    made = create_app(app.extensions["settings"], TESTING=True)
    commands.register(made)
    return made


def said(path: str) -> str:
    return (CLONE / path).read_text(encoding="utf-8")


def resolved(portal: Flask, words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words name, and what is left of them."""
    found: click.Command = portal.cli
    while words and isinstance(found, click.Group) and words[0] in found.commands:
        found, words = found.commands[words[0]], words[1:]
    return found, words


def leaves(group: click.Group, *before: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if not before and name in NOT_FOR_OPERATORS:
            continue
        if isinstance(command, click.Group):
            yield from leaves(command, *before, name)
        else:
            yield " ".join((*before, name))


@pytest.mark.parametrize("path", [MANUAL, "README.md", "README.zh-CN.md"])
def test_every_command_that_is_named_is_there(portal: Flask, path: str) -> None:
    lines = [found[1].split() for found in COMMAND.finditer(said(path))]
    assert lines
    for line in lines:
        if line[0] in NOT_OURS:
            continue
        command, rest = resolved(portal, line)
        assert command is not portal.cli, line
        options = {one for parameter in command.params for one in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= options, line


def test_every_command_for_an_operator_stands_in_the_manual(portal: Flask) -> None:
    text = said(MANUAL)
    assert [name for name in leaves(portal.cli) if f"flask {name}" not in text] == []
