"""The language of what is shown: message ids are the official Chinese wording, English is the one catalogue."""

from collections.abc import Iterable

from flask_babel import LazyString, force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext as _n

__all__ = ["_", "_l", "_n", "official"]

LANGUAGES = {"zh": "中文", "en": "English"}
DEFAULT = "zh"


def official(words: LazyString) -> str:
    """The official wording, whatever language the page is in: for what goes on record."""
    with force_locale(DEFAULT):
        return str(words)


def said_in(language: str, words: Iterable[LazyString]) -> list[str]:
    """The words in one language; asks its catalogue, so within an app."""
    with force_locale(language):
        return [str(one) for one in words]
