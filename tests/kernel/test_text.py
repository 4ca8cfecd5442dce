"""What may be typed: stored as typed after NFC, or refused with a reason."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.text import explain, objections, tidy

CODES = {"bidi", "bom", "control", "line_break", "malformed", "nul", "tag", "too_long", "zero_width"}


def test_text_is_composed_and_trimmed():
    assert tidy("\u3000 e\u0301批示\xa0\n") == "é批示"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_every_line_end_becomes_a_line_feed(end):
    assert tidy(f"甲{end}乙") == "甲\n乙"


@pytest.mark.parametrize(
    "text",
    [
        "关于“千村整治、百村示范”的情况",
        "第一行\n\t第二行",
        "𠮷野家",
        "葛\U000e0100城",
        "☎️ 88888888",
        "\ue000某",
        "ＡＢＣ１２３",
    ],
)
def test_ordinary_text_has_nothing_against_it(text):
    assert objections(tidy(text)) == []


@pytest.mark.parametrize(
    ("hidden", "code"),
    [
        ("\u202e", "bidi"),
        ("\u2066", "bidi"),
        ("\u200f", "bidi"),
        ("\u061c", "bidi"),
        ("\u200b", "zero_width"),
        ("\u200d", "zero_width"),
        ("\u2060", "zero_width"),
        ("\u00ad", "zero_width"),
        ("\u3164", "zero_width"),
        ("\ufe0f\ufe0f", "zero_width"),
        ("\U000e0101\U000e0102", "zero_width"),
        ("\ufeff", "bom"),
        ("\0", "nul"),
        ("\x1b", "control"),
        ("\x7f", "control"),
        ("\x9f", "control"),
        ("\U000e0041", "tag"),
        ("\ud800", "malformed"),
        ("\ufffd", "malformed"),
        ("\ufffe", "malformed"),
        ("\U0010ffff", "malformed"),
    ],
)
def test_hidden_characters_are_named_wherever_they_stand(hidden, code):
    for text in (f"批{hidden}示", f"{hidden}批示", f"批示{hidden}", hidden):
        assert objections(tidy(text)) == [code]


def test_length_is_counted_in_characters_after_composition():
    assert objections(tidy("e\u0301" * 5), 5) == []
    assert objections("六" * 6, 5) == ["too_long"]


def test_a_single_line_takes_no_second():
    assert objections("标题\nBcc: x", single_line=True) == ["line_break"]


def test_all_objections_are_listed_once():
    assert objections("\0\0\u202e\u202e字", 2) == ["bidi", "nul", "too_long"]


def test_every_code_has_a_sentence_of_its_own():
    sentences = {explain(code, 40) for code in CODES}
    assert len(sentences) == len(CODES)
    assert "40" in explain("too_long", 40)


@given(st.text())
def test_what_is_not_refused_is_what_was_typed(typed):
    kept = tidy(typed)
    if objections(kept):
        return
    assert tidy(kept) == kept
    composed = unicodedata.normalize("NFC", typed)
    assert "".join(kept.split()) == "".join(composed.split())


@given(st.text())
def test_every_objection_is_a_known_code_and_what_passes_is_storable(typed):
    kept = tidy(typed)
    found = objections(kept)
    assert set(found) <= CODES
    if not found:
        assert "\0" not in kept
        kept.encode("utf-8")
