"""House rules of the templates and of what they load, read from the files."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MACROS = (ROOT / "templates" / "macros.html").read_text()


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_a_template_holds_nothing_that_the_content_policy_forbids(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"https?://", text)
    assert not re.search(r"hx-on|hx-trigger=\"[^\"]*\[|js:", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_every_posted_form_carries_the_token(path: Path) -> None:
    text = path.read_text()
    for opening in re.finditer(r"<form\b[^>]*method=\"post\"", text):
        body = text[opening.start() : text.index("</form>", opening.start())]
        assert re.search(r"\bhidden\(", body), body[:120]


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_chinese_words_on_a_page_can_be_translated(path: Path) -> None:
    if path.name == "_sheet.html":  # the official page is Chinese whoever reads it
        return
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S)
    text = re.sub(r"\{%-?\s*trans\b.*?%\}.*?\{%-?\s*endtrans\s*-?%\}", "", text, flags=re.S)
    text = re.sub(r"_\(\s*(\"[^\"]*\"|'[^']*')", "", text)
    text = re.sub(r"join\(\"、\"\)|data_several=\"、\"|>督</|>中文</", "", text)
    left = re.findall(r"[\u4e00-\u9fff]+", text)
    assert left == []


def test_the_token_is_in_the_hidden_fields() -> None:
    macro = MACROS[MACROS.index("macro hidden(") :]
    assert 'name="csrf_token"' in macro[: macro.index("endmacro")]


def test_vendored_files_are_those_of_the_packages_named() -> None:
    rows = re.findall(r"\| `([^`]+)` \|.*\| `([A-Za-z0-9+/=]{64})` \|", (ROOT / "static/vendor/README.md").read_text())
    assert len(rows) == 3
    for name, said in rows:
        digest = hashlib.sha384((ROOT / "static/vendor" / name).read_bytes()).digest()
        assert base64.b64encode(digest).decode() == said, name


def test_the_script_evaluates_nothing() -> None:
    script = (ROOT / "static/app.js").read_text()
    assert not re.search(r"\beval\(|new Function|innerHTML|insertAdjacentHTML|document\.write", script)
