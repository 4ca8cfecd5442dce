"""The demonstration city's sign-in page says under which names to try it; no other page, and never in production."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

import pytest
from flask import Flask

from portal.commands.demonstration import play
from portal.commands.demonstration.play import PASSWORD
from portal.importing.reading import read_rows
from tests.at_the_door import SmallCity

demo = import_module("portal.commands.demo")  # the package's own `demo` is the command


@pytest.fixture
def demonstration(app: Flask, new_city, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallCity]:
    """A demonstration city under the name that the command knows."""
    city = new_city(demonstration=True)
    monkeypatch.setattr(demo, "SLUG", city.slug)
    yield city
    app.extensions.pop("shown_accounts", None)


def page(app: Flask, city: SmallCity, language: str = "zh") -> str:
    return app.test_client().get(city.url("sign-in"), headers={"Accept-Language": language}).get_data(as_text=True)


def test_its_sign_in_page_lists_the_names_and_the_password(app: Flask, demonstration: SmallCity) -> None:
    assert PASSWORD not in page(app, demonstration)
    demo.show_names(app)
    shown = page(app, demonstration)
    assert all(f"<code>{name}</code>" in shown for name, _what in demo.NAMES)
    assert f"口令都是 {PASSWORD}" in shown
    assert "演示账号" not in page(app, demonstration, "en")


def test_another_city_and_one_in_earnest_say_nothing(app: Flask, demonstration: SmallCity, new_city) -> None:
    demo.show_names(app)
    for other in (new_city(), new_city(demonstration=True)):
        assert PASSWORD not in page(app, other)


def test_the_command_names_nobody_where_that_city_is_not(app: Flask, demonstration: SmallCity, new_city, monkeypatch) -> None:
    named = app.test_cli_runner().invoke(demo.names)
    assert (named.exit_code, PASSWORD in named.output) == (0, True)
    monkeypatch.setattr(demo, "SLUG", new_city().slug)
    unnamed = app.test_cli_runner().invoke(demo.names)
    assert (unnamed.exit_code, PASSWORD in unnamed.output) == (1, False)


def test_production_never_shows_them(app: Flask, demonstration: SmallCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], production=True))
    demo.show_names(app)
    assert PASSWORD not in page(app, demonstration)


def test_every_name_is_one_of_the_demonstrations_people() -> None:
    workbook = (play.HERE / "posts.xlsx").read_bytes()
    sheet = read_rows(workbook)
    words = {cell.text for row in sheet.rows for cell in row.cells}
    assert {name for name, _what in demo.NAMES} <= words
