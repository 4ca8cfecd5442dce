"""How templates are read: without their indentation, which is for those who write them, and once for each language.

A page has some hundred and fifty fixed words. They are put into the template when it is compiled for a language, and join the
text around them; only what is counted or named in a sentence is filled in when the page is drawn.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any, cast

from flask import Flask, current_app
from flask.templating import Environment
from jinja2 import BaseLoader, BytecodeCache, Template, nodes
from jinja2.ext import Extension
from jinja2.visitor import NodeTransformer

from portal.kernel import clock
from portal.kernel.language import LANGUAGES, catalogues, spoken
from portal.web.formats import filters

_INDENTATION = re.compile(r"(?<=\n)[ \t]+")


class _Flush(Extension):
    """Takes the indentation from every line; the lines stay, so that a fault names the right one.

    White space within a text of several lines would go too: the templates have none.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return _INDENTATION.sub("", source)


class _Said(NodeTransformer):
    """Puts the words of one language in the place of the calls that would look them up."""

    def __init__(self, words: Callable[[str], str]) -> None:
        self._words = words

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """Of `_("…")` and of a `{% trans %}` what is said; with what is named in it left to be filled in."""
        called = cast("nodes.Call", self.generic_visit(node))
        if not (isinstance(called.node, nodes.Name) and called.node.name in ("_", "gettext")):
            return called
        if len(called.args) != 1 or not isinstance(called.args[0], nodes.Const) or called.dyn_args or called.dyn_kwargs:
            return called
        # As Jinja's own gettext does it: safe, and a format whatever is named in it.
        words, named = self._words(called.args[0].value), [nodes.Pair(nodes.Const(one.key), one.value) for one in called.kwargs]
        if not named:
            return nodes.MarkSafeIfAutoescape(nodes.Const(words % {}), lineno=called.lineno)
        return nodes.Mod(nodes.MarkSafeIfAutoescape(nodes.Const(words)), nodes.Dict(named), lineno=called.lineno)


class Spoken(Environment):
    """Templates as one language says them; without one, each word is looked up when it is drawn."""

    words: Callable[[str], str] | None = None
    _read_by: Spoken | None = None

    @property
    def loader(self) -> BaseLoader | None:  # type: ignore[override]
        """Who reads the templates: the same for every language, also where it is replaced."""
        return self.__dict__.get("loader") if self._read_by is None else self._read_by.loader

    @loader.setter
    def loader(self, loader: BaseLoader | None) -> None:
        self.__dict__["loader"] = loader

    def in_language(self, language: str) -> Spoken:
        """The same templates, compiled for this language."""
        catalogue = catalogues().get(language)
        made = self.overlay()
        made.words, made._read_by = (str if catalogue is None else catalogue.gettext), self
        made.filters = self.filters | filters(language, clock.today)
        if self.bytecode_cache is not None:
            made.bytecode_cache = _apart(self.bytecode_cache, language)
        return made

    def _generate(self, source: nodes.Template, *args: Any, **more: Any) -> str:
        if self.words is not None:
            source = _Said(self.words).visit(source)
        return super()._generate(source, *args, **more)


def _apart(cache: BytecodeCache, language: str) -> BytecodeCache:
    """The same cache, in which what is compiled for this language has keys of its own."""
    made, key = copy.copy(cache), cache.get_cache_key
    made.get_cache_key = lambda name, filename=None: key(f"{language}:{name}", filename)  # type: ignore[method-assign]
    return made


def install(app: Flask) -> None:
    """Read the templates so; call after the language. The templates' own cache holds the result, so a page costs nothing for it."""
    app.jinja_env.add_extension(_Flush)
    app.extensions["spoken"] = {language: cast("Spoken", app.jinja_env).in_language(language) for language in LANGUAGES}


def environments(app: Flask) -> dict[str, Spoken]:
    """The templates in each language."""
    found: dict[str, Spoken] = app.extensions["spoken"]
    return found


def template(name: str) -> Template:
    """The template in the language that is spoken here."""
    return environments(current_app)[spoken()].get_template(name)
