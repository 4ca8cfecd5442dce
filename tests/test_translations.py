"""The English catalogue is complete: every word on screen has its translation, and nothing else stands in it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "portal" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None, "_n": (1, 2)}
SOURCES = (("portal", [("**.py", "python")]), ("templates", [("**.html", "jinja2")]))
BLANK = re.compile(r"%\(\w+\)[sd]|\{\w*\}|</?\w+>")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
BARE = re.compile(r"[\s\d:、，。：；（）“”…·]+")  # no words: what joins words differs between languages


@cache
def said() -> dict[str, str]:
    """Every message id of the code and the templates, with where it stands."""
    found: dict[str, str] = {}
    for directory, methods in SOURCES:
        extracted = extract_from_dir(ROOT / directory, methods, keywords=KEYWORDS)
        for file, line, words, _comments, _context in extracted:
            found[words[0] if isinstance(words, tuple) else words] = f"{directory}/{file}:{line}"
    return found


@cache
def catalogue() -> Catalog:
    """The English catalogue as it lies in the project."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def messages() -> list[Message]:
    """Its messages, without the header."""
    return [message for message in catalogue() if message.id]


def first(message: Message) -> str:
    """The message id, the singular one where there are two."""
    return message.id[0] if isinstance(message.id, tuple) else message.id


def strings(message: Message) -> tuple[str, ...]:
    """The translations of a message, one for each plural form."""
    return message.string if isinstance(message.string, tuple) else (message.string,)


def test_every_word_on_screen_is_in_the_catalogue() -> None:
    known = {first(message) for message in messages()}
    assert {words: place for words, place in said().items() if words not in known} == {}, "run `make translate`"


def test_nothing_in_the_catalogue_is_said_nowhere() -> None:
    assert [first(message) for message in messages() if first(message) not in said()] == []
    assert list(catalogue().obsolete) == []


def test_every_translation_is_there_and_certain() -> None:
    assert [first(message) for message in messages() if not all(strings(message))] == []
    assert [first(message) for message in messages() if message.fuzzy] == []


def test_plurals_have_both_english_forms() -> None:
    assert [first(m) for m in messages() if m.pluralizable and len(set(strings(m))) != 2] == []


def test_a_translation_has_the_blanks_of_its_original() -> None:
    wrong = [
        (first(message), string)
        for message in messages()
        for string in strings(message)
        if sorted(BLANK.findall(first(message))) != sorted(BLANK.findall(string))
    ]
    assert wrong == []


def test_message_ids_are_the_chinese_wording() -> None:
    foreign = {
        words: place
        for words, place in said().items()
        if not CHINESE.search(words) and not BARE.fullmatch(BLANK.sub("", words) or "，")
    }
    assert foreign == {}


def test_no_translation_is_left_in_chinese() -> None:
    quoted = re.compile(r"秘密, 机密, 绝密")  # the marks themselves, which are Chinese in any language
    left = [s for m in messages() for s in strings(m) if CHINESE.search(quoted.sub("", s))]
    assert left == []
