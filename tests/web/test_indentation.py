"""How templates are read: without their indentation, and with every line where it stood."""

from __future__ import annotations

import traceback

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.at_the_door import SmallCity


def test_a_page_is_sent_without_the_indentation_of_its_templates(client: FlaskClient, city: SmallCity) -> None:
    page = client.get(f"/{city.slug}/sign-in").get_data(as_text=True)
    assert "\n<main" in page, "the page has lines"
    assert not [line for line in page.splitlines() if line != line.lstrip(" \t")]


def test_what_is_shown_keeps_its_spaces(app: Flask) -> None:
    shown = app.jinja_env.from_string("<p>\n    {{ text }}  and\n\tmore</p>").render(text="  a\n   b")
    assert shown == "<p>\n  a\n   b  and\nmore</p>"


def test_a_fault_names_the_line_of_the_template_it_stands_on(app: Flask) -> None:
    template = app.jinja_env.from_string("<ul>\n\n    <li>\n        {{ 1 // 0 }}\n    </li>\n</ul>")
    with pytest.raises(ZeroDivisionError) as fault:
        template.render()
    assert traceback.extract_tb(fault.value.__traceback__)[-1].lineno == 4
