"""How templates are read: a page is sent without their indentation, which is for those who write them."""

from __future__ import annotations

import re

from flask import Flask
from jinja2.ext import Extension

_INDENTATION = re.compile(r"(?<=\n)[ \t]+")


class _Flush(Extension):
    """Takes the indentation from every line; the lines stay, so that a fault names the right one.

    White space within a text of several lines would go too: the templates have none.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _INDENTATION.sub("", source)


def install(app: Flask) -> None:
    """Read the templates so; the templates' own cache holds the result, so a page costs nothing for it."""
    app.jinja_env.add_extension(_Flush)
