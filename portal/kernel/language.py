"""The language of what is shown: message ids are the official Chinese wording, English is the one catalogue.

Flask-Babel settles which language a page has; a page says some two hundred words, so each of them is looked up here, in one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from gettext import NullTranslations
from pathlib import Path
from typing import Any, cast

from babel.support import Translations
from flask.globals import app_ctx
from flask_babel import LazyString, force_locale, get_locale

__all__ = ["_", "_l", "_n", "official"]

LANGUAGES = {"zh": "中文", "en": "English"}
DEFAULT = "zh"

_catalogues: dict[str, NullTranslations] = {}


def read_catalogues(folders: Iterable[Path]) -> None:
    """Read the catalogue of each language but the official one, from all these folders together, once at start."""
    given = tuple(folders)
    for language in LANGUAGES.keys() - {DEFAULT}:
        catalogue = Translations()
        for folder in given:
            catalogue.merge(cast("Translations", Translations.load(folder, [language])))
        _catalogues[language] = catalogue


def catalogues() -> Mapping[str, NullTranslations]:
    """The catalogue of each language that has one."""
    return _catalogues


def spoken() -> str:
    """The language that is spoken here: of the page, or the one that was forced; the official one where nobody is spoken to."""
    try:
        here = app_ctx._get_current_object()  # type: ignore[attr-defined]
    except RuntimeError:
        return DEFAULT
    settled = here.g.get("_flask_babel")  # what Flask-Babel keeps for the length of a request
    locale = getattr(settled, "babel_locale", None) or get_locale()
    return locale.language if locale is not None and locale.language in LANGUAGES else DEFAULT


def _(words: str, /, **variables: Any) -> str:
    """The words in the language that is spoken here."""
    catalogue = _catalogues.get(spoken())
    said = words if catalogue is None else catalogue.gettext(words)
    return said % variables if variables else said


def _n(one: str, many: str, num: Any, /, **variables: Any) -> str:
    """The same of what is counted."""
    catalogue = _catalogues.get(spoken())
    said = catalogue.ngettext(one, many, num) if catalogue is not None else one if num == 1 else many
    return said % {"num": num, **variables}


def _l(words: str, /, **variables: Any) -> LazyString:
    """Words that are said when they are shown, in the language that is spoken then."""
    return LazyString(_, words, **variables)


def official(words: LazyString) -> str:
    """The official wording, whatever language the page is in: for what goes on record."""
    with force_locale(DEFAULT):
        return str(words)


def said_in(language: str, words: Iterable[LazyString]) -> list[str]:
    """The words in one language; asks its catalogue, so within an app."""
    with force_locale(language):
        return [str(one) for one in words]
